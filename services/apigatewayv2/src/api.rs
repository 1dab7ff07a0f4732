//! An API's record: itself and what belongs to it, as documents, and what its stages have of them.
//!
//! A stage that deploys by itself has what the API has now; any other one has a frozen copy. So a change of a large API writes one
//! record, and no stage ever shows half of a change.

use std::collections::BTreeMap;

use names::Scope;
use serde::{Deserialize, Serialize};
use serde_json::json;
use service::{Pages, Random, Result, Tx, View};
use store::Reads;
use wire::Fault;

use crate::documents::{self, Members};
use crate::{errors, keys};

/// An API.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Api {
    pub(crate) scope: Scope,
    pub(crate) id: String,
    /// `HTTP` or `WEBSOCKET`.
    pub(crate) protocol: String,
    pub(crate) created_ms: i64,
    /// Itself.
    pub(crate) document: String,
    /// What deployments freeze, by path: `routes/abc1234`, `integrations/abc1234`.
    pub(crate) parts: BTreeMap<String, String>,
    /// By name.
    pub(crate) stages: BTreeMap<String, String>,
    /// By id.
    pub(crate) deployments: BTreeMap<String, String>,
    /// The deployment of what is there now, once a stage had it.
    pub(crate) live: Option<Live>,
}

#[cfg(test)]
layouts::stays!(stored_api: Api);

/// The deployment of what an API has now.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Live {
    pub(crate) id: String,
    /// There is a frozen copy, so it stays when the API changes.
    pub(crate) is_kept: bool,
}

/// What a deployment has, under the names of [`Api`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Frozen {
    pub(crate) document: String,
    pub(crate) parts: BTreeMap<String, String>,
}

#[cfg(test)]
layouts::stays!(stored_frozen: Frozen);

impl Api {
    /// The API of that id in that account and region.
    pub(crate) fn find(reads: &impl Reads, scope: &Scope, id: &str) -> Result<Self> {
        let found: Option<Api> = reads.get_record(&keys::api(id))?;
        let here = found.filter(|api| api.scope == *scope);
        Ok(here.ok_or_else(|| errors::not_found("API", id))?)
    }

    /// Stores what changed beside what is deployed.
    pub(crate) fn put(&self, tx: &mut Tx<'_>) -> Result<()> {
        Ok(tx.put_record(keys::api(&self.id), self)?)
    }

    /// Stores what changed of what is deployed: stages that deploy by themselves have it at once.
    pub(crate) fn put_changed(&mut self, tx: &mut Tx<'_>) -> Result<()> {
        if let Some(live) = self.live.take_if(|live| !live.is_kept) {
            self.deployments.remove(&live.id);
        }
        self.live = None;
        self.deploy_stages(tx)?;
        self.put(tx)
    }

    /// Gives stages that deploy by themselves the deployment of what is there now.
    pub(crate) fn deploy_stages(&mut self, tx: &Tx<'_>) -> Result<()> {
        for (name, text) in self.stages.clone() {
            let mut stage = documents::read(&text)?;
            if !is_auto(&stage) {
                continue;
            }
            let id = self.live_deployment(tx);
            if documents::text(&stage, "deploymentId") == Some(&id) {
                continue;
            }
            deployed(&mut stage, &id);
            stage.insert("lastUpdatedDate".into(), documents::moment(tx.now.millis()).into());
            self.stages.insert(name, json!(stage).to_string());
        }
        Ok(())
    }

    /// The id of the deployment of what is there now; made when there is none.
    fn live_deployment(&mut self, tx: &Tx<'_>) -> String {
        if let Some(live) = &self.live {
            return live.id.clone();
        }
        let id = self.add_deployment(tx, None, true);
        self.live = Some(Live { id: id.clone(), is_kept: false });
        id
    }

    /// Notes a deployment.
    pub(crate) fn add_deployment(&mut self, tx: &Tx<'_>, description: Option<&str>, is_auto: bool) -> String {
        let id = fresh_id(tx.random(), 6);
        let mut deployment = Members::new();
        documents::set(&mut deployment, "deploymentId", Some(id.as_str()));
        documents::set(&mut deployment, "autoDeployed", Some(is_auto));
        documents::set(&mut deployment, "createdDate", Some(documents::moment(tx.now.millis())));
        documents::set(&mut deployment, "deploymentStatus", Some("DEPLOYED"));
        documents::set(&mut deployment, "description", description);
        self.deployments.insert(id.clone(), json!(deployment).to_string());
        id
    }

