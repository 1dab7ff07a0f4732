//! Who has signed a form: in its fields, over the text of its policy. What that says is the service's affair.

use std::sync::Arc;

use http::request::Parts;
use names::{Region, Scope};
use service::{Cloud, Form, Regions, Service, Signatory, Signed, SignedBy};
use signing::{Secret, SignedText};
use wire::Fault;

use super::{
    Auth, Identities, Identity, Refused, account_of, anonymous, check_credential, check_scope, find, root,
};
use crate::host;

/// The fields of a signature, by version; each needs all of its own.
const NEW: [&str; 4] = ["X-Amz-Algorithm", "X-Amz-Credential", "X-Amz-Date", "X-Amz-Signature"];
const OLD: [&str; 2] = ["AWSAccessKeyId", "Signature"];

impl Identities {
    /// The identity that a form proves; nobody's where it claims none.
    pub(crate) fn of_form(
        &self,
        cloud: &Cloud,
        parts: &Parts,
        service: &Service,
        form: &Form,
    ) -> Result<Identity, Refused> {
        let host = host::region_of(service, parts);
        let default = self.default_scope();
        let default = Scope::new(default.account, host.unwrap_or(default.region));
        let regions = Regions { host, signature: None };
        let has = |names: &[&str]| names.iter().any(|name| form.field(name).is_some());
        if has(&NEW) {
            self.by_new_form(cloud, service, form, default, regions)
        } else if has(&OLD) {
            self.by_old_form(cloud, form, default, regions)
        } else {
            Ok(match self.auth {
                Auth::Open { .. } => root(default, regions),
                Auth::Enforce { .. } => anonymous(default, regions),
            })
        }
    }

    fn by_new_form(
        &self,
        cloud: &Cloud,
        service: &Service,
        form: &Form,
        default: Scope,
        regions: Regions,
    ) -> Result<Identity, Refused> {
        let [algorithm, credential, _, signature] = all(form, NEW)?;
        let [policy] = all(form, ["Policy"])?;
        if algorithm != signing::ALGORITHM {
            return Err(signing::Error::Algorithm { got: algorithm.to_owned() }.into());
        }
        let signed = SignedText::new(credential, policy, signature)?;
        let region = signed.region().parse::<Region>().ok();
        let scope = Scope::new(default.account, region.unwrap_or(default.region));
        let regions = Regions { signature: region, ..regions };
        self.of_key(cloud, signed.access_key_id(), form, scope, regions, |secret| {
            check_scope(signed.service(), region.is_some(), service.facts().signing_name)?;
            Ok(signed.verify(secret, &self.keys)?)
        })
    }

    fn by_old_form(
        &self,
        cloud: &Cloud,
        form: &Form,
        scope: Scope,
        regions: Regions,
    ) -> Result<Identity, Refused> {
        let [access_key_id, signature] = all(form, OLD)?;
        let [policy] = all(form, ["Policy"])?;
        self.of_key(cloud, access_key_id, form, scope, regions, |secret| {
            Ok(signing::old::check_text(policy, signature, secret)?)
        })
    }

    /// The holder of a key, if `prove` finds that it has signed.
    fn of_key(
        &self,
        cloud: &Cloud,
        access_key_id: &str,
        form: &Form,
        scope: Scope,
        regions: Regions,
        prove: impl Fn(&Secret) -> Result<(), Refused>,
    ) -> Result<Identity, Refused> {
        let Some(signatory) = find(cloud, access_key_id)? else {
            let account = account_of(access_key_id).unwrap_or(scope.account);
            return match self.auth {
                Auth::Open { .. } => Ok(root(Scope::new(account, scope.region), regions)),
                Auth::Enforce { .. } => Err(signing::Error::UnknownKey.into()),
            };
        };
        let Signatory { credential, principal } = &*signatory;
        prove(&Secret::new(credential.secret_access_key.as_str()))?;
        check_credential(cloud, credential, form.field("x-amz-security-token"))?;
        let scope = Scope::new(credential.account, scope.region);
        let is_old = form.field(NEW[0]).is_none();
        let signed = Some(Signed { way: SignedBy::Form, is_old, age_ms: None, content: None });
        Ok(Identity { scope, regions, principal: Arc::clone(principal), signed, proof: None })
    }
}

/// The values of some fields.
fn all<'a, const N: usize>(form: &'a Form, names: [&'static str; N]) -> Result<[&'a str; N], Refused> {
    match names.into_iter().find(|name| form.field(name).is_none()) {
        Some(name) => Err(Refused::Fault(missing(name))),
        None => Ok(names.map(|name| form.field(name).unwrap_or_default())),
    }
}

fn missing(name: &str) -> Fault {
    let message = format!(
        "Bucket POST must contain a field named '{name}'.  If it is specified, please check the order of the fields."
    );
    Fault::new("InvalidArgument", 400, message)
        .with_element("ArgumentName", name)
        .with_element("ArgumentValue", "")
}
