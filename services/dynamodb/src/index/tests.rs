//! Entries of indexes, and what they cost, on tables in memory.

use std::ops::Range;

use expressions::{Item, Value};
use names::{Account, Region, Scope};
use serde::Serialize;
use store::record;
use store::tuple::Key;

use super::{Index, Kind, Projected, entry};
use crate::capacity;
use crate::source::Source;
use crate::table::{KeyPart, Table};

fn part(name: &str, kind: &str) -> KeyPart {
    KeyPart { name: name.into(), kind: kind.into() }
}

fn index(name: &str, kind: Kind, sort: Option<KeyPart>, projected: Projected) -> Index {
    let partition = part(if kind == Kind::Local { "pk" } else { "gk" }, "S");
    Index {
        name: name.into(),
        id: [name.len() as u8; 16],
        kind,
        partition,
        sort,
        projected,
        provisioned: None,
        on_demand: None,
        warm: None,
        more_partition: Vec::new(),
        more_sort: Vec::new(),
        is_building: false,
    }
}

/// A table's record as it was before there were indexes.
#[derive(Serialize)]
struct OldTable {
    scope: Scope,
    name: String,
    id: [u8; 16],
    partition: KeyPart,
    sort: Option<KeyPart>,
    provisioned: Option<(i64, i64)>,
    protected: bool,
    created_ms: i64,
}

/// A table with a global index `all`, one of keys without a sort key, `keys1`, and a local one, `local12`.
fn table() -> Table {
    let old = OldTable {
        scope: Scope::new(Account::ZERO, Region::US_EAST_1),
        name: "table".into(),
        id: [0; 16],
        partition: part("pk", "S"),
        sort: Some(part("sk", "S")),
        provisioned: None,
        protected: false,
        created_ms: 0,
    };
    let mut table: Table = record::decode(&record::encode(&old).unwrap()).unwrap();
    assert!(table.indexes.is_empty() && !table.follows_items());
    table.indexes = vec![
        index("all", Kind::Global, Some(part("gs", "N")), Projected::All),
        index("keys1", Kind::Global, None, Projected::KeysOnly),
        index("local12", Kind::Local, Some(part("ls", "N")), Projected::Include(vec!["a".into()])),
    ];
    table
}

fn item(attributes: &[(&str, &str)]) -> Item {
    attributes.iter().map(|(name, text)| ((*name).into(), Value::S((*text).into()))).collect()
}

fn with(mut item: Item, name: &str, number: i64) -> Item {
    item.insert(name.into(), Value::N(number.to_string().parse().unwrap()));
    item
}

fn key(pk: &str, sk: &str) -> Item {
    item(&[("pk", pk), ("sk", sk), ("gk", "g")])
}

fn place(index: &Index, item: &Item) -> Vec<u8> {
    index.place(&table(), item).map(Key::into).unwrap()
}

#[test]
fn an_item_without_the_key_is_not_in_the_index() {
    let table = table();
    let [all, keys, local] = &table.indexes[..] else { panic!() };
    let bare = item(&[("pk", "p"), ("sk", "s")]);
    assert!(table.indexes.iter().all(|index| index.entry(&table, &bare).is_none()));
    let some = key("p", "s");
    assert!(all.entry(&table, &some).is_none() && keys.entry(&table, &some).is_some());
    assert!(local.entry(&table, &with(some.clone(), "ls", 1)).is_some());
    // What was there before the index may be of a wrong type.
    let mut wrong = with(some, "gs", 1);
    wrong.insert("gk".into(), Value::Null);
    assert!(all.entry(&table, &wrong).is_none());
    wrong.insert("gk".into(), Value::S(String::new()));
    assert!(all.entry(&table, &wrong).is_none());
}

#[test]
fn entries_have_what_is_projected() {
    let table = table();
    let whole =
        with(with(item(&[("pk", "p"), ("sk", "s"), ("gk", "g"), ("a", "a"), ("b", "b")]), "gs", 1), "ls", 2);
    let names = |at: usize| -> Vec<String> {
        table.indexes[at].entry(&table, &whole).unwrap().item.keys().cloned().collect()
    };
    assert_eq!(names(0), ["a", "b", "gk", "gs", "ls", "pk", "sk"]);
    assert_eq!(names(1), ["gk", "pk", "sk"]);
    assert_eq!(names(2), ["a", "ls", "pk", "sk"]);
}

#[test]
fn entries_stand_in_the_order_of_their_keys() {
    let table = table();
    let all = &table.indexes[0];
    let numbers = [-100, -2, -1, 0, 1, 2, 10, 1000];
    let places: Vec<_> =
        numbers.iter().map(|number| place(all, &with(key("p", "s"), "gs", *number))).collect();
    assert!(places.is_sorted(), "{places:x?}");
    // Equal keys: in the order of the item's own.
    let equal = |pk: &str, sk: &str| place(all, &with(key(pk, sk), "gs", 1));
    assert!(equal("a", "b") < equal("a", "c") && equal("a", "z") < equal("b", "a"));
    let Range { start, end } = (Source { table: &table, index: Some(all) }).whole();
    assert!(places.iter().all(|place| start < *place && *place < end));
}

#[test]
fn what_cannot_be_a_key_is_refused() {
    let table = table();
    let good = with(key("p", "s"), "gs", 1);
    let mut wrong = good.clone();
    wrong.insert("gs".into(), Value::S("x".into()));
    let refused = entry::check_fits(&table, None, &wrong).unwrap_err().message;
    assert!(
        refused.ends_with("Type mismatch for Index Key gs Expected: N Actual: S IndexName: all"),
        "{refused}"
    );
    assert!(entry::check_fits(&table, Some(&wrong), &wrong).is_ok(), "it was so before");
    wrong.insert("gs".into(), Value::N(1u64.into()));
    wrong.insert("gk".into(), Value::S("x".repeat(2049)));
    assert!(entry::check_fits(&table, Some(&good), &wrong).unwrap_err().message.contains("hashkey"));
}

#[test]
fn a_write_consumes_where_entries_change() {
    let table = table();
    let units = |old: Option<&Item>, new: Option<&Item>| {
        let shown =
            capacity::shown(Some(&"INDEXES".into()), &table, capacity::written(&table, old, new)).unwrap();
        let of = |name: &str| {
            let index = shown.global_secondary_indexes.as_ref().and_then(|indexes| indexes.get(name));
            index.and_then(|capacity| capacity.capacity_units).unwrap_or_default()
        };
        (shown.capacity_units.unwrap(), of("all"), of("keys1"))
    };
    let mut first = with(key("p", "s"), "gs", 1);
    first.insert("a".into(), Value::S("x".repeat(1500)));
    assert_eq!(units(None, Some(&first)), (5.0, 2.0, 1.0));
    assert_eq!(units(Some(&first), Some(&first)), (2.0, 0.0, 0.0));
    let moved = with(first.clone(), "gs", 2);
    assert_eq!(units(Some(&first), Some(&moved)), (6.0, 4.0, 0.0));
    let longer = with(first.clone(), "b", 2);
    assert_eq!(units(Some(&first), Some(&longer)), (4.0, 2.0, 0.0));
    assert_eq!(units(Some(&first), None), (5.0, 2.0, 1.0));
}
