//! Items in the store: the content of a record each, which [`expressions::stored`] has byte by byte.

use expressions::stored::{self, StoredItem};
use expressions::{Item, Value};
use service::Result;
use store::{Bytes, Error, Reads, record};

/// The item of a record, where it lies.
pub(crate) fn read(record: &Bytes) -> Result<StoredItem, Error> {
    StoredItem::read(record::content(record)?).map_err(|corrupt| record::corrupt(&corrupt))
}

/// The same, taken apart.
pub(crate) fn item(stored: &StoredItem) -> Result<Item, Error> {
    stored.item().map_err(|corrupt| record::corrupt(&corrupt))
}

/// One attribute of it.
pub(crate) fn attribute(stored: &StoredItem, name: &str) -> Result<Option<Value>, Error> {
    stored.get(name).map_err(|corrupt| record::corrupt(&corrupt))
}

/// What is at a place.
pub(crate) fn find(reads: &impl Reads, place: &[u8]) -> Result<Option<StoredItem>, Error> {
    reads.get(place)?.as_ref().map(read).transpose()
}

/// The same, taken apart.
pub(crate) fn find_item(reads: &impl Reads, place: &[u8]) -> Result<Option<Item>, Error> {
    find(reads, place)?.as_ref().map(item).transpose()
}

/// An item as a record.
pub(crate) fn record(item: &Item) -> Bytes {
    record::of_content(|out| stored::write(out, item)).into()
}
