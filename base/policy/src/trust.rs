//! Who may assume a role: the decision over its trust policy.
//!
//! An explicit denial wins. A condition that cannot be decided here never allows, and always denies.

use crate::decide::is_root_of;
use crate::{Document, Effect, Principal, Principals, Statement, glob};

/// Somebody who wants to assume a role.
#[derive(Debug, Clone, Copy)]
pub struct Assumption<'a> {
    /// `sts:AssumeRole`.
    pub action: &'a str,
    /// The caller's account, twelve digits.
    pub account: &'a str,
    /// The caller's ARN: of a user, of the root user, or of a role's session.
    pub arn: &'a str,
    /// The caller's unique id, without a session's name.
    pub id: &'a str,
    /// The service that wants to assume it on its own account: `lambda.amazonaws.com`.
    pub service: Option<&'a str>,
    /// Condition keys and what they are in this request.
    pub keys: &'a [(&'a str, &'a str)],
}

impl Document {
    /// Whether this trust policy lets them.
    #[must_use]
    pub fn lets_assume(&self, assumption: &Assumption<'_>) -> bool {
        let applies = |effect| {
            self.statements()
                .iter()
                .any(move |statement| statement.effect == effect && statement.applies(assumption))
        };
        !applies(Effect::Deny) && applies(Effect::Allow)
    }
}

impl Statement {
    fn applies(&self, assumption: &Assumption<'_>) -> bool {
        let undecided = self.effect == Effect::Deny;
        let names = |action: &String| {
            glob::matches(&action.to_ascii_lowercase(), &assumption.action.to_ascii_lowercase())
        };
        let is_action = match &self.actions {
            crate::Patterns::Only(list) => list.iter().any(names),
            crate::Patterns::AllBut(list) => !list.iter().any(names),
        };
        let is_principal = match &self.principals {
            Some(Principals::Only(list)) => list.iter().any(|principal| principal.is(assumption)),
            Some(Principals::AllBut(list)) => !list.iter().any(|principal| principal.is(assumption)),
            None => false,
        };
        let find = |key: &str| {
            let found = assumption.keys.iter().find(|(known, _)| known.eq_ignore_ascii_case(key));
            found.map(|(_, value)| (*value).to_owned())
        };
        is_action
            && is_principal
            && self.conditions.iter().all(|condition| condition.holds(&find).unwrap_or(undecided))
    }
}

impl Principal {
    fn is(&self, assumption: &Assumption<'_>) -> bool {
        match self {
            Principal::Everyone => true,
            Principal::Aws(name) => {
                name == assumption.account
                    || name == assumption.arn
                    || name == assumption.id
                    || is_root_of(name, assumption.account)
                    || is_role_of(name, assumption.arn)
            }
            Principal::Service(name) => assumption.service == Some(name.as_str()),
            Principal::Federated(_) | Principal::CanonicalUser(_) => false,
        }
    }
}

