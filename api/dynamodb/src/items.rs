//! Items as answers have them.

use std::cell::Cell;

use expressions::Item;
use expressions::number::NumberForm;
use expressions::stored::{Corrupt, Cursor, StoredItem, StoredValue};
use wire::{Encode, Members, Shape, Writer};

use crate::values::member;

/// An item as it is stored, which is how answers are given it: they are written from there in one pass, and nobody makes an
/// [`Item`] only to show it.
#[derive(Clone, Debug, PartialEq)]
pub struct AttributeMap(StoredItem);

impl Default for AttributeMap {
    fn default() -> Self {
        Item::new().into()
    }
}

impl From<StoredItem> for AttributeMap {
    fn from(item: StoredItem) -> Self {
        AttributeMap(item)
    }
}

impl From<Item> for AttributeMap {
    fn from(item: Item) -> Self {
        AttributeMap(StoredItem::of(&item))
    }
}

impl Encode for AttributeMap {
    fn encode(&self, shape: &'static Shape, writer: &mut dyn Writer) {
        let walk = Walk { cursor: Cell::new(self.0.cursor()), text: Cell::default() };
        let count = walk.step(Cursor::map).unwrap_or_default();
        Entries(&walk, count).encode(shape, writer);
    }
}

/// A walk through an item, shared by all that is written of it: each writes what is next. It relies on writers, which write
/// a value before they ask for the next one.
struct Walk<'a> {
    cursor: Cell<Cursor<'a>>,
    /// For the texts of numbers.
    text: Cell<String>,
}

impl<'a> Walk<'a> {
    fn step<T>(&self, read: impl FnOnce(&mut Cursor<'a>) -> Result<T, Corrupt>) -> Option<T> {
        let mut cursor = self.cursor.get();
        // An item that was read has no errors in it.
        let read = read(&mut cursor).ok();
        self.cursor.set(cursor);
        read
    }

    /// Shows the text of a number.
    fn number(&self, number: NumberForm<'_>, show: impl FnOnce(&str)) {
        let mut text = self.text.take();
        text.clear();
        number.push_text(&mut text);
        show(&text);
        self.text.set(text);
    }
}

/// The next value.
impl Encode for Walk<'_> {
    fn encode(&self, shape: &'static Shape, writer: &mut dyn Writer) {
        writer.structure(shape, self);
    }
}

impl Members for Walk<'_> {
    fn members(&self, each: &mut dyn FnMut(usize, &dyn Encode)) {
        match self.step(Cursor::value).unwrap_or(StoredValue::Null) {
            StoredValue::S(text) => each(member::S, &text),
            StoredValue::N(number) => self.number(number, |text| each(member::N, &text)),
            StoredValue::B(bytes) => each(member::B, &bytes),
            StoredValue::Bool(value) => each(member::BOOL, &value),
            StoredValue::Null => each(member::NULL, &true),
            StoredValue::M(count) => each(member::M, &Entries(self, count)),
            StoredValue::L(count) => each(member::L, &Elements(self, count)),
            StoredValue::Ss(count) => each(member::SS, &Elements(&Text(self), count)),
            StoredValue::Ns(count) => each(member::NS, &Elements(&NumberText(self), count)),
            StoredValue::Bs(count) => each(member::BS, &Elements(&Blob(self), count)),
        }
    }
}

/// So many names with a value each.
struct Entries<'w, 'a>(&'w Walk<'a>, usize);

impl Encode for Entries<'_, '_> {
    fn encode(&self, shape: &'static Shape, writer: &mut dyn Writer) {
        let Entries(walk, count) = *self;
        let entry = |_| (walk.step(Cursor::str).unwrap_or_default(), walk as &dyn Encode);
        writer.map(shape, &mut (0..count).map(entry));
    }
}

/// So many of the next.
struct Elements<'w>(&'w dyn Encode, usize);

impl Encode for Elements<'_> {
    fn encode(&self, shape: &'static Shape, writer: &mut dyn Writer) {
        writer.list(shape, &mut std::iter::repeat_n(self.0, self.1));
    }
}

/// The next text of a set.
struct Text<'w, 'a>(&'w Walk<'a>);

impl Encode for Text<'_, '_> {
    fn encode(&self, shape: &'static Shape, writer: &mut dyn Writer) {
        writer.string(shape, self.0.step(Cursor::str).unwrap_or_default());
    }
}

/// The next number of a set.
struct NumberText<'w, 'a>(&'w Walk<'a>);

impl Encode for NumberText<'_, '_> {
    fn encode(&self, shape: &'static Shape, writer: &mut dyn Writer) {
        if let Some(number) = self.0.step(Cursor::number) {
            self.0.number(number, |text| writer.string(shape, text));
        }
    }
}

/// The next binary of a set.
struct Blob<'w, 'a>(&'w Walk<'a>);

impl Encode for Blob<'_, '_> {
    fn encode(&self, shape: &'static Shape, writer: &mut dyn Writer) {
        writer.blob(shape, self.0.step(Cursor::bin).unwrap_or_default());
    }
}
