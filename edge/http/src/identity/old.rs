//! Who has signed with Signature Version 2, in a header or a link, for services that still take it.

use std::sync::Arc;

use http::header::AUTHORIZATION;
use http::request::Parts;
use names::Scope;
use service::{Cloud, Regions, Signed, SignedBy};
use signing::old::OldClaim;
use signing::{Request, Secret, Style};

use super::{Auth, Identities, Identity, Refused, account_of, check_credential, find, root};
use crate::host;
use crate::identify::Target;

impl Identities {
    /// The identity that such a signature proves; nothing where there is none.
    pub(super) fn by_old_claim(
        &self,
        cloud: &Cloud,
        parts: &Parts,
        target: &Target<'_>,
        default: Scope,
    ) -> Result<Option<Identity>, Refused> {
        if Style::of_service(target.service.facts().signing_name) != Style::S3 {
            return Ok(None);
        }
        let request = Request::new(parts, Style::S3);
        let Some(claim) = OldClaim::find(&request)? else { return Ok(None) };
        claim.check(cloud.clock.machine_now().secs())?;
        let regions = Regions { host: target.region, signature: None };
        let Some(signatory) = find(cloud, claim.access_key_id())? else {
            let account = account_of(claim.access_key_id()).unwrap_or(default.account);
            return match self.auth {
                Auth::Open { .. } => Ok(Some(root(Scope::new(account, default.region), regions))),
                Auth::Enforce { .. } => Err(signing::Error::UnknownKey.into()),
            };
        };
        let credential = &signatory.credential;
        let secret = Secret::new(credential.secret_access_key.as_str());
        let resource = host::path_of(target.service, parts);
        let verified = claim.verify(&request, &resource, &secret);
        // Clients may sign a bucket with a slash behind it that they do not send.
        let is_bucket = resource.rfind('/') == Some(0) && resource.len() > 1;
        verified.or_else(|error| match is_bucket {
            true => claim.verify(&request, &format!("{resource}/"), &secret),
            false => Err(error),
        })?;
        check_credential(cloud, credential, claim.session_token())?;
        let scope = Scope::new(credential.account, default.region);
        let way = if parts.headers.contains_key(AUTHORIZATION) { SignedBy::Header } else { SignedBy::Link };
        let signed = Some(Signed { way, is_old: true, age_ms: None, content: None });
        let principal = Arc::clone(&signatory.principal);
        Ok(Some(Identity { scope, regions, principal, signed, proof: None }))
    }
}
