//! Lists of any keys, by any prefix and delimiter, in pages of any size, held against a sorted map.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Bound;

use api_s3 as api;
use names::Account;
use proptest::prelude::*;
use store::{Options, Snapshot, Store};

use super::page::{Page, behind};
use super::question::Question;
use super::versions::{self, Marker};
use super::walk::Begin;
use crate::bucket::Bucket;
use crate::keys;
use crate::object::acl::Owners;
use crate::object::version::{Content, Version};

/// The versions of each key, the newest first; whether each is an object.
type Model = BTreeMap<String, Vec<bool>>;

/// What the rows of a list are: a key with the number of its version, or a common prefix.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Row {
    Version { key: String, number: u64, is_latest: bool },
    Prefix(String),
}

fn bucket() -> Bucket {
    Bucket {
        id: [3; 16],
        name: "trips".into(),
        owner: Account::ZERO,
        region: "eu-west-1".parse().unwrap(),
        constraint: None,
        created_ms: 0,
        settings: ["versioning".to_owned()].into(),
    }
}

fn version(number: u64, is_object: bool) -> Version {
    let content = is_object.then(|| Content::of_test(number));
    // One version in the middle was made while its bucket kept none.
    Version { id: [0; 16], number, is_null: number == 2, modified_ms: 0, content }
}

/// The number of a version by its place; the newest has the greatest.
fn number(versions: &[bool], place: usize) -> u64 {
    (versions.len() - place) as u64
}

/// A store with what the model has, and with neighbours before and behind it.
fn stored(model: &Model) -> Snapshot {
    let store = Store::open(Options::memory()).unwrap();
    store
        .transact_now(|tx| {
            for other in [[2; 16], [4; 16]] {
                tx.put_compact(keys::object(&other, "a"), &version(1, true))?;
                tx.put_compact(keys::version(&other, "a", 1), &version(1, true))?;
            }
            for (key, versions) in model {
                for (place, is_object) in versions.iter().enumerate() {
                    let number = number(versions, place);
                    let record = match (place, is_object) {
                        (0, true) => keys::object(&bucket().id, key),
                        _ => keys::version(&bucket().id, key, number),
                    };
                    if number == 2 && !(place == 0 && *is_object) {
                        tx.put_record(keys::null(&bucket().id, key), &number)?;
                    }
                    tx.put_compact(record, &version(number, *is_object))?;
                }
            }
            Ok::<_, store::Error>(())
        })
        .unwrap();
    store.snapshot()
}

/// The rows that a list should have behind a name.
fn expected(model: &Model, question: &Question<'_>, after: Option<&str>, with_older: bool) -> Vec<Row> {
    let after = after.unwrap_or_default();
    let mut seen = BTreeSet::new();
    let mut rows = Vec::new();
    let begin = (Bound::Excluded(after.to_owned()), Bound::Unbounded);
    for (key, versions) in model.range(begin).filter(|(key, _)| key.starts_with(question.prefix)) {
        if !with_older && !versions[0] {
            continue;
        }
        let behind_prefix = &key[question.prefix.len()..];
        let group =
            question.delimiter.and_then(|delimiter| Some((behind_prefix.find(delimiter)?, delimiter)));
        if let Some((at, delimiter)) = group {
            let prefix = key[..question.prefix.len() + at + delimiter.len()].to_owned();
            if prefix.as_str() > after && seen.insert(prefix.clone()) {
                rows.push(Row::Prefix(prefix));
            }
            continue;
        }
        let shown = if with_older { versions.len() } else { 1 };
        rows.extend((0..shown).map(|place| {
            let (key, number) = (key.clone(), number(versions, place));
            Row::Version { key, number, is_latest: place == 0 }
        }));
    }
    rows
}

/// The rows of a page, in their order.
fn rows(snapshot: &Snapshot, page: &Page, question: &Question<'_>, is_older: bool) -> Vec<Row> {
    let mut output = api::ListObjectVersionsOutput::default();
    let bucket = bucket();
    let owners = Owners::of(snapshot, &bucket).unwrap();
    versions::show(&mut output, page, question, &owners, is_older, false).unwrap();
    let versions = output.versions.unwrap().into_iter().map(|shown| shown.is_latest.unwrap());
    let markers = output.delete_markers.unwrap().into_iter().map(|shown| shown.is_latest.unwrap());
    let (mut versions, mut markers) = (versions, markers);
    let mut rows: Vec<Row> = page.prefixes.iter().cloned().map(Row::Prefix).collect();
    rows.extend(page.entries.iter().map(|entry| {
        let is_object = entry.version.content.is_some();
        let is_latest = if is_object { versions.next() } else { markers.next() }.unwrap();
        Row::Version { key: entry.key.clone(), number: entry.version.number, is_latest }
    }));
    // Stable: versions of one key stay as they are.
    rows.sort_by(|one, other| name(one).cmp(name(other)));
    rows
}

