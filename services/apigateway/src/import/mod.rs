//! APIs are made of OpenAPI documents, of versions 2 and 3, with API Gateway's extensions.
//!
//! A document is read into the definition of an API ([`Definition`]), which then is what the API is. Nothing outside of the
//! document is fetched.

mod methods;
mod parts;

use std::collections::BTreeMap;

use api_apigateway as api;
use names::Scope;
use serde_json::Value;
use service::{Random, Result, Tx};
use wire::Fault;

use crate::document::{self, Home};
use crate::frozen::Definition;
use crate::{apis, documentation, errors, integrations, resources};

/// An OpenAPI document on its way into an API.
pub(crate) struct Import<'a> {
    pub(crate) source: &'a Value,
    pub(crate) definition: Definition,
    pub(crate) warnings: Vec<String>,
    random: &'a Random,
    /// What stands before each path.
    base: String,
    api_id: String,
}

pub(crate) fn create(tx: &mut Tx<'_>, input: &api::ImportRestApiInput) -> Result<api::RestApi> {
    let source = read(&input.body, &tx.scope())?;
    let name = source.pointer("/info/title").and_then(Value::as_str).unwrap_or_default();
    let named = api::RestApi { name: Some(name.to_owned()), ..api::RestApi::default() };
    let made = apis::add(tx, named)?;
    let definition = Definition { api: made, ..Definition::default() };
    carry_out(tx, &source, definition, false, input.parameters.as_ref(), input.fail_on_warnings)
}

pub(crate) fn put(tx: &mut Tx<'_>, input: &api::PutRestApiInput) -> Result<api::RestApi> {
    let found = apis::find(&**tx, &tx.scope(), &input.rest_api_id)?;
    let source = read(&input.body, &tx.scope())?;
    let overwrites = overwrites(input.mode.as_ref())?;
    let definition = match overwrites {
        true => Definition { api: found, ..Definition::default() },
        false => Definition::of(&**tx, &found)?,
    };
    carry_out(tx, &source, definition, overwrites, input.parameters.as_ref(), input.fail_on_warnings)
}

/// Whether what was there goes. Otherwise the document is merged into it.
pub(crate) fn overwrites(mode: Option<&api::PutMode>) -> Result<bool, Fault> {
    match mode.map_or("merge", api::PutMode::as_str) {
        "merge" => Ok(false),
        "overwrite" => Ok(true),
        _ => Err(errors::bad("Invalid mode: must be one of [merge, overwrite]")),
    }
}

fn carry_out(
    tx: &mut Tx<'_>,
    source: &Value,
    definition: Definition,
    overwrites: bool,
    parameters: Option<&BTreeMap<String, String>>,
    fails: Option<bool>,
) -> Result<api::RestApi> {
    let scope = tx.scope();
    let api_id = definition.api.id.clone().unwrap_or_default();
    let parameter = |name: &str| parameters.and_then(|all| all.get(name)).map(String::as_str);
    let base = openapi::base_path(source, parameter("basepath").unwrap_or("ignore")).map_err(invalid)?;
    let (random, warnings) = (tx.random(), Vec::new());
    let mut import = Import { source, definition, warnings, random, base, api_id: api_id.clone() };
    import.take()?;
    let Import { mut definition, mut warnings, .. } = import;
    if parameter("ignore") != Some("documentation") {
        warnings.extend(documentation::take(tx, Home::In(&api_id), source, overwrites)?.1);
    }
    if fails == Some(true) && !warnings.is_empty() {
        let message = format!("Warnings found during import:\n\t{}", warnings.join("\n\t"));
        return Err(errors::bad(message).into());
    }
    if let Some(types) = parameter("endpointConfigurationTypes") {
        let types = types.split(',').map(|kind| kind.trim().into()).collect();
        definition.api.endpoint_configuration.get_or_insert_default().types = Some(types);
    }
    for integration in definition.methods().filter_map(|(_, _, method)| method.method_integration.as_ref()) {
        integrations::check_link(&**tx, &scope, integration)?;
    }
    apis::checked(&definition.api)?;
    definition.api.root_resource_id = definition.resources.get("/").and_then(|root| root.id.clone());
    definition.put(tx, &api_id)?;
    let warnings = Some(warnings).filter(|warnings| !warnings.is_empty());
    let shown = apis::shown(&**tx, &scope, definition.api)?;
    Ok(api::RestApi { warnings, ..shown })
}

/// The document, with what its variables stand for here.
pub(crate) fn read(body: &[u8], scope: &Scope) -> Result<Value, Fault> {
    let (mut source, _) = openapi::read(body).map_err(invalid)?;
    openapi::fill(&mut source, scope);
    Ok(source)
}

