//! The one place where "may they?" is asked, for every operation.
//!
//! An [`Access`] says what it is asked about only when it is asked, so that a decision that needs no resources or
//! conditions costs none.

use names::Arn;
use policy::Decision;
use wire::TimestampFormat;

use crate::{Caller, Clock, Context, PrincipalKind};

/// What a request is for the condition keys of its service (`s3:prefix`), which come in lower case.
pub type Conditions<'a> = &'a dyn Fn(&str) -> Option<String>;

/// What a caller wants to do.
pub struct Access<'a> {
    /// The prefix of IAM's actions: `sqs`.
    pub(crate) prefix: &'static str,
    /// IAM's name of the action: `SendMessage`.
    pub(crate) name: &'static str,
    pub(crate) caller: &'a Caller,
    pub(crate) clock: &'a Clock,
    pub(crate) resources: &'a dyn Fn() -> Vec<Arn>,
    pub(crate) conditions: Conditions<'a>,
    /// It is for everybody, known or not.
    pub(crate) is_unsigned: bool,
}

impl Access<'_> {
    /// `sqs:SendMessage`.
    #[must_use]
    pub fn action(&self) -> String {
        format!("{}:{}", self.prefix, self.name)
    }

    /// `SendMessage`.
    #[must_use]
    pub fn name(&self) -> &'static str {
        self.name
    }

    /// Who wants to.
    #[must_use]
    pub fn caller(&self) -> &Caller {
        self.caller
    }

    /// What it would be done to; empty for actions on no resource (`*`).
    #[must_use]
    pub fn resources(&self) -> Vec<Arn> {
        (self.resources)()
    }

    /// What a condition key is for this request, whatever its case; none where the request has no such thing.
    #[must_use]
    pub fn condition(&self, key: &str) -> Option<String> {
        let now = || self.clock.now();
        let principal = &self.caller.principal;
        let key = key.to_ascii_lowercase();
        Some(match key.as_str() {
            "aws:currenttime" => now().format(TimestampFormat::DateTime),
            "aws:epochtime" => (now().millis() / 1000).to_string(),
            "aws:principalaccount" => principal.arn.account_text().to_owned(),
            "aws:principalarn" => principal.role.as_ref().unwrap_or(&principal.arn).to_string(),
            "aws:principalisawsservice" => (principal.kind == PrincipalKind::Service).to_string(),
            "aws:principalservicename" if principal.kind == PrincipalKind::Service => principal.id.clone(),
            "aws:principaltype" => principal_type(principal.kind)?.to_owned(),
            "aws:requestedregion" => self.caller.scope.region.to_string(),
            "aws:securetransport" => self.is_secure().to_string(),
            "aws:sourceaccount" => self.source_account()?,
            "aws:sourcearn" => self.caller.source.as_ref()?.to_string(),
            "aws:sourceip" => self.caller.source_ip?.to_string(),
            "aws:userid" => principal.id.clone(),
            "aws:username" if principal.kind == PrincipalKind::User => {
                principal.arn.resource().rsplit('/').next()?.to_owned()
            }
            key => return (self.conditions)(key).or_else(|| self.caller.passage.as_ref()?.condition(key)),
        })
    }

    /// What one service asks of another never leaves the process.
    fn is_secure(&self) -> bool {
        self.caller.source_ip.is_none() || self.caller.endpoint.starts_with("https:")
    }

    /// Names of some resources do not say whose they are; then it is the account that their service acts for.
    fn source_account(&self) -> Option<String> {
        let named = self.caller.source.as_ref()?.account_text();
        Some(if named.is_empty() { self.caller.scope.account.to_string() } else { named.to_owned() })
    }
}

impl Context {
    /// What the caller's own rights say of an action that is no operation of any API: `execute-api:Invoke`.
    #[must_use]
    pub fn rights(
        &self,
        prefix: &'static str,
        name: &'static str,
        resources: &dyn Fn() -> Vec<Arn>,
    ) -> Decision {
        let access = Access {
            prefix,
            name,
            caller: &self.caller,
            clock: &self.cloud.clock,
            resources,
            conditions: &|_| None,
            is_unsigned: false,
        };
        self.cloud.authorizer.decide(&self.caller, &access)
    }
}

/// As IAM calls the kinds of principals.
fn principal_type(kind: PrincipalKind) -> Option<&'static str> {
    match kind {
        PrincipalKind::Root => Some("Account"),
        PrincipalKind::User => Some("User"),
        PrincipalKind::AssumedRole => Some("AssumedRole"),
        PrincipalKind::Anonymous => Some("Anonymous"),
        PrincipalKind::Service => None,
    }
}

/// Decides.
pub trait Authorizer: Send + Sync {
    /// What the identity's own rights say, whatever the resource says.
    fn decide(&self, caller: &Caller, access: &Access<'_>) -> Decision;

    /// Whether identities must exist. Where they need not, anybody may call, and a role may be a name for nothing.
    fn is_enforced(&self) -> bool;
}

/// Every known principal may do everything in its account; nobody unknown may do anything but what needs no signature.
#[derive(Debug)]
pub struct Everyone {
    /// Whether identities must exist.
    pub is_enforced: bool,
}

impl Authorizer for Everyone {
    fn decide(&self, caller: &Caller, access: &Access<'_>) -> Decision {
        let is_known = caller.principal.kind != PrincipalKind::Anonymous;
        if is_known || access.is_unsigned { Decision::Allowed } else { Decision::Silent }
    }

