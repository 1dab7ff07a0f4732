//! What a stage serves, as an OpenAPI document of version 2 or 3, with as many of API Gateway's extensions as are asked for.
//!
//! What is written here reads back as the same API ([`crate::import`]). Never here: Postman's extensions.

mod methods;
mod parts;

use std::collections::BTreeMap;

use api_apigateway as api;
use openapi::{Form, Version};
use serde_json::{Map, Value, json};
use service::{Result, View};
use wire::Fault;

use crate::frozen::{Definition, Frozen};
use crate::{apis, documentation, errors};

type Members = Map<String, Value>;

/// Which extensions are written.
#[derive(Clone, Copy, Default)]
struct Extensions {
    integrations: bool,
    authorizers: bool,
    documentation: bool,
    /// All others.
    whole: bool,
}

/// A document that is written.
struct Export<'a> {
    definition: &'a Definition,
    version: Version,
    extensions: Extensions,
}

pub(crate) fn get(view: &View<'_>, input: &api::GetExportInput) -> Result<api::GetExportOutput> {
    let scope = view.scope();
    let home = apis::home(&**view, &scope, &input.rest_api_id)?;
    let stage: api::Stage = home.find(&**view, &input.stage_name)?;
    let version = match input.export_type.as_str() {
        "swagger" => Version::Two,
        "oas30" => Version::Three,
        _ => return Err(errors::bad("API Export type must be one of [swagger, oas30]").into()),
    };
    let extensions = extensions(input.parameters.as_ref())?;
    let deployment = stage.deployment_id.as_deref().unwrap_or_default();
    let definition = Frozen::find(&**view, &input.rest_api_id, deployment)?.definition()?;
    let mut document = Export { definition: &definition, version, extensions }.document();
    let host = format!("{}.execute-api.{}.localhost", input.rest_api_id, scope.region);
    if let Some(version) = stage.documentation_version.as_ref().filter(|_| extensions.documentation) {
        let said = documentation::shown_in_export(&**view, &input.rest_api_id, version)?;
        document.insert("x-amazon-apigateway-documentation".into(), said);
    }
    place(&mut document, version, &view.context.caller.endpoint, &host, &input.stage_name);
    let (body, kind) = written(&Value::Object(document), input.accepts.as_deref())?;
    let at = definition.api.created_date.map(|at| at.format(wire::TimestampFormat::DateTime));
    let ending = kind.rsplit('/').next().unwrap_or_default();
    let name = format!("{}_{}.{ending}", input.export_type, at.unwrap_or_default());
    Ok(api::GetExportOutput {
        body: Some(body.into_bytes().into()),
        content_disposition: Some(format!("attachment; filename=\"{name}\"")),
        content_type: Some(kind.to_owned()),
    })
}

/// `integrations,authorizers`; `apigateway` for all that there are.
fn extensions(parameters: Option<&BTreeMap<String, String>>) -> Result<Extensions, Fault> {
    let mut extensions = Extensions::default();
    let said = parameters.and_then(|all| all.get("extensions")).map(String::as_str).unwrap_or_default();
    for name in said.split(',').map(str::trim).filter(|name| !name.is_empty()) {
        match name {
            "integrations" => extensions.integrations = true,
            "authorizers" => extensions.authorizers = true,
            "documentation" => extensions.documentation = true,
            "apigateway" => {
                extensions = Extensions { integrations: true, authorizers: true, whole: true, ..extensions };
            }
            "postman" => errors::refuse(&[("exports for Postman", true)])?,
            _ => {
                let known = "integrations, authorizers, apigateway, postman, documentation";
                return Err(errors::bad(format!("Invalid extension '{name}': must be one of [{known}]")));
            }
        }
    }
    Ok(extensions)
}

/// The text of a document, in the form that the client accepts.
fn written(document: &Value, accepts: Option<&str>) -> Result<(String, &'static str)> {
    let kind = accepts.and_then(|accepts| accepts.split([',', ';']).next()).unwrap_or_default().trim();
    let (form, kind) = match kind {
        "application/yaml" => (Form::Yaml, "application/yaml"),
        "" | "*/*" | "application/json" => (Form::Json, "application/json"),
        _ => {
            return Err(
                errors::bad("Accept header must be one of [application/json, application/yaml]").into()
            );
        }
    };
    let text = openapi::write(document, form).map_err(|why| Fault::new("InternalFailure", 500, why.0))?;
    Ok((text, kind))
}

/// Says where the stage is served: by the name of the API, at the port by which the client came.
fn place(document: &mut Members, version: Version, endpoint: &str, host: &str, stage: &str) {
    let (scheme, authority) = endpoint.split_once("://").unwrap_or(("http", endpoint));
    let port = authority.rsplit_once(':').map(|(_, port)| format!(":{port}")).unwrap_or_default();
    match version {
        Version::Two => {
            document.insert("host".into(), json!(format!("{host}{port}")));
            document.insert("basePath".into(), json!(format!("/{stage}")));
            document.insert("schemes".into(), json!([scheme]));
        }
        Version::Three => {
            document.insert("servers".into(), json!([openapi::server(endpoint, host, stage)]));
        }
    }
}

impl Export<'_> {
    fn document(&self) -> Members {
        let mut document = Members::new();
        match self.version {
            Version::Two => document.insert("swagger".into(), json!("2.0")),
            Version::Three => document.insert("openapi".into(), json!("3.0.1")),
        };
        document.insert("info".into(), self.info());
        document.insert("paths".into(), Value::Object(self.paths()));
        let (schemas, schemes) = (self.schemas(), self.schemes());
        match self.version {
            Version::Two => {
                put(&mut document, "securityDefinitions", schemes);
                put(&mut document, "definitions", schemas);
            }
            Version::Three => {
                let mut components = Members::new();
                put(&mut components, "schemas", schemas);
                put(&mut components, "securitySchemes", schemes);
                put(&mut document, "components", components);
            }
        }
        if self.extensions.whole {
            self.extend(&mut document);
        }
        document
    }

    fn info(&self) -> Value {
        let api = &self.definition.api;
        let created = api.created_date.map(|at| at.format(wire::TimestampFormat::DateTime));
        let mut info = Members::new();
        info.insert("title".into(), json!(api.name));
        if let Some(description) = &api.description {
            info.insert("description".into(), json!(description));
        }
        info.insert("version".into(), json!(api.version.clone().or(created)));
        Value::Object(info)
    }

    /// Resources with something to call.
    fn paths(&self) -> Members {
        let mut paths = Members::new();
        for (resource, verb, method) in self.definition.methods() {
            let path = resource.path.clone().unwrap_or_default();
            let item = paths.entry(path).or_insert_with(|| json!({}));
            item[openapi::name_of(verb)] = self.operation(resource, method);
        }
        paths
    }

    /// A reference to a model.
    fn reference(&self, model: &str) -> Value {
        let place = if self.version == Version::Two { "definitions" } else { "components/schemas" };
        json!({ "$ref": format!("#/{place}/{model}") })
    }
}

/// Puts something there, if it is something.
fn put(members: &mut Members, name: &str, value: Members) {
    if !value.is_empty() {
        members.insert(name.to_owned(), Value::Object(value));
    }
}

/// A definition with all that a document can say of it.
#[cfg(test)]
pub(crate) fn whole(definition: &Definition) -> Value {
    let extensions = Extensions { integrations: true, authorizers: true, documentation: false, whole: true };
    Value::Object(Export { definition, version: Version::Three, extensions }.document())
}
