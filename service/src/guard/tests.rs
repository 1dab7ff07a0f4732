//! Who is let in, for every pair of what the identity's own policies say and what the resource's policy says.

use policy::Decision::{Allowed, Denied, Silent};

use super::*;
use crate::access::tests::{ask, caller};
use crate::{Clock, Error, Principal};

const QUEUE: &str = "arn:aws:sqs:eu-west-1:000000000000:trips";
const SHARING: Guard = Guard {
    policy_of: |_, _| Ok(None),
    owner_of: None,
    lists_of: None,
    making: &[],
    shared: &["SendMessage"],
};
const KEEPING: Guard = Guard { shared: &[], ..SHARING };

fn identity(kind: PrincipalKind, arn: &str) -> Caller {
    caller(kind, arn, None, "http://x")
}

fn owner() -> Caller {
    identity(PrincipalKind::User, "arn:aws:iam::000000000000:user/ada")
}

fn root() -> Caller {
    identity(PrincipalKind::Root, "arn:aws:iam::000000000000:root")
}

fn stranger() -> Caller {
    identity(PrincipalKind::User, "arn:aws:iam::111122223333:user/bob")
}

fn anonymous() -> Caller {
    identity(PrincipalKind::Anonymous, "arn:aws:iam::000000000000:anonymous")
}

/// SNS on its own account, for a topic or for nobody.
fn sns(source: Option<&str>) -> Caller {
    let service = identity(PrincipalKind::Service, "arn:aws:iam::000000000000:service/sns");
    let principal = Principal { id: "sns.amazonaws.com".into(), ..Principal::clone(&service.principal) };
    Caller { principal: principal.into(), source: source.map(|arn| arn.parse().unwrap()), ..service }
}

