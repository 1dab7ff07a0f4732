//! Methods as operations of a document, with what is behind them.

use std::collections::BTreeSet;

use api_apigateway as api;
use openapi::Version;
use serde_json::{Value, json};

use super::{Export, Members, put};
use crate::document::json_of;

impl Export<'_> {
    /// A method as an operation.
    pub(super) fn operation(&self, resource: &api::Resource, method: &api::Method) -> Value {
        let mut operation = Members::new();
        if let Some(name) = &method.operation_name {
            operation.insert("operationId".into(), json!(name));
        }
        let mut parameters = self.parameters(resource, method);
        self.body(method, &mut operation, &mut parameters);
        if !parameters.is_empty() {
            operation.insert("parameters".into(), json!(parameters));
        }
        let responses = self.responses(method, &mut operation);
        operation.insert("responses".into(), Value::Object(responses));
        let security = self.security(method);
        if !security.is_empty() {
            operation.insert("security".into(), json!(security));
        }
        let validator = method.request_validator_id.as_ref();
        let validator = validator.and_then(|id| self.definition.validators.get(id));
        if let Some(name) = validator.and_then(|validator| validator.name.as_ref())
            && self.extensions.whole
        {
            operation.insert("x-amazon-apigateway-request-validator".into(), json!(name));
        }
        if let Some(integration) = &method.method_integration
            && self.extensions.integrations
        {
            let made = integration_of(integration, resource.id.as_deref());
            operation.insert("x-amazon-apigateway-integration".into(), Value::Object(made));
        }
        Value::Object(operation)
    }

    /// What a method declares, and what its path has besides: a document must say that too.
    fn parameters(&self, resource: &api::Resource, method: &api::Method) -> Vec<Value> {
        let mut parameters = Vec::new();
        let mut in_path = BTreeSet::new();
        for (name, is_required) in method.request_parameters.iter().flatten() {
            let rest = name.strip_prefix("method.request.").and_then(|rest| rest.split_once('.'));
            let Some((place, name)) = rest else { continue };
            let (place, is_many) = match place {
                "querystring" => ("query", false),
                "multivaluequerystring" => ("query", true),
                "multivalueheader" => ("header", true),
                place => (place, false),
            };
            if place == "path" {
                in_path.insert(name);
            }
            parameters.push(self.parameter(name, place, is_many, *is_required || place == "path"));
        }
        let path = resource.path.as_deref().unwrap_or_default();
        let variables = path.split('/').filter_map(|part| part.strip_prefix('{')?.strip_suffix('}'));
        for name in variables.map(|name| name.trim_end_matches('+')).filter(|name| !in_path.contains(name)) {
            parameters.push(self.parameter(name, "path", false, true));
        }
        parameters
    }

    fn parameter(&self, name: &str, place: &str, is_many: bool, is_required: bool) -> Value {
        let schema = match is_many {
            true => json!({ "type": "array", "items": { "type": "string" } }),
            false => json!({ "type": "string" }),
        };
        let mut parameter = json!({ "name": name, "in": place });
        if is_required {
            parameter["required"] = json!(true);
        }
        match (self.version, schema) {
            (Version::Three, schema) => parameter["schema"] = schema,
            (Version::Two, Value::Object(schema)) => {
                if let Value::Object(parameter) = &mut parameter {
                    parameter.extend(schema);
                }
            }
            (Version::Two, _) => {}
        }
        parameter
    }

    /// The models of a request's body.
    fn body(&self, method: &api::Method, operation: &mut Members, parameters: &mut Vec<Value>) {
        let models: Vec<_> = method.request_models.iter().flatten().collect();
        let Some((_, first)) = models.first() else { return };
        match self.version {
            Version::Two => {
                let kinds: Vec<_> = models.iter().map(|(kind, _)| kind).collect();
                operation.insert("consumes".into(), json!(kinds));
                let schema = self.reference(first);
                parameters.push(json!({ "in": "body", "name": first, "required": true, "schema": schema }));
            }
            Version::Three => {
                let mut content = Members::new();
                for (kind, model) in models {
                    content.insert(kind.clone(), json!({ "schema": self.reference(model) }));
                }
                operation.insert("requestBody".into(), json!({ "content": content, "required": true }));
            }
        }
    }

    fn responses(&self, method: &api::Method, operation: &mut Members) -> Members {
        let mut responses = Members::new();
        let mut produced = BTreeSet::new();
        for (status, said) in method.method_responses.iter().flatten() {
            let mut response = Members::new();
            response.insert("description".into(), json!(format!("{status} response")));
            put(&mut response, "headers", self.headers(said));
            let models: Vec<_> = said.response_models.iter().flatten().collect();
            produced.extend(models.iter().map(|(kind, _)| kind.as_str()));
            match (self.version, models.first()) {
                (Version::Two, Some((_, model))) => {
                    response.insert("schema".into(), self.reference(model));
                }
                (Version::Three, Some(_)) => {
                    let mut content = Members::new();
                    for (kind, model) in models {
                        content.insert(kind.clone(), json!({ "schema": self.reference(model) }));
                    }
                    put(&mut response, "content", content);
                }
                (_, None) => {}
            }
            responses.insert(status.clone(), Value::Object(response));
        }
        if self.version == Version::Two && !produced.is_empty() {
            operation.insert("produces".into(), json!(produced));
        }
        if responses.is_empty() {
            // A document must have one.
            responses.insert("default".into(), json!({ "description": "Default response" }));
        }
        responses
    }

    fn headers(&self, response: &api::MethodResponse) -> Members {
        let mut headers = Members::new();
        for (name, _) in response.response_parameters.iter().flatten() {
            let name = name.strip_prefix("method.response.").and_then(|rest| rest.split_once('.'));
            let Some((_, name)) = name else { continue };
            let header = match self.version {
                Version::Two => json!({ "type": "string" }),
                Version::Three => json!({ "schema": { "type": "string" } }),
            };
            headers.insert(name.to_owned(), header);
        }
        headers
    }

    /// What a method asks for, by the names of the document's schemes.
    fn security(&self, method: &api::Method) -> Vec<Value> {
        let mut security = Vec::new();
        let authorizer = method.authorizer_id.as_ref().and_then(|id| self.definition.authorizers.get(id));
        if let Some(name) = authorizer.and_then(|authorizer| authorizer.name.as_deref()) {
            let scopes = method.authorization_scopes.clone().unwrap_or_default();
            security.push(json!({ name: scopes }));
        }
        if method.authorization_type.as_deref() == Some("AWS_IAM") {
            security.push(json!({ "sigv4": [] }));
        }
        if method.api_key_required == Some(true) {
            security.push(json!({ "api_key": [] }));
        }
        security
    }
}

/// What is behind a method: what selects its responses are their keys.
fn integration_of(integration: &api::Integration, resource: Option<&str>) -> Members {
    let mut made = json_of(integration);
    made.remove("integrationResponses");
    lower(&mut made, &["type", "passthroughBehavior"]);
    if made.get("cacheNamespace").and_then(Value::as_str) == resource {
        made.remove("cacheNamespace");
    }
    made.retain(|_, value| value.as_array().is_none_or(|values| !values.is_empty()));
    let mut responses = Members::new();
    for response in integration.integration_responses.iter().flatten().map(|(_, response)| response) {
        let mut said = json_of(response);
        let pattern = said.remove("selectionPattern").and_then(|pattern| pattern.as_str().map(str::to_owned));
        responses.insert(pattern.unwrap_or_else(|| "default".into()), Value::Object(said));
    }
    put(&mut made, "responses", responses);
    made
}

/// Words that documents have in small letters.
pub(super) fn lower(members: &mut Members, names: &[&str]) {
    for name in names {
        if let Some(Value::String(text)) = members.get_mut(*name) {
            *text = text.to_ascii_lowercase();
        }
    }
}
