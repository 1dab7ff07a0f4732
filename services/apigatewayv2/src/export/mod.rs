//! An HTTP API as an OpenAPI document of version 3. What is written here reads back as the same API ([`crate::import`]).

mod schemes;

use std::collections::BTreeMap;

use api_apigatewayv2 as model;
use openapi::Form;
use serde_json::{Value, json};
use service::{Result, View};
use store::Reads;
use wire::Fault;

use crate::api::{Api, Frozen};
use crate::documents::{self, Members, text};
use crate::pattern::{Pattern, Segment};
use crate::{errors, integrations, keys, tags};

/// An API on its way into a document.
struct Export {
    /// Itself, as it was deployed.
    api: Members,
    routes: Vec<Members>,
    integrations: BTreeMap<String, Members>,
    authorizers: BTreeMap<String, Members>,
    /// With API Gateway's own extensions.
    extended: bool,
}

pub(crate) fn get(view: &View<'_>, input: &model::ExportApiInput) -> Result<model::ExportApiOutput> {
    let api = Api::find(&**view, &view.scope(), &input.api_id)?;
    if api.protocol != "HTTP" {
        return Err(errors::bad("Export is only supported for HTTP protocol APIs").into());
    }
    if input.specification != "OAS30" {
        return Err(errors::bad("Specification must be OAS30").into());
    }
    if input.export_version.as_deref().is_some_and(|version| version != "1.0") {
        return Err(errors::bad("Export version must be 1.0").into());
    }
    let form = match input.output_type.as_str() {
        "JSON" => Form::Json,
        "YAML" => Form::Yaml,
        _ => return Err(errors::bad("Output type must be JSON or YAML").into()),
    };
    let export =
        Export::of(&deployed(&**view, &api, input.stage_name.as_deref())?, input.include_extensions)?;
    let mut document = export.document();
    let host = format!("{}.execute-api.{}.localhost", api.id, api.scope.region);
    let stage = input.stage_name.as_deref().filter(|stage| *stage != "$default").unwrap_or_default();
    let mut server = openapi::server(&view.context.caller.endpoint, &host, stage);
    if export.extended && export.api.get("disableExecuteApiEndpoint") == Some(&json!(true)) {
        server["x-amazon-apigateway-endpoint-configuration"] = json!({ "disableExecuteApiEndpoint": true });
    }
    document["servers"] = json!([server]);
    let tags = service::tags::of(&**view, &api.scope, &tags::api_arn(&api.scope, &api.id))?;
    let tags =
        tags.iter().map(|(name, value)| json!({ "name": name, "x-amazon-apigateway-tag-value": value }));
    let tags: Vec<Value> = tags.filter(|_| export.extended).collect();
    if !tags.is_empty() {
        document["tags"] = json!(tags);
    }
    let broken = |why: openapi::Invalid| Fault::new("InternalServerErrorException", 500, why.0);
    let body = openapi::write(&document, form).map_err(broken)?;
    Ok(model::ExportApiOutput { body: Some(body.into_bytes().into()) })
}

/// What a stage has, or what the API has now.
fn deployed(reads: &impl Reads, api: &Api, stage: Option<&str>) -> Result<Frozen> {
    let now = || Frozen { document: api.document.clone(), parts: api.parts.clone() };
    let Some(name) = stage else { return Ok(now()) };
    let stage = api.stages.get(name).ok_or_else(|| errors::not_found("Stage", name))?;
    let stage = documents::read(stage)?;
    let deployment = text(&stage, "deploymentId").unwrap_or_default();
    match reads.get_record(&keys::frozen(&api.id, deployment))? {
        Some(frozen) => Ok(frozen),
        None if api.live.as_ref().is_some_and(|live| live.id == deployment) => Ok(now()),
        None => Err(errors::bad(format!("Stage {name} has no deployment")).into()),
    }
}

impl Export {
    fn of(has: &Frozen, extended: Option<bool>) -> Result<Self> {
        let mut export = Export {
            api: documents::read(&has.document)?,
            routes: Vec::new(),
            integrations: BTreeMap::new(),
            authorizers: BTreeMap::new(),
            extended: extended.unwrap_or(true),
        };
        for (path, document) in &has.parts {
            let members = documents::read(document)?;
            match path.split('/').collect::<Vec<_>>()[..] {
                ["routes", _] => export.routes.push(members),
                ["integrations", id] => drop(export.integrations.insert(id.to_owned(), members)),
                ["authorizers", id] => drop(export.authorizers.insert(id.to_owned(), members)),
                _ => {}
            }
        }
        // Ids come in no order; keys of routes do.
        export.routes.sort_by(|one, other| text(one, "routeKey").cmp(&text(other, "routeKey")));
        Ok(export)
    }

