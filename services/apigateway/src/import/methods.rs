//! Operations of a document as methods, with what is behind them.

use std::collections::BTreeMap;

use api_apigateway as api;
use serde_json::{Map, Value, json};
use service::Result;

use super::{Import, object};
use crate::{document, integrations};

impl<'a> Import<'a> {
    /// Notes the method that an operation is.
    pub(super) fn method(
        &mut self,
        path: &str,
        verb: &str,
        item: &'a Map<String, Value>,
        operation: &'a Value,
    ) -> Result<()> {
        let mut method = api::Method {
            http_method: Some(verb.to_owned()),
            operation_name: operation.get("operationId").and_then(Value::as_str).map(str::to_owned),
            request_validator_id: self.validator_of(operation),
            api_key_required: Some(false),
            authorization_type: Some("NONE".into()),
            ..api::Method::default()
        };
        self.parameters(&mut method, path, verb, item, operation)?;
        self.security(&mut method, operation);
        self.responses(&mut method, path, verb, operation)?;
        let resource_id = self.definition.resources.get(path).and_then(|resource| resource.id.clone());
        if let Some(said) = operation.get("x-amazon-apigateway-integration") {
            let said = self.resolved(said);
            let integration = integration(said, &mut method)?;
            let integration = integrations::with_defaults(integration, &resource_id.unwrap_or_default());
            integrations::checked(&integration)?;
            method.method_integration = Some(integration);
        }
        if let Some(resource) = self.definition.resources.get_mut(path) {
            resource.resource_methods.get_or_insert_default().insert(verb.to_owned(), method);
        }
        Ok(())
    }

    fn validator_of(&self, operation: &Value) -> Option<String> {
        let name = operation.get("x-amazon-apigateway-request-validator");
        let name = name.or_else(|| self.source.get("x-amazon-apigateway-request-validator"));
        self.validator(name.and_then(Value::as_str)?)
    }

    fn parameters(
        &mut self,
        method: &mut api::Method,
        path: &str,
        verb: &str,
        item: &'a Map<String, Value>,
        operation: &'a Value,
    ) -> Result<()> {
        let own = operation.get("parameters").and_then(Value::as_array);
        let all = item.get("parameters").and_then(Value::as_array).into_iter().chain(own).flatten();
        let (mut parameters, mut models) = (BTreeMap::new(), BTreeMap::new());
        for parameter in all {
            let parameter = self.resolved(parameter);
            let name = parameter.get("name").and_then(Value::as_str).unwrap_or_default();
            let is_required = parameter.get("required").and_then(Value::as_bool).unwrap_or(false);
            let place = match parameter.get("in").and_then(Value::as_str).unwrap_or_default() {
                "query" => "querystring",
                place @ ("header" | "path") => place,
                "body" => {
                    let schema = parameter.get("schema").unwrap_or(&Value::Null);
                    let model = self.named(schema, &format!("{verb}{path}Body"))?;
                    models.extend(
                        self.types(operation, "consumes").into_iter().map(|kind| (kind, model.clone())),
                    );
                    continue;
                }
                _ => continue,
            };
            parameters.insert(format!("method.request.{place}.{name}"), is_required);
        }
        let content =
            operation.get("requestBody").map(|body| self.resolved(body)).and_then(|body| body.get("content"));
        for (kind, said) in content.and_then(Value::as_object).into_iter().flatten() {
            if let Some(schema) = said.get("schema") {
                models.insert(kind.clone(), self.named(schema, &format!("{verb}{path}Body"))?);
            }
        }
        method.request_parameters = Some(parameters).filter(|parameters| !parameters.is_empty());
        method.request_models = Some(models).filter(|models| !models.is_empty());
        Ok(())
    }

    /// The content types of an operation, or of all.
    fn types(&self, operation: &Value, name: &str) -> Vec<String> {
        let said = operation.get(name).or_else(|| self.source.get(name)).and_then(Value::as_array);
        let types: Vec<String> =
            said.into_iter().flatten().filter_map(Value::as_str).map(str::to_owned).collect();
        if types.is_empty() { vec!["application/json".into()] } else { types }
    }

    /// The model that a schema is: one that is referred to, or one that is made of it.
    fn named(&mut self, schema: &Value, otherwise: &str) -> Result<String> {
        let reference = schema.get("$ref").and_then(Value::as_str);
        let known = reference.and_then(|reference| reference.rsplit('/').next());
        let known = known.map(|name| name.chars().filter(char::is_ascii_alphanumeric).collect::<String>());
        match known.filter(|name| self.definition.models.contains_key(name)) {
            Some(name) => Ok(name),
            None if schema.is_object() => self.model(otherwise, schema),
            None => self.model(otherwise, &json!({})),
        }
    }

