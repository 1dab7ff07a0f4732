//! Domains come and go, and lead where they should.

use names::{Account, Region};
use store::{Options, Store};

use super::*;

fn scope() -> Scope {
    Scope::new(Account::ZERO, Region::US_EAST_1)
}

fn made(name: &str) -> Domain {
    Domain { scope: scope(), name: name.into(), document: "{}".into() }
}

fn with(name: &str, keys: &[&str]) -> Store {
    let store = Store::open(Options::memory()).unwrap();
    store.transact_now(|tx| create(tx, &made(name))).unwrap();
    for key in keys {
        let mapping =
            Mapping { id: (*key).into(), key: (*key).into(), api: format!("to {key}"), stage: None };
        store.transact_now(|tx| map(tx, name, &mapping)).unwrap();
    }
    store
}

fn to(store: &Store, host: &str, path: &str) -> Option<(String, String, String)> {
    let found = route(store, host, path).unwrap()??;
    Some((found.api, found.base, found.path))
}

#[test]
fn the_longest_mapping_wins() {
    let store = with("api.example.com", &["", "orders", "orders/v1/items", "orders/v2/items"]);
    for (path, api, base, rest) in [
        ("/", "to ", "", "/"),
        ("/customers", "to ", "", "/customers"),
        ("/orders", "to orders", "/orders", "/"),
        ("/orders/", "to orders", "/orders", "/"),
        ("/orders-1/x", "to ", "", "/orders-1/x"),
        ("/orders/v1/items/7", "to orders/v1/items", "/orders/v1/items", "/7"),
        ("/orders/v1/item", "to orders", "/orders", "/v1/item"),
        ("/orders/v2/items", "to orders/v2/items", "/orders/v2/items", "/"),
    ] {
        let wanted = Some((api.to_owned(), base.to_owned(), rest.to_owned()));
        assert_eq!(to(&store, "API.example.com:4566", path), wanted, "{path}");
    }
    let long = format!("/{}", "é/".repeat(10_000));
    assert_eq!(to(&store, "api.example.com", &long).unwrap().0, "to ");
}

#[test]
fn hosts_are_domains_exactly_or_by_a_star() {
    let store = with("*.example.com", &["a"]);
    assert!(to(&store, "x.example.com", "/a").is_some());
    assert_eq!(route(&store, "x.example.com", "/b").unwrap(), Some(None), "a domain without such a mapping");
    for host in ["example.com", "x.y.example.com", "localhost:4566", "127.0.0.1:4566", "[::1]:4566", ""] {
        assert_eq!(route(&store, host, "/a").unwrap(), None, "{host}");
    }
    store.transact_now(|tx| create(tx, &made("x.example.com"))).unwrap();
    assert_eq!(route(&store, "x.example.com", "/a").unwrap(), Some(None), "the exact one comes first");
}

#[test]
fn what_is_gone_leads_nowhere() {
    let store = with("a.b", &["x"]);
    assert!(!store.transact_now(|tx| create(tx, &made("a.b"))).unwrap(), "the name is taken");
    assert_eq!(mapped_to(&store.snapshot(), "to x", None).unwrap(), ["a.b"]);
    assert_eq!(mapped_to(&store.snapshot(), "to x", Some("dev")).unwrap(), [""; 0]);
    store.transact_now(|tx| delete(tx, &made("a.b"))).unwrap();
    assert_eq!(route(&store, "a.b", "/x").unwrap(), None);
    assert_eq!(mapped_to(&store.snapshot(), "to x", None).unwrap(), [""; 0]);
}

#[test]
fn no_account_takes_what_is_said_to_another() {
    let store = with("*.b.c", &[]);
    store.transact_now(|tx| create(tx, &made("x.y.z"))).unwrap();
    let other = Scope::new("111111111111".parse().unwrap(), Region::US_EAST_1);
    let theirs =
        |name: &str| store.transact_now(|tx| create(tx, &Domain { scope: other, ..made(name) })).unwrap();
    for (name, may) in [
        ("a.b.c", false),
        ("*.y.z", false),
        ("b.c", true),
        ("a.a.b.c", true),
        ("y.z", true),
        ("*.x.y.z", true),
    ] {
        assert_eq!(theirs(name), may, "{name}");
    }
    for name in ["a.b.c", "*.y.z"] {
        assert!(store.transact_now(|tx| create(tx, &made(name))).unwrap(), "{name} is an account's own");
    }
}

#[test]
fn names_are_labels() {
    for name in ["a.b", "*.example.com", "api-1.example.co.uk"] {
        assert!(is_name(name), "{name}");
    }
    for name in ["", "a", "*.a", "A.b", "a..b", "-a.b", "a.*.b", "a b.c", "a.b."] {
        assert!(!is_name(name), "{name}");
    }
}

#[test]
fn keys_stay() {
    let keys = [
        ("domain", key("name").str("a.b")),
        ("domain-of", scoped("domains", "of", &scope()).str("a.b")),
        ("domain-mapping", mapping_key("a.b", "c/d")),
        ("domain-mapped", mapped_key("api").str("a.b").str("c/d")),
        ("domain-changed", key("changed")),
    ];
    layouts::keys_stay(env!("CARGO_MANIFEST_DIR"), &keys);
}
