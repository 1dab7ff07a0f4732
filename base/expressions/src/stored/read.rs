//! Reads stored items.

use std::collections::BTreeSet;

use bytes::Bytes;

use crate::Type;
use crate::number::NumberForm;
use crate::stored::write;
use crate::value::{DEPTH_MAX, DOCUMENT_BYTES, ELEMENT_BYTES, Item, Value, item_size_bytes};

/// Bytes that are no stored item.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("it is no item")]
pub struct Corrupt;

type Result<T> = std::result::Result<T, Corrupt>;

/// An item where it lies. It was walked through once, so what it is made of is in order: cursors meet no error in it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredItem {
    bytes: Bytes,
    size_bytes: usize,
}

impl StoredItem {
    /// Checks and measures an item.
    ///
    /// # Errors
    /// When the bytes are none.
    pub fn read(bytes: Bytes) -> Result<Self> {
        let mut cursor = Cursor(&bytes);
        let count = cursor.map()?;
        let size_bytes = cursor.measure_entries(count, 0)?;
        if cursor.0.is_empty() { Ok(StoredItem { bytes, size_bytes }) } else { Err(Corrupt) }
    }

    /// The same as it would be stored.
    pub fn of(item: &Item) -> Self {
        let mut bytes = Vec::new();
        write(&mut bytes, item);
        StoredItem { bytes: bytes.into(), size_bytes: item_size_bytes(item) }
    }

    /// The size of the item, which is that of [`item_size_bytes`].
    pub fn size_bytes(&self) -> usize {
        self.size_bytes
    }

    /// Stands before its count of attributes.
    pub fn cursor(&self) -> Cursor<'_> {
        Cursor(&self.bytes)
    }

    /// The whole item.
    ///
    /// # Errors
    /// None, where it was read.
    pub fn item(&self) -> Result<Item> {
        self.cursor().item()
    }

    /// One attribute.
    ///
    /// # Errors
    /// As [`StoredItem::item`].
    pub fn get(&self, attribute: &str) -> Result<Option<Value>> {
        let mut cursor = self.cursor();
        for _ in 0..cursor.map()? {
            if cursor.str()? == attribute {
                return cursor.whole_value().map(Some);
            }
            cursor.measure(0)?;
        }
        Ok(None)
    }
}

