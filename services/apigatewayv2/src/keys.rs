//! What API Gateway stores, and where. Every key starts with `"apigatewayv2"`.
//!
//! | key | value |
//! |---|---|
//! | `"definition", api id` | [`crate::api::Api`]: ids are unique in the whole cloud, as in AWS's host names |
//! | `"frozen", api id, deployment id` | [`crate::api::Frozen`]: what a deployment has, where that is not what the API has now |
//! | `"list", account, region, api id` | nothing |
//! | `"link", account, region, link id` | [`crate::vpc_links::Link`] |
//! | `"api", api id` | [`crate::old::HttpApi`], which an earlier program stored |

use names::Scope;
use service::scoped;
use store::tuple::Key;

fn key(kind: &str) -> Key {
    Key::new().str("apigatewayv2").str(kind)
}

pub(crate) fn old_apis() -> Key {
    key("api")
}

pub(crate) fn api(id: &str) -> Key {
    key("definition").str(id)
}

/// All frozen deployments of an API.
pub(crate) fn frozen_of(api: &str) -> Key {
    key("frozen").str(api)
}

pub(crate) fn frozen(api: &str, deployment: &str) -> Key {
    frozen_of(api).str(deployment)
}

pub(crate) fn list(scope: &Scope) -> Key {
    scoped("apigatewayv2", "list", scope)
}

/// All VPC links of an account in a region.
pub(crate) fn vpc_links(scope: &Scope) -> Key {
    scoped("apigatewayv2", "link", scope)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_stay() {
        let scope = Scope::new(names::Account::ZERO, "us-east-1".parse().unwrap());
        let keys = [
            ("api", old_apis().str("a")),
            ("list", list(&scope).str("a")),
            ("link", vpc_links(&scope).str("a")),
            ("definition", api("a")),
            ("frozen", frozen("a", "b")),
        ];
        layouts::keys_stay(env!("CARGO_MANIFEST_DIR"), &keys);
    }
}