    fn document(&self) -> Value {
        let mut info = json!({ "title": self.api.get("name"), "version": self.api.get("version").unwrap_or(&json!("1.0")) });
        if let Some(description) = self.api.get("description") {
            info["description"] = description.clone();
        }
        let mut document = json!({ "openapi": "3.0.1", "info": info, "paths": self.paths() });
        let schemes = self.schemes();
        if !schemes.is_empty() {
            document["components"] = json!({ "securitySchemes": schemes });
        }
        if self.extended {
            if let Some(cors) = self.api.get("corsConfiguration") {
                document["x-amazon-apigateway-cors"] = cors.clone();
            }
            document["x-amazon-apigateway-importexport-version"] = json!("1.0");
        }
        document
    }

    fn paths(&self) -> Value {
        let mut paths = json!({});
        for route in &self.routes {
            let key = text(route, "routeKey").unwrap_or_default();
            let (verb, path) = key.split_once(' ').unwrap_or(("ANY", "/$default"));
            // What no document can say without extensions is left out of one.
            if verb == "ANY" && !self.extended {
                continue;
            }
            let item = &mut paths[path];
            item[openapi::name_of(verb)] = self.operation(key, route);
            let parameters = variables_of(key);
            if !parameters.is_empty() {
                item["parameters"] = json!(parameters);
            }
        }
        paths
    }

    fn operation(&self, key: &str, route: &Members) -> Value {
        let description = format!("Default response for {key}");
        let mut operation = json!({ "responses": { "default": { "description": description } } });
        if let Some(name) = route.get("operationName") {
            operation["operationId"] = name.clone();
        }
        if let Some(security) = self.security(route) {
            operation["security"] = json!([security]);
        }
        if !self.extended {
            return operation;
        }
        if key == "$default" {
            operation["isDefaultRoute"] = json!(true);
        }
        if text(route, "authorizationType") == Some("AWS_IAM") {
            operation["x-amazon-apigateway-auth"] = json!({ "type": "AWS_IAM" });
        }
        let target = text(route, "target").and_then(|target| target.strip_prefix("integrations/"));
        if let Some(integration) = target.and_then(|id| self.integrations.get(id)) {
            let mut made = renamed(integration, &integrations::DOCUMENTED);
            made["type"] =
                json!(text(integration, "integrationType").unwrap_or_default().to_ascii_lowercase());
            operation["x-amazon-apigateway-integration"] = made;
        }
        operation
    }
}

/// The members that a document has names for, but for those that say nothing.
fn renamed(members: &Members, names: &[(&str, &str)]) -> Value {
    let is_empty = |value: &Value| value.as_object().is_some_and(Members::is_empty);
    let said = names.iter().filter_map(|(own, theirs)| {
        let value = members.get(*own).filter(|value| !is_empty(value))?;
        Some(((*theirs).to_owned(), value.clone()))
    });
    Value::Object(said.collect())
}

/// The variables of a route's path, which documents declare.
fn variables_of(key: &str) -> Vec<Value> {
    let Some(Pattern::Path { segments, .. }) = Pattern::parse(key) else { return Vec::new() };
    let name = |segment: &Segment<'_>| match segment {
        Segment::Fixed(_) => None,
        Segment::Variable(name) | Segment::Greedy(name) => Some((*name).to_owned()),
    };
    let parameter = |name: String| {
        let description = format!("Generated path parameter for {name}");
        let schema = json!({ "type": "string" });
        json!({ "name": name, "in": "path", "description": description, "required": true, "schema": schema })
    };
    segments.iter().filter_map(name).map(parameter).collect()
}

/// An API with all that a document can say of it.
#[cfg(test)]
pub(crate) fn whole(api: &Api) -> Value {
    let has = Frozen { document: api.document.clone(), parts: api.parts.clone() };
    Export::of(&has, None).unwrap().document()
}
