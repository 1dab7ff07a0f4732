//! Names of the user's own, by which web clients come to what several services serve: one set of domains, which each of those
//! services shows in its own words.
//!
//! A domain has mappings: what a path begins with leads to a stage of an API. Never here: certificates, and what an API does
//! with a request.

mod route;
#[cfg(test)]
mod tests;

use std::collections::HashSet;
use std::ops::Range;
use std::sync::Arc;

use names::{Region, Scope};
use serde::{Deserialize, Serialize};
use store::tuple::{Key, Parts};
use store::{Direction, Reads, Store, Transaction};

use crate::{Context, Result, Tx, scoped};

pub(crate) use route::is_domain;
pub use route::{Route, route};

/// A domain.
///
/// | key | value |
/// |---|---|
/// | `"domains", "name", domain` | [`Domain`]: names are unique in the whole cloud |
/// | `"domains", "of", account, region, domain` | nothing |
/// | `"domains", "mapping", domain, key` | [`Mapping`] |
/// | `"domains", "mapped", api, domain, key` | the stage |
/// | `"domains", "changed"` | nothing: written whenever a domain comes or goes |
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Domain {
    /// Whose it is.
    pub scope: Scope,
    /// `api.example.com`, `*.example.com`.
    pub name: String,
    /// Its settings, as the services that show it have agreed on: API Gateway's `DomainName`, in JSON.
    pub document: String,
}

#[cfg(test)]
layouts::stays!(stored_domain: Domain);

/// Where a path leads.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Mapping {
    /// Its id.
    pub id: String,
    /// What the path begins with, without slashes around it: `orders/v1`; empty for all that no other mapping takes.
    pub key: String,
    /// The API.
    pub api: String,
    /// The stage; where there is none, the path names it behind the key.
    pub stage: Option<String>,
}

#[cfg(test)]
layouts::stays!(stored_mapping: Mapping);

fn key(kind: &str) -> Key {
    Key::new().str("domains").str(kind)
}

fn mapping_key(domain: &str, path: &str) -> Key {
    key("mapping").str(domain).str(path)
}

fn mapped_key(api: &str) -> Key {
    key("mapped").str(api)
}

