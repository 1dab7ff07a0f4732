//! What API Gateway stores, and where. Every key starts with `"apigateway"`.
//!
//! | key | value |
//! |---|---|
//! | `"owner", api id` | [`crate::apis::Owner`]: ids are unique in the whole cloud, as in AWS's host names |
//! | `"own", account, region, kind, id` | a document of the API's model that an account has in a region: APIs, API keys, usage plans, domain names |
//! | `"part", api id, kind, id` | a document that belongs to an API: resources, stages, models |
//! | `"frozen", api id, deployment id` | [`crate::frozen::Frozen`]: the documents of an API as they were deployed |
//! | `"documentation", api id, version` | [`crate::documentation`]: the parts that a version of the documentation has |
//! | `"key", account, region, value` | the id of the API key of that value |
//! | `"member", account, region, plan, key id` | [`crate::usage_plans::Member`]: a key in a usage plan |
//! | `"usage", account, region, plan, key id, day` | [`crate::usage::Day`]: what a key used on a day |

use names::Scope;
use service::scoped;
use store::tuple::{Key, Parts};

pub(crate) const SERVICE: &str = "apigateway";

pub(crate) fn owner(api: &str) -> Key {
    Key::new().str(SERVICE).str("owner").str(api)
}

pub(crate) fn own(scope: &Scope) -> Key {
    scoped(SERVICE, "own", scope)
}

pub(crate) fn part(api: &str) -> Key {
    Key::new().str(SERVICE).str("part").str(api)
}

pub(crate) fn frozen(api: &str) -> Key {
    Key::new().str(SERVICE).str("frozen").str(api)
}

pub(crate) fn documentation(api: &str, version: &str) -> Key {
    documentation_of(api).str(version)
}

pub(crate) fn documentation_of(api: &str) -> Key {
    Key::new().str(SERVICE).str("documentation").str(api)
}

pub(crate) fn key_value(scope: &Scope, value: &str) -> Key {
    scoped(SERVICE, "key", scope).str(value)
}

pub(crate) fn members(scope: &Scope, plan: &str) -> Key {
    scoped(SERVICE, "member", scope).str(plan)
}

pub(crate) fn usage(scope: &Scope, plan: &str, key: &str) -> Key {
    scoped(SERVICE, "usage", scope).str(plan).str(key)
}

pub(crate) fn usage_of(scope: &Scope, plan: &str) -> Key {
    scoped(SERVICE, "usage", scope).str(plan)
}

/// The last part of a key.
pub(crate) fn last(key: &[u8]) -> Result<String, store::Error> {
    let mut parts = Parts::new(key);
    let mut last = parts.str()?;
    while let Ok(part) = parts.str() {
        last = part;
    }
    Ok(last.into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_stay() {
        let scope = Scope::new(names::Account::ZERO, "us-east-1".parse().unwrap());
        let keys = [
            ("owner", owner("a")),
            ("own", own(&scope).str("kind").str("a")),
            ("part", part("a").str("kind").str("b")),
            ("frozen", frozen("a").str("b")),
            ("documentation", documentation("a", "1")),
            ("key", key_value(&scope, "v")),
            ("member", members(&scope, "p").str("k")),
            ("usage", usage(&scope, "p", "k").str("2026-01-01")),
        ];
        layouts::keys_stay(env!("CARGO_MANIFEST_DIR"), &keys);
    }
}