    fn is_enforced(&self) -> bool {
        self.is_enforced
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use std::sync::Arc;
    use std::time::Duration;

    use names::{Account, Region, Scope};

    use super::*;
    use crate::{Passage, Principal, Regions};

    /// Somebody who calls from account 0 in eu-west-1.
    pub(crate) fn caller(kind: PrincipalKind, arn: &str, role: Option<&str>, endpoint: &str) -> Caller {
        let principal = Principal {
            kind,
            arn: arn.parse().unwrap(),
            id: "AIDAX".into(),
            access_key_id: None,
            role: role.map(|role| role.parse().unwrap()),
        };
        Caller {
            scope: Scope::new(Account::ZERO, "eu-west-1".parse::<Region>().unwrap()),
            regions: Regions::default(),
            principal: Arc::new(principal),
            request_id: "r".into(),
            source_ip: Some("10.1.2.3".parse().unwrap()),
            source: None,
            signed: None,
            passage: None,
            trace: None,
            before: None,
            endpoint: endpoint.into(),
        }
    }

    /// Asks of a request to send a message to a queue of its scope.
    pub(crate) fn ask<T>(caller: &Caller, clock: &Clock, question: impl FnOnce(&Access<'_>) -> T) -> T {
        let (prefix, name) = ("sqs", "SendMessage");
        let resources = || vec![Arn::in_scope("sqs", &caller.scope, "trips")];
        let conditions = |key: &str| (key == "sqs:color").then(|| "blue".to_owned());
        let (resources, conditions) = (&resources, &conditions);
        question(&Access { prefix, name, caller, clock, resources, conditions, is_unsigned: false })
    }

    #[test]
    fn a_request_says_what_it_is_about() {
        let clock = Clock::default();
        clock.freeze();
        clock.advance(Duration::from_secs(60));
        let user = caller(PrincipalKind::User, "arn:aws:iam::000000000000:user/staff/ada", None, "https://x");
        ask(&user, &clock, |access| {
            assert_eq!(access.action(), "sqs:SendMessage");
            assert_eq!(access.resources()[0].as_str(), "arn:aws:sqs:eu-west-1:000000000000:trips");
            for (key, expected) in [
                ("aws:SourceIp", "10.1.2.3"),
                ("aws:username", "ada"),
                ("AWS:UserName", "ada"),
                ("aws:userid", "AIDAX"),
                ("aws:PrincipalArn", "arn:aws:iam::000000000000:user/staff/ada"),
                ("aws:PrincipalAccount", "000000000000"),
                ("aws:PrincipalType", "User"),
                ("aws:RequestedRegion", "eu-west-1"),
                ("aws:SecureTransport", "true"),
                ("aws:PrincipalIsAWSService", "false"),
                ("SQS:Color", "blue"),
            ] {
                assert_eq!(access.condition(key).as_deref(), Some(expected), "{key}");
            }
            let seconds = (clock.now().millis() / 1000).to_string();
            assert_eq!(access.condition("aws:EpochTime"), Some(seconds));
            assert!(access.condition("aws:CurrentTime").unwrap().ends_with('Z'));
            assert_eq!(access.condition("aws:MultiFactorAuthAge"), None);
            assert_eq!(access.condition("sqs:size"), None);
        });
    }

    #[test]
    fn what_a_request_came_through_has_keys_of_its_own() {
        let root = caller(PrincipalKind::Root, "arn:aws:iam::000000000000:root", None, "http://x");
        let passage = Passage {
            arn: "arn:aws:s3:eu-west-1:000000000000:accesspoint/trips".parse().unwrap(),
            is_alias: false,
            conditions: vec![("sqs:door", "front".to_owned()), ("sqs:color", "red".to_owned())],
            seen: |passage, _| passage.clone(),
        };
        let through = Caller { passage: Some(Arc::new(passage)), ..root };
        ask(&through, &Clock::default(), |access| {
            assert_eq!(access.condition("sqs:Door").as_deref(), Some("front"));
            // The request itself comes first.
            assert_eq!(access.condition("sqs:color").as_deref(), Some("blue"));
            assert_eq!(access.condition("sqs:size"), None);
        });
    }

    #[test]
    fn a_session_is_its_role_and_has_no_name() {
        let session = caller(
            PrincipalKind::AssumedRole,
            "arn:aws:sts::000000000000:assumed-role/front/one",
            Some("arn:aws:iam::000000000000:role/service/front"),
            "http://x",
        );
        ask(&session, &Clock::default(), |access| {
            let arn = access.condition("aws:PrincipalArn");
            assert_eq!(arn.as_deref(), Some("arn:aws:iam::000000000000:role/service/front"));
            assert_eq!(access.condition("aws:username"), None);
            assert_eq!(access.condition("aws:SecureTransport").as_deref(), Some("false"));
        });
    }
}
