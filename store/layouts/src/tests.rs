//! Layouts that stay, that change, and that are no longer understood.

use std::collections::{BTreeMap, BTreeSet};
use std::panic::catch_unwind;

use bytes::Bytes;
use serde::{Deserialize, Serialize};
use store::record;

use super::*;

#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Thing {
    name: String,
    number: Option<i64>,
    id: [u8; 4],
    kind: Kind,
    tags: BTreeMap<String, Bytes>,
}

#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
enum Kind {
    Plain,
    Held { by: String },
    Pair(u8, i32),
    Tree(Vec<Kind>),
}

/// As [`Thing`], with a field that may be missing.
#[derive(Serialize, Deserialize)]
struct Later {
    name: String,
    number: Option<i64>,
    id: [u8; 4],
    kind: Kind,
    tags: BTreeMap<String, Bytes>,
    #[serde(default)]
    added: bool,
}

/// As [`Thing`], with one that may not.
#[derive(Serialize, Deserialize)]
struct Broken {
    name: String,
    added: bool,
}

/// Text of one kind only.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String")]
struct Account(String);

impl TryFrom<String> for Account {
    type Error = &'static str;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        if text.len() == 12 { Ok(Account(text)) } else { Err("too short") }
    }
}

#[test]
fn samples_have_every_variant() {
    let samples = sample::of::<Thing>();
    let kinds: Vec<_> = samples.iter().map(|thing| &thing.kind).collect();
    assert!(matches!(kinds[..], [Kind::Plain, Kind::Held { .. }, Kind::Pair(..), Kind::Tree(_)]));
    assert!(samples.iter().all(|thing| thing.number.is_some() && thing.tags.len() == 1));
    assert_eq!(sample::of::<Thing>(), samples, "they are the same each time");
}

#[test]
fn texts_are_tried_until_one_fits() {
    let [(name, accounts)] = &sample::of::<(String, BTreeSet<Account>)>()[..] else { panic!("one sample") };
    assert_eq!(name, "text 1");
    assert_eq!(accounts.first(), Some(&Account("000000000000".into())));
}

fn check<T: Serialize + DeserializeOwned>(folder: &Path, appends: bool) {
    let stored = Stored::read(folder.join("stored.txt"), appends);
    for (_, bytes) in stored.all_of("thing") {
        record::decode::<T>(&bytes).unwrap();
    }
    let samples: Vec<_> = sample::of::<T>().iter().map(|value| record::encode(value).unwrap()).collect();
    stored.compare("thing", &samples);
}

#[test]
fn a_layout_changes_only_on_purpose_and_old_ones_stay() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    assert!(catch_unwind(|| check::<Thing>(folder, false)).is_err(), "it is new");
    check::<Thing>(folder, true);
    let first = std::fs::read_to_string(folder.join("stored.txt")).unwrap();
    check::<Thing>(folder, false);
    check::<Thing>(folder, true);
    assert_eq!(std::fs::read_to_string(folder.join("stored.txt")).unwrap(), first, "nothing is new");
    assert!(catch_unwind(|| check::<Later>(folder, false)).is_err());
    check::<Later>(folder, true);
    check::<Later>(folder, false);
    let second = std::fs::read_to_string(folder.join("stored.txt")).unwrap();
    assert!(second.starts_with(&first) && second.contains("thing 2.3 "));
    assert!(catch_unwind(|| check::<Broken>(folder, true)).is_err(), "it does not read the first version");
}
