//! Lists of grants: made, checked, and whom they let in.

use api_s3 as api;
use wire::Fault;

use crate::{errors, owner};

const ALL_USERS: &str = "http://acs.amazonaws.com/groups/global/AllUsers";
const AUTHENTICATED_USERS: &str = "http://acs.amazonaws.com/groups/global/AuthenticatedUsers";
const LOG_DELIVERY: &str = "http://acs.amazonaws.com/groups/s3/LogDelivery";
/// EC2 as a user, which reads images of machines.
const EC2: &str = "6aa5a366c34c1cbe25dc49211496e913e0351eb0e8c37aa3477e40942ec6b97c";

const GRANTS_MAX: usize = 100;

/// Between whom a list is, as S3 calls them.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Parties<'a> {
    /// Whose the bucket or the object is.
    pub(crate) owner: &'a str,
    /// Whose the bucket is.
    pub(crate) bucket_owner: &'a str,
}

/// Who asks, as lists see them.
#[derive(Clone, Debug)]
pub(crate) struct Grantee {
    /// Their account as S3 calls it, where it can be let in by that.
    pub(crate) id: Option<String>,
    /// Whether it is known who they are.
    pub(crate) is_known: bool,
    /// They deliver logs.
    pub(crate) delivers_logs: bool,
    /// What lets in everybody does not count.
    pub(crate) ignores_public: bool,
}

impl Grantee {
    /// Whether a list lets them in.
    pub(crate) fn may(&self, list: &api::AccessControlPolicy, permission: &api::Permission) -> bool {
        let mut grants = list.grants.iter().flatten();
        grants.any(|grant| match (&grant.grantee, &grant.permission) {
            (Some(grantee), Some(granted)) => {
                (granted == permission || *granted == api::Permission::FullControl) && self.is(grantee)
            }
            _ => false,
        })
    }

    fn is(&self, grantee: &api::Grantee) -> bool {
        match grantee.uri.as_deref() {
            Some(ALL_USERS) => !self.ignores_public,
            Some(AUTHENTICATED_USERS) => !self.ignores_public && self.is_known,
            Some(LOG_DELIVERY) => self.delivers_logs,
            Some(_) => false,
            None => self.id.is_some() && grantee.id == self.id,
        }
    }
}

/// A list of something that `owner` owns.
pub(super) fn list(owner: &str, grants: Vec<api::Grant>) -> api::AccessControlPolicy {
    let owner = api::Owner { display_name: None, id: Some(owner.to_owned()) };
    api::AccessControlPolicy { grants: Some(grants), owner: Some(owner) }
}

/// Only the owner may do anything.
pub(crate) fn private(owner: &str) -> api::AccessControlPolicy {
    list(owner, vec![grant(user(owner.to_owned()), api::Permission::FullControl)])
}

/// The list of that name.
pub(super) fn canned(name: &str, parties: Parties<'_>) -> api::AccessControlPolicy {
    use api::Permission::{FullControl, Read, ReadAcp, Write};
    let bucket_owner =
        || Some(user(parties.bucket_owner.to_owned())).filter(|_| parties.owner != parties.bucket_owner);
    let others = match name {
        "public-read" => vec![grant(group(ALL_USERS), Read)],
        "public-read-write" => vec![grant(group(ALL_USERS), Read), grant(group(ALL_USERS), Write)],
        "authenticated-read" => vec![grant(group(AUTHENTICATED_USERS), Read)],
        "log-delivery-write" => vec![grant(group(LOG_DELIVERY), Write), grant(group(LOG_DELIVERY), ReadAcp)],
        "aws-exec-read" => vec![grant(user(EC2.to_owned()), Read)],
        "bucket-owner-read" => bucket_owner().map(|owner| grant(owner, Read)).into_iter().collect(),
        "bucket-owner-full-control" => {
            bucket_owner().map(|owner| grant(owner, FullControl)).into_iter().collect()
        }
        _ => Vec::new(),
    };
    let mut list = private(parties.owner);
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
pub(crate) fn check(list: &mut api::AccessControlPolicy) -> Result<(), Fault> {
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
            if owner::is_id(&id) {
                Ok(())
            } else {
                Err(errors::argument("Invalid id", "CanonicalUser/ID", &id))
            }
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

    const OWN: Parties<'_> = Parties { owner: "a", bucket_owner: "a" };
    const OTHERS: Parties<'_> = Parties { owner: "b", bucket_owner: "a" };

    #[test]
    fn canned_lists_are_what_they_are_called() {
        let grants = |name| canned(name, OWN).grants.unwrap().len();
        assert_eq!(
            ["private", "public-read", "public-read-write", "log-delivery-write"].map(grants),
            [1, 2, 3, 3]
        );
        let public = |name| is_public(&canned(name, OWN));
        assert_eq!(["private", "authenticated-read", "log-delivery-write"].map(public), [false, true, false]);
    }

    #[test]
    fn the_owner_of_the_bucket_is_another_party() {
        assert_eq!(canned("bucket-owner-full-control", OWN), private("a"));
        let owner =
            Grantee { id: Some("a".into()), is_known: true, delivers_logs: false, ignores_public: false };
        let may = |name, permission| owner.may(&canned(name, OTHERS), &permission);
        assert!(!may("private", api::Permission::Read));
        assert!(may("bucket-owner-read", api::Permission::Read));
        assert!(!may("bucket-owner-read", api::Permission::WriteAcp));
        assert!(may("bucket-owner-full-control", api::Permission::WriteAcp));
    }

    #[test]
    fn groups_are_who_they_are_called() {
        let nobody = Grantee { id: None, is_known: false, delivers_logs: false, ignores_public: false };
        let known = Grantee { is_known: true, ..nobody.clone() };
        let logs = Grantee { delivers_logs: true, ..nobody.clone() };
        let ignoring = Grantee { ignores_public: true, ..known.clone() };
        for (name, expected) in [
            ("public-read", [true, true, true, false]),
            ("authenticated-read", [false, true, false, false]),
            ("log-delivery-write", [false, false, true, false]),
            ("private", [false; 4]),
        ] {
            let list = canned(name, OWN);
            let permission =
                if name.starts_with("log") { api::Permission::Write } else { api::Permission::Read };
            let may = [&nobody, &known, &logs, &ignoring].map(|grantee| grantee.may(&list, &permission));
            assert_eq!(may, expected, "{name}");
        }
    }

    #[test]
    fn grants_are_to_somebody() {
        let code = |grantee| {
            let mut list = list("a", vec![grant(grantee, api::Permission::Read)]);
            check(&mut list).map_err(|fault| fault.code.into_owned())
        };
        assert_eq!(code(user("x".into())), Err("InvalidArgument".into()));
        assert_eq!(code(group("http://example.com")), Err("InvalidArgument".into()));
        assert_eq!(code(group(ALL_USERS)), Ok(()));
        assert_eq!(code(user("a".repeat(64))), Ok(()));
    }
}
