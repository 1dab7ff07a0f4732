//! What an export says of an item, or of a change: a line each.

use expressions::{Item, Number, Value};
use wire::Fault;

use super::{Export, Format};
use crate::backups::changed::Changed;
use crate::formats::{ion, json};

impl Export {
    pub(super) fn line_of_item(&self, item: Item) -> Result<Vec<u8>, Fault> {
        match self.format {
            Format::Json => Ok(json::line([("Item", item)])),
            Format::Ion => ion::line(vec![("Item", ion::of_item(&item))]),
        }
    }

    pub(super) fn line_of_change(&self, changed: Changed, with_old: bool) -> Result<Vec<u8>, Fault> {
        let some = changed.new.as_ref().or(changed.old.as_ref());
        let key_of = |item: &Item| -> Item {
            self.key.iter().filter_map(|name| Some((name.clone(), item.get(name)?.clone()))).collect()
        };
        let micros = u64::try_from(changed.at_ms).unwrap_or_default().saturating_mul(1000);
        let metadata = Item::from([("WriteTimestampMicros".to_owned(), Value::N(Number::from(micros)))]);
        let mut parts = vec![("Metadata", metadata), ("Keys", some.map(key_of).unwrap_or_default())];
        parts.extend(changed.new.map(|item| ("NewImage", item)));
        parts.extend(changed.old.filter(|_| with_old).map(|item| ("OldImage", item)));
        match self.format {
            Format::Json => Ok(json::line(parts)),
            Format::Ion => {
                let record = ion::structure(parts.iter().map(|(name, item)| (*name, ion::of_item(item))));
                ion::line(vec![("Record", record.into())])
            }
        }
    }
}