    /// Keeps a copy of what is there now, as that deployment.
    pub(crate) fn freeze(&self, tx: &mut Tx<'_>, deployment: &str) -> Result<()> {
        let frozen = Frozen { document: self.document.clone(), parts: self.parts.clone() };
        Ok(tx.put_record(keys::frozen(&self.id, deployment), &frozen)?)
    }

    /// A stage has that deployment, and does not deploy by itself: it must stay.
    pub(crate) fn keep_live(&mut self, tx: &mut Tx<'_>, deployment: &str) -> Result<()> {
        let Some(live) = self.live.as_ref().filter(|live| live.id == deployment && !live.is_kept) else {
            return Ok(());
        };
        let live = Live { is_kept: true, ..live.clone() };
        self.freeze(tx, &live.id)?;
        self.live = Some(live);
        Ok(())
    }

    /// The documents in the folder of a path, without what is at the path itself.
    pub(crate) fn beside<'a>(&'a self, path: &'a str) -> impl Iterator<Item = &'a str> {
        let (folder, own) = path.rsplit_once('/').unwrap_or_default();
        self.parts_in(folder).filter(move |(id, _)| *id != own).map(|(_, text)| text)
    }

    /// The documents below a path that have nothing below themselves, by id.
    pub(crate) fn parts_in(&self, folder: &str) -> impl Iterator<Item = (&str, &str)> {
        let prefix = format!("{folder}/");
        let from = self.parts.range(prefix.clone()..);
        from.take_while({
            let prefix = prefix.clone();
            move |(path, _)| path.starts_with(&prefix)
        })
        .filter_map(move |(path, text)| Some((path.get(prefix.len()..)?, text.as_str())))
        .filter(|(id, _)| !id.contains('/'))
    }
}

/// Whether a stage deploys by itself.
pub(crate) fn is_auto(stage: &Members) -> bool {
    stage.get("autoDeploy").and_then(serde_json::Value::as_bool) == Some(true)
}

/// Says of a stage that it has that deployment.
pub(crate) fn deployed(stage: &mut Members, deployment: &str) {
    documents::set(stage, "deploymentId", Some(deployment));
    let message = format!("Successfully deployed stage with deployment ID '{deployment}'");
    documents::set(stage, "lastDeploymentStatusMessage", Some(message));
}

/// An id as API Gateway makes them: small letters and digits.
pub(crate) fn fresh_id(random: &Random, length: usize) -> String {
    const LETTERS: &[u8; 32] = b"abcdefghijklmnopqrstuvwxyz012345";
    let bytes: [u8; 16] = random.bytes();
    let letter = |byte: &u8| char::from(LETTERS[usize::from(byte % 32)]);
    bytes.iter().take(length).map(letter).collect()
}

/// How many a page has.
pub(crate) fn limit_of(max_results: Option<&str>) -> Result<usize, Fault> {
    let limit = max_results.map_or(Ok(usize::MAX), str::parse).ok().filter(|limit| *limit > 0);
    limit.ok_or_else(|| errors::bad("Invalid MaxResults"))
}

pub(crate) fn bad_token() -> Fault {
    errors::bad("Invalid NextToken")
}

/// How a client asks for a page of a list.
pub(crate) struct Asked<'a> {
    pub(crate) operation: &'static str,
    pub(crate) max_results: Option<&'a str>,
    pub(crate) token: Option<&'a str>,
}

impl Asked<'_> {
    /// The page of documents by names.
    pub(crate) fn page(
        &self,
        view: &View<'_>,
        entries: impl IntoIterator<Item = (String, Members)>,
    ) -> Result<service::Page<Members>> {
        let limit = limit_of(self.max_results)?;
        let pages = Pages { operation: self.operation, token: self.token, limit, bad_token };
        pages.of_sorted(view, entries, |_, members| Ok(members))
    }
}
