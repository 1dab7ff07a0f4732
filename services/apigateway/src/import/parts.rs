//! What of a document belongs to no method: models, validators, authorizers, gateway responses.

use api_apigateway as api;
use serde_json::{Value, json};
use service::Result;

use super::{Import, object};
use crate::{document, gateway_responses, parts};

impl Import<'_> {
    pub(super) fn models(&mut self) -> Result<()> {
        let schemas = self.members("/definitions").chain(self.members("/components/schemas"));
        for (name, schema) in schemas {
            self.model(name, schema)?;
        }
        Ok(())
    }

    /// Notes a model, and says by which name.
    pub(super) fn model(&mut self, name: &str, schema: &Value) -> Result<String> {
        let name: String = name.chars().filter(char::is_ascii_alphanumeric).collect();
        let mut schema = schema.clone();
        refer(&mut schema, &self.api_id);
        let model = api::Model {
            id: Some(self.fresh_id()),
            name: Some(name.clone()),
            content_type: Some("application/json".into()),
            description: schema.get("description").and_then(Value::as_str).map(str::to_owned),
            schema: Some(schema.to_string()),
        };
        parts::check_model(&model)?;
        self.definition.models.insert(name.clone(), model);
        Ok(name)
    }

    pub(super) fn validators(&mut self) {
        for (name, said) in self.members("/x-amazon-apigateway-request-validators") {
            let is_on = |what: &str| Some(said.get(what).and_then(Value::as_bool).unwrap_or(false));
            let known = self.validator(name);
            let id = known.unwrap_or_else(|| self.fresh_id());
            let validator = api::RequestValidator {
                id: Some(id.clone()),
                name: Some(name.clone()),
                validate_request_body: is_on("validateRequestBody"),
                validate_request_parameters: is_on("validateRequestParameters"),
            };
            self.definition.validators.insert(id, validator);
        }
    }

    /// The id of the validator of that name.
    pub(super) fn validator(&self, name: &str) -> Option<String> {
        let all = self.definition.validators.values();
        all.filter(|validator| validator.name.as_deref() == Some(name))
            .find_map(|validator| validator.id.clone())
    }

    pub(super) fn authorizers(&mut self) -> Result<()> {
        for (name, scheme) in openapi::schemes(self.source) {
            let Some(said) = scheme.get("x-amazon-apigateway-authorizer") else {
                let kind = scheme["type"].as_str().unwrap_or_default();
                if kind != "apiKey" && scheme.get("x-amazon-apigateway-authtype").is_none() {
                    let warning =
                        format!("Unsupported security definition type '{kind}' for '{name}'. Ignoring.");
                    self.warnings.push(warning);
                }
                continue;
            };
            let id = self.authorizer(name).unwrap_or_else(|| self.fresh_id());
            let mut made = object(said, "x-amazon-apigateway-authorizer")?;
            made["id"] = json!(id);
            made["name"] = json!(name);
            made["type"] = json!(said["type"].as_str().unwrap_or("token").to_ascii_uppercase());
            made["authType"] = scheme.get("x-amazon-apigateway-authtype").cloned().unwrap_or(json!("custom"));
            let header = scheme.get("name").and_then(Value::as_str).unwrap_or("Authorization");
            if made.get("identitySource").is_none() && made["type"] == "TOKEN" {
                made["identitySource"] = json!(format!("method.request.header.{header}"));
            }
            let made: api::Authorizer = document::from_json(made.to_string().as_bytes())?;
            parts::check_authorizer(&made)?;
            self.definition.authorizers.insert(id, made);
        }
        Ok(())
    }

    /// The id of the authorizer of that name.
    pub(super) fn authorizer(&self, name: &str) -> Option<String> {
        let all = self.definition.authorizers.values();
        all.filter(|authorizer| authorizer.name.as_deref() == Some(name))
            .find_map(|authorizer| authorizer.id.clone())
    }

    pub(super) fn gateway_responses(&mut self) -> Result<()> {
        for (kind, said) in self.members("/x-amazon-apigateway-gateway-responses") {
            let mut made = object(said, "x-amazon-apigateway-gateway-responses")?;
            made["responseType"] = json!(kind);
            made["defaultResponse"] = json!(false);
            if let Some(status) = said.get("statusCode") {
                made["statusCode"] = json!(status.as_str().map_or_else(|| status.to_string(), str::to_owned));
            }
            let made: api::GatewayResponse = document::from_json(made.to_string().as_bytes())?;
            gateway_responses::checked(&made)?;
            self.definition.responses.insert(kind.clone(), made);
        }
        Ok(())
    }
}

/// References to schemas of the document become references to models of the API.
fn refer(value: &mut Value, api: &str) {
    match value {
        Value::Object(map) => {
            if let Some(Value::String(to)) = map.get_mut("$ref") {
                let name = ["#/definitions/", "#/components/schemas/"]
                    .iter()
                    .find_map(|start| to.strip_prefix(start));
                if let Some(name) = name {
                    let name: String = name.chars().filter(char::is_ascii_alphanumeric).collect();
                    *to = format!("https://apigateway.amazonaws.com/restapis/{api}/models/{name}");
                }
            }
            map.values_mut().for_each(|value| refer(value, api));
        }
        Value::Array(values) => values.iter_mut().for_each(|value| refer(value, api)),
        _ => {}
    }
}
