//! HTTP APIs are made of OpenAPI documents of version 3, with API Gateway's extensions.
//!
//! Routes, integrations and authorizers are made as if a client had made each: what it would not be let through is refused here
//! as well, and then nothing of the document is taken.

mod authorizers;
mod integrations;

use std::collections::{BTreeMap, BTreeSet};

use api_apigatewayv2 as model;
use openapi::Version;
use serde_json::{Map, Value, json};
use service::{Random, Result, Tx};
use wire::{Fault, Kept};

use crate::api::Api;
use crate::documents::{self, Members};
use crate::tags::{self, TAGGING};
use crate::{apis, errors, parts, routes};

/// The only version of its kind.
const IMPORT_EXPORT_VERSION: &str = "1.0";
/// What operations have that HTTP APIs do nothing with.
const IGNORED: [&str; 2] = ["requestBody", "x-amazon-apigateway-request-validator"];

/// A document on its way into an API.
struct Import<'a> {
    source: &'a Value,
    random: &'a Random,
    api: Api,
    /// What stands before each path.
    base: String,
    /// The ids of authorizers, by the names of their schemes.
    authorizers: BTreeMap<String, String>,
    /// The ids of integrations that several operations refer to, by their references.
    shared: BTreeMap<String, String>,
    /// What HTTP APIs do not have.
    info: BTreeSet<String>,
    /// What is wrong and can be left out.
    warnings: Vec<String>,
}

/// What an answer says beside the API.
struct Said {
    info: BTreeSet<String>,
    warnings: Vec<String>,
}

pub(crate) fn create(tx: &mut Tx<'_>, input: &model::ImportApiInput) -> Result<model::ImportApiOutput> {
    let source = read(tx, &input.body)?;
    let api = apis::made(tx, facts(&source)?)?;
    let (mut api, said) =
        taken(tx.random(), api, &source, input.basepath.as_deref(), input.fail_on_warnings == Some(true))?;
    integrations::reach(tx, &api)?;
    apis::enter(tx, &mut api)?;
    shown(tx, &api, &source, said)
}

/// Puts what a document says in the place of what an API had. Its stages stay.
pub(crate) fn replace(tx: &mut Tx<'_>, input: &model::ReimportApiInput) -> Result<model::ReimportApiOutput> {
    let mut found = Api::find(&**tx, &tx.scope(), &input.api_id)?;
    if found.protocol != "HTTP" {
        return Err(errors::bad("Import is only supported for HTTP protocol APIs").into());
    }
    let source = read(tx, &input.body)?;
    found.document = apis::made(tx, facts(&source)?)?.document;
    found.parts.clear();
    let (mut api, said) =
        taken(tx.random(), found, &source, input.basepath.as_deref(), input.fail_on_warnings == Some(true))?;
    integrations::reach(tx, &api)?;
    api.put_changed(tx)?;
    shown(tx, &api, &source, said)
}

fn read(tx: &Tx<'_>, body: &str) -> Result<Value, Fault> {
    let (mut source, version) = openapi::read(body.as_bytes()).map_err(invalid)?;
    if version != Version::Three {
        return Err(errors::bad("Invalid OpenAPI input: HTTP APIs support version 3.0 alone"));
    }
    match source.get("x-amazon-apigateway-importexport-version").map(openapi::text_of) {
        Some(version) if version != IMPORT_EXPORT_VERSION => {
            return Err(errors::bad(format!("Invalid x-amazon-apigateway-importexport-version: {version}")));
        }
        _ => {}
    }
    openapi::fill(&mut source, &tx.scope());
    Ok(source)
}

fn invalid(why: openapi::Invalid) -> Fault {
    errors::bad(why.0)
}

/// What the document says of the API as a whole.
fn facts(source: &Value) -> Result<Members, Fault> {
    let mut said = json!({ "protocolType": "HTTP" });
    for (name, place) in [
        ("name", "/info/title"),
        ("description", "/info/description"),
        ("version", "/info/version"),
        ("corsConfiguration", "/x-amazon-apigateway-cors"),
    ] {
        if let Some(value) = source.pointer(place) {
            said[name] = if value.is_object() { value.clone() } else { json!(openapi::text_of(value)) };
        }
    }
    let endpoint = source.get("x-amazon-apigateway-endpoint-configuration");
    let endpoint = endpoint.or(source.pointer("/servers/0/x-amazon-apigateway-endpoint-configuration"));
    if let Some(disabled) = endpoint.and_then(|endpoint| endpoint.get("disableExecuteApiEndpoint")) {
        said["disableExecuteApiEndpoint"] = disabled.clone();
    }
    checked::<model::CreateApiInput>(&said)
}

