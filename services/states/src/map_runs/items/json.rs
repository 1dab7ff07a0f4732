//! Items of JSON: the elements of an array or the members of an object, wherever a pointer finds it, or one on each line.

use std::cell::Cell;
use std::fmt;
use std::io::{self, BufRead, BufReader, Read};
use std::ops::ControlFlow;
use std::rc::Rc;

use serde::de::{DeserializeSeed, Deserializer, Error, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::Value;

use super::super::said;
use super::{ITEM_BYTES_MAX, Item, Taker, too_large};

/// What is told of something that has no items.
const NO_ITEMS: &str = "Attempting to map over non-iterable node.";

/// The steps of ItemsPointer, which is a JSON pointer.
pub(super) fn pointer(config: &Value) -> Result<Vec<String>, String> {
    let Some(pointer) = said::text(config, "ItemsPointer")?.filter(|pointer| !pointer.is_empty()) else {
        return Ok(Vec::new());
    };
    let steps =
        pointer.strip_prefix('/').ok_or("The value of the field 'ItemsPointer' is no JSON pointer")?;
    Ok(steps.split('/').map(|step| step.replace("~1", "/").replace("~0", "~")).collect())
}

/// Each line is an item, unless it is empty.
pub(super) fn lines(object: &mut dyn Read, take: Taker<'_>) -> Result<(), String> {
    let mut object = BufReader::new(object);
    let mut line = Vec::new();
    loop {
        line.clear();
        let most = ITEM_BYTES_MAX as u64 + 1;
        let read =
            object.by_ref().take(most).read_until(b'\n', &mut line).map_err(|error| error.to_string())?;
        if read == 0 {
            return Ok(());
        }
        if read as u64 == most && line.last() != Some(&b'\n') {
            return Err(too_large());
        }
        let text = line.trim_ascii();
        if text.is_empty() {
            continue;
        }
        let item: Value =
            serde_json::from_slice(text).map_err(|error| format!("A line is no JSON: {error}"))?;
        if take(item.into()).is_break() {
            return Ok(());
        }
    }
}

/// The elements of an array, or the members of an object. What stands around it is read over.
pub(super) fn within(object: &mut dyn Read, pointer: &[String], take: Taker<'_>) -> Result<(), String> {
    let left = Rc::new(Cell::new(usize::MAX));
    let bounded = Bounded { inner: BufReader::new(object), left: Rc::clone(&left) };
    let mut deserializer = serde_json::Deserializer::from_reader(bounded);
    let mut seen = Seen { take, left, is_found: false, is_enough: false };
    let read = At { pointer, seen: &mut seen }.deserialize(&mut deserializer);
    let read = read.and_then(|()| deserializer.end());
    match read {
        _ if seen.is_enough => Ok(()),
        Ok(()) if seen.is_found => Ok(()),
        Ok(()) => Err(NO_ITEMS.into()),
        Err(error) if error.is_data() => Err(NO_ITEMS.into()),
        Err(error) if error.is_io() => Err(error.to_string()),
        Err(error) => Err(format!("The object is no JSON: {error}")),
    }
}

/// Bytes, of which an item may have so many.
struct Bounded<R> {
    inner: BufReader<R>,
    left: Rc<Cell<usize>>,
}

impl<R: Read> Read for Bounded<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.inner.read(buffer)?;
        let left = self.left.get().checked_sub(read).ok_or_else(|| io::Error::other(too_large()))?;
        self.left.set(left);
        Ok(read)
    }
}

/// What was seen so far.
struct Seen<'t> {
    take: Taker<'t>,
    left: Rc<Cell<usize>>,
    is_found: bool,
    is_enough: bool,
}

/// What a pointer finds from here on.
struct At<'a, 't> {
    pointer: &'a [String],
    seen: &'a mut Seen<'t>,
}

impl<'de> DeserializeSeed<'de> for At<'_, '_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for At<'_, '_> {
    type Value = ();

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("an array or an object, or what leads to one")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        let Some((step, rest)) = self.pointer.split_first() else { return self.seen.members(map) };
        while let Some(name) = map.next_key::<String>()? {
            // Of two members of the same name, the first is it.
            if name == *step && !self.seen.is_found {
                map.next_value_seed(At { pointer: rest, seen: &mut *self.seen })?;
            } else {
                map.next_value::<IgnoredAny>()?;
            }
        }
        Ok(())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut elements: A) -> Result<(), A::Error> {
        let Some((step, rest)) = self.pointer.split_first() else { return self.seen.items(elements) };
        let wanted = step.parse::<usize>().ok();
        for index in 0.. {
            let is_there = if Some(index) == wanted {
                elements.next_element_seed(At { pointer: rest, seen: &mut *self.seen })?.is_some()
            } else {
                elements.next_element::<IgnoredAny>()?.is_some()
            };
            if !is_there {
                break;
            }
        }
        Ok(())
    }
}

impl Seen<'_> {
    fn items<'de, A: SeqAccess<'de>>(&mut self, mut elements: A) -> Result<(), A::Error> {
        self.is_found = true;
        loop {
            self.left.set(ITEM_BYTES_MAX);
            let Some(item) = elements.next_element::<Value>()? else { break };
            self.give(item.into())?;
        }
        self.left.set(usize::MAX);
        Ok(())
    }

    fn members<'de, A: MapAccess<'de>>(&mut self, mut members: A) -> Result<(), A::Error> {
        self.is_found = true;
        loop {
            self.left.set(ITEM_BYTES_MAX);
            let Some((key, value)) = members.next_entry::<String, Value>()? else { break };
            self.give(Item { key: Some(key), value })?;
        }
        self.left.set(usize::MAX);
        Ok(())
    }

    fn give<E: Error>(&mut self, item: Item) -> Result<(), E> {
        if let ControlFlow::Break(()) = (self.take)(item) {
            self.is_enough = true;
            return Err(E::custom("enough"));
        }
        Ok(())
    }
}
