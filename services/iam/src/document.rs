//! Policy documents: checked when they come, kept as they came, and encoded when they go.

use api_iam as api;
use names::{Account, Arn};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use policy::{Document, Kind, Principal, Principals};
use service::Result;
use store::Reads;
use wire::Fault;

use crate::{identity, keys};

/// RFC 3986, as IAM returns documents.
const ENCODED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'.').remove(b'~');

/// Refuses what is no document of that kind.
pub(crate) fn check(kind: Kind, text: &str) -> Result<Document, Fault> {
    Document::parse(kind, text)
        .map_err(|error| api::error::malformed_policy_document_exception(error.to_string()))
}

/// Refuses principals that would be users or roles of this account, and are not there. Those of other accounts are not
/// known here.
pub(crate) fn check_principals(reads: &impl Reads, account: Account, document: &Document) -> Result<()> {
    let named = document.statements().iter().filter_map(|statement| statement.principals.as_ref());
    for principal in named.flat_map(Principals::list) {
        if let Principal::Aws(name) = principal
            && !exists(reads, account, name)?
        {
            let message = format!("Invalid principal in policy: \"AWS\":\"{name}\"");
            return Err(api::error::malformed_policy_document_exception(message).into());
        }
    }
    Ok(())
}

fn exists(reads: &impl Reads, account: Account, name: &str) -> Result<bool> {
    let Ok(arn) = name.parse::<Arn>() else { return Ok(true) };
    let kind = match arn.typed_resource() {
        Some(("user", _)) => identity::Kind::User,
        Some(("role", _)) => identity::Kind::Role,
        _ => return Ok(true),
    };
    if arn.service() != "iam" || arn.account() != Some(account) {
        return Ok(true);
    }
    let own_name = arn.resource().rsplit('/').next().unwrap_or_default();
    let found: Option<identity::Identity> = reads.get_record(&keys::identity(account, kind, own_name))?;
    Ok(found.is_some_and(|found| found.arn(account) == arn))
}

/// As IAM returns it.
pub(crate) fn shown(text: &str) -> String {
    utf8_percent_encode(text, ENCODED).to_string()
}
