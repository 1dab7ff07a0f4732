//! An API's documents as they were at a moment: what a deployment serves, whatever becomes of the API after it.

use std::collections::BTreeMap;

use api_apigateway as api;
use serde::{Deserialize, Serialize};
use service::{Result, Tx};
use store::tuple::Parts;
use store::{Bytes, Direction, Reads};

use crate::document::{Document, Home, read};
use crate::{errors, keys};

/// What belongs to the definition of an API. Stages and deployments do not.
const KINDS: [&str; 5] = [
    api::Authorizer::KIND,
    api::GatewayResponse::KIND,
    api::Model::KIND,
    api::RequestValidator::KIND,
    api::Resource::KIND,
];

/// The copy that a deployment has, in the form in which documents are kept.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Frozen {
    api: Bytes,
    /// Kind, id, document.
    parts: Vec<(String, String, Bytes)>,
}

#[cfg(test)]
layouts::stays!(stored_frozen: Frozen);

/// An API with its parts.
#[derive(Clone, Default)]
pub(crate) struct Definition {
    pub(crate) api: api::RestApi,
    /// By path.
    pub(crate) resources: BTreeMap<String, api::Resource>,
    pub(crate) models: BTreeMap<String, api::Model>,
    pub(crate) validators: BTreeMap<String, api::RequestValidator>,
    pub(crate) authorizers: BTreeMap<String, api::Authorizer>,
    pub(crate) responses: BTreeMap<String, api::GatewayResponse>,
}

/// The parts of an API's definition: kind, id, document.
pub(crate) fn parts(reads: &impl Reads, api: &str) -> Result<Vec<(String, String, Bytes)>> {
    let mut parts = Vec::new();
    for kind in KINDS {
        for entry in reads.scan(keys::part(api).str(kind).prefix_range(), Direction::Forward) {
            let (key, bytes) = entry?;
            parts.push((kind.to_owned(), id_in(&key)?, bytes));
        }
    }
    Ok(parts)
}

fn id_in(key: &[u8]) -> Result<String, store::Error> {
    let mut parts = Parts::new(key);
    for _ in 0..4 {
        parts.str()?;
    }
    Ok(parts.str()?.into_owned())
}

impl Frozen {
    /// The API as it is now.
    pub(crate) fn of(reads: &impl Reads, api: &api::RestApi) -> Result<Self> {
        let id = api.id.as_deref().unwrap_or_default();
        Ok(Frozen { api: wire::keep(api).into(), parts: parts(reads, id)? })
    }

    /// What a deployment froze.
    pub(crate) fn find(reads: &impl Reads, api: &str, deployment: &str) -> Result<Self> {
        let found = reads.get_record(&keys::frozen(api).str(deployment))?;
        Ok(found.ok_or_else(|| api::Deployment::missing(deployment))?)
    }

    /// Its documents.
    pub(crate) fn definition(&self) -> Result<Definition> {
        let mut definition = Definition { api: read(&self.api)?, ..Definition::default() };
        for (kind, id, bytes) in &self.parts {
            definition.take(kind, id, bytes)?;
        }
        Ok(definition)
    }
}

impl Definition {
    /// The API as it is now.
    pub(crate) fn of(reads: &impl Reads, api: &api::RestApi) -> Result<Self> {
        Frozen::of(reads, api)?.definition()
    }

    fn take(&mut self, kind: &str, id: &str, bytes: &[u8]) -> Result<()> {
        match kind {
            api::Resource::KIND => {
                let resource: api::Resource = read(bytes)?;
                self.resources.insert(resource.path.clone().unwrap_or_default(), resource);
            }
            api::Model::KIND => drop(self.models.insert(id.into(), read(bytes)?)),
            api::RequestValidator::KIND => drop(self.validators.insert(id.into(), read(bytes)?)),
            api::Authorizer::KIND => drop(self.authorizers.insert(id.into(), read(bytes)?)),
            api::GatewayResponse::KIND => drop(self.responses.insert(id.into(), read(bytes)?)),
            _ => {}
        }
        Ok(())
    }

    /// Every method with its resource.
    pub(crate) fn methods(&self) -> impl Iterator<Item = (&api::Resource, &str, &api::Method)> {
        self.resources.values().flat_map(|resource| {
            let methods = resource.resource_methods.iter().flatten();
            methods.map(move |(verb, method)| (resource, verb.as_str(), method))
        })
    }

    /// Refuses to be deployed without anything to serve.
    pub(crate) fn check(&self) -> Result<()> {
        if self.methods().next().is_none() {
            return Err(errors::bad("The REST API doesn't contain any methods").into());
        }
        match self.methods().any(|(_, _, method)| method.method_integration.is_none()) {
            true => Err(errors::bad("No integration defined for method").into()),
            false => Ok(()),
        }
    }

    /// Makes this what an API is, in the place of all that it was.
    pub(crate) fn put(&self, tx: &mut Tx<'_>, id: &str) -> Result<()> {
        for (kind, part, _) in parts(&**tx, id)? {
            tx.delete(keys::part(id).str(&kind).str(&part));
        }
        let home = Home::In(id);
        for resource in self.resources.values() {
            home.put(tx, resource.id.as_deref().unwrap_or_default(), resource);
        }
        self.models.iter().for_each(|(name, model)| home.put(tx, name, model));
        self.validators.iter().for_each(|(part, validator)| home.put(tx, part, validator));
        self.authorizers.iter().for_each(|(part, authorizer)| home.put(tx, part, authorizer));
        self.responses.iter().for_each(|(kind, response)| home.put(tx, kind, response));
        let scope = tx.scope();
        Home::Of(&scope).put(tx, id, &self.api);
        Ok(())
    }
}
