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

use names::Scope;
use serde::{Deserialize, Serialize};
use store::tuple::{Key, Parts};
use store::{Direction, Reads, Store, Transaction};

use crate::{Directory, Result, Tx, scoped};

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

/// Whether a name is one by which services are reached already.
#[must_use]
pub fn is_reserved(directory: &Directory, name: &str) -> bool {
    let ours = ["amazonaws.com", "localhost.localstack.cloud"];
    if ours.iter().any(|own| name.strip_suffix(own).is_some_and(|rest| rest.ends_with('.'))) {
        return true;
    }
    let names_service = |label: &str| directory.services().any(|service| service.is_called(label));
    let is_local = name.ends_with(".localhost");
    is_local && (name.split('.').any(names_service) || directory.accepts(name))
}

/// The domain of that name in an account and region.
///
/// # Errors
/// The store's.
pub fn find(reads: &impl Reads, scope: &Scope, name: &str) -> Result<Option<Domain>> {
    let found: Option<Domain> = reads.get_record(&key("name").str(name))?;
    Ok(found.filter(|domain| domain.scope == *scope))
}

/// Enters a new domain; false where there is one of that name, whosever it is.
///
/// # Errors
/// The store's.
pub fn create(tx: &mut Transaction, domain: &Domain) -> Result<bool> {
    if tx.get(&key("name").str(&domain.name))?.is_some() {
        return Ok(false);
    }
    tx.put(scoped("domains", "of", &domain.scope).str(&domain.name), Vec::new());
    tx.put(key("changed"), Vec::new());
    put(tx, domain)?;
    Ok(true)
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
