//! Who calls: proves the signature where there is one, and says which account and region the request is for.

use std::net::IpAddr;
use std::sync::Arc;

use bytes::Bytes;
use http::request::Parts;
use names::{Account, Region, Scope, ids};
use service::{Cloud, Credential, Principal, PrincipalKind, Regions, Signatory, Signed, SignedBy};
use signing::{Claim, DayKeys, Payload, Proof, Request, Secret, Style};
use wire::{Fault, Protocol};

mod forms;
mod old;

use crate::bare_refusals;
use crate::identify::{Spoken, Target};

/// Signing keys that are kept derived.
const DAY_KEYS_MAX: usize = 4096;

/// Whether every request needs a valid signature. Each carries the scope of requests that name none.
#[derive(Clone, Copy, Debug)]
pub enum Auth {
    /// A signature is checked where its key is known; everybody else is the root user of an account.
    Open {
        /// Account and region of requests that name none.
        default: Scope,
    },
    /// Only known keys with right signatures pass.
    Enforce {
        /// Account and region of requests that name none.
        default: Scope,
    },
}

/// Proves identities.
pub(crate) struct Identities {
    auth: Auth,
    keys: DayKeys,
}

/// Who a request is from, and which account and region it is for.
pub(crate) struct Identity {
    pub(crate) scope: Scope,
    pub(crate) regions: Regions,
    pub(crate) principal: Arc<Principal>,
    pub(crate) signed: Option<Signed>,
    /// Of the signature, where it was checked: chunked bodies go on from it.
    pub(crate) proof: Option<Proof>,
}

impl Identities {
    pub(crate) fn new(auth: Auth) -> Self {
        Identities { auth, keys: DayKeys::new(DAY_KEYS_MAX) }
    }

