//! What is kept: documents of the API's model, each in its home, under its kind and its id.
//!
//! Never here: what a document means, and what of it may be changed ([`crate::patch`]).

use std::sync::Arc;

use api_apigateway as api;
use names::Scope;
use serde_json::{Map, Value};
use service::{Pages, Random, Result, Tx, View};
use store::tuple::Key;
use store::{Direction, Reads, Snapshot};
use wire::{Fault, Kept};

use crate::{errors, keys};

/// A structure of the model that is kept.
pub(crate) trait Document: Kept + Clone + Default {
    /// Under which it is kept.
    const KIND: &'static str;

    /// What a client is told where there is none.
    fn missing(id: &str) -> Fault;
}

/// Whose a document is.
#[derive(Clone, Copy)]
pub(crate) enum Home<'a> {
    /// An account's, in a region.
    Of(&'a Scope),
    /// An API's.
    In(&'a str),
}

impl Home<'_> {
    /// Where all of its documents stand.
    pub(crate) fn key(self) -> Key {
        match self {
            Home::Of(scope) => keys::own(scope),
            Home::In(api) => keys::part(api),
        }
    }

    fn of<D: Document>(self) -> Key {
        self.key().str(D::KIND)
    }

    pub(crate) fn get<D: Document>(self, reads: &impl Reads, id: &str) -> Result<Option<D>> {
        Ok(reads.get(&self.of::<D>().str(id))?.map(|bytes| read(&bytes)).transpose()?)
    }

    /// The same, read once for all who ask until it changes: for the few documents that most requests look at.
    pub(crate) fn shared<D>(self, snapshot: &Snapshot, id: &str) -> Result<Option<Arc<D>>>
    where
        D: Document + Send + Sync + 'static,
    {
        Ok(snapshot.get_decoded(&self.of::<D>().str(id), read)?)
    }

    /// The document of that id.
    ///
    /// # Errors
    /// Where there is none.
    pub(crate) fn find<D: Document>(self, reads: &impl Reads, id: &str) -> Result<D> {
        Ok(self.get(reads, id)?.ok_or_else(|| D::missing(id))?)
    }

    pub(crate) fn put<D: Document>(self, tx: &mut Tx<'_>, id: &str, document: &D) {
        tx.put(self.of::<D>().str(id), wire::keep(document));
    }

    /// Takes it away.
    ///
    /// # Errors
    /// Where there is none.
    pub(crate) fn delete<D: Document>(self, tx: &mut Tx<'_>, id: &str) -> Result<D> {
        let found = self.find(&**tx, id)?;
        tx.delete(self.of::<D>().str(id));
        Ok(found)
    }

    /// All of a kind, by id.
    pub(crate) fn all<D: Document>(self, reads: &impl Reads) -> Result<Vec<D>> {
        let entries = reads.scan(self.of::<D>().prefix_range(), Direction::Forward);
        entries.map(|entry| Ok(read(&entry?.1)?)).collect()
    }

    /// A page of those that `shown` lets through.
    pub(crate) fn page<D: Document>(
        self,
        view: &View<'_>,
        (position, limit): (Option<&str>, Option<i32>),
        mut shown: impl FnMut(&mut D) -> Result<bool>,
    ) -> Result<(Vec<D>, Option<String>)> {
        let pages = Pages { operation: D::KIND, token: position, limit: limit_of(limit)?, bad_token };
        let page = pages.of_range(view, self.of::<D>().prefix_range(), |_, bytes| {
            let mut document = read::<D>(bytes)?;
            Ok(shown(&mut document)?.then_some(document))
        })?;
        Ok((page.items, page.next_token))
    }
}

pub(crate) fn bad_token() -> Fault {
    errors::bad("Invalid position parameter.")
}

/// How many a page has.
pub(crate) fn limit_of(limit: Option<i32>) -> Result<usize, Fault> {
    match limit {
        None => Ok(25),
        Some(limit @ 1..=500) => Ok(usize::try_from(limit).unwrap_or(25)),
        Some(limit) if limit > 500 => Ok(500),
        Some(_) => Err(errors::bad("The value for the limit parameter must be at least 1.")),
    }
}

/// A document that was kept.
pub(crate) fn read<D: Kept>(bytes: &[u8]) -> Result<D, store::Error> {
    wire::kept(bytes).map_err(|why| store::Error::Corrupt { what: "document of an API", why: why.0 })
}

/// What was asked for, as the document that is made of it: the members that have the same names.
///
/// # Errors
/// When a value is none of the model.
pub(crate) fn made_of<I: Kept, D: Kept>(input: &I) -> Result<D, Fault> {
    from_json(&wire::to_json(input, I::SHAPE))
}

/// A document in its JSON form.
pub(crate) fn from_json<D: Kept>(text: &[u8]) -> Result<D, Fault> {
    wire::from_json(text, D::SHAPE).map_err(|why| errors::bad(why.0))
}

/// A document in its JSON form.
pub(crate) fn json_of<D: Kept>(document: &D) -> Map<String, Value> {
    serde_json::from_slice(&wire::to_json(document, D::SHAPE)).unwrap_or_default()
}

/// An id as API Gateway makes them: small letters and digits.
pub(crate) fn fresh_id(random: &Random, length: usize) -> String {
    const LETTERS: &[u8; 32] = b"abcdefghijklmnopqrstuvwxyz012345";
    let bytes: [u8; 40] = random.bytes();
    let letter = |byte: &u8| char::from(LETTERS[usize::from(byte % 32)]);
    bytes.iter().take(length).map(letter).collect()
}

macro_rules! documents {
    ($($shape:ident $kind:literal $missing:literal;)*) => {$(
        impl Document for api::$shape {
            const KIND: &'static str = $kind;

            fn missing(id: &str) -> Fault {
                errors::missing($missing.replace("{}", id))
            }
        }
    )*};
}

documents! {
    Account "account" "Invalid account specified";
    ApiKey "apikey" "Invalid API Key identifier specified";
    Authorizer "authorizer" "Invalid Authorizer identifier specified";
    ClientCertificate "clientcertificate" "Invalid Client Certificate identifier specified";
    Deployment "deployment" "Invalid Deployment identifier specified";
    DocumentationPart "documentationpart" "Invalid Documentation part identifier specified";
    DocumentationVersion "documentationversion" "Invalid Documentation version specified";
    GatewayResponse "response" "Gateway response type not defined on api";
    Model "model" "Invalid model name specified: {}";
    RequestValidator "validator" "Invalid Request Validator identifier specified";
    Resource "resource" "Invalid Resource identifier specified";
    RestApi "api" "Invalid API identifier specified {}";
    Stage "stage" "Invalid Stage identifier specified";
    UsagePlan "plan" "Invalid Usage Plan ID specified";
    VpcLink "vpclink" "Invalid Vpc Link identifier specified";
}