/// Says of a service whether it serves that stage of an API of the account to web clients.
pub type Serves = fn(&Tx<'_>, api: &str, stage: &str) -> Result<bool>;

/// Whether some service serves that stage of an API of the account.
///
/// # Errors
/// The store's.
pub fn is_served(tx: &Tx<'_>, api: &str, stage: &str) -> Result<bool> {
    for service in tx.context.cloud.directory().services() {
        if let Some(serves) = service.serves
            && serves(tx, api, stage)?
        {
            return Ok(true);
        }
    }
    Ok(false)
}

/// Whether a domain may be called so: labels of small letters, digits and hyphens, the first of which may be a star.
#[must_use]
pub fn is_name(name: &str) -> bool {
    let is_label = |label: &str| {
        let is_plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
        (1..=63).contains(&label.len()) && label.bytes().all(is_plain) && !label.starts_with('-')
    };
    let rest = name.strip_prefix("*.").unwrap_or(name);
    name.len() <= 255 && rest.contains('.') && rest.split('.').all(is_label)
}

/// Whether services are reached already by a name, or by one that its star stands for: whoever had it would have what others
/// say to them. The name by which this is asked is such a one.
#[must_use]
pub fn is_reserved(context: &Context, name: &str) -> bool {
    let directory = context.cloud.directory();
    let asked = context.caller.endpoint.rsplit('/').next().unwrap_or_default();
    let takes = |host: &str| name == host || star_of(host).is_some_and(|star| name == star);
    let ours = ["amazonaws.com", "localhost.localstack.cloud"];
    let is_below = |own: &&str| name.strip_suffix(own).is_some_and(|rest| rest.ends_with('.'));
    if takes(&host_name(asked)) || ours.iter().any(|own| takes(own) || is_below(own)) {
        return true;
    }
    let Some(local) = name.strip_suffix(".localhost") else { return false };
    let names_service = |label: &str| directory.services().any(|service| service.is_called(label));
    // `*.us-east-1` stands for services of the region.
    let is_region = |label: &str| label.parse::<Region>().is_ok();
    let is_of_region = local.strip_prefix("*.").is_some_and(|rest| rest.split('.').all(is_region));
    is_of_region || local.split('.').any(names_service) || directory.accepts(name)
}

/// The name of a host, without its port, as domains are written.
fn host_name(host: &str) -> String {
    without_port(host).to_ascii_lowercase()
}

/// A host without its port, and without the dot of a name that is written out.
fn without_port(host: &str) -> &str {
    host.rsplit_once(':').map_or(host, |(name, _)| name).trim_end_matches('.')
}

/// The name with a star that stands for a name.
fn star_of(name: &str) -> Option<String> {
    name.split_once('.').map(|(_, rest)| format!("*.{rest}"))
}

/// The domain of that name in an account and region.
///
/// # Errors
/// The store's.
pub fn find(reads: &impl Reads, scope: &Scope, name: &str) -> Result<Option<Domain>> {
    let found: Option<Domain> = reads.get_record(&key("name").str(name))?;
    Ok(found.filter(|domain| domain.scope == *scope))
}

/// Enters a new domain; false where there is one of that name, whosever it is, or where another account has one that takes
/// requests to this one, or loses some to it.
///
/// # Errors
/// The store's.
pub fn create(tx: &mut Transaction, domain: &Domain) -> Result<bool> {
    if tx.get(&key("name").str(&domain.name))?.is_some() || is_contested(&*tx, domain)? {
        return Ok(false);
    }
    tx.put(scoped("domains", "of", &domain.scope).str(&domain.name), Vec::new());
    tx.put(key("changed"), Vec::new());
    put(tx, domain)?;
    Ok(true)
}

/// Whether another account has the star that stands for a name, or a name that a star stands for.
fn is_contested(reads: &impl Reads, domain: &Domain) -> Result<bool> {
    let is_other = |other: &Domain| other.scope.account != domain.scope.account;
    let Some(star) = star_of(&domain.name) else { return Ok(false) };
    if star != domain.name {
        let found: Option<Domain> = reads.get_record(&key("name").str(&star))?;
        return Ok(found.is_some_and(|found| is_other(&found)));
    }
    for entry in reads.scan(key("name").prefix_range(), Direction::Forward) {
        let other: Domain = store::record::decode(&entry?.1)?;
        if is_other(&other) && star_of(&other.name).is_some_and(|covering| covering == star) {
            return Ok(true);
        }
    }
    Ok(false)
}

/// Stores what changed of a domain.
///
/// # Errors
/// The store's.
pub fn put(tx: &mut Transaction, domain: &Domain) -> Result<()> {
    Ok(tx.put_record(key("name").str(&domain.name), domain)?)
}

/// Takes a domain away, with its mappings.
///
/// # Errors
/// The store's.
pub fn delete(tx: &mut Transaction, domain: &Domain) -> Result<()> {
    for mapping in mappings(tx, &domain.name)? {
        unmap(tx, &domain.name, &mapping);
    }
    tx.delete(scoped("domains", "of", &domain.scope).str(&domain.name));
    tx.delete(key("name").str(&domain.name));
    tx.put(key("changed"), Vec::new());
    Ok(())
}

/// Where an account's domains in a region are listed, for pages: [`listed`] reads an entry.
#[must_use]
pub fn list(scope: &Scope) -> Range<Vec<u8>> {
    scoped("domains", "of", scope).prefix_range()
}

/// The domain of an entry of the list.
///
/// # Errors
/// The store's.
pub fn listed(reads: &impl Reads, entry: &[u8]) -> Result<Option<Domain>> {
    let (scope, name) = crate::scope_and_name(entry)?;
    find(reads, &scope, &name)
}

/// The mappings of a domain, by key.
///
/// # Errors
/// The store's.
pub fn mappings(reads: &impl Reads, domain: &str) -> Result<Vec<Mapping>> {
    let entries = reads.scan(key("mapping").str(domain).prefix_range(), Direction::Forward);
    entries.map(|entry| Ok(store::record::decode(&entry?.1)?)).collect()
}

/// The mapping of a domain at a key.
///
/// # Errors
/// The store's.
pub fn mapping(reads: &impl Reads, domain: &str, path: &str) -> Result<Option<Mapping>> {
    Ok(reads.get_record(&mapping_key(domain, path))?)
}

/// Enters a mapping.
///
/// # Errors
/// The store's.
pub fn map(tx: &mut Transaction, domain: &str, mapping: &Mapping) -> Result<()> {
    let stage = mapping.stage.clone().unwrap_or_default();
    tx.put(mapped_key(&mapping.api).str(domain).str(&mapping.key), stage.into_bytes());
    Ok(tx.put_record(mapping_key(domain, &mapping.key), mapping)?)
}

/// Takes a mapping away.
pub fn unmap(tx: &mut Transaction, domain: &str, mapping: &Mapping) {
    tx.delete(mapped_key(&mapping.api).str(domain).str(&mapping.key));
    tx.delete(mapping_key(domain, &mapping.key));
}

/// The domains with a mapping to an API, or to that stage of it.
///
/// # Errors
/// The store's.
pub fn mapped_to(reads: &impl Reads, api: &str, stage: Option<&str>) -> Result<Vec<String>> {
    let mut domains = Vec::new();
    for entry in reads.scan(mapped_key(api).prefix_range(), Direction::Forward) {
        let (key, to) = entry?;
        let mut parts = Parts::new(&key);
        for _ in 0..3 {
            parts.str()?;
        }
        let domain = parts.str()?.into_owned();
        if stage.is_none_or(|stage| stage.as_bytes() == &*to) && !domains.contains(&domain) {
            domains.push(domain);
        }
    }
    Ok(domains)
}

/// The names of all domains, made once until one comes or goes.
fn names(store: &Store) -> Result<Arc<HashSet<String>>> {
    store.transact_now(|tx| {
        tx.get_derived(&key("changed"), |snapshot| {
            let mut names = HashSet::new();
            for entry in snapshot.scan(key("name").prefix_range(), Direction::Forward) {
                names.insert(store::record::decode::<Domain>(&entry?.1)?.name);
            }
            Ok(names)
        })
    })
}
