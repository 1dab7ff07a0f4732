//! A deployment made ready for requests: once, for it never changes.

use std::collections::BTreeMap;
use std::sync::Arc;

use ::service::{Cloud, Result};
use api_apigateway as api;
use fancy_regex::Regex;
use foldhash::HashMap;
use models::Schema;
use parking_lot::Mutex;
use store::Reads;
use templates::Template;

use super::route::Tree;
use crate::frozen::{Definition, Frozen};
use crate::parts;

/// Deployments that are kept ready. Beyond that many, all are made anew.
const READY_MAX: usize = 512;

/// An API as requests meet it.
pub(crate) struct Compiled {
    pub(crate) api: api::RestApi,
    pub(crate) tree: Tree<Arc<Place>>,
    pub(crate) authorizers: BTreeMap<String, api::Authorizer>,
    pub(crate) responses: BTreeMap<String, api::GatewayResponse>,
    pub(crate) models: BTreeMap<String, Schema>,
    pub(crate) validators: BTreeMap<String, api::RequestValidator>,
    pub(crate) policy: Option<policy::Document>,
}

/// A resource with its methods.
pub(crate) struct Place {
    pub(crate) id: String,
    pub(crate) path: String,
    pub(crate) methods: BTreeMap<String, Arc<Method>>,
}

/// A method, with its templates read.
pub(crate) struct Method {
    pub(crate) verb: String,
    pub(crate) facts: api::Method,
    pub(crate) integration: api::Integration,
    pub(crate) templates: Templates,
    pub(crate) responses: Vec<Response>,
}

/// A response of an integration.
pub(crate) struct Response {
    pub(crate) facts: api::IntegrationResponse,
    /// What selects it; none for the one that is taken otherwise, and where it is no pattern.
    pub(crate) selection: Option<Regex>,
    /// It is taken where no pattern selects another.
    pub(crate) is_default: bool,
    pub(crate) templates: Templates,
}

/// Templates by content type; of one that cannot be read, why.
pub(crate) type Templates = BTreeMap<String, std::result::Result<Template, String>>;

/// The deployments that are ready, by API and id.
#[derive(Default)]
struct Ready(Mutex<HashMap<(String, String), Arc<Compiled>>>);

/// The deployment of that id, ready.
pub(crate) fn ready(cloud: &Cloud, reads: &impl Reads, api: &str, deployment: &str) -> Result<Arc<Compiled>> {
    let ready = cloud.memory.of::<Ready>();
    let key = (api.to_owned(), deployment.to_owned());
    if let Some(found) = ready.0.lock().get(&key) {
        return Ok(Arc::clone(found));
    }
    let made = Arc::new(Compiled::of(Frozen::find(reads, api, deployment)?.definition()?)?);
    let mut all = ready.0.lock();
    if all.len() >= READY_MAX {
        all.clear();
    }
    all.insert(key, Arc::clone(&made));
    Ok(made)
}

impl Compiled {
    /// # Errors
    /// When the API's policy cannot be read: then nobody may be let in.
    pub(crate) fn of(definition: Definition) -> Result<Self, store::Error> {
        let mut tree = Tree::default();
        for (path, resource) in definition.resources {
            tree.put(&path, Arc::new(Place::of(path.clone(), resource)));
        }
        let text = definition.api.policy.as_deref().filter(|text| !text.is_empty());
        let policy = text.map(|text| policy::Document::parse(policy::Kind::Resource, text)).transpose();
        let policy =
            policy.map_err(|why| store::Error::Corrupt { what: "policy of an API", why: why.to_string() })?;
        Ok(Compiled {
            api: definition.api,
            tree,
            authorizers: definition.authorizers,
            responses: definition.responses,
            models: Schema::all(&parts::texts(definition.models.values())),
            validators: definition.validators,
            policy,
        })
    }

    /// Whether bodies of that type are bytes.
    pub(crate) fn is_binary(&self, content_type: &str) -> bool {
        let kind = content_type.split([';', ',']).next().unwrap_or_default().trim().to_ascii_lowercase();
        let types = self.api.binary_media_types.iter().flatten().map(|known| known.replace("~1", "/"));
        types.into_iter().any(|known| {
            let group = known.strip_suffix("/*").filter(|group| *group != "*");
            let in_group = group.is_some_and(|group| kind.split('/').next() == Some(group));
            known == "*/*" || known.eq_ignore_ascii_case(&kind) || in_group
        })
    }
}

impl Place {
    fn of(path: String, resource: api::Resource) -> Self {
        let id = resource.id.unwrap_or_default();
        let methods = resource.resource_methods.into_iter().flatten();
        let methods = methods.filter_map(|(verb, method)| {
            Method::of(verb.clone(), method).map(|method| (verb, Arc::new(method)))
        });
        Place { id, path, methods: methods.collect() }
    }

    /// The method that serves requests of that kind.
    pub(crate) fn method(&self, verb: &str) -> Option<&Arc<Method>> {
        self.methods.get(verb).or_else(|| self.methods.get("ANY"))
    }
}

impl Method {
    fn of(verb: String, mut facts: api::Method) -> Option<Self> {
        let mut integration = facts.method_integration.take()?;
        let responses = integration.integration_responses.take().into_iter().flatten();
        let responses = responses.map(|(_, facts)| {
            let pattern = facts.selection_pattern.as_deref().filter(|pattern| !pattern.is_empty());
            let templates = read_all(facts.response_templates.as_ref());
            let selection = pattern.and_then(|pattern| Regex::new(&format!("^(?:{pattern})$")).ok());
            Response { selection, is_default: pattern.is_none(), templates, facts }
        });
        let responses = responses.collect();
        let templates = read_all(integration.request_templates.as_ref());
        Some(Method { verb, facts, integration, templates, responses })
    }

    pub(crate) fn kind(&self) -> &str {
        self.integration.r#type.as_ref().map(api::IntegrationType::as_str).unwrap_or_default()
    }
}

pub(crate) fn read_all(texts: Option<&BTreeMap<String, String>>) -> Templates {
    let read = |text: &String| Template::parse(text).map_err(|error| error.to_string());
    texts.into_iter().flatten().map(|(kind, text)| (kind.clone(), read(text))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_policy_that_cannot_be_read_opens_nothing() {
        let with = |policy: &str| {
            let api = api::RestApi { policy: Some(policy.into()), ..api::RestApi::default() };
            Compiled::of(Definition { api, ..Definition::default() })
        };
        assert!(with("{").is_err());
        assert!(with("").is_ok_and(|made| made.policy.is_none()));
    }
}
