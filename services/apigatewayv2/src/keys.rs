//! What API Gateway stores, and where. Every key starts with `"apigatewayv2"`.
//!
//! | key | value |
//! |---|---|
//! | `"api", api id` | [`crate::api::HttpApi`]: ids are unique in the whole cloud, as in AWS's host names |
//! | `"list", account, region, api id` | nothing |

use names::Scope;
use service::scoped;
use store::tuple::Key;

/// APIs of all accounts.
pub(crate) fn all_apis() -> Key {
    Key::new().str("apigatewayv2").str("api")
}

pub(crate) fn api(id: &str) -> Key {
    all_apis().str(id)
}

pub(crate) fn list(scope: &Scope) -> Key {
    scoped("apigatewayv2", "list", scope)
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