fn invalid(why: openapi::Invalid) -> Fault {
    errors::bad(why.0)
}

impl<'a> Import<'a> {
    fn take(&mut self) -> Result<()> {
        self.facts()?;
        self.root();
        self.models()?;
        self.validators();
        self.authorizers()?;
        self.gateway_responses()?;
        self.paths()
    }

    /// What the document says of the API as a whole.
    fn facts(&mut self) -> Result<()> {
        let source = self.source;
        let text = |path: &str| source.pointer(path).and_then(Value::as_str).map(str::to_owned);
        let extension = |name: &str| source.get(format!("x-amazon-apigateway-{name}"));
        let facts = &mut self.definition.api;
        facts.name = text("/info/title").or(facts.name.take());
        facts.description = text("/info/description").or(facts.description.take());
        facts.version = text("/info/version").or(facts.version.take());
        if let Some(types) = extension("binary-media-types").and_then(Value::as_array) {
            facts.binary_media_types =
                Some(types.iter().filter_map(Value::as_str).map(str::to_owned).collect());
        }
        if let Some(size) = extension("minimum-compression-size").and_then(Value::as_i64) {
            facts.minimum_compression_size = i32::try_from(size).ok();
        }
        if let Some(source) = extension("api-key-source").and_then(Value::as_str) {
            facts.api_key_source = Some(source.to_ascii_uppercase().as_str().into());
        }
        if let Some(policy) = extension("policy") {
            facts.policy = Some(policy.to_string());
        }
        let of_server = source.pointer("/servers/0/x-amazon-apigateway-endpoint-configuration");
        if let Some(endpoint) = extension("endpoint-configuration").or(of_server) {
            let disabled = endpoint.get("disableExecuteApiEndpoint").and_then(Value::as_bool);
            facts.disable_execute_api_endpoint = disabled.or(facts.disable_execute_api_endpoint);
        }
        Ok(())
    }

    fn root(&mut self) {
        let kept = self.definition.api.root_resource_id.clone();
        let id = kept.unwrap_or_else(|| document::fresh_id(self.random, 10));
        let root = api::Resource { id: Some(id), path: Some("/".into()), ..api::Resource::default() };
        self.definition.resources.entry("/".into()).or_insert(root);
    }

    pub(crate) fn fresh_id(&self) -> String {
        document::fresh_id(self.random, 6)
    }

    fn paths(&mut self) -> Result<()> {
        let paths = self.source.get("paths").and_then(Value::as_object);
        for (path, item) in paths.into_iter().flatten().filter(|(path, _)| path.starts_with('/')) {
            let path = format!("{}{path}", self.base);
            let path = self.resource(&path)?;
            let Some(item) = item.as_object() else { continue };
            for (name, operation) in item {
                if let Some(verb) = openapi::verb_of(name) {
                    self.method(&path, verb, item, operation)?;
                }
            }
        }
        Ok(())
    }

    /// The resource of a path, made with all above it.
    fn resource(&mut self, path: &str) -> Result<String> {
        let mut above = "/".to_owned();
        for part in path.split('/').filter(|part| !part.is_empty()) {
            if !resources::is_part(part) {
                return Err(errors::bad(format!("Unable to create resource at path '{path}': Resource's path part only allow a-zA-Z0-9._-: or a valid greedy path variable and curly braces at the beginning and the end.")).into());
            }
            let here = resources::below(&above, part);
            if !self.definition.resources.contains_key(&here) {
                let parent_id = self.definition.resources.get(&above).and_then(|parent| parent.id.clone());
                let made = api::Resource {
                    id: Some(self.fresh_id()),
                    parent_id,
                    path_part: Some(part.to_owned()),
                    path: Some(here.clone()),
                    resource_methods: None,
                };
                self.definition.resources.insert(here.clone(), made);
            }
            above = here;
        }
        Ok(above)
    }

    /// What stands behind references within the document.
    pub(crate) fn resolved(&self, value: &'a Value) -> &'a Value {
        openapi::resolved(self.source, value)
    }

    /// The members of an object of the document, where it is there.
    pub(crate) fn members(&self, path: &str) -> impl Iterator<Item = (&'a String, &'a Value)> + use<'a> {
        openapi::members(self.source, path)
    }
}

/// A copy of a value that must be an object, so that members can be set.
fn object(value: &Value, name: &str) -> Result<Value, Fault> {
    match value {
        Value::Object(_) => Ok(value.clone()),
        _ => Err(errors::bad(format!("Invalid OpenAPI input: {name} must be an object"))),
    }
}

#[cfg(test)]
mod tests;
