//! The form of principals. Whether they exist is for IAM to say, which keeps them.

use names::{Account, Arn};

use crate::read::DraftPrincipals;
use crate::{Fault, Principal, Principals};

pub(crate) fn check(draft: DraftPrincipals) -> Result<Principals, Fault> {
    let list = draft.pairs.into_iter().map(one).collect::<Result<Vec<_>, _>>()?;
    if list.is_empty() {
        return Err(Fault::Empty("Principal"));
    }
    Ok(if draft.is_negated { Principals::AllBut(list) } else { Principals::Only(list) })
}

fn one((kind, value): (String, String)) -> Result<Principal, Fault> {
    let (kind, is_valid, principal): (_, _, fn(String) -> Principal) = match kind.as_str() {
        "AWS" if value == "*" => return Ok(Principal::Everyone),
        "AWS" => ("AWS", is_aws(&value), Principal::Aws),
        "Service" => ("Service", is_service(&value), Principal::Service),
        "Federated" => ("Federated", is_federated(&value), Principal::Federated),
        "CanonicalUser" => ("CanonicalUser", is_canonical_user(&value), Principal::CanonicalUser),
        _ => return Err(Fault::UnknownField(kind)),
    };
    if is_valid { Ok(principal(value)) } else { Err(Fault::Principal(kind, value)) }
}

/// An account, an ARN of something that can sign requests, or a unique id.
fn is_aws(value: &str) -> bool {
    if value.parse::<Account>().is_ok() {
        return true;
    }
    let Ok(arn) = value.parse::<Arn>() else { return is_unique_id(value) };
    let resource = arn.resource();
    let has_id = |prefixes: &[&str]| {
        prefixes.iter().any(|prefix| resource.strip_prefix(prefix).is_some_and(|id| !id.is_empty()))
    };
    let is_signer = match arn.service() {
        "iam" => resource == "root" || has_id(&["user/", "role/"]),
        "sts" => has_id(&["assumed-role/", "federated-user/"]),
        _ => false,
    };
    // Origin access identities belong to CloudFront itself.
    let is_cloudfront = arn.account_text() == "cloudfront" && has_id(&["user/"]);
    arn.region_text().is_empty() && is_signer && (arn.account().is_some() || is_cloudfront)
}

/// `AIDA` or `AROA` and at least 12 more letters and digits, which stand for a user or role that was deleted.
fn is_unique_id(value: &str) -> bool {
    let of_id = |byte: u8| byte.is_ascii_uppercase() || byte.is_ascii_digit();
    (16..=128).contains(&value.len())
        && (value.starts_with("AIDA") || value.starts_with("AROA"))
        && value.bytes().all(of_id)
}

/// A domain name such as `lambda.amazonaws.com`.
fn is_service(value: &str) -> bool {
    let of_label = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
    let is_label = |label: &str| !label.is_empty() && label.bytes().all(of_label);
    value.len() <= 255 && value.contains('.') && value.split('.').all(is_label)
}

/// The ARN of a provider, or a web identity provider's domain.
fn is_federated(value: &str) -> bool {
    let is_provider = |arn: &Arn| {
        arn.service() == "iam"
            && ["saml-provider/", "oidc-provider/"].iter().any(|kind| arn.resource().starts_with(kind))
    };
    value.parse::<Arn>().map_or_else(|_| value == "*" || is_service(value), |arn| is_provider(&arn))
}

/// 64 hexadecimal digits.
fn is_canonical_user(value: &str) -> bool {
    value.len() == 64 && value.bytes().all(|byte| byte.is_ascii_hexdigit())
}
