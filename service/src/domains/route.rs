//! Where a request to a name of the user's own leads: the longest mapping that its path begins with.

use std::net::IpAddr;

use store::{Snapshot, Store};

use super::{Mapping, host_name, mapping, names, star_of, without_port};
use crate::Result;

/// Where a request leads.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Route {
    /// The API.
    pub api: String,
    /// The stage; where the mapping has none, the path names it.
    pub stage: Option<String>,
    /// What was taken off the path: `/orders/v1`; empty where nothing was.
    pub base: String,
    /// The rest, which begins with a slash.
    pub path: String,
}

/// The domain of a host, with or without its port; the exact one before the one with a star.
///
/// Nobody pays for this who comes to `localhost` or to an address.
pub(crate) fn domain_of(store: &Store, host: &str) -> Result<Option<String>> {
    let name = without_port(host);
    if !name.contains('.') || name.parse::<IpAddr>().is_ok() {
        return Ok(None);
    }
    let host = host_name(host);
    let names = names(store)?;
    if names.contains(&host) {
        return Ok(Some(host));
    }
    Ok(star_of(&host).filter(|star| names.contains(star)))
}

/// Whether a host is a domain of somebody.
pub(crate) fn is_domain(store: &Store, host: &str) -> bool {
    domain_of(store, host)
        .unwrap_or_else(|error| {
            tracing::error!(%error, "domains could not be read");
            None
        })
        .is_some()
}

/// Where a request leads; nothing within where the domain has no mapping for it, nothing at all where the host is no domain.
///
/// # Errors
/// The store's.
pub fn route(store: &Store, host: &str, path: &str) -> Result<Option<Option<Route>>> {
    let Some(domain) = domain_of(store, host)? else { return Ok(None) };
    let snapshot = store.snapshot();
    Ok(Some(best(&snapshot, &domain, path)?))
}

fn best(snapshot: &Snapshot, domain: &str, path: &str) -> Result<Option<Route>> {
    let path = path.strip_prefix('/').unwrap_or(path);
    // Keys end where a part of the path does; AWS's have 300 characters at most.
    let ends = path.match_indices('/').map(|(at, _)| at).chain([path.len()]);
    let mut keys: Vec<&str> = ends.filter(|end| *end <= 300).map(|end| &path[..end]).collect();
    keys.push("");
    keys.sort_by_key(|key| std::cmp::Reverse(key.len()));
    keys.dedup();
    for key in keys {
        if let Some(Mapping { api, stage, .. }) = mapping(snapshot, domain, key)? {
            let rest = path[key.len()..].trim_start_matches('/');
            let base = if key.is_empty() { String::new() } else { format!("/{key}") };
            return Ok(Some(Route { api, stage, base, path: format!("/{rest}") }));
        }
    }
    Ok(None)
}