fn name(row: &Row) -> &str {
    match row {
        Row::Version { key, .. } | Row::Prefix(key) => key,
    }
}

fn text(lengths: std::ops::Range<usize>) -> impl Strategy<Value = String> {
    prop::collection::vec(prop::sample::select(vec!["a", "b", "/", "\0", "é", "\u{10ffff}"]), lengths)
        .prop_map(|parts| parts.concat())
}

fn model() -> impl Strategy<Value = Model> {
    prop::collection::btree_map(text(1..6), prop::collection::vec(any::<bool>(), 1..4), 0..60)
}

proptest! {
    #[test]
    fn objects_are_listed_in_order(
        model in model(), prefix in text(0..2), delimiter in text(0..3), after in prop::option::of(text(0..4)), max in 1_usize..12,
    ) {
        let snapshot = stored(&model);
        let delimiter = Some(delimiter.as_str()).filter(|delimiter| !delimiter.is_empty());
        let question = Question { prefix: &prefix, delimiter, max, is_encoded: false };
        let expected = expected(&model, &question, after.as_deref(), false);
        let mut pages = expected.chunks(max).peekable();
        let mut last = after.clone();
        loop {
            let begin = last.as_deref().map_or(Begin::Start, |last| behind(last, &question));
            let page = Page::read(&snapshot, vec![keys::objects(&bucket().id)], &question, begin).unwrap();
            prop_assert_eq!(rows(&snapshot, &page, &question, false), pages.next().unwrap_or_default());
            prop_assert_eq!(page.is_truncated, pages.peek().is_some());
            let Some(next) = page.next() else { break };
            last = Some(next.to_owned());
        }
    }

    #[test]
    fn versions_are_listed_in_order(
        model in model(), prefix in text(0..2), delimiter in text(0..3), after in prop::option::of(text(0..4)), max in 1_usize..12,
    ) {
        let snapshot = stored(&model);
        let delimiter = Some(delimiter.as_str()).filter(|delimiter| !delimiter.is_empty());
        let question = Question { prefix: &prefix, delimiter, max, is_encoded: false };
        let expected = expected(&model, &question, after.as_deref(), true);
        let mut pages = expected.chunks(max).peekable();
        let (mut last, mut version) = (after.unwrap_or_default(), None);
        loop {
            let marker = Marker { key: &last, version: version.as_deref() };
            let (page, is_older) = versions::read(&snapshot, &bucket(), &question, marker).unwrap();
            prop_assert_eq!(rows(&snapshot, &page, &question, is_older), pages.next().unwrap_or_default());
            prop_assert_eq!(page.is_truncated, pages.peek().is_some());
            version = versions::next_version(&page);
            let Some(next) = page.next() else { break };
            last = next.to_owned();
        }
    }
}

#[test]
fn a_marker_that_is_gone_loses_nothing() {
    let model: Model = [("a".to_owned(), vec![true, true, true]), ("b".to_owned(), vec![true])].into();
    let snapshot = stored(&model);
    let question = Question { prefix: "", delimiter: None, max: 1000, is_encoded: false };
    let listed = |key: &str, id: &str| {
        let marker = Marker { key, version: Some(id) };
        let (page, is_older) = versions::read(&snapshot, &bucket(), &question, marker).unwrap();
        rows(&snapshot, &page, &question, is_older)
    };
    let all = expected(&model, &question, None, true);
    // Everything newer than what is left was deleted since; so was a null version that nobody knows the place of.
    assert_eq!(listed("a", &version(9, true).id_text()), all);
    assert_eq!(listed("a", "null"), all[2..]);
    assert_eq!(listed("b", "null"), all[3..]);
    assert_eq!(listed("c", "null"), []);
}

#[test]
fn nobody_gets_nothing() {
    let snapshot = stored(&[("a".to_owned(), vec![true])].into());
    let question = Question { prefix: "", delimiter: None, max: 0, is_encoded: false };
    let page = Page::read(&snapshot, vec![keys::objects(&bucket().id)], &question, Begin::Start).unwrap();
    assert!(page.count() == 0 && !page.is_truncated && page.next().is_none());
}
