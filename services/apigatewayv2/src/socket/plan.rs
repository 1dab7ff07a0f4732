//! What a stage of a WebSocket API does, made of its deployment's documents once, until its API changes.

use std::collections::{BTreeMap, HashMap};

use ::models::Schema;
use ::service::Result;
use names::Scope;
use serde::Deserialize;
use templates::Template;

use super::select::{Key, Selection, Source};
use crate::api::{Api, Frozen};
use crate::call::plan::{Authorizer, Stage, parsed};

/// What a stage does.
pub(crate) struct Plan {
    pub(crate) scope: Scope,
    pub(crate) api: String,
    pub(crate) stage: Stage,
    /// Only names of the user's own lead to it.
    pub(crate) is_hidden: bool,
    /// The authorizer says which API key a client has; otherwise a header does.
    pub(crate) authorizer_has_key: bool,
    /// What makes a route's key of a message.
    pub(crate) selection: Option<Selection>,
    /// By key.
    pub(crate) routes: HashMap<String, Route>,
    pub(crate) authorizers: HashMap<String, Authorizer>,
    /// By name.
    pub(crate) models: BTreeMap<String, Schema>,
}

/// A route with what is behind it.
pub(crate) struct Route {
    pub(crate) document: RouteDocument,
    pub(crate) integration: Option<Integration>,
    /// Its clients hear what came of their messages.
    pub(crate) answers: bool,
    /// What makes a model's key of a message.
    pub(crate) model_selection: Option<Selection>,
}

/// A route's own settings.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct RouteDocument {
    #[serde(rename = "routeKey")]
    pub(crate) key: String,
    pub(crate) target: Option<String>,
    #[serde(default)]
    pub(crate) authorization_type: String,
    pub(crate) authorizer_id: Option<String>,
    #[serde(default)]
    pub(crate) api_key_required: bool,
    route_response_selection_expression: Option<String>,
    model_selection_expression: Option<String>,
    /// Names of models, by keys.
    #[serde(default)]
    pub(crate) request_models: HashMap<String, String>,
    /// What must be there, by where it stands: `route.request.header.x`.
    #[serde(default)]
    pub(crate) request_parameters: BTreeMap<String, Constraint>,
}

/// What is asked of a parameter.
#[derive(Deserialize)]
pub(crate) struct Constraint {
    #[serde(default)]
    pub(crate) required: bool,
}

/// An integration with its responses.
pub(crate) struct Integration {
    pub(crate) document: IntegrationDocument,
    pub(crate) templates: Templates,
    /// Where values for the integration come from, by where they go: `integration.request.header.x`.
    pub(crate) parameters: Vec<(String, Source)>,
    /// What makes a response's key of what the integration answered.
    pub(crate) selection: Option<Selection>,
    pub(crate) responses: Vec<Response>,
}

/// An integration's own settings.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct IntegrationDocument {
    #[serde(rename = "integrationType")]
    pub(crate) kind: String,
    #[serde(rename = "integrationUri", default)]
    pub(crate) uri: String,
    #[serde(rename = "integrationMethod")]
    pub(crate) method: Option<String>,
    pub(crate) credentials_arn: Option<String>,
    #[serde(rename = "timeoutInMillis")]
    pub(crate) timeout_ms: u64,
    #[serde(default)]
    pub(crate) passthrough_behavior: String,
    integration_response_selection_expression: Option<String>,
    #[serde(default)]
    request_parameters: BTreeMap<String, String>,
    #[serde(default)]
    request_templates: BTreeMap<String, String>,
    template_selection_expression: Option<String>,
}

