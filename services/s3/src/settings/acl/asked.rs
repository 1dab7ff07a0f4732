//! The headers by which a request asks for an access control list.

use api_s3 as api;
use names::Account;
use wire::Fault;

use super::grants;
use crate::errors;

/// What the headers say.
pub(crate) struct Asked<'a> {
    canned: Option<&'a api::BucketCannedAcl>,
    /// A permission, and a header that says who has it.
    grants: [(api::Permission, Option<&'a str>); 5],
}

macro_rules! asked_from {
    ($($input:ident)*) => {$(
        impl<'a> From<&'a api::$input> for Asked<'a> {
            fn from(input: &'a api::$input) -> Self {
                Asked {
                    canned: input.acl.as_ref(),
                    grants: [
                        (api::Permission::FullControl, input.grant_full_control.as_deref()),
                        (api::Permission::Read, input.grant_read.as_deref()),
                        (api::Permission::ReadAcp, input.grant_read_acp.as_deref()),
                        (api::Permission::Write, input.grant_write.as_deref()),
                        (api::Permission::WriteAcp, input.grant_write_acp.as_deref()),
                    ],
                }
            }
        }
    )*};
}

asked_from! { CreateBucketInput PutBucketAclInput }

impl Asked<'_> {
    /// The list that is asked for, of something that `owner` owns; nothing where no header says anything.
    pub(crate) fn list(&self, owner: Account) -> Result<Option<api::AccessControlPolicy>, Fault> {
        let has_grants = self.grants.iter().any(|(_, header)| header.is_some());
        match self.canned {
            Some(_) if has_grants => {
                Err(errors::invalid_request("Specifying both Canned ACLs and Header Grants is not allowed"))
            }
            Some(canned) => Ok(Some(grants::canned(canned.as_str(), owner))),
            None if has_grants => self.granted(owner).map(Some),
            None => Ok(None),
        }
    }

    fn granted(&self, owner: Account) -> Result<api::AccessControlPolicy, Fault> {
        let mut list = Vec::new();
        for (permission, header) in &self.grants {
            let named = header.iter().flat_map(|header| header.split(','));
            for grantee in named.map(str::trim).filter(|text| !text.is_empty()) {
                list.push(api::Grant {
                    grantee: Some(grantee_of(grantee)?),
                    permission: Some(permission.clone()),
                });
            }
        }
        Ok(grants::list(owner, list))
    }
}

/// `id="…"`, `uri="…"`, `emailAddress="…"`.
fn grantee_of(text: &str) -> Result<api::Grantee, Fault> {
    let invalid = || errors::invalid_argument("Argument format not recognized");
    let (kind, value) = text.split_once('=').ok_or_else(invalid)?;
    let value = value.trim().trim_matches('"').to_owned();
    match kind.trim() {
        "id" => Ok(grants::user(value)),
        "uri" => Ok(grants::group(&value)),
        "emailAddress" => Err(grants::unresolvable()),
        _ => Err(invalid()),
    }
}