/// A policy that says this to everybody, or none.
fn policy(says: Decision) -> Option<String> {
    let effect = match says {
        Allowed => "Allow",
        Denied => "Deny",
        Silent => return None,
    };
    Some(statement(effect, r#""*""#))
}

fn statement(effect: &str, principal: &str) -> String {
    format!(
        r#"{{"Version":"2012-10-17","Statement":{{"Effect":"{effect}","Principal":{principal},"Action":"sqs:*","Resource":"*"}}}}"#
    )
}

/// What is decided of the queue.
fn decided(
    caller: &Caller,
    guard: Guard,
    identity: Decision,
    policy: Result<Option<String>>,
) -> Result<Result<(), Reason>, Fault> {
    listed(caller, guard, identity, policy, Listed::Silent)
}

/// The same where it has access control lists.
fn listed(
    caller: &Caller,
    guard: Guard,
    identity: Decision,
    policy: Result<Option<String>>,
    listed: Listed,
) -> Result<Result<(), Reason>, Fault> {
    let resource: Arn = QUEUE.parse().unwrap();
    let is_owner = caller.principal.arn.account_text() == resource.account_text();
    let mut policy = Some(policy);
    ask(caller, &Clock::default(), |access| {
        decide(access, guard, identity, (&resource, is_owner, listed), policy.take().unwrap())
    })
}

/// What is decided, as the side that refuses and how; nothing where the caller is let in.
fn refused(
    caller: &Caller,
    guard: Guard,
    identity: Decision,
    policy: Option<String>,
) -> Option<(&'static str, Decision)> {
    let decided = decided(caller, guard, identity, Ok(policy));
    match decided.unwrap() {
        Ok(()) => None,
        Err(Reason::Silent(side)) => Some((side.text(), Silent)),
        Err(Reason::Denied(side)) => Some((side.text(), Denied)),
    }
}

const NO_IDENTITY: Option<(&str, Decision)> = Some(("identity-based", Silent));
const NO_RESOURCE: Option<(&str, Decision)> = Some(("resource-based", Silent));
const IDENTITY_DENIES: Option<(&str, Decision)> = Some(("identity-based", Denied));
const RESOURCE_DENIES: Option<(&str, Decision)> = Some(("resource-based", Denied));

/// By what the identity's policies say (down: Allowed, Silent, Denied) and the resource's (across: the same).
type Table = [[Option<(&'static str, Decision)>; 3]; 3];

/// Within an account.
const OWN: Table = [
    [None, None, RESOURCE_DENIES],
    [None, NO_IDENTITY, RESOURCE_DENIES],
    [IDENTITY_DENIES, IDENTITY_DENIES, IDENTITY_DENIES],
];

fn assert_table(caller: &Caller, guard: Guard, table: Table) {
    let all = [Allowed, Silent, Denied];
    for (identity, row) in all.into_iter().zip(table) {
        for (resource, expected) in all.into_iter().zip(row) {
            let found = refused(caller, guard, identity, policy(resource));
            assert_eq!(
                found, expected,
                "{}: identity {identity:?}, resource {resource:?}",
                caller.principal.arn
            );
        }
    }
}

#[test]
fn in_the_own_account_either_side_allows_and_either_denies() {
    for caller in [owner(), root()] {
        // What others cannot be allowed is no matter here.
        assert_table(&caller, SHARING, OWN);
        assert_table(&caller, KEEPING, OWN);
    }
}

#[test]
fn for_another_account_both_sides_must_allow() {
    let shared = [
        [None, NO_RESOURCE, RESOURCE_DENIES],
        [NO_IDENTITY, NO_IDENTITY, RESOURCE_DENIES],
        [IDENTITY_DENIES, IDENTITY_DENIES, IDENTITY_DENIES],
    ];
    assert_table(&stranger(), SHARING, shared);
    let kept = [[NO_RESOURCE, NO_RESOURCE, RESOURCE_DENIES], shared[1], shared[2]];
    assert_table(&stranger(), KEEPING, kept);
}

#[test]
fn who_is_nobody_is_let_in_by_the_resource_alone() {
    let shared = [
        [None, NO_RESOURCE, RESOURCE_DENIES],
        [None, NO_RESOURCE, RESOURCE_DENIES],
        [IDENTITY_DENIES, IDENTITY_DENIES, IDENTITY_DENIES],
    ];
    let kept = [[NO_RESOURCE, NO_RESOURCE, RESOURCE_DENIES]; 2];
    for caller in [anonymous(), sns(Some("arn:aws:sns:eu-west-1:000000000000:news"))] {
        assert_table(&caller, SHARING, shared);
        assert_table(&caller, KEEPING, [kept[0], kept[1], shared[2]]);
    }
}

#[test]
fn a_service_without_a_source_acts_for_its_account() {
    assert_table(&sns(None), KEEPING, OWN);
}

#[test]
fn an_account_that_is_named_lets_its_root_in_and_others_by_their_own_policies() {
    let own = Some(statement("Allow", r#"{"AWS":"000000000000"}"#));
    assert_eq!(refused(&root(), KEEPING, Silent, own.clone()), None);
    assert_eq!(refused(&owner(), KEEPING, Silent, own.clone()), NO_IDENTITY);
    assert_eq!(refused(&owner(), KEEPING, Allowed, own), None);
    let other = Some(statement("Allow", r#"{"AWS":"arn:aws:iam::111122223333:root"}"#));
    assert_eq!(refused(&stranger(), SHARING, Silent, other.clone()), NO_IDENTITY);
    assert_eq!(refused(&stranger(), SHARING, Allowed, other.clone()), None);
    assert_eq!(refused(&anonymous(), SHARING, Silent, other), NO_RESOURCE);
}

#[test]
fn only_the_service_that_is_named_is_let_in() {
    let sns = sns(Some("arn:aws:sns:eu-west-1:000000000000:news"));
    let to = |service: &str| Some(statement("Allow", &format!(r#"{{"Service":"{service}"}}"#)));
    assert_eq!(refused(&sns, SHARING, Allowed, to("sns.amazonaws.com")), None);
    assert_eq!(refused(&sns, SHARING, Allowed, to("s3.amazonaws.com")), NO_RESOURCE);
}

#[test]
fn a_policy_that_cannot_be_read_allows_and_denies_nothing() {
    for text in ["", "{", r#"{"Statement":[]}"#, r#"{"Statement":{"Effect":"Deny"}}"#] {
        let broken = || Some(text.to_owned());
        assert_eq!(refused(&owner(), SHARING, Allowed, broken()), None, "{text}");
        assert_eq!(refused(&owner(), SHARING, Silent, broken()), NO_IDENTITY, "{text}");
        assert_eq!(refused(&stranger(), SHARING, Allowed, broken()), NO_RESOURCE, "{text}");
    }
}

#[test]
fn lists_let_in_and_policies_deny() {
    let apart = |allows| Listed::Apart { allows };
    for (caller, identity, says, list, is_let_in) in [
        (owner(), Silent, Silent, Listed::Allows, true),
        (owner(), Allowed, Denied, Listed::Allows, false),
        (stranger(), Allowed, Silent, Listed::Allows, true),
        (stranger(), Silent, Silent, Listed::Allows, false),
        (anonymous(), Silent, Silent, Listed::Allows, true),
        (anonymous(), Silent, Denied, Listed::Allows, false),
        // What belongs to somebody else is let out by its own list alone.
        (owner(), Allowed, Allowed, apart(false), false),
        (root(), Allowed, Silent, apart(true), true),
        (owner(), Silent, Silent, apart(true), false),
        (stranger(), Allowed, Silent, apart(true), true),
        (stranger(), Allowed, Denied, apart(true), false),
        (anonymous(), Silent, Allowed, apart(false), false),
    ] {
        let decided = listed(&caller, SHARING, identity, Ok(policy(says)), list).unwrap();
        assert_eq!(decided.is_ok(), is_let_in, "{} {identity:?} {says:?} {list:?}", caller.principal.arn);
    }
}

#[test]
fn only_its_owner_may_go_on_to_learn_that_there_is_no_such_resource() {
    let decided = |caller: &Caller, identity| {
        let missing = Error::Fault(Fault::new("NoSuchQueue", 400, "There is none."));
        self::decided(caller, SHARING, identity, Err(missing))
    };
    assert!(matches!(decided(&owner(), Allowed), Ok(Ok(()))));
    assert!(matches!(decided(&owner(), Silent), Ok(Err(Reason::Silent(Side::Identity)))));
    for caller in [stranger(), anonymous()] {
        assert_eq!(decided(&caller, Allowed).map(|_| ()).unwrap_err().code, "NoSuchQueue");
        assert!(matches!(decided(&caller, Denied), Ok(Err(Reason::Denied(Side::Identity)))));
    }
}

#[test]
fn a_refusal_says_who_what_and_why() {
    let resource: Arn = QUEUE.parse().unwrap();
    let message = |caller: &Caller, resource: Option<&Arn>, reason| {
        Denial { caller, action: "sqs:SendMessage", resource, reason }.message("sqs:sendmessage")
    };
    assert_eq!(
        message(&owner(), Some(&resource), Reason::Silent(Side::Identity)),
        "User: arn:aws:iam::000000000000:user/ada is not authorized to perform: sqs:sendmessage on resource: \
         arn:aws:sqs:eu-west-1:000000000000:trips because no identity-based policy allows the sqs:sendmessage action"
    );
    assert_eq!(
        message(&sns(None), None, Reason::Denied(Side::Resource)),
        "User: sns.amazonaws.com is not authorized to perform: sqs:sendmessage with an explicit deny in a \
         resource-based policy"
    );
    assert!(
        message(&root(), None, Reason::Denied(Side::Identity))
            .ends_with("with an explicit deny in an identity-based policy")
    );
}