    /// What the request says of its signer; nothing when it is not signed.
    pub(crate) fn claim<'a>(&self, parts: &'a Parts) -> Result<Option<Claim<'a>>, signing::Error> {
        Claim::find(&Request::new(parts, Style::Standard))
    }

    /// Proves the claim, as far as the mode asks for it.
    pub(crate) fn verify(
        &self,
        cloud: &Cloud,
        parts: &Parts,
        payload: Payload<'_>,
        claim: Option<&Claim<'_>>,
        target: &Target<'_>,
    ) -> Result<Identity, Refused> {
        let host = target.region;
        let default = self.default_scope();
        let default = Scope::new(default.account, host.unwrap_or(default.region));
        let Some(claim) = claim else {
            let regions = Regions { host, signature: None };
            if let Some(identity) = self.by_old_claim(cloud, parts, target, default)? {
                return Ok(identity);
            }
            return match self.auth {
                _ if target.operation.unsigned => Ok(anonymous(default, regions)),
                Auth::Open { .. } => Ok(root(default, regions)),
                // What they want may be anybody's; if it is not, they hear that later.
                Auth::Enforce { .. } if target.service.lets_in_unknown(target.operation) => {
                    Ok(anonymous(default, regions))
                }
                Auth::Enforce { .. } => Err(signing::Error::MissingToken.into()),
            };
        };
        let signature = claim.region().parse::<Region>().ok();
        let region = signature.unwrap_or(default.region);
        let regions = Regions { host, signature };
        match (find(cloud, claim.access_key_id())?, self.auth) {
            (Some(signatory), _) => {
                check_scope(claim.service(), signature.is_some(), target.service.facts().signing_name)?;
                let proof = Some(self.prove(cloud, parts, payload, claim, &signatory.credential)?);
                let scope = Scope::new(signatory.credential.account, region);
                let signed = Some(signed(cloud, parts, claim));
                Ok(Identity { scope, regions, principal: Arc::clone(&signatory.principal), signed, proof })
            }
            (None, Auth::Open { .. }) => {
                claim.check_link(Style::of_service(claim.service()), cloud.clock.machine_now().secs())?;
                let account = account_of(claim.access_key_id()).unwrap_or(default.account);
                Ok(root(Scope::new(account, region), regions))
            }
            (None, Auth::Enforce { .. }) => Err(signing::Error::UnknownKey.into()),
        }
    }

    /// Who has signed a visit to a front, for that service, proved as far as the mode asks for it; none where it is not signed.
    pub(crate) fn visitor(
        &self,
        cloud: &Cloud,
        parts: &Parts,
        body: &Bytes,
        service: &str,
    ) -> Option<Result<Arc<Principal>, Fault>> {
        let claim = match self.claim(parts) {
            Ok(claim) => claim?,
            Err(error) => return Some(Err(Refused::from(error).into_fault(None))),
        };
        let proved = || match (find(cloud, claim.access_key_id())?, self.auth) {
            (Some(signatory), _) => {
                let is_region = claim.region().parse::<Region>().is_ok();
                check_scope(claim.service(), is_region, service)?;
                self.prove(cloud, parts, Payload::Bytes(body), &claim, &signatory.credential)?;
                Ok(Arc::clone(&signatory.principal))
            }
            (None, Auth::Open { default }) => {
                let account = account_of(claim.access_key_id()).unwrap_or(default.account);
                Ok(Arc::new(Principal::root(account)))
            }
            (None, Auth::Enforce { .. }) => Err(Refused::from(signing::Error::UnknownKey)),
        };
        Some(proved().map_err(|refused| refused.into_fault(None)))
    }

    /// Passes only the root user's key with a right signature.
    pub(crate) fn require_root(
        &self,
        cloud: &Cloud,
        parts: &Parts,
        body: &Bytes,
        peer: IpAddr,
    ) -> Result<(), Refused> {
        let claim = self.claim(parts)?.ok_or(signing::Error::MissingToken)?;
        let Signatory { credential, principal } =
            &*find(cloud, claim.access_key_id())?.ok_or(signing::Error::UnknownKey)?;
        self.prove(cloud, parts, Payload::Bytes(body), &claim, credential)?;
        if principal.kind == PrincipalKind::Root {
            return Ok(());
        }
        tracing::warn!(%peer, principal = principal.arn.as_str(), "refused a control path");
        Err(Refused::Fault(Fault::new(
            "AccessDeniedException",
            403,
            "Only the root user may do this from here.",
        )))
    }

    fn prove(
        &self,
        cloud: &Cloud,
        parts: &Parts,
        payload: Payload<'_>,
        claim: &Claim<'_>,
        credential: &Credential,
    ) -> Result<Proof, Refused> {
        let request = Request::new(parts, Style::of_service(claim.service()));
        let secret = Secret::new(credential.secret_access_key.as_str());
        // Signatures are made by the machine's clock, however far ours was moved.
        let now_s = cloud.clock.machine_now().secs();
        let proof = signing::verify(&request, claim, payload, &secret, &self.keys, now_s)?;
        check_credential(cloud, credential, claim.session_token())?;
        Ok(proof)
    }

    fn default_scope(&self) -> Scope {
        match self.auth {
            Auth::Open { default } | Auth::Enforce { default } => default,
        }
    }
}

/// How a request was signed by its claim.
fn signed(cloud: &Cloud, parts: &Parts, claim: &Claim<'_>) -> Signed {
    let way = if claim.kind() == signing::Kind::Header { SignedBy::Header } else { SignedBy::Link };
    let signed_ms = claim.signed_at().unix_s().saturating_mul(1000);
    let age_ms = Some(cloud.clock.machine_now().millis().saturating_sub(signed_ms));
    Signed { way, is_old: false, age_ms, content: parts.headers.get("x-amz-content-sha256").cloned() }
}

/// A key that has signed must still be good, and come with the token that belongs to it.
fn check_credential(cloud: &Cloud, credential: &Credential, token: Option<&str>) -> Result<(), Refused> {
    if credential.session_token.as_deref() != token || !credential.active {
        return Err(signing::Error::UnknownKey.into());
    }
    if credential.has_expired(|| cloud.clock.now()) { Err(Refused::ExpiredToken) } else { Ok(()) }
}

