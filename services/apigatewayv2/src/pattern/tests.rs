//! Patterns of paths, and which of them wins.

use proptest::prelude::*;

use super::{Pattern, Router, variables};

fn found(keys: &[&'static str], method: &str, path: &str) -> Option<(&'static str, Vec<String>)> {
    let mut router = Router::default();
    keys.iter().enumerate().for_each(|(number, key)| router.add(key, number));
    let key = *keys.get(router.find(method, path)?)?;
    Some((key, variables(key, path).into_values().collect()))
}

#[test]
fn the_most_specific_route_wins() {
    let keys = [
        "$default",
        "ANY /pets/{proxy+}",
        "GET /pets/dog/1",
        "GET /pets/dog/{id}",
        "GET /pets/{proxy+}",
        "ANY /pets/dog/{id}",
    ];
    assert_eq!(found(&keys, "GET", "/pets/dog/1"), Some(("GET /pets/dog/1", vec![])));
    assert_eq!(found(&keys, "GET", "/pets/dog/2"), Some(("GET /pets/dog/{id}", vec!["2".into()])));
    assert_eq!(found(&keys, "POST", "/pets/dog/2"), Some(("ANY /pets/dog/{id}", vec!["2".into()])));
    assert_eq!(found(&keys, "GET", "/pets/cat/1"), Some(("GET /pets/{proxy+}", vec!["cat/1".into()])));
    assert_eq!(found(&keys, "POST", "/pets/cat"), Some(("ANY /pets/{proxy+}", vec!["cat".into()])));
    assert_eq!(found(&keys, "GET", "/"), Some(("$default", vec![])));
    assert_eq!(found(&keys[1..], "GET", "/"), None);
}

#[test]
fn variables_are_decoded() {
    assert_eq!(found(&["GET /a/{b}"], "GET", "/a/x%2Fy%20z"), Some(("GET /a/{b}", vec!["x/y z".into()])));
    assert_eq!(found(&["GET /a/{b}"], "GET", "/a/"), None);
    assert_eq!(found(&["GET /a/{b+}"], "GET", "/a/"), None);
    assert_eq!(found(&["GET /a/{b+}"], "GET", "/a/x/"), Some(("GET /a/{b+}", vec!["x/".into()])));
    assert_eq!(found(&["GET /{a}/c", "GET /b/{d}"], "GET", "/b/c"), Some(("GET /b/{d}", vec!["c".into()])));
    assert_eq!(found(&["PUT /b/c", "GET /b/{d}"], "GET", "/b/c"), Some(("GET /b/{d}", vec!["c".into()])));
    assert_eq!(found(&["GET /"], "GET", ""), Some(("GET /", vec![])));
}

#[test]
fn what_is_no_route_key_is_refused() {
    for key in
        ["", "GET", "GET a", "FETCH /a", "GET /a/{b", "GET /a/{}", "GET /{a+}/b", "GET /a//b", "default"]
    {
        assert_eq!(Pattern::parse(key), None, "{key}");
    }
}

proptest! {
    #[test]
    fn nothing_panics(key in "[A-Z]{0,4} ?/?[a-z{}+/%]{0,12}", path in "[a-z/%0-9]{0,12}") {
        let mut router = Router::default();
        router.add(&key, 0);
        let _ = router.find("GET", &path);
        let _ = variables(&key, &path);
    }

    #[test]
    fn the_order_in_which_routes_are_made_means_nothing(
        keys in proptest::collection::btree_set("(ANY|GET|PUT) /(a|\\{v\\}|b)(/(a|\\{w\\}))?(/\\{p\\+\\})?", 1..9),
        path in "/[abc](/[abc]){0,3}",
        seed in any::<u64>(),
    ) {
        let keys: Vec<String> = keys.into_iter().collect();
        let mut order: Vec<usize> = (0..keys.len()).collect();
        order.sort_by_key(|index| (*index as u64 + 1).wrapping_mul(seed | 1).rotate_left(17));
        let (mut one, mut other) = (Router::default(), Router::default());
        keys.iter().enumerate().for_each(|(number, key)| one.add(key, number));
        order.iter().for_each(|number| other.add(&keys[*number], *number));
        prop_assert_eq!(one.find("GET", &path), other.find("GET", &path));
    }
}
