//! Lists of grants: made, checked, and whom they let in.

use api_s3 as api;
use names::Account;
use wire::Fault;

use crate::{errors, owner};

const ALL_USERS: &str = "http://acs.amazonaws.com/groups/global/AllUsers";
const AUTHENTICATED_USERS: &str = "http://acs.amazonaws.com/groups/global/AuthenticatedUsers";
const LOG_DELIVERY: &str = "http://acs.amazonaws.com/groups/s3/LogDelivery";

const GRANTS_MAX: usize = 100;

/// A list of something that `owner` owns.
pub(super) fn list(owner: Account, grants: Vec<api::Grant>) -> api::AccessControlPolicy {
    api::AccessControlPolicy { grants: Some(grants), owner: Some(owner::shown(owner)) }
}

/// Only the owner may do anything.
pub(super) fn private(owner: Account) -> api::AccessControlPolicy {
    list(owner, vec![grant(user(owner::canonical_id(owner)), api::Permission::FullControl)])
}

/// The list of that name.
pub(super) fn canned(name: &str, owner: Account) -> api::AccessControlPolicy {
    use api::Permission::{Read, ReadAcp, Write};
    let others = match name {
        "public-read" => vec![grant(group(ALL_USERS), Read)],
        "public-read-write" => vec![grant(group(ALL_USERS), Read), grant(group(ALL_USERS), Write)],
        "authenticated-read" => vec![grant(group(AUTHENTICATED_USERS), Read)],
        "log-delivery-write" => vec![grant(group(LOG_DELIVERY), Write), grant(group(LOG_DELIVERY), ReadAcp)],
        _ => Vec::new(),
    };
    let mut list = private(owner);
    list.grants.get_or_insert_default().extend(others);
    list
}

pub(super) fn user(id: String) -> api::Grantee {
    api::Grantee { id: Some(id), r#type: api::Type::CanonicalUser, ..Default::default() }
}

pub(super) fn group(uri: &str) -> api::Grantee {
    api::Grantee { uri: Some(uri.to_owned()), r#type: api::Type::Group, ..Default::default() }
}

fn grant(grantee: api::Grantee, permission: api::Permission) -> api::Grant {
    api::Grant { grantee: Some(grantee), permission: Some(permission) }
}

/// Nobody here has an address.
pub(super) fn unresolvable() -> Fault {
    let message = "The e-mail address you provided does not match any account on record.";
    Fault::new("UnresolvableGrantByEmailAddress", 400, message)
}

/// Refuses grants to nobody, and forgets what display names say.
pub(super) fn check(list: &mut api::AccessControlPolicy) -> Result<(), Fault> {
    let grants = list.grants.get_or_insert_default();
    if grants.len() > GRANTS_MAX {
        return Err(Fault { code: "MalformedACLError".into(), ..errors::malformed_xml() });
    }
    grants.iter_mut().try_for_each(|grant| match (&mut grant.grantee, &grant.permission) {
        (Some(grantee), Some(_)) => check_grantee(grantee),
        _ => Err(Fault { code: "MalformedACLError".into(), ..errors::malformed_xml() }),
    })
}

fn check_grantee(grantee: &mut api::Grantee) -> Result<(), Fault> {
    grantee.display_name = None;
    let text = |text: &Option<String>| text.clone().unwrap_or_default();
    match grantee.r#type {
        api::Type::CanonicalUser => {
            let id = text(&grantee.id);
            let is_id = id.len() == 64 && id.bytes().all(|byte| byte.is_ascii_hexdigit());
            if is_id { Ok(()) } else { Err(errors::argument("Invalid id", "CanonicalUser/ID", &id)) }
        }
        api::Type::Group => {
            let uri = text(&grantee.uri);
            let is_group = [ALL_USERS, AUTHENTICATED_USERS, LOG_DELIVERY].contains(&uri.as_str());
            if is_group { Ok(()) } else { Err(errors::argument("Invalid group uri", "Group/URI", &uri)) }
        }
        _ => Err(unresolvable()),
    }
}

/// Whether a list lets in everybody, or everybody with an account.
pub(crate) fn is_public(list: &api::AccessControlPolicy) -> bool {
    let uris = list.grants.iter().flatten().filter_map(|grant| grant.grantee.as_ref()?.uri.as_deref());
    uris.into_iter().any(|uri| [ALL_USERS, AUTHENTICATED_USERS].contains(&uri))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn canned_lists_are_what_they_are_called() {
        let grants = |name| canned(name, Account::ZERO).grants.unwrap().len();
        assert_eq!(
            ["private", "public-read", "public-read-write", "log-delivery-write"].map(grants),
            [1, 2, 3, 3]
        );
        let public = |name| is_public(&canned(name, Account::ZERO));
        assert_eq!(["private", "authenticated-read", "log-delivery-write"].map(public), [false, true, false]);
    }

    #[test]
    fn grants_are_to_somebody() {
        let code = |grantee| {
            let mut list = list(Account::ZERO, vec![grant(grantee, api::Permission::Read)]);
            check(&mut list).map_err(|fault| fault.code.into_owned())
        };
        assert_eq!(code(user("x".into())), Err("InvalidArgument".into()));
        assert_eq!(code(group("http://example.com")), Err("InvalidArgument".into()));
        assert_eq!(code(group(ALL_USERS)), Ok(()));
        assert_eq!(code(user(owner::canonical_id(Account::ZERO))), Ok(()));
    }
}
