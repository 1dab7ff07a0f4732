//! What of a document belongs to no method: schemas, schemes of security, and extensions of the whole.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::methods::lower;
use super::{Export, Members, put};
use crate::document::json_of;

impl Export<'_> {
    /// Models as schemas. What a method names and nobody has made may be anything.
    pub(super) fn schemas(&self) -> Members {
        let mut schemas = Members::new();
        for (name, model) in &self.definition.models {
            let mut schema = model.schema.as_deref().map_or(Ok(json!({})), serde_json::from_str);
            if let Ok(schema) = &mut schema {
                self.refer(schema);
                schema.as_object_mut().map(|schema| schema.remove("$schema"));
            }
            schemas.insert(name.clone(), schema.unwrap_or_else(|_| json!({})));
        }
        for name in self.named() {
            schemas.entry(name).or_insert_with(|| json!({ "type": "object" }));
        }
        schemas
    }

    fn named(&self) -> BTreeSet<String> {
        let mut names = BTreeSet::new();
        for (_, _, method) in self.definition.methods() {
            names.extend(method.request_models.iter().flatten().map(|(_, model)| model.clone()));
            for (_, response) in method.method_responses.iter().flatten() {
                names.extend(response.response_models.iter().flatten().map(|(_, model)| model.clone()));
            }
        }
        names
    }

    /// References to models of the API become references within the document.
    fn refer(&self, value: &mut Value) {
        match value {
            Value::Object(map) => {
                if let Some(Value::String(to)) = map.get("$ref")
                    && to.contains("/restapis/")
                    && let Some((_, name)) = to.rsplit_once("/models/")
                {
                    let reference = self.reference(name);
                    map.insert("$ref".into(), reference["$ref"].clone());
                }
                map.values_mut().for_each(|value| self.refer(value));
            }
            Value::Array(values) => values.iter_mut().for_each(|value| self.refer(value)),
            _ => {}
        }
    }

    /// How clients show who they are: keys, signatures and authorizers, as far as there are such.
    pub(super) fn schemes(&self) -> Members {
        let mut schemes = Members::new();
        let methods = || self.definition.methods().map(|(_, _, method)| method);
        if methods().any(|method| method.api_key_required == Some(true)) {
            schemes
                .insert("api_key".into(), json!({ "type": "apiKey", "name": "x-api-key", "in": "header" }));
        }
        if methods().any(|method| method.authorization_type.as_deref() == Some("AWS_IAM")) {
            let mut scheme = json!({ "type": "apiKey", "name": "Authorization", "in": "header" });
            scheme["x-amazon-apigateway-authtype"] = json!("awsSigv4");
            schemes.insert("sigv4".into(), scheme);
        }
        for authorizer in self.definition.authorizers.values() {
            let source = authorizer.identity_source.as_deref().unwrap_or_default();
            let header = source.strip_prefix("method.request.header.").filter(|name| !name.contains(','));
            let mut scheme = json!({ "type": "apiKey", "name": header.unwrap_or("Unused"), "in": "header" });
            if self.extensions.authorizers {
                let mut said = json_of(authorizer);
                lower(&mut said, &["type"]);
                scheme["x-amazon-apigateway-authtype"] = said.remove("authType").unwrap_or(json!("custom"));
                for name in ["id", "name"] {
                    said.remove(name);
                }
                scheme["x-amazon-apigateway-authorizer"] = Value::Object(said);
            }
            schemes.insert(authorizer.name.clone().unwrap_or_default(), scheme);
        }
        schemes
    }

    /// What of an API only API Gateway's own extensions can say.
    pub(super) fn extend(&self, document: &mut Members) {
        let api = &self.definition.api;
        let mut say = |name: &str, value: Value| {
            let is_something = match &value {
                Value::Null => false,
                Value::Object(members) => !members.is_empty(),
                Value::Array(values) => !values.is_empty(),
                _ => true,
            };
            if is_something {
                document.insert(format!("x-amazon-apigateway-{name}"), value);
            }
        };
        say("request-validators", Value::Object(self.validators()));
        say("gateway-responses", Value::Object(self.gateway_responses()));
        say("binary-media-types", json!(api.binary_media_types));
        say("minimum-compression-size", json!(api.minimum_compression_size));
        let source = api.api_key_source.as_ref().map(api_apigateway::ApiKeySourceType::as_str);
        say("api-key-source", json!(source.filter(|source| *source != "HEADER")));
        let policy = api.policy.as_deref().and_then(|policy| serde_json::from_str(policy).ok());
        say("policy", policy.unwrap_or(Value::Null));
        if api.disable_execute_api_endpoint == Some(true) {
            say("endpoint-configuration", json!({ "disableExecuteApiEndpoint": true }));
        }
    }

    fn validators(&self) -> Members {
        let mut validators = Members::new();
        for validator in self.definition.validators.values() {
            let said = json!({
                "validateRequestBody": validator.validate_request_body.unwrap_or_default(),
                "validateRequestParameters": validator.validate_request_parameters.unwrap_or_default(),
            });
            validators.insert(validator.name.clone().unwrap_or_default(), said);
        }
        validators
    }

    fn gateway_responses(&self) -> Members {
        let mut responses = Members::new();
        for (kind, response) in &self.definition.responses {
            let mut said = json_of(response);
            for name in ["responseType", "defaultResponse"] {
                said.remove(name);
            }
            put(&mut responses, kind, said);
        }
        responses
    }
}