/// A document of an API, if it is what a client could say of `T`.
fn checked<T: Kept>(said: &Value) -> Result<Members, Fault> {
    let typed: T = wire::from_json(said.to_string().as_bytes(), T::SHAPE)
        .map_err(|why| errors::bad(format!("Invalid OpenAPI input: {}", why.0)))?;
    documents::of(&typed).map_err(|error| errors::bad(error.to_string()))
}

/// Tags of a document that have values are those of the API.
fn tags_in(source: &Value) -> impl Iterator<Item = (String, String)> {
    let all = source.get("tags").and_then(Value::as_array).into_iter().flatten();
    all.filter_map(|tag| {
        let value = tag.get("x-amazon-apigateway-tag-value")?;
        Some((tag.get("name")?.as_str()?.to_owned(), openapi::text_of(value)))
    })
}

/// The API with all that the document says.
fn taken(random: &Random, api: Api, source: &Value, how: Option<&str>, fails: bool) -> Result<(Api, Said)> {
    let base = openapi::base_path(source, how.unwrap_or("ignore")).map_err(invalid)?;
    let mut import = Import {
        source,
        random,
        api,
        base,
        authorizers: BTreeMap::new(),
        shared: BTreeMap::new(),
        info: BTreeSet::new(),
        warnings: Vec::new(),
    };
    import.authorizers()?;
    import.paths()?;
    let Import { api, info, warnings, .. } = import;
    if fails && !warnings.is_empty() {
        return Err(errors::bad(format!("Warnings found during import:\n\t{}", warnings.join("\n\t"))).into());
    }
    Ok((api, Said { info, warnings }))
}

fn shown<O: Kept>(tx: &mut Tx<'_>, api: &Api, source: &Value, said: Said) -> Result<O> {
    let tags: BTreeMap<String, String> = tags_in(source).collect();
    TAGGING.add(tx, &api.scope, &tags::api_arn(&api.scope, &api.id), tags.iter())?;
    let mut members = apis::members(&**tx, api, &tx.context.caller.endpoint)?;
    documents::set(&mut members, "importInfo", Some(json!(said.info)).filter(|_| !said.info.is_empty()));
    let warnings = Some(json!(said.warnings)).filter(|_| !said.warnings.is_empty());
    documents::set(&mut members, "warnings", warnings);
    documents::show(&members)
}

impl<'a> Import<'a> {
    fn paths(&mut self) -> Result<()> {
        for (path, item) in openapi::members(self.source, "/paths") {
            let Some(item) = openapi::resolved(self.source, item).as_object() else { continue };
            for (name, operation) in item {
                if let Some(verb) = openapi::verb_of(name) {
                    self.route(path, verb, operation)?;
                }
            }
        }
        if openapi::members(self.source, "/components/schemas").next().is_some() {
            self.info.insert("Models are not supported for HTTP APIs. Ignoring.".into());
        }
        Ok(())
    }

    /// Notes the route that an operation is.
    fn route(&mut self, path: &str, verb: &str, operation: &'a Value) -> Result<()> {
        let key = match path {
            "/$default" => "$default".to_owned(),
            // Behind a base the root is the base itself.
            "/" if !self.base.is_empty() => format!("{verb} {}", self.base),
            _ => format!("{verb} {}{path}", self.base),
        };
        let mut route = json!({ "apiId": self.api.id, "routeKey": key });
        if let Some(name) = operation.get("operationId") {
            route["operationName"] = json!(openapi::text_of(name));
        }
        for name in IGNORED.iter().filter(|name| operation.get(**name).is_some()) {
            self.info.insert(format!("{name} of {key} is not supported for HTTP APIs. Ignoring."));
        }
        if let Some(said) = operation.get("x-amazon-apigateway-integration")
            && let Some(id) = self.integration(&key, said)?
        {
            route["target"] = json!(format!("integrations/{id}"));
        }
        self.authorize(&mut route, operation)?;
        let mut members = checked::<model::CreateRouteInput>(&route)?;
        members.remove("apiId");
        parts::add(self.random, &mut self.api, &routes::KIND, members)?;
        Ok(())
    }
}

/// A copy of an object of the document, so that members can be set.
fn object(value: &Value, name: &str) -> Result<Map<String, Value>, Fault> {
    let wrong = || errors::bad(format!("Invalid OpenAPI input: {name} must be an object"));
    value.as_object().cloned().ok_or_else(wrong)
}

#[cfg(test)]
mod tests;