    /// Who may call the method: the first scheme that means something here, and whether a key is asked for.
    fn security(&self, method: &mut api::Method, operation: &Value) {
        let said = operation.get("security").or_else(|| self.source.get("security"));
        let names =
            said.and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_object).flatten();
        for (name, _) in names {
            let Some(scheme) = openapi::scheme(self.source, name) else { continue };
            let kind = scheme.get("x-amazon-apigateway-authtype").and_then(Value::as_str).unwrap_or_default();
            let header = scheme.get("name").and_then(Value::as_str).unwrap_or_default();
            if let Some(id) = self.authorizer(name) {
                method.authorization_type = Some("CUSTOM".into());
                method.authorizer_id = Some(id);
            } else if kind.eq_ignore_ascii_case("awsSigv4") {
                method.authorization_type = Some("AWS_IAM".into());
            } else if header.eq_ignore_ascii_case("x-api-key") {
                method.api_key_required = Some(true);
            }
        }
        if operation.pointer("/x-amazon-apigateway-auth/type").is_some_and(|kind| kind == "AWS_IAM") {
            method.authorization_type = Some("AWS_IAM".into());
        }
    }

    fn responses(
        &mut self,
        method: &mut api::Method,
        path: &str,
        verb: &str,
        operation: &'a Value,
    ) -> Result<()> {
        let mut made = BTreeMap::new();
        let said = operation.get("responses").and_then(Value::as_object);
        for (status, response) in said.into_iter().flatten().filter(|(status, _)| status.len() == 3) {
            let response = self.resolved(response);
            let headers = response.get("headers").and_then(Value::as_object).into_iter().flatten();
            let headers =
                headers.map(|(name, _)| (format!("method.response.header.{name}"), false)).collect();
            let mut models = BTreeMap::new();
            let otherwise = format!("{verb}{path}{status}");
            if let Some(schema) = response.get("schema") {
                let model = self.named(schema, &otherwise)?;
                models
                    .extend(self.types(operation, "produces").into_iter().map(|kind| (kind, model.clone())));
            }
            for (kind, said) in response.get("content").and_then(Value::as_object).into_iter().flatten() {
                if let Some(schema) = said.get("schema") {
                    models.insert(kind.clone(), self.named(schema, &otherwise)?);
                }
            }
            let response = api::MethodResponse {
                status_code: Some(status.clone()),
                response_parameters: Some(headers).filter(|headers: &BTreeMap<_, _>| !headers.is_empty()),
                response_models: Some(models).filter(|models| !models.is_empty()),
            };
            made.insert(status.clone(), response);
        }
        method.method_responses = Some(made).filter(|made| !made.is_empty());
        Ok(())
    }
}

/// What is behind a method. The keys of its responses are what selects them.
fn integration(said: &Value, method: &mut api::Method) -> Result<api::Integration> {
    let mut made = object(said, "x-amazon-apigateway-integration")?;
    made["type"] = json!(said["type"].as_str().unwrap_or_default().to_ascii_uppercase());
    for name in ["passthroughBehavior", "contentHandling"] {
        if let Some(text) = said.get(name).and_then(Value::as_str) {
            made[name] = json!(text.to_ascii_uppercase());
        }
    }
    let responses = made.as_object_mut().and_then(|made| made.remove("responses"));
    let mut integration: api::Integration = document::from_json(made.to_string().as_bytes())?;
    let mut all = BTreeMap::new();
    for (pattern, response) in responses.as_ref().and_then(Value::as_object).into_iter().flatten() {
        let mut made = object(response, "responses")?;
        let status = &response["statusCode"];
        let status = status.as_str().map_or_else(|| status.to_string(), str::to_owned);
        made["statusCode"] = json!(status);
        if pattern != "default" {
            made["selectionPattern"] = json!(pattern);
        }
        if let Some(text) = response.get("contentHandling").and_then(Value::as_str) {
            made["contentHandling"] = json!(text.to_ascii_uppercase());
        }
        // What is mapped is declared.
        let declared = method.method_responses.get_or_insert_default().entry(status.clone());
        let declared = declared.or_insert_with(|| api::MethodResponse {
            status_code: Some(status.clone()),
            ..Default::default()
        });
        for (name, _) in response.get("responseParameters").and_then(Value::as_object).into_iter().flatten() {
            declared.response_parameters.get_or_insert_default().entry(name.clone()).or_insert(false);
        }
        all.insert(status, document::from_json(made.to_string().as_bytes())?);
    }
    integration.integration_responses = Some(all).filter(|all| !all.is_empty());
    Ok(integration)
}
