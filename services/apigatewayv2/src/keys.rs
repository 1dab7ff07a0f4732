//! What API Gateway stores, and where. Every key starts with `"apigatewayv2"`.
//!
//! | key | value |
//! |---|---|
//! | `"api", api id` | [`crate::api::HttpApi`]: ids are unique in the whole cloud, as in AWS's host names |
//! | `"list", account, region, api id` | nothing |

use names::Scope;
use store::tuple::Key;

pub(crate) fn api(id: &str) -> Key {
    Key::new().str("apigatewayv2").str("api").str(id)
}

pub(crate) fn list(scope: &Scope) -> Key {
    Key::new().str("apigatewayv2").str("list").str(scope.account.as_str()).str(scope.region.as_str())
}

/// The id in a key of the list.
pub(crate) fn id_of(key: &[u8]) -> Result<String, store::Error> {
    let mut parts = store::tuple::Parts::new(key);
    for _ in 0..4 {
        parts.str()?;
    }
    Ok(parts.str()?.into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_stay() {
        let scope = Scope::new(names::Account::ZERO, "us-east-1".parse().unwrap());
        let keys = [("api", api("a")), ("list", list(&scope).str("a"))];
        layouts::keys_stay(env!("CARGO_MANIFEST_DIR"), &keys);
    }
}
