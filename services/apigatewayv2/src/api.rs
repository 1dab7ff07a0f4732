//! An API's record.

use std::collections::BTreeMap;

use names::Scope;
use serde::{Deserialize, Serialize};
use service::{Pages, Random, Result, Tx};
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

/// The page that is asked for.
pub(crate) fn pages<'a>(
    operation: &'static str,
    max_results: Option<&str>,
    token: Option<&'a str>,
) -> Result<Pages<'a>> {
    let limit = max_results.map_or(Ok(usize::MAX), str::parse).ok().filter(|limit| *limit > 0);
    let limit = limit.ok_or_else(|| errors::bad("Invalid MaxResults"))?;
    Ok(Pages { operation, token, limit, bad_token: || errors::bad("Invalid NextToken") })
}
