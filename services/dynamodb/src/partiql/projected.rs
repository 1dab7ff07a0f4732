//! What of a statement an index does not have.

use partiql::{Expr, Kind};

use super::plan::Keys;

/// The attributes that a condition on the key of an index asks for besides, and the index lacks; none where one of its
/// alternatives can do without.
pub(super) fn lacking(keys: Keys<'_>, filter: &Expr, has: &dyn Fn(&str) -> bool) -> Vec<String> {
    match &filter.kind {
        Kind::All(all) => unique(all.iter().flat_map(|filter| lacking(keys, filter, has))),
        Kind::Any(any) if keys.is_spoken_of(filter) => {
            let mut each: Vec<_> = any.iter().map(|filter| lacking(keys, filter, has)).collect();
            if each.iter().any(Vec::is_empty) { Vec::new() } else { each.swap_remove(0) }
        }
        _ => {
            let mut attributes = Vec::new();
            filter.walk(&mut |inner| {
                if let Kind::Path(path) = &inner.kind {
                    attributes.push(path.attribute().to_owned());
                }
            });
            unique(attributes.into_iter().filter(|attribute| !has(attribute)))
        }
    }
}

/// Each once, where it comes first.
fn unique(names: impl Iterator<Item = String>) -> Vec<String> {
    let mut all: Vec<String> = Vec::new();
    for name in names {
        if !all.contains(&name) {
            all.push(name);
        }
    }
    all
}

#[cfg(test)]
mod tests {
    use partiql::{Statement, parse};

    use super::*;
    use crate::table::KeyPart;

    fn lacking_of(condition: &str) -> Vec<String> {
        let (statement, _) = parse(&format!("SELECT * FROM t WHERE {condition}")).unwrap();
        let Statement::Select(select) = statement else { unreachable!("it selects") };
        let partition = KeyPart { name: "pk".into(), kind: "S".into() };
        let keys = Keys { partition: &partition, sort: None };
        lacking(keys, &select.filter.unwrap(), &|attribute| matches!(attribute, "pk" | "has"))
    }

    #[test]
    fn an_index_lacks_what_it_does_not_project() {
        for (condition, expected) in [
            ("pk = 'y' AND has = '1'", vec![]),
            ("pk = 'y' AND a = '1' AND (b = '2' OR has = '3') AND a = '4'", vec!["a", "b"]),
            ("pk = 'y' AND NOT (a = '1' OR has = 'x')", vec!["a"]),
            ("pk = 'y' AND begins_with(a, 'x') AND c IS MISSING", vec!["a", "c"]),
            ("(pk = 'y' OR pk = 'z') AND a = '1'", vec!["a"]),
            ("(pk = 'y' AND a = '1') OR pk = 'z'", vec![]),
            ("(pk = 'y' AND a = '1') OR (pk = 'z' AND b = '1')", vec!["a"]),
            ("(pk = 'y' AND has = '1') OR (pk = 'z' AND b = '1')", vec![]),
        ] {
            assert_eq!(lacking_of(condition), expected, "{condition}");
        }
    }
}
