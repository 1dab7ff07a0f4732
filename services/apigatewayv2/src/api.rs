//! An API's record.

use std::collections::BTreeMap;

use names::{PageTokens, Scope};
use serde::{Deserialize, Serialize};
use service::{Random, Result, Tx};
use store::Reads;

use crate::{errors, keys};

/// An HTTP API with all that belongs to it, by id or name.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct HttpApi {
    pub(crate) scope: Scope,
    pub(crate) id: String,
    pub(crate) name: String,
    pub(crate) description: Option<String>,
    pub(crate) version: Option<String>,
    pub(crate) tags: BTreeMap<String, String>,
    pub(crate) created_ms: i64,
    pub(crate) integrations: BTreeMap<String, Integration>,
    pub(crate) routes: BTreeMap<String, Route>,
    pub(crate) stages: BTreeMap<String, Stage>,
}

#[cfg(test)]
layouts::stays!(stored_http_api: HttpApi);

/// A Lambda function behind routes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Integration {
    /// The function's ARN.
    pub(crate) uri: String,
    pub(crate) description: Option<String>,
    /// `1.0` or `2.0`.
    pub(crate) payload_format: String,
    pub(crate) timeout_ms: i32,
}

/// A route key and where it leads.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Route {
    /// `GET /trips/{id}`, `ANY /{proxy+}`, `$default`.
    pub(crate) key: String,
    pub(crate) integration: Option<String>,
    pub(crate) operation_name: Option<String>,
}

/// A stage; every change of the API is in it at once.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Stage {
    pub(crate) description: Option<String>,
    pub(crate) variables: BTreeMap<String, String>,
    pub(crate) tags: BTreeMap<String, String>,
    pub(crate) created_ms: i64,
}

impl HttpApi {
    /// The API of that id in that account and region.
    pub(crate) fn find(reads: &impl Reads, scope: &Scope, id: &str) -> Result<Self> {
        let found: Option<HttpApi> = reads.get_record(&keys::api(id))?;
        let here = found.filter(|api| api.scope == *scope);
        Ok(here.ok_or_else(|| errors::not_found("API", id))?)
    }

    pub(crate) fn put(&self, tx: &mut Tx<'_>) -> Result<()> {
        Ok(tx.put_record(keys::api(&self.id), self)?)
    }
}

/// An id as API Gateway makes them: small letters and digits.
pub(crate) fn fresh_id(random: &Random, length: usize) -> String {
    const LETTERS: &[u8; 32] = b"abcdefghijklmnopqrstuvwxyz012345";
    let bytes: [u8; 16] = random.bytes();
    let letter = |byte: &u8| char::from(LETTERS[usize::from(byte % 32)]);
    bytes.iter().take(length).map(letter).collect()
}

/// A page of entries that are sorted by their keys, and the token of the next one.
pub(crate) fn page<T, S>(
    entries: impl Iterator<Item = (String, T)>,
    (operation, max_results, next_token): (&str, Option<&str>, Option<&str>),
    tokens: &PageTokens,
    show: impl Fn(String, T) -> S,
) -> Result<(Vec<S>, Option<String>), wire::Fault> {
    let limit = max_results.map_or(Ok(usize::MAX), str::parse).ok().filter(|limit| *limit > 0);
    let limit = limit.ok_or_else(|| errors::bad("Invalid MaxResults"))?;
    let after = next_token.map(|token| tokens.open(operation, token)).transpose();
    let after = after.map_err(|_| errors::bad("Invalid NextToken"))?.unwrap_or_default();
    let mut shown = Vec::new();
    let mut last = String::new();
    for (key, entry) in entries.filter(|(key, _)| key.as_bytes() > after.as_slice()) {
        if shown.len() == limit {
            return Ok((shown, Some(tokens.seal(operation, last.as_bytes()))));
        }
        last.clone_from(&key);
        shown.push(show(key, entry));
    }
    Ok((shown, None))
}