/// A value as a cursor meets it. Behind maps and lists stand their contents, for the cursor to go on with.
#[derive(Clone, Copy, Debug)]
#[expect(missing_docs, reason = "the names are those of the values")]
pub enum StoredValue<'a> {
    S(&'a str),
    N(NumberForm<'a>),
    B(&'a [u8]),
    Bool(bool),
    Null,
    /// So many names with a value each.
    M(usize),
    /// So many values.
    L(usize),
    /// So many texts.
    Ss(usize),
    /// So many numbers.
    Ns(usize),
    /// So many binaries.
    Bs(usize),
}

/// Stands in a stored item. After an error it stands nowhere.
#[derive(Clone, Copy, Debug)]
pub struct Cursor<'a>(&'a [u8]);

impl<'a> Cursor<'a> {
    /// The count of names and values that follow: of an item.
    ///
    /// # Errors
    /// When something else follows.
    pub fn map(&mut self) -> Result<usize> {
        match self.byte()? {
            byte @ 0x80..=0x8f => Ok(usize::from(byte & 0x0f)),
            0xde => self.length(2),
            0xdf => self.length(4),
            _ => Err(Corrupt),
        }
    }

    /// A name, or an element of a set of texts.
    ///
    /// # Errors
    /// As [`Cursor::map`].
    pub fn str(&mut self) -> Result<&'a str> {
        std::str::from_utf8(self.text_bytes()?).map_err(|_| Corrupt)
    }

    fn text_bytes(&mut self) -> Result<&'a [u8]> {
        let length = match self.byte()? {
            byte @ 0xa0..=0xbf => usize::from(byte & 0x1f),
            0xd9 => self.length(1)?,
            0xda => self.length(2)?,
            0xdb => self.length(4)?,
            _ => return Err(Corrupt),
        };
        self.take(length)
    }

    /// An element of a set of binaries.
    ///
    /// # Errors
    /// As [`Cursor::map`].
    pub fn bin(&mut self) -> Result<&'a [u8]> {
        let length = match self.byte()? {
            0xc4 => self.length(1)?,
            0xc5 => self.length(2)?,
            0xc6 => self.length(4)?,
            _ => return Err(Corrupt),
        };
        self.take(length)
    }

    /// An element of a set of numbers.
    ///
    /// # Errors
    /// As [`Cursor::map`].
    pub fn number(&mut self) -> Result<NumberForm<'a>> {
        match NumberForm::read(self.bin()?) {
            Some((number, [])) => Ok(number),
            _ => Err(Corrupt),
        }
    }

    /// A value, or its beginning.
    ///
    /// # Errors
    /// As [`Cursor::map`].
    pub fn value(&mut self) -> Result<StoredValue<'a>> {
        let Some(0x81) = self.0.first() else {
            return if self.text_bytes()? == b"NULL" { Ok(StoredValue::Null) } else { Err(Corrupt) };
        };
        self.byte()?;
        Ok(match self.kind()? {
            Type::S => StoredValue::S(self.str()?),
            Type::N => StoredValue::N(self.number()?),
            Type::B => StoredValue::B(self.bin()?),
            Type::Bool => StoredValue::Bool(self.boolean()?),
            Type::M => StoredValue::M(self.map()?),
            Type::L => StoredValue::L(self.array()?),
            Type::Ss => StoredValue::Ss(self.array()?),
            Type::Ns => StoredValue::Ns(self.array()?),
            Type::Bs => StoredValue::Bs(self.array()?),
            Type::Null => return Err(Corrupt),
        })
    }

    fn kind(&mut self) -> Result<Type> {
        Ok(match self.text_bytes()? {
            b"S" => Type::S,
            b"N" => Type::N,
            b"B" => Type::B,
            b"BOOL" => Type::Bool,
            b"M" => Type::M,
            b"L" => Type::L,
            b"SS" => Type::Ss,
            b"NS" => Type::Ns,
            b"BS" => Type::Bs,
            _ => return Err(Corrupt),
        })
    }

    fn boolean(&mut self) -> Result<bool> {
        match self.byte()? {
            0xc2 => Ok(false),
            0xc3 => Ok(true),
            _ => Err(Corrupt),
        }
    }

    fn array(&mut self) -> Result<usize> {
        match self.byte()? {
            byte @ 0x90..=0x9f => Ok(usize::from(byte & 0x0f)),
            0xdc => self.length(2),
            0xdd => self.length(4),
            _ => Err(Corrupt),
        }
    }

    fn byte(&mut self) -> Result<u8> {
        let (first, rest) = self.0.split_first().ok_or(Corrupt)?;
        self.0 = rest;
        Ok(*first)
    }

    /// A length of so many bytes.
    fn length(&mut self, bytes: usize) -> Result<usize> {
        Ok(self.take(bytes)?.iter().fold(0, |length, byte| length << 8 | usize::from(*byte)))
    }

    fn take(&mut self, length: usize) -> Result<&'a [u8]> {
        let (taken, rest) = self.0.split_at_checked(length).ok_or(Corrupt)?;
        self.0 = rest;
        Ok(taken)
    }

    /// Passes so many names and values, and gives what they count for.
    fn measure_entries(&mut self, count: usize, depth: usize) -> Result<usize> {
        self.sum(count, |cursor| Ok(cursor.str()?.len() + cursor.measure(depth)?))
    }

    /// Passes a value and gives what it counts for, as [`Value::size_bytes`].
    fn measure(&mut self, depth: usize) -> Result<usize> {
        if depth == DEPTH_MAX {
            return Err(Corrupt);
        }
        match self.value()? {
            StoredValue::S(text) => Ok(text.len()),
            StoredValue::B(bytes) => Ok(bytes.len()),
            StoredValue::N(number) => Ok(number.size_bytes()),
            StoredValue::Bool(_) | StoredValue::Null => Ok(1),
            StoredValue::M(count) => {
                Ok(DOCUMENT_BYTES + count * ELEMENT_BYTES + self.measure_entries(count, depth + 1)?)
            }
            StoredValue::L(count) => {
                let elements = self.sum(count, |cursor| cursor.measure(depth + 1))?;
                Ok(DOCUMENT_BYTES + count * ELEMENT_BYTES + elements)
            }
            StoredValue::Ss(count) => self.sum(count, |cursor| Ok(cursor.str()?.len())),
            StoredValue::Ns(count) => self.sum(count, |cursor| Ok(cursor.number()?.size_bytes())),
            StoredValue::Bs(count) => self.sum(count, |cursor| Ok(cursor.bin()?.len())),
        }
    }

    fn sum(&mut self, count: usize, mut each: impl FnMut(&mut Self) -> Result<usize>) -> Result<usize> {
        (0..count).map(|_| each(self)).sum()
    }

    fn item(&mut self) -> Result<Item> {
        let count = self.map()?;
        self.entries(count)
    }

    fn entries(&mut self, count: usize) -> Result<Item> {
        // Most items have a few attributes. To collect them would sort them first, which costs more than to find their places.
        let mut item = Item::new();
        for _ in 0..count {
            item.insert(self.str()?.to_owned(), self.whole_value()?);
        }
        Ok(item)
    }

    fn whole_value(&mut self) -> Result<Value> {
        Ok(match self.value()? {
            StoredValue::S(text) => Value::S(text.to_owned()),
            StoredValue::N(number) => Value::N(number.into()),
            StoredValue::B(bytes) => Value::B(Bytes::copy_from_slice(bytes)),
            StoredValue::Bool(value) => Value::Bool(value),
            StoredValue::Null => Value::Null,
            StoredValue::M(count) => Value::M(self.entries(count)?),
            StoredValue::L(count) => Value::L((0..count).map(|_| self.whole_value()).collect::<Result<_>>()?),
            StoredValue::Ss(count) => Value::Ss(self.set(count, |cursor| Ok(cursor.str()?.to_owned()))?),
            StoredValue::Ns(count) => Value::Ns(self.set(count, |cursor| Ok(cursor.number()?.into()))?),
            StoredValue::Bs(count) => {
                Value::Bs(self.set(count, |cursor| Ok(Bytes::copy_from_slice(cursor.bin()?)))?)
            }
        })
    }

    fn set<T: Ord>(
        &mut self,
        count: usize,
        mut each: impl FnMut(&mut Self) -> Result<T>,
    ) -> Result<BTreeSet<T>> {
        (0..count).map(|_| each(self)).collect()
    }
}
