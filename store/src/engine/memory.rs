//! The engine in memory: a persistent ordered map (imbl), so that a view is a copy in constant time.

use std::ops::Range;

use bytes::Bytes;
use imbl::OrdMap;
use parking_lot::RwLock;

use crate::engine::{Engine, Entries, View, Writes};
use crate::{Direction, Error};

type Map = OrdMap<Bytes, Bytes>;

/// Everything in memory, gone with the process.
#[derive(Default)]
pub(crate) struct Memory(RwLock<Map>);

impl Engine for Memory {
    fn view(&self) -> Box<dyn View> {
        Box::new(Moment(self.0.read().clone()))
    }

    fn write(&self, writes: &Writes) -> Result<(), Error> {
        let mut map = self.0.write();
        for (key, value) in writes {
            match value {
                Some(value) => map.insert(Bytes::copy_from_slice(key), value.clone()),
                None => map.remove(key.as_slice()),
            };
        }
        Ok(())
    }

    fn flush(&self) -> Result<(), Error> {
        Ok(())
    }

    fn clear(&self) -> Result<(), Error> {
        self.0.write().clear();
        Ok(())
    }

    fn sync(&self) -> Result<(), Error> {
        Ok(())
    }
}

struct Moment(Map);

impl View for Moment {
    fn get(&self, key: &[u8]) -> Result<Option<Bytes>, Error> {
        Ok(self.0.get(key).cloned())
    }

    fn scan(&self, range: Range<Vec<u8>>, direction: Direction) -> Entries<'_> {
        if range.is_empty() {
            return Box::new(std::iter::empty());
        }
        let range = Bytes::from(range.start)..Bytes::from(range.end);
        let entries = self.0.range(range).map(|(key, value)| Ok((key.clone(), value.clone())));
        match direction {
            Direction::Forward => Box::new(entries),
            Direction::Backward => Box::new(entries.rev()),
        }
    }
}
