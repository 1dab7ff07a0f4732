//! What the policy of a resource says to a request.
//!
//! An explicit denial wins. A condition that cannot be decided never allows, and always denies. What an identity's own
//! policies say, and how the two go together, is for whoever asks.

use crate::{Document, Effect, Patterns, Principal, Principals, Statement, glob};

/// What policies say to a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Decision {
    /// A statement denies it.
    Denied,
    /// A statement allows it, and none denies it.
    Allowed,
    /// No statement speaks of it.
    Silent,
}

/// A request that a resource's policy is asked about.
#[derive(Clone, Copy)]
pub struct Request<'a> {
    /// `sqs:SendMessage`.
    pub action: &'a str,
    /// The ARN of what it would be done to.
    pub resource: &'a str,
    /// Who wants to.
    pub asker: Asker<'a>,
    /// What a condition key is in this request, whatever its case.
    pub key: &'a dyn Fn(&str) -> Option<String>,
}

/// Somebody who wants to do something with a resource.
#[derive(Debug, Clone, Copy)]
pub enum Asker<'a> {
    /// Nobody knows who.
    Anonymous,
    /// A service on its own account: `sns.amazonaws.com`.
    Service(&'a str),
    /// An identity.
    Identity {
        /// Its account, twelve digits.
        account: &'a str,
        /// Its ARN: of a user, of the root user, or of a role's session.
        arn: &'a str,
        /// Its unique id, without a session's name.
        id: &'a str,
        /// The ARN of the role whose session it is.
        role: Option<&'a str>,
        /// Whether the resource is its own account's.
        is_owner: bool,
    },
}

impl Document {
    /// What this policy of a resource says.
    #[must_use]
    pub fn decide(&self, request: &Request<'_>) -> Decision {
        let speaks = |effect| {
            self.statements()
                .iter()
                .any(move |statement| statement.effect == effect && statement.speaks_of(request))
        };
        if speaks(Effect::Deny) {
            Decision::Denied
        } else if speaks(Effect::Allow) {
            Decision::Allowed
        } else {
            Decision::Silent
        }
    }
}

impl Statement {
    fn speaks_of(&self, request: &Request<'_>) -> bool {
        let is_denial = self.effect == Effect::Deny;
        let is_named = |principal: &Principal| principal.means(&request.asker, is_denial);
        let is_asker = match &self.principals {
            Some(Principals::Only(list)) => list.iter().any(is_named),
            Some(Principals::AllBut(list)) => !list.iter().any(is_named),
            None => false,
        };
        let action = request.action.to_ascii_lowercase();
        is_asker
            && has(&self.actions, |pattern| glob::matches(&pattern.to_ascii_lowercase(), &action))
            && self
                .resources
                .as_ref()
                .is_none_or(|resources| has(resources, |pattern| glob::matches(pattern, request.resource)))
            && self.conditions.iter().all(|condition| condition.holds(request.key).unwrap_or(is_denial))
    }
}

fn has(patterns: &Patterns, is_match: impl Fn(&String) -> bool) -> bool {
    match patterns {
        Patterns::Only(list) => list.iter().any(is_match),
        Patterns::AllBut(list) => !list.iter().any(is_match),
    }
}

impl Principal {
    /// A whole account is denied with everybody in it. Allowing it lets its root user in; to others of the owner's account it
    /// leaves the word to their own policies, and to other accounts it gives what they may pass on.
    fn means(&self, asker: &Asker<'_>, is_denial: bool) -> bool {
        match (self, asker) {
            (Principal::Everyone, _) => true,
            (Principal::Service(name), Asker::Service(service)) => name == service,
            (Principal::Aws(name), Asker::Identity { account, arn, id, role, is_owner }) => {
                let is_account = name == account || is_root_of(name, account);
                let counts_account = is_denial || !is_owner || is_root_of(arn, account);
                name == arn || name == id || *role == Some(name.as_str()) || (is_account && counts_account)
            }
            _ => false,
        }
    }
}