/// How what an integration answered goes on.
pub(crate) struct Response {
    pub(crate) key: Key,
    pub(crate) templates: Templates,
    /// Where values for the answer come from, by where they go: `route.response.header.x`.
    pub(crate) parameters: Vec<(String, Source)>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct ResponseDocument {
    #[serde(rename = "integrationResponseKey")]
    key: String,
    #[serde(default)]
    response_parameters: BTreeMap<String, String>,
    #[serde(default)]
    response_templates: BTreeMap<String, String>,
    template_selection_expression: Option<String>,
}

/// Mapping templates by keys, and what makes a key.
#[derive(Default)]
pub(crate) struct Templates {
    selection: Option<Selection>,
    by_key: HashMap<String, Template>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct ApiDocument {
    #[serde(default)]
    disable_execute_api_endpoint: bool,
    #[serde(default)]
    api_key_selection_expression: String,
    #[serde(default)]
    route_selection_expression: String,
}

impl Plan {
    pub(crate) fn made(api: &Api, stage: &str, has: &Frozen) -> Result<Self> {
        let settings: ApiDocument = parsed(&has.document)?;
        let models = has.parts.iter().filter(|(path, _)| path.starts_with("models/"));
        let models = models.map(|(_, document)| document.as_str());
        let mut plan = Plan {
            scope: api.scope,
            api: api.id.clone(),
            stage: parsed(stage)?,
            is_hidden: settings.disable_execute_api_endpoint,
            authorizer_has_key: settings.api_key_selection_expression.starts_with("$context.authorizer"),
            selection: Selection::parse(&settings.route_selection_expression),
            routes: HashMap::new(),
            authorizers: HashMap::new(),
            models: Schema::all(&crate::models::texts(models)?),
        };
        for (path, document) in &has.parts {
            match path.split('/').collect::<Vec<_>>()[..] {
                ["authorizers", id] => drop(plan.authorizers.insert(id.to_owned(), parsed(document)?)),
                ["routes", id] => plan.add_route(id, document, has)?,
                _ => {}
            }
        }
        Ok(plan)
    }

    fn add_route(&mut self, id: &str, document: &str, has: &Frozen) -> Result<()> {
        let document: RouteDocument = parsed(document)?;
        let target = document.target.as_ref().and_then(|target| has.parts.get_key_value(target));
        let integration = target.map(|(path, text)| Integration::made(path, text, has)).transpose()?;
        let has_response = below(has, &format!("routes/{id}")).next().is_some();
        let answers = has_response && document.route_response_selection_expression.is_some();
        let model_selection = document.model_selection_expression.as_deref().and_then(Selection::parse);
        self.routes.insert(document.key.clone(), Route { document, integration, answers, model_selection });
        Ok(())
    }
}

/// The responses of a route or an integration.
fn below<'a>(has: &'a Frozen, path: &str) -> impl Iterator<Item = &'a String> {
    let prefix = format!("{path}/responses/");
    let from = has.parts.range(prefix.clone()..);
    from.take_while(move |(path, _)| path.starts_with(&prefix)).map(|(_, document)| document)
}

impl Integration {
    fn made(path: &str, document: &str, has: &Frozen) -> Result<Self> {
        let mut document: IntegrationDocument = parsed(document)?;
        let templates = Templates::made(
            std::mem::take(&mut document.request_templates),
            document.template_selection_expression.as_deref(),
        );
        let parameters = sources(std::mem::take(&mut document.request_parameters));
        let selection = document.integration_response_selection_expression.as_deref();
        let selection = selection.and_then(Selection::parse);
        let mut responses = Vec::new();
        for text in below(has, path) {
            responses.extend(Response::made(parsed(text)?));
        }
        Ok(Integration { document, templates, parameters, selection, responses })
    }

    /// The response for a key; what is for anything else comes last.
    pub(crate) fn response(&self, key: Option<&str>) -> Option<&Response> {
        let fitting = |response: &&Response| key.is_some_and(|key| response.key.fits(key));
        let default = |response: &&Response| matches!(response.key, Key::Default);
        self.responses.iter().find(fitting).or_else(|| self.responses.iter().find(default))
    }
}

impl Response {
    fn made(document: ResponseDocument) -> Option<Self> {
        let selection = document.template_selection_expression.as_deref();
        Some(Response {
            key: Key::parse(&document.key)?,
            templates: Templates::made(document.response_templates, selection),
            parameters: sources(document.response_parameters),
        })
    }
}

fn sources(of: BTreeMap<String, String>) -> Vec<(String, Source)> {
    of.into_iter().filter_map(|(to, from)| Some((to, Source::parse(&from)?))).collect()
}

impl Templates {
    fn made(texts: BTreeMap<String, String>, selection: Option<&str>) -> Self {
        let parse = |(key, text): (String, String)| Some((key, Template::parse(&text).ok()?));
        let by_key = texts.into_iter().filter_map(parse).collect();
        Templates { selection: selection.and_then(Selection::parse), by_key }
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.by_key.is_empty()
    }

    /// The template of the key that `made` makes, or the one for any other key.
    pub(crate) fn choose(&self, made: impl FnOnce(&Selection) -> Option<String>) -> Option<&Template> {
        let key = self.selection.as_ref().and_then(made);
        let found = key.and_then(|key| self.by_key.get(&key));
        found.or_else(|| self.by_key.get("$default"))
    }
}