/// A signature for one service is not good for another, and there is no region of any name.
fn check_scope(named: &str, is_region: bool, service: &str) -> Result<(), Refused> {
    let mut wrong = Vec::new();
    if !is_region {
        wrong.push("Credential should be scoped to a valid region. ".to_owned());
    }
    if named != service {
        wrong.push(format!("Credential should be scoped to correct service: '{service}'. "));
    }
    if wrong.is_empty() { Ok(()) } else { Err(signing::Error::Scope(wrong.concat()).into()) }
}

fn find(cloud: &Cloud, access_key_id: &str) -> Result<Option<Arc<Signatory>>, Refused> {
    // Keys of ours look like AWS's; `test` and account numbers need no look into the store.
    let is_ours = access_key_id.len() >= 16 && access_key_id.starts_with('A');
    if !is_ours {
        return Ok(None);
    }
    Signatory::find(&cloud.store, access_key_id).map_err(|error| {
        tracing::error!(%error, "an access key could not be read");
        Refused::Fault(Fault::new("InternalFailure", 500, "The access key could not be read."))
    })
}

/// The account that an unknown key names: twelve digits, or the account in a key of AWS's form.
fn account_of(access_key_id: &str) -> Option<Account> {
    access_key_id.parse().ok().or_else(|| ids::account_of_access_key_id(access_key_id))
}

fn root(scope: Scope, regions: Regions) -> Identity {
    let principal = Arc::new(Principal::root(scope.account));
    Identity { scope, regions, principal, signed: None, proof: None }
}

fn anonymous(scope: Scope, regions: Regions) -> Identity {
    let principal = Arc::new(Principal::anonymous(&scope));
    Identity { scope, regions, principal, signed: None, proof: None }
}

/// Why an identity was not proved.
#[derive(Debug)]
pub(crate) enum Refused {
    /// The signature.
    Signature(signing::Error),
    /// Temporary credentials whose time is over.
    ExpiredToken,
    /// Something else.
    Fault(Fault),
}

impl From<signing::Error> for Refused {
    fn from(error: signing::Error) -> Self {
        Refused::Signature(error)
    }
}

impl Refused {
    /// As AWS says it in this protocol: query and XML have other codes than JSON, and other statuses.
    pub(crate) fn into_fault(self, spoken: Spoken) -> Fault {
        match &self {
            Refused::Signature(error) if is_of_s3(spoken) => {
                return bare_refusals::of_signature(error);
            }
            Refused::ExpiredToken if is_of_s3(spoken) => return bare_refusals::of_expired_token(),
            _ => {}
        }
        let protocol = spoken.map(|(protocol, _)| protocol);
        let is_query = matches!(protocol, Some(Protocol::AwsQuery | Protocol::Ec2Query | Protocol::RestXml));
        let (json_code, query_code, message) = match &self {
            Refused::Signature(error) => {
                let (json, query) = codes(error.fault());
                (json, query, error.to_string())
            }
            Refused::ExpiredToken => (
                "ExpiredTokenException",
                "ExpiredToken",
                "The security token included in the request is expired".into(),
            ),
            Refused::Fault(fault) => return fault.clone(),
        };
        let rest = matches!(protocol, Some(Protocol::RestJson1));
        match (is_query, json_code) {
            (true, "IncompleteSignatureException") => Fault::new(query_code, 400, message),
            (true, _) => Fault::new(query_code, 403, message),
            (false, _) => Fault::new(json_code, if rest { 403 } else { 400 }, message),
        }
    }
}

fn is_of_s3(spoken: Spoken) -> bool {
    spoken.is_some_and(|(_, facts)| facts.is_of_s3())
}

fn codes(fault: signing::Fault) -> (&'static str, &'static str) {
    use signing::Fault as Of;
    match fault {
        Of::MissingToken => ("MissingAuthenticationTokenException", "MissingAuthenticationToken"),
        Of::Incomplete | Of::Query => ("IncompleteSignatureException", "IncompleteSignature"),
        Of::UnknownKey => ("UnrecognizedClientException", "InvalidClientTokenId"),
        Of::Expired | Of::Unsigned => ("AccessDeniedException", "AccessDenied"),
        Of::Invalid | Of::Skewed | Of::PayloadHeader | Of::PayloadMismatch => {
            ("InvalidSignatureException", "SignatureDoesNotMatch")
        }
    }
}
