//! Function URLs: addresses at which web clients call functions.
//!
//! A URL's record stands twice: at its function, and at its id, by which visits find it. Never here: what functions run in.

mod answer;
mod cors;
pub(crate) mod front;
pub(crate) mod operations;

use names::{Arn, Scope};
use serde::{Deserialize, Serialize};
use service::{Result, Tx};
use store::{Direction, Reads as _};

use self::cors::Rules;
use crate::keys;
use crate::name::Name;

/// The qualifier, in keys, of a URL of the function itself.
const LATEST: &str = "$LATEST";

/// A URL of a function, or of one of its aliases.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct FunctionUrl {
    id: String,
    scope: Scope,
    function: String,
    alias: Option<String>,
    /// Whether requests must be signed.
    is_signed: bool,
    /// Whether answers may come piece by piece.
    streams: bool,
    cors: Option<Rules>,
    created_ms: i64,
    modified_ms: i64,
}

#[cfg(test)]
layouts::stays!(stored_url: FunctionUrl);

impl FunctionUrl {
    fn name(&self) -> Name {
        Name { scope: self.scope, name: self.function.clone(), qualifier: self.alias.clone() }
    }

    fn arn(&self) -> Arn {
        self.name().qualified_arn()
    }

    /// `http://{id}.lambda-url.us-east-1.localhost:4566/`, by the scheme and the port that a client uses.
    fn address(&self, endpoint: &str) -> String {
        let (scheme, host) = endpoint.split_once("://").unwrap_or(("http", endpoint));
        let port = host.rsplit_once(':').map(|(_, port)| format!(":{port}")).unwrap_or_default();
        format!("{scheme}://{}.lambda-url.{}.localhost{port}/", self.id, self.scope.region)
    }

    fn put(&self, tx: &mut Tx<'_>) -> Result<()> {
        tx.put_record(keys::url(&self.id), self)?;
        let alias = self.alias.as_deref().unwrap_or(LATEST);
        Ok(tx.put_record(keys::url_of(&self.scope, &self.function, alias), self)?)
    }

    fn delete(&self, tx: &mut Tx<'_>) {
        tx.delete(keys::url(&self.id));
        tx.delete(keys::url_of(&self.scope, &self.function, self.alias.as_deref().unwrap_or(LATEST)));
    }
}

/// A function's URLs go with it.
pub(crate) fn forget(tx: &mut Tx<'_>, scope: &Scope, function: &str) -> Result<()> {
    let range = keys::urls(scope, function).prefix_range();
    let found = tx.scan(range, Direction::Forward).map(|entry| Ok(store::record::decode(&entry?.1)?));
    let found: Vec<FunctionUrl> = found.collect::<Result<_>>()?;
    found.iter().for_each(|url| url.delete(tx));
    Ok(())
}

/// An alias's URL goes with it.
pub(crate) fn forget_qualified(tx: &mut Tx<'_>, name: &Name) -> Result<()> {
    let alias = name.qualifier.as_deref().unwrap_or(LATEST);
    let found: Option<FunctionUrl> = tx.get_record(&keys::url_of(&name.scope, &name.name, alias))?;
    found.iter().for_each(|url| url.delete(tx));
    Ok(())
}
