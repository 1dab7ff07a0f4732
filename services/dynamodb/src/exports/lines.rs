//! What an export says of an item, or of a change: a line each.

use expressions::{Item, Number};
use serde_json::json;
use wire::Fault;

use super::{Export, Format};
use crate::backups::changed::Changed;
use crate::formats::{ion, json};

impl Export {
    pub(super) fn line_of_item(&self, item: &Item) -> Result<String, Fault> {
        match self.format {
            Format::Json => Ok(json!({ "Item": json::of_item(item) }).to_string()),
            Format::Ion => ion::line(vec![("Item", ion::of_item(item))]),
        }
    }

    pub(super) fn line_of_change(&self, changed: &Changed, with_old: bool) -> Result<String, Fault> {
        let some = changed.new.as_ref().or(changed.old.as_ref());
        let key_of = |item: &Item| -> Item {
            self.key.iter().filter_map(|name| Some((name.clone(), item.get(name)?.clone()))).collect()
        };
        let micros = u64::try_from(changed.at_ms).unwrap_or_default().saturating_mul(1000);
        let metadata =
            Item::from([("WriteTimestampMicros".to_owned(), expressions::Value::N(Number::from(micros)))]);
        let old = changed.old.as_ref().filter(|_| with_old);
        let mut parts = vec![("Metadata", metadata), ("Keys", some.map(key_of).unwrap_or_default())];
        parts.extend(changed.new.iter().map(|item| ("NewImage", item.clone())));
        parts.extend(old.map(|item| ("OldImage", item.clone())));
        match self.format {
            Format::Json => {
                let named = parts.iter().map(|(name, item)| ((*name).to_owned(), json::of_item(item)));
                Ok(serde_json::Value::Object(named.collect()).to_string())
            }
            Format::Ion => {
                let record = ion::structure(parts.iter().map(|(name, item)| (*name, ion::of_item(item))));
                ion::line(vec![("Record", record.into())])
            }
        }
    }
}