/// `arn:aws:iam::account:root` stands for the whole account.
pub(crate) fn is_root_of(principal: &str, account: &str) -> bool {
    let mut parts = principal.splitn(6, ':');
    parts.nth(2) == Some("iam") && parts.nth(1) == Some(account) && parts.next() == Some("root")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Kind;

    const QUEUE: &str = "arn:aws:sqs:eu-west-1:111122223333:trips";

    fn asked(statements: &str, asker: Asker<'_>, keys: &[(&str, &str)]) -> Decision {
        let text = format!(r#"{{"Version":"2012-10-17","Statement":[{statements}]}}"#);
        let document = Document::parse(Kind::Resource, &text).unwrap();
        let key = |name: &str| {
            let found = keys.iter().find(|(key, _)| key.eq_ignore_ascii_case(name));
            found.map(|(_, value)| (*value).to_owned())
        };
        document.decide(&Request { action: "sqs:SendMessage", resource: QUEUE, asker, key: &key })
    }

    fn statement(effect: &str, principal: &str, more: &str) -> String {
        format!(
            r#"{{"Effect":"{effect}","Principal":{principal},"Action":"SQS:Send*","Resource":"{QUEUE}"{more}}}"#
        )
    }

    fn user(account: &'static str, arn: &'static str) -> Asker<'static> {
        let (id, is_owner) = ("AIDAXXXXXXXXXXXXXXXX", account == "111122223333");
        Asker::Identity { account, arn, id, role: None, is_owner }
    }

    #[test]
    fn an_account_passes_on_what_it_is_allowed_and_shares_what_it_is_denied() {
        let ada = user("111122223333", "arn:aws:iam::111122223333:user/ada");
        let root = user("111122223333", "arn:aws:iam::111122223333:root");
        let other = user("999999999999", "arn:aws:iam::999999999999:user/bob");
        let own = r#"{"AWS":"111122223333"}"#;
        for (effect, principal, asker, expected) in [
            ("Allow", own, ada, Decision::Silent),
            ("Allow", own, root, Decision::Allowed),
            ("Deny", own, ada, Decision::Denied),
            ("Allow", own, other, Decision::Silent),
            ("Allow", r#"{"AWS":"arn:aws:iam::999999999999:root"}"#, other, Decision::Allowed),
            ("Allow", r#"{"AWS":"arn:aws:iam::111122223333:user/ada"}"#, ada, Decision::Allowed),
            ("Allow", r#""*""#, Asker::Anonymous, Decision::Allowed),
            ("Allow", own, Asker::Anonymous, Decision::Silent),
            ("Allow", r#"{"Service":"sns.amazonaws.com"}"#, ada, Decision::Silent),
            ("Allow", r#"{"AWS":"AIDAXXXXXXXXXXXXXXXX"}"#, ada, Decision::Allowed),
            ("Allow", r#"{"AWS":"AIDAYYYYYYYYYYYYYYYY"}"#, ada, Decision::Silent),
        ] {
            let found = asked(&statement(effect, principal, ""), asker, &[]);
            assert_eq!(found, expected, "{effect} {principal} {asker:?}");
        }
        let both = [statement("Allow", r#""*""#, ""), statement("Deny", own, "")].join(",");
        assert_eq!(asked(&both, ada, &[]), Decision::Denied);
        assert_eq!(asked(&both, other, &[]), Decision::Allowed);
    }

    #[test]
    fn all_but_some_may_be_denied() {
        let ada = user("111122223333", "arn:aws:iam::111122223333:user/ada");
        let eve = user("111122223333", "arn:aws:iam::111122223333:user/eve");
        let deny = statement("Deny", r#"{"AWS":"arn:aws:iam::111122223333:user/ada"}"#, "");
        let deny = deny.replace("\"Principal\"", "\"NotPrincipal\"");
        assert_eq!((asked(&deny, ada, &[]), asked(&deny, eve, &[])), (Decision::Silent, Decision::Denied));
    }

    #[test]
    fn a_role_speaks_for_its_sessions() {
        let arn = "arn:aws:sts::111122223333:assumed-role/front/one";
        let role = Some("arn:aws:iam::111122223333:role/front");
        let front = Asker::Identity { account: "111122223333", arn, id: "AROAX", role, is_owner: true };
        let allow = |name: &str| {
            statement("Allow", &format!(r#"{{"AWS":"arn:aws:iam::111122223333:role/{name}"}}"#), "")
        };
        assert_eq!(asked(&allow("front"), front, &[]), Decision::Allowed);
        assert_eq!(asked(&allow("back"), front, &[]), Decision::Silent);
    }

    #[test]
    fn a_service_is_let_in_for_its_source() {
        let condition = r#","Condition":{"ArnLike":{"aws:SourceArn":"arn:aws:sns:*:111122223333:t*"},
            "StringEquals":{"aws:SourceAccount":"111122223333"}}"#;
        let allow = statement("Allow", r#"{"Service":"sns.amazonaws.com"}"#, condition);
        let topic = ("AWS:SourceArn", "arn:aws:sns:eu-west-1:111122223333:trips");
        let account = ("aws:sourceAccount", "111122223333");
        let sns = Asker::Service("sns.amazonaws.com");
        assert_eq!(asked(&allow, sns, &[topic, account]), Decision::Allowed);
        assert_eq!(asked(&allow, sns, &[topic]), Decision::Silent);
        assert_eq!(asked(&allow, Asker::Service("s3.amazonaws.com"), &[topic, account]), Decision::Silent);
        let elsewhere = (topic.0, "arn:aws:sns:eu-west-1:111122223333:other");
        assert_eq!(asked(&allow, sns, &[elsewhere, account]), Decision::Silent);
    }

    #[test]
    fn other_actions_and_resources_are_not_spoken_of() {
        let ada = user("111122223333", "arn:aws:iam::111122223333:user/ada");
        let allow = |action: &str, resource: &str| {
            format!(r#"{{"Effect":"Allow","Principal":"*",{action},{resource}}}"#)
        };
        for (action, resource, expected) in [
            (r#""Action":"sqs:sendmessage""#, r#""Resource":"*""#, Decision::Allowed),
            (r#""Action":"sqs:ReceiveMessage""#, r#""Resource":"*""#, Decision::Silent),
            (r#""NotAction":"sqs:ReceiveMessage""#, r#""Resource":"*""#, Decision::Allowed),
            (r#""Action":"*""#, r#""Resource":"arn:aws:sqs:*:*:trips""#, Decision::Allowed),
            (r#""Action":"*""#, r#""NotResource":"arn:aws:sqs:*:*:trips""#, Decision::Silent),
            (r#""Action":"*""#, r#""Resource":"arn:aws:sqs:*:*:other""#, Decision::Silent),
        ] {
            assert_eq!(asked(&allow(action, resource), ada, &[]), expected, "{action} {resource}");
        }
    }
}
