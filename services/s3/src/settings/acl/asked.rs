//! The headers by which a request asks for an access control list.

use api_s3 as api;
use wire::Fault;

use super::grants::{self, Parties};
use crate::errors;

/// What the headers say.
pub(crate) struct Asked<'a> {
    canned: Option<&'a str>,
    /// A permission, and a header that says who has it.
    grants: [(api::Permission, Option<&'a str>); 5],
}

/// An input with such headers.
pub(crate) trait AsksForList {
    fn asked(&self) -> Asked<'_>;
}

macro_rules! asks_for_list {
    ($write:expr => $($input:ident)*) => {$(
        impl AsksForList for api::$input {
            fn asked(&self) -> Asked<'_> {
                let write: fn(&Self) -> Option<&str> = $write;
                Asked {
                    canned: self.acl.as_ref().map(|canned| canned.as_str()),
                    grants: [
                        (api::Permission::FullControl, self.grant_full_control.as_deref()),
                        (api::Permission::Read, self.grant_read.as_deref()),
                        (api::Permission::ReadAcp, self.grant_read_acp.as_deref()),
                        (api::Permission::Write, write(self)),
                        (api::Permission::WriteAcp, self.grant_write_acp.as_deref()),
                    ],
                }
            }
        }
    )*};
}

asks_for_list! { |input| input.grant_write.as_deref() => CreateBucketInput PutBucketAclInput PutObjectAclInput }
// What is new can only be read.
asks_for_list! { |_| None => CopyObjectInput CreateMultipartUploadInput PutObjectInput }

impl Asked<'_> {
    /// Whether they say anything.
    pub(crate) fn is_any(&self) -> bool {
        self.canned.is_some() || self.has_grants()
    }

    /// The name of the list.
    pub(crate) fn canned(&self) -> Option<&str> {
        self.canned
    }

    /// What they are for the condition keys of S3: `s3:x-amz-acl`, `s3:x-amz-grant-read`.
    pub(crate) fn condition(&self, key: &str) -> Option<String> {
        let header = key.strip_prefix("s3:x-amz-")?;
        if header == "acl" {
            return self.canned.map(str::to_owned);
        }
        let name = header.strip_prefix("grant-")?;
        let named =
            |permission: &api::Permission| permission.as_str().to_lowercase().replace('_', "-") == name;
        let found = self.grants.iter().find(|(permission, _)| named(permission));
        found.and_then(|(_, header)| *header).map(str::to_owned)
    }

    fn has_grants(&self) -> bool {
        self.grants.iter().any(|(_, header)| header.is_some())
    }

    /// The list that is asked for; nothing where no header says anything.
    pub(crate) fn list(&self, parties: Parties<'_>) -> Result<Option<api::AccessControlPolicy>, Fault> {
        match self.canned {
            Some(_) if self.has_grants() => {
                Err(errors::invalid_request("Specifying both Canned ACLs and Header Grants is not allowed"))
            }
            Some(canned) => Ok(Some(grants::canned(canned, parties))),
            None if self.has_grants() => self.granted(parties.owner).map(Some),
            None => Ok(None),
        }
    }

    fn granted(&self, owner: &str) -> Result<api::AccessControlPolicy, Fault> {
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
