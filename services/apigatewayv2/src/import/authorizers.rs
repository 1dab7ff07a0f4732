//! Who may send what the operations of a document are.

use api_apigatewayv2 as model;
use serde_json::{Map, Value, json};
use service::Result;

use super::{Import, checked, object};
use crate::{authorizers, errors, parts};

/// Where an issuer's discovery document stands, by its own rules: what is before it is the issuer.
const DISCOVERY: &str = "/.well-known/openid-configuration";
const EXTENSION: &str = "x-amazon-apigateway-authorizer";

impl Import<'_> {
    pub(super) fn authorizers(&mut self) -> Result<()> {
        for (name, scheme) in openapi::schemes(self.source) {
            let Some(said) = scheme.get(EXTENSION) else { continue };
            let said = object(openapi::resolved(self.source, said), EXTENSION)?;
            let made = in_terms_of_the_api(&said, name, scheme, &self.api.id);
            let mut members = checked::<model::CreateAuthorizerInput>(&made)?;
            members.remove("apiId");
            let made = parts::add(self.random, &mut self.api, &authorizers::KIND, members)?;
            let id = made.get("authorizerId").and_then(Value::as_str).unwrap_or_default();
            self.authorizers.insert(name.clone(), id.to_owned());
        }
        Ok(())
    }

    /// Says who may take a route: whoever signs, or whoever one authorizer lets in.
    pub(super) fn authorize(&mut self, route: &mut Value, operation: &Value) -> Result<()> {
        let signs = operation.pointer("/x-amazon-apigateway-auth/type").is_some_and(|kind| kind == "AWS_IAM");
        let said = operation.get("security").or_else(|| self.source.get("security"));
        let named =
            said.and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_object).flatten();
        let mut ways = Vec::new();
        if signs {
            ways.push(json!({ "authorizationType": "AWS_IAM" }));
        }
        for (name, scopes) in named {
            match self.way(name, scopes) {
                Some(way) => ways.push(way),
                None => {
                    let key = route["routeKey"].as_str().unwrap_or_default();
                    self.info.insert(format!(
                        "Security scheme {name} of {key} has no authorizer and is not supported for HTTP APIs. Ignoring."
                    ));
                }
            }
        }
        if ways.len() > 1 {
            let key = route["routeKey"].as_str().unwrap_or_default();
            let message = format!("Multiple security requirements are not supported for HTTP APIs: {key}");
            return Err(errors::bad(message).into());
        }
        for (name, value) in ways.iter().filter_map(Value::as_object).flatten() {
            route[name] = value.clone();
        }
        Ok(())
    }

    /// What a route has of a scheme; none where the scheme means nothing here.
    fn way(&self, name: &str, scopes: &Value) -> Option<Value> {
        if let Some(id) = self.authorizers.get(name) {
            let authorizer = self.api.parts.get(&format!("authorizers/{id}"))?;
            let is_token =
                crate::documents::read(authorizer).ok()?.get("authorizerType") == Some(&json!("JWT"));
            return Some(match is_token {
                true => {
                    json!({ "authorizationType": "JWT", "authorizerId": id, "authorizationScopes": scopes })
                }
                false => json!({ "authorizationType": "CUSTOM", "authorizerId": id }),
            });
        }
        let kind = openapi::scheme(self.source, name)?.get("x-amazon-apigateway-authtype")?.as_str()?;
        kind.eq_ignore_ascii_case("awsSigv4").then(|| json!({ "authorizationType": "AWS_IAM" }))
    }
}

fn in_terms_of_the_api(said: &Map<String, Value>, name: &str, scheme: &Value, api: &str) -> Value {
    let kind = said.get("type").and_then(Value::as_str).unwrap_or_default().to_ascii_uppercase();
    let mut made = json!({ "apiId": api, "name": name, "authorizerType": kind });
    for (own, theirs) in authorizers::DOCUMENTED {
        let Some(value) = said.get(theirs) else { continue };
        made[own] = match own {
            // A number in some documents.
            "authorizerPayloadFormatVersion" => json!(openapi::text_of(value)),
            _ => value.clone(),
        };
    }
    // One text, or several with commas between them.
    made["identitySource"] = match said.get("identitySource") {
        Some(Value::String(text)) => text.split(',').map(str::trim).filter(|text| !text.is_empty()).collect(),
        Some(sources) => sources.clone(),
        None => json!([]),
    };
    let issuer = scheme.get("openIdConnectUrl").and_then(Value::as_str);
    if let Some(issuer) = issuer.and_then(|url| url.strip_suffix(DISCOVERY))
        && made.pointer("/jwtConfiguration/issuer").is_none()
    {
        let mut configuration = made["jwtConfiguration"].as_object().cloned().unwrap_or_default();
        configuration.insert("issuer".into(), json!(issuer));
        made["jwtConfiguration"] = Value::Object(configuration);
    }
    made
}
