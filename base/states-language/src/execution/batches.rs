//! Batches: items that one execution of a map run gets together.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// How large a batch is at most, with all that belongs to it: no execution takes more.
pub(super) const BYTES_MAX: u64 = super::PAYLOAD_BYTES_MAX as u64;
/// What stands around the items, and around what each batch gets besides.
const ITEMS_OVERHEAD: u64 = r#"{"Items":[]}"#.len() as u64;
const INPUT_OVERHEAD: u64 = r#""BatchInput":,"#.len() as u64;

/// How items come together.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Batch {
    /// How many in a batch at most.
    pub items_max: Option<u64>,
    /// How large a batch is at most.
    pub bytes_max: Option<u64>,
    /// What each batch gets besides.
    pub input: Option<Value>,
}

/// Items that come together, as they come.
#[derive(Debug)]
pub struct Batches {
    batch: Batch,
    items_max: u64,
    bytes_max: u64,
    open: Vec<Value>,
    /// The bytes of those that are open.
    bytes: u64,
}

impl Batches {
    /// Nothing came yet.
    #[must_use]
    pub fn new(batch: Batch) -> Self {
        let items_max = batch.items_max.filter(|&most| most > 0).unwrap_or(u64::MAX);
        let input = batch.input.as_ref().map_or(0, |input| size(input) + INPUT_OVERHEAD);
        let room = BYTES_MAX.saturating_sub(ITEMS_OVERHEAD + input);
        let bytes_max = batch.bytes_max.unwrap_or(BYTES_MAX).min(room);
        Batches { batch, items_max, bytes_max, open: Vec::new(), bytes: 0 }
    }

    /// Takes an item. A batch that has no room for it is given, with how many items it has.
    pub fn push(&mut self, item: Value) -> Option<(Value, u64)> {
        let size = size(&item) + 1;
        let is_full = self.open.len() as u64 >= self.items_max || self.bytes + size > self.bytes_max;
        let full = if is_full { self.end() } else { None };
        self.bytes += size;
        self.open.push(item);
        full
    }

    /// Gives the items that are left.
    pub fn end(&mut self) -> Option<(Value, u64)> {
        self.bytes = 0;
        let items = std::mem::take(&mut self.open);
        let count = items.len() as u64;
        (count > 0).then(|| (self.together(items), count))
    }

    fn together(&self, items: Vec<Value>) -> Value {
        let mut whole = Map::new();
        if let Some(input) = &self.batch.input {
            whole.insert("BatchInput".into(), input.clone());
        }
        whole.insert("Items".into(), items.into());
        whole.into()
    }
}

fn size(value: &Value) -> u64 {
    value.to_string().len() as u64
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn all(items: impl IntoIterator<Item = Value>, batch: Batch) -> Vec<(Value, u64)> {
        let mut batches = Batches::new(batch);
        let mut all: Vec<_> = items.into_iter().filter_map(|item| batches.push(item)).collect();
        all.extend(batches.end());
        all
    }

    #[test]
    fn batches_are_full_but_not_too_large() {
        let items = || (0..5).map(Value::from);
        let batch = |items_max, bytes_max| Batch { items_max, bytes_max, input: None };
        let lengths =
            |batches: Vec<(Value, u64)>| batches.iter().map(|(_, count)| *count).collect::<Vec<_>>();
        assert_eq!(lengths(all(items(), batch(Some(2), None))), [2, 2, 1]);
        assert_eq!(lengths(all(items(), batch(None, Some(6)))), [3, 2]);
        assert_eq!(lengths(all(items(), batch(None, Some(1)))), [1; 5]);
        assert_eq!(lengths(all(items(), batch(Some(0), None))), [5]);
        assert_eq!(all([], batch(Some(2), None)), []);
        let with_input = Batch { input: Some(json!("x")), ..batch(None, None) };
        assert_eq!(all([json!(1)], with_input), [(json!({"BatchInput": "x", "Items": [1]}), 1)]);
    }

    #[test]
    fn no_batch_is_larger_than_an_input() {
        let items = || (0..100).map(|_| Value::from("x".repeat(9_998)));
        for input in [None, Some(json!("y".repeat(100_000)))] {
            let batches = all(items(), Batch { items_max: None, bytes_max: None, input });
            assert!(batches.iter().all(|(batch, _)| size(batch) <= BYTES_MAX));
            assert_eq!(batches.iter().map(|(_, count)| count).sum::<u64>(), 100);
            assert!(batches.len() <= 7, "{}", batches.len());
        }
    }
}
