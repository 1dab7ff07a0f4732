//! Tags are kept by account, region and ARN; what earlier programs kept elsewhere is found again.

use names::{Account, Region};
use store::{Options, Store};

use super::*;

const TAGGING: Tagging = Tagging::new(
    |tx, arn| Ok((tx.scope(), arn.clone())),
    |error| Fault::new("Refused", 400, error.to_string()),
);

fn scope(region: &str) -> Scope {
    Scope::new(Account::ZERO, region.parse::<Region>().unwrap())
}

fn queue(scope: &Scope, name: &str) -> Arn {
    Arn::in_scope("sqs", scope, name)
}

fn add(store: &Store, scope: &Scope, name: &str, tags: &[(&str, &str)]) -> Result<()> {
    store.transact_now(|tx| TAGGING.add(tx, scope, &queue(scope, name), tags.iter().copied()))
}

fn listed(store: &Store, scope: &Scope) -> Vec<(String, Vec<String>)> {
    let snapshot = store.snapshot();
    let all = all(&snapshot, range(scope)).map(|tagged| {
        let Tagged { arn, tags, .. } = tagged.unwrap();
        (arn, tags.into_iter().map(|(key, value)| format!("{key}={value}")).collect())
    });
    all.collect()
}

#[test]
fn tags_are_added_changed_and_taken_away() {
    let (store, here) = (Store::open(Options::memory()).unwrap(), scope("us-east-1"));
    let arn = queue(&here, "q");
    add(&store, &here, "q", &[]).unwrap();
    assert!(listed(&store, &here).is_empty(), "what never had a tag is not there");
    add(&store, &here, "q", &[("a", "1"), ("b", "2")]).unwrap();
    add(&store, &here, "q", &[("b", "3")]).unwrap();
    assert_eq!(listed(&store, &here), [(arn.to_string(), vec!["a=1".into(), "b=3".into()])]);
    assert!(listed(&store, &scope("eu-west-1")).is_empty());
    let keys = ["a".to_owned(), "b".into(), "none".into()];
    store.transact_now(|tx| remove(tx, &here, &arn, &keys)).unwrap();
    assert_eq!(listed(&store, &here), [(arn.to_string(), vec![])], "it was tagged once");
    let forgotten = store.transact_now(|tx| {
        forget(tx, &here, &arn);
        Ok::<_, crate::Error>(())
    });
    forgotten.unwrap();
    assert!(listed(&store, &here).is_empty());
    store.transact_now(|tx| remove(tx, &here, &arn, &keys)).unwrap();
    assert!(listed(&store, &here).is_empty(), "taking away makes nothing");
}

#[test]
fn a_resource_has_fifty_tags_at_most() {
    let (store, here) = (Store::open(Options::memory()).unwrap(), scope("us-east-1"));
    let many: Vec<String> = (0..51).map(|number| format!("k{number}")).collect();
    let many: Vec<(&str, &str)> = many.iter().map(|key| (key.as_str(), "")).collect();
    add(&store, &here, "q", &many[..50]).unwrap();
    add(&store, &here, "q", &many[..1]).unwrap();
    for refused in [&many[50..], &[("aws:x", "")], &[("a", ""), ("a", "")]] {
        let error = add(&store, &here, "q", refused).unwrap_err();
        assert_eq!(error.into_fault().code, "Refused");
    }
    assert_eq!(listed(&store, &here)[0].1.len(), 50);
}

#[test]
fn the_stored_layout_is_what_it_was() {
    let here = scope("us-east-1");
    let expected = b"\x02tags\0\x02000000000000\0\x02us-east-1\0\x02arn:aws:sqs:us-east-1:000000000000:q\0";
    assert_eq!(key(&here, &queue(&here, "q")).as_bytes(), expected);
    let kept = Kept { tags: BTreeMap::from([("a".to_owned(), "1".to_owned())]) };
    assert_eq!(record::encode(&kept).unwrap(), b"\x01\x81\xa4tags\x81\xa1a\xa11");
}

#[test]
fn tags_inside_of_records_are_taken_over_once() {
    #[derive(Serialize)]
    struct Old {
        tags: BTreeMap<String, String>,
        other: u8,
    }
    let (store, here) = (Store::open(Options::memory()).unwrap(), scope("us-east-1"));
    let records = || crate::scoped("sqs", "queue", &scope("us-east-1"));
    let put = |name: &str, tags: &[(&str, &str)]| {
        let tags = tags.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect();
        let old = Old { tags, other: 1 };
        store.transact_now(|tx| tx.put_record(records().str(name), &old)).unwrap();
    };
    (0..600).for_each(|number| put(&format!("q{number:03}"), &[]));
    put("q599", &[("a*", "1")]);
    let take = || {
        take_over(&store, "queue", records().prefix_range(), |key, value| {
            let (scope, name) = crate::scope_and_name(key)?;
            Ok(vec![(scope, queue(&scope, &name), record::decode(value)?)])
        })
    };
    take().unwrap();
    let expected = [(queue(&here, "q599").to_string(), vec!["a*=1".to_owned()])];
    assert_eq!(listed(&store, &here), expected, "whatever earlier programs took");
    put("q000", &[("late", "")]);
    take().unwrap();
    assert_eq!(listed(&store, &here), expected);
}