/// Whether `caller` is a session, `…:assumed-role/name/session`, of the role `…:role/path/name`.
fn is_role_of(principal: &str, caller: &str) -> bool {
    let (Some((of_role, role)), Some((of_session, session))) =
        (principal.split_once(":role/"), caller.split_once(":assumed-role/"))
    else {
        return false;
    };
    let account = |prefix: &str| prefix.rsplit(':').next().unwrap_or_default().to_owned();
    let name = session.split('/').next().unwrap_or_default();
    account(of_role) == account(of_session) && role.rsplit('/').next() == Some(name)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Kind;

    const USER: &str = "arn:aws:iam::111122223333:user/ada";
    const SESSION: &str = "arn:aws:sts::111122223333:assumed-role/front/one";

    fn lets(statements: &str, arn: &str, keys: &[(&str, &str)]) -> bool {
        let text = format!(r#"{{"Version":"2012-10-17","Statement":[{statements}]}}"#);
        let document = Document::parse(Kind::Trust, &text).unwrap();
        let action = "sts:AssumeRole";
        document.lets_assume(&Assumption {
            action,
            account: "111122223333",
            arn,
            id: "AIDAX",
            service: None,
            keys,
        })
    }

    fn allow(principal: &str, more: &str) -> String {
        format!(r#"{{"Effect":"Allow","Principal":{principal},"Action":"sts:AssumeRole"{more}}}"#)
    }

    #[test]
    fn principals_are_accounts_users_roles_sessions_and_ids() {
        for (principal, arn, expected) in [
            (r#""*""#, USER, true),
            (r#"{"AWS":"111122223333"}"#, USER, true),
            (r#"{"AWS":"arn:aws:iam::111122223333:root"}"#, USER, true),
            (r#"{"AWS":"arn:aws:iam::999999999999:root"}"#, USER, false),
            (r#"{"AWS":["arn:aws:iam::111122223333:user/ada"]}"#, USER, true),
            (r#"{"AWS":"arn:aws:iam::111122223333:user/eve"}"#, USER, false),
            (r#"{"AWS":"arn:aws:iam::111122223333:role/service/front"}"#, SESSION, true),
            (r#"{"AWS":"arn:aws:iam::111122223333:role/back"}"#, SESSION, false),
            (r#"{"AWS":"arn:aws:sts::111122223333:assumed-role/front/one"}"#, SESSION, true),
            (r#"{"Service":"lambda.amazonaws.com"}"#, USER, false),
        ] {
            assert_eq!(lets(&allow(principal, ""), arn, &[]), expected, "{principal}");
        }
    }

    #[test]
    fn a_service_is_named_by_its_domain() {
        let lets = |principal: &str, service: &str| {
            let text = format!(r#"{{"Version":"2012-10-17","Statement":[{}]}}"#, allow(principal, ""));
            let document = Document::parse(Kind::Trust, &text).unwrap();
            let (action, service) = ("sts:AssumeRole", Some(service));
            document.lets_assume(&Assumption { action, account: "", arn: "", id: "", service, keys: &[] })
        };
        let both = r#"{"Service":["edgelambda.amazonaws.com","lambda.amazonaws.com"]}"#;
        assert!(lets(both, "lambda.amazonaws.com"));
        assert!(!lets(both, "sqs.amazonaws.com"));
        assert!(!lets(r#"{"AWS":"111122223333"}"#, "lambda.amazonaws.com"));
    }

    #[test]
    fn a_denial_wins() {
        let deny =
            r#"{"Effect":"Deny","Principal":{"AWS":"arn:aws:iam::111122223333:user/ada"},"Action":"sts:*"}"#;
        assert!(!lets(&format!("{},{deny}", allow(r#""*""#, "")), USER, &[]));
        assert!(lets(&format!("{},{deny}", allow(r#""*""#, "")), SESSION, &[]));
    }

    #[test]
    fn statements_may_name_all_but_some() {
        let others = r#"{"Effect":"Deny","NotPrincipal":{"AWS":"arn:aws:iam::111122223333:user/ada"},"Action":"sts:*"}"#;
        let with = |statement: &str| format!("{},{statement}", allow(r#""*""#, ""));
        assert!(lets(&with(others), USER, &[]) && !lets(&with(others), SESSION, &[]));
        let tagging = r#"{"Effect":"Deny","Principal":"*","NotAction":"sts:AssumeRole"}"#;
        assert!(lets(&with(tagging), USER, &[]));
        assert!(!lets(&with(&tagging.replace("AssumeRole", "TagSession")), USER, &[]));
    }

    #[test]
    fn conditions_decide_and_what_cannot_be_decided_never_allows() {
        let external = |text: &str| format!(r#","Condition":{{{text}}}"#);
        let equals = external(r#""StringEquals":{"sts:ExternalId":["a","b"]}"#);
        assert!(lets(&allow(r#""*""#, &equals), USER, &[("sts:ExternalId", "b")]));
        assert!(!lets(&allow(r#""*""#, &equals), USER, &[("sts:ExternalId", "c")]));
        assert!(!lets(&allow(r#""*""#, &equals), USER, &[]));
        let unless = external(r#""StringNotLike":{"STS:externalid":"x*"}"#);
        assert!(lets(&allow(r#""*""#, &unless), USER, &[]));
        assert!(!lets(&allow(r#""*""#, &unless), USER, &[("sts:ExternalId", "xy")]));
        let undecided = external(r#""DateLessThan":{"aws:CurrentTime":"2040-01-01T00:00:00Z"}"#);
        assert!(!lets(&allow(r#""*""#, &undecided), USER, &[]));
        let deny = format!(r#"{{"Effect":"Deny","Principal":"*","Action":"sts:AssumeRole"{undecided}}}"#);
        assert!(!lets(&format!("{},{deny}", allow(r#""*""#, "")), USER, &[]));
    }
}
