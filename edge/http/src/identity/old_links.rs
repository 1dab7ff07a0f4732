//! Who has made a link of Signature Version 2, for services that still take them.

use std::sync::Arc;

use http::request::Parts;
use names::Scope;
use service::{Cloud, Regions};
use signing::old::OldLink;
use signing::{Request, Secret, Style};

use super::{Auth, Identities, Identity, Refused, account_of, check_credential, find, root};
use crate::host;
use crate::identify::Target;

impl Identities {
    /// The identity that a link proves; nothing where the request is none.
    pub(super) fn by_old_link(
        &self,
        cloud: &Cloud,
        parts: &Parts,
        target: &Target<'_>,
        default: Scope,
    ) -> Result<Option<Identity>, Refused> {
        if Style::of_service(target.service.facts().signing_name) != Style::S3 {
            return Ok(None);
        }
        let Some(link) = OldLink::find(parts.uri.query().unwrap_or_default())? else { return Ok(None) };
        link.check(cloud.clock.machine_now().secs())?;
        let regions = Regions { host: target.region, signature: None };
        let Some(signatory) = find(cloud, link.access_key_id())? else {
            let account = account_of(link.access_key_id()).unwrap_or(default.account);
            return match self.auth {
                Auth::Open { .. } => Ok(Some(root(Scope::new(account, default.region), regions))),
                Auth::Enforce { .. } => Err(signing::Error::UnknownKey.into()),
            };
        };
        let credential = &signatory.credential;
        let secret = Secret::new(credential.secret_access_key.as_str());
        let resource = host::path_of(target.service, parts);
        link.verify(&Request::new(parts, Style::S3), &resource, &secret)?;
        check_credential(cloud, credential, link.session_token())?;
        let scope = Scope::new(credential.account, default.region);
        Ok(Some(Identity { scope, regions, principal: Arc::clone(&signatory.principal), proof: None }))
    }
}
