//! How clients of an API show who they are, as schemes of security of a document.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::{Export, renamed};
use crate::authorizers;
use crate::documents::{Members, text};

impl Export {
    /// Which authorizer lets a route's clients in, and with which scopes.
    pub(super) fn security(&self, route: &Members) -> Option<Value> {
        let authorizer = self.authorizers.get(text(route, "authorizerId")?)?;
        let scopes = route.get("authorizationScopes").cloned().unwrap_or(json!([]));
        let name = text(authorizer, "name")?;
        Some(json!({ name: scopes }))
    }

    pub(super) fn schemes(&self) -> Members {
        let used: BTreeSet<_> = self.routes.iter().filter_map(|route| text(route, "authorizerId")).collect();
        let mut schemes = Members::new();
        for (id, authorizer) in &self.authorizers {
            if self.extended || used.contains(id.as_str()) {
                schemes
                    .insert(text(authorizer, "name").unwrap_or_default().to_owned(), self.scheme(authorizer));
            }
        }
        schemes
    }

    fn scheme(&self, authorizer: &Members) -> Value {
        let kind = text(authorizer, "authorizerType").unwrap_or_default();
        let sources = authorizer.get("identitySource").and_then(Value::as_array).into_iter().flatten();
        let sources: Vec<&str> = sources.filter_map(Value::as_str).collect();
        let mut scheme = match kind {
            "JWT" => json!({ "type": "oauth2", "flows": {} }),
            _ => {
                let mut headers = sources.iter().filter_map(|source| source.strip_prefix("$request.header."));
                let header = headers.next_back().unwrap_or("Unused");
                json!({ "type": "apiKey", "name": header, "in": "header" })
            }
        };
        if self.extended {
            let mut said = renamed(authorizer, &authorizers::DOCUMENTED);
            said["type"] = json!(kind.to_ascii_lowercase());
            if !sources.is_empty() {
                said["identitySource"] = json!(sources.join(","));
            }
            scheme["x-amazon-apigateway-authorizer"] = said;
        }
        scheme
    }
}
