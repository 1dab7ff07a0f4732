//! What stands behind the operations of a document.

use api_apigatewayv2 as model;
use serde_json::{Map, Value, json};
use service::{Result, Tx};

use super::{Import, checked, object};
use crate::api::Api;
use crate::{documents, integrations, parts};

/// Members that are numbers in some documents and texts in the API.
const TEXTS: [&str; 3] = ["payloadFormatVersion", "connectionId", "uri"];
/// What only REST APIs do.
const OF_REST: [&str; 7] = [
    "cacheKeyParameters",
    "cacheNamespace",
    "contentHandling",
    "passthroughBehavior",
    "requestTemplates",
    "responses",
    "responseTransferMode",
];

impl Import<'_> {
    /// The id of what stands behind an operation. Operations that refer to the same share it.
    pub(super) fn integration(&mut self, key: &str, said: &Value) -> Result<Option<String>> {
        let reference = said.get("$ref").and_then(Value::as_str);
        if let Some(known) = reference.and_then(|reference| self.shared.get(reference)) {
            return Ok(Some(known.clone()));
        }
        let said = object(openapi::resolved(self.source, said), "x-amazon-apigateway-integration")?;
        let kind = said.get("type").and_then(Value::as_str).unwrap_or_default().to_ascii_uppercase();
        if ["AWS", "HTTP", "MOCK"].contains(&kind.as_str()) {
            let warning =
                format!("Integration type {kind} of {key} is not supported for HTTP APIs. Ignoring.");
            self.warnings.push(warning);
            return Ok(None);
        }
        for name in OF_REST.iter().filter(|name| said.contains_key(**name)) {
            self.info.insert(format!(
                "Integration property {name} of {key} is not supported for HTTP APIs. Ignoring."
            ));
        }
        let mut members =
            checked::<model::CreateIntegrationInput>(&in_terms_of_the_api(&said, &kind, &self.api.id))?;
        members.remove("apiId");
        let made = parts::add(self.random, &mut self.api, &integrations::KIND, members)?;
        let id = made.get("integrationId").and_then(Value::as_str).unwrap_or_default().to_owned();
        if let Some(reference) = reference {
            self.shared.insert(reference.to_owned(), id.clone());
        }
        Ok(Some(id))
    }
}

/// What integrations name outside of the API is there.
pub(super) fn reach(tx: &Tx<'_>, api: &Api) -> Result<()> {
    for (_, document) in api.parts_in(integrations::KIND.folder) {
        (integrations::KIND.reach)(tx, &documents::read(document)?)?;
    }
    Ok(())
}

fn in_terms_of_the_api(said: &Map<String, Value>, kind: &str, api: &str) -> Value {
    let mut made = json!({ "apiId": api, "integrationType": kind });
    for (own, theirs) in integrations::DOCUMENTED {
        let Some(value) = said.get(theirs) else { continue };
        made[own] = match TEXTS.contains(&theirs) {
            true => json!(openapi::text_of(value)),
            false => value.clone(),
        };
    }
    made
}
