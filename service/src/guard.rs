//! Who may do what: the identity's own rights, and what the resource that a request names says itself.
//!
//! A service only declares where the policy of a resource is ([`Service::resource_policies`]). Where identities are
//! enforced, it joins the decision as in AWS: an explicit denial wins, in the resource's own account either side may allow,
//! and for another account both must. Who is unknown, and a service that acts for a resource of its own, is let in by the
//! policy alone.

use std::any::Any;

use names::{Account, Arn};
use policy::{Asker, Decision, Document, Kind, Request};
use store::Snapshot;
use wire::Fault;

use crate::{Access, Caller, Conditions, Context, Handler, PrincipalKind, Result, Service};

/// Finds the text of a resource's policy; the service's error when there is no such resource.
pub type PolicyOf = fn(&Snapshot, &Arn) -> Result<Option<String>>;

/// Finds the account that a resource belongs to, where its ARN does not say so; none for one that nobody has yet.
pub type OwnerOf = fn(&Snapshot, &Arn) -> Result<Option<Account>>;

/// What access control lists of a resource say of a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Listed {
    /// Nothing.
    Silent,
    /// They let the caller in, as a policy would.
    Allows,
    /// The resource does not belong to the account that owns what holds it: nothing but its list can let anybody in, and a
    /// policy can only deny.
    Apart {
        /// Whether its list does.
        allows: bool,
    },
}

/// Asks the access control lists of a resource.
pub type ListsOf = fn(&Snapshot, &Access<'_>, &Arn) -> Result<Listed>;

/// What a service declares of the policies of its resources.
#[derive(Clone, Copy)]
pub(crate) struct Guard {
    pub(crate) policy_of: PolicyOf,
    pub(crate) owner_of: Option<OwnerOf>,
    pub(crate) lists_of: Option<ListsOf>,
    /// The actions that make a resource, of which no policy is asked.
    pub(crate) making: &'static [&'static str],
    /// The actions that another account can be allowed; all others are the owner's.
    pub(crate) shared: &'static [&'static str],
}

impl Guard {
    /// Whether the caller belongs to the account that a resource belongs to. What nobody has is everybody's to ask for.
    fn is_owner(&self, snapshot: &Snapshot, caller: &Caller, resource: &Arn) -> Result<bool> {
        let account = caller.principal.arn.account_text();
        let Some(owner_of) = self.owner_of else { return Ok(account == resource.account_text()) };
        Ok(owner_of(snapshot, resource)?.is_none_or(|owner| owner.as_str() == account))
    }

    pub(crate) fn shares(&self, action: &str) -> bool {
        self.shared.contains(&action)
    }
}

/// A refusal that is still to be put into words.
pub struct Denial<'a> {
    /// Who wanted to.
    pub caller: &'a Caller,
    /// `sqs:SendMessage`.
    pub action: &'a str,
    /// What it would have been done to.
    pub resource: Option<&'a Arn>,
    reason: Reason,
}

/// Which side did not allow it, or denied it.
#[derive(Clone, Copy)]
enum Reason {
    Silent(Side),
    Denied(Side),
}

#[derive(Clone, Copy)]
enum Side {
    Identity,
    Resource,
}

impl Side {
    fn text(self) -> &'static str {
        match self {
            Side::Identity => "identity-based",
            Side::Resource => "resource-based",
        }
    }
}

impl Denial<'_> {
    /// AWS's sentence, with the action spelled as a service spells it.
    #[must_use]
    pub fn message(&self, action: &str) -> String {
        let principal = &self.caller.principal;
        let who = match principal.kind {
            PrincipalKind::Anonymous | PrincipalKind::Service => principal.id.as_str(),
            PrincipalKind::Root | PrincipalKind::User | PrincipalKind::AssumedRole => principal.arn.as_str(),
        };
        let resource = self.resource.map(|arn| format!(" on resource: {arn}")).unwrap_or_default();
        let why = match self.reason {
            Reason::Silent(side) => format!("because no {} policy allows the {action} action", side.text()),
            Reason::Denied(side) => {
                let article = if matches!(side, Side::Identity) { "an" } else { "a" };
                format!("with an explicit deny in {article} {} policy", side.text())
            }
        };
        format!("User: {who} is not authorized to perform: {action}{resource} {why}")
    }
}

/// As most services put it.
pub(crate) fn in_common_words(denial: &Denial<'_>) -> Fault {
    Fault::new("AccessDeniedException", 403, denial.message(denial.action))
}

/// Asks whether the caller may.
pub(crate) fn authorise(
    context: &Context,
    service: &Service,
    handler: &dyn Handler,
    input: &(dyn Any + Send + Sync),
) -> Result<(), Fault> {
    let Some(name) = service.action(handler.facts()) else { return Ok(()) };
    let resources = || handler.resources(&context.caller.scope, input);
    let is_unsigned = handler.facts().unsigned;
    let conditions = |key: &str| service.condition(handler.facts().name, input, key);
    ask(context, service, &Question { name, resources: &resources, conditions: &conditions, is_unsigned })
}

/// What is asked about a request.
pub(crate) struct Question<'a> {
    /// IAM's name of the action.
    pub(crate) name: &'static str,
    pub(crate) resources: &'a dyn Fn() -> Vec<Arn>,
    pub(crate) conditions: Conditions<'a>,
    pub(crate) is_unsigned: bool,
}

impl<'a> Question<'a> {
    /// Without condition keys of the service.
    pub(crate) fn new(name: &'static str, resources: &'a dyn Fn() -> Vec<Arn>) -> Self {
        Question { name, resources, conditions: &|_| None, is_unsigned: false }
    }
}

/// Asks whether the caller may do what IAM calls so: of the resources, and before that of what the request came through to
/// them.
pub(crate) fn ask(context: &Context, service: &Service, question: &Question<'_>) -> Result<(), Fault> {
    let passage = context.caller.passage.as_ref();
    if let Some(passage) = passage.filter(|passage| passage.arn.service() == service.action_prefix) {
        let seen = || (question.resources)().iter().map(|arn| (passage.seen)(&passage.arn, arn)).collect();
        ask_of(context, service, &Question { resources: &seen, ..*question })?;
    }
    ask_of(context, service, question)
}

fn ask_of(context: &Context, service: &Service, question: &Question<'_>) -> Result<(), Fault> {
    let Question { name, resources, conditions, is_unsigned } = *question;
    let (caller, cloud) = (&*context.caller, &context.cloud);
    let (prefix, clock) = (service.action_prefix, &cloud.clock);
    let of_caller = |key: &str| service.caller_condition.and_then(|condition| condition(caller, key));
    let conditions = &|key: &str| conditions(key).or_else(|| of_caller(key));
    let access = Access { prefix, name, caller, clock, resources, conditions, is_unsigned };
    let identity = cloud.authorizer.decide(caller, &access);
    let refused = |resource: Option<&Arn>, reason| {
        (service.denial)(&Denial { caller, action: &access.action(), resource, reason })
    };
    // What everybody may do is nobody's to allow.
    let guard = service.guard.filter(|_| cloud.authorizer.is_enforced() && !is_unsigned);
    let guard = guard.filter(|guard| !guard.making.contains(&name));
    let guarded = guard.map(|guard| (guard, access.resources())).filter(|(_, arns)| !arns.is_empty());
    let Some((guard, resources)) = guarded else {
        return by_identity(identity).map_err(|reason| refused(None, reason));
    };
    let snapshot = cloud.store.snapshot();
    for resource in &resources {
        let policy = (guard.policy_of)(&snapshot, resource);
        let is_owner = guard.is_owner(&snapshot, caller, resource).map_err(crate::Error::into_fault)?;
        let lists_of = |lists_of: ListsOf| lists_of(&snapshot, &access, resource);
        let listed = guard.lists_of.map(lists_of).transpose().map_err(crate::Error::into_fault)?;
        let side = (resource, is_owner, listed.unwrap_or(Listed::Silent));
        let outcome = decide(&access, guard, identity, side, policy)?;
        outcome.map_err(|reason| refused(Some(resource), reason))?;
    }
    Ok(())
}

fn by_identity(identity: Decision) -> Result<(), Reason> {
    match identity {
        Decision::Allowed => Ok(()),
        Decision::Denied => Err(Reason::Denied(Side::Identity)),
        Decision::Silent => Err(Reason::Silent(Side::Identity)),
    }
}

/// Brings both sides together for one resource. Fails when it is not there and its policy would have been needed.
fn decide(
    access: &Access<'_>,
    guard: Guard,
    identity: Decision,
    (resource, is_owner, listed): (&Arn, bool, Listed),
    policy: Result<Option<String>>,
) -> Result<Result<(), Reason>, Fault> {
    let caller = access.caller;
    let principal = &caller.principal;
    let is_alone = principal.kind == PrincipalKind::Anonymous
        || (principal.kind == PrincipalKind::Service && caller.source.is_some());
    let is_owner = !is_alone && is_owner && !matches!(listed, Listed::Apart { .. });
    if identity == Decision::Denied {
        return Ok(Err(Reason::Denied(Side::Identity)));
    }
    let policy = match policy {
        Ok(policy) => policy,
        // The operation says better that there is none.
        Err(crate::Error::Fault(_)) if is_owner => return Ok(by_identity(identity)),
        Err(error) => return Err(error.into_fault()),
    };
    let says = policy.map_or(Decision::Silent, |text| by_policy(&text, access, resource, is_owner));
    if says == Decision::Denied {
        return Ok(Err(Reason::Denied(Side::Resource)));
    }
    let is_allowed = match listed {
        Listed::Silent => says == Decision::Allowed,
        Listed::Allows => true,
        Listed::Apart { allows } => allows,
    };
    let allows = is_allowed && (is_owner || guard.shares(access.name));
    Ok(match (identity, allows) {
        (_, true) if is_owner || is_alone => Ok(()),
        (_, false) if !is_owner && (is_alone || identity == Decision::Allowed) => {
            Err(Reason::Silent(Side::Resource))
        }
        _ => by_identity(identity),
    })
}

/// What the resource's policy says.
fn by_policy(text: &str, access: &Access<'_>, resource: &Arn, is_owner: bool) -> Decision {
    let document = match Document::parse(Kind::Resource, text) {
        Ok(document) => document,
        Err(error) => {
            tracing::warn!(%error, %resource, "a policy that cannot be read allows nothing");
            return Decision::Silent;
        }
    };
    let principal = &access.caller.principal;
    let asker = match principal.kind {
        PrincipalKind::Anonymous => Asker::Anonymous,
        PrincipalKind::Service => Asker::Service(&principal.id),
        PrincipalKind::Root | PrincipalKind::User | PrincipalKind::AssumedRole => Asker::Identity {
            account: principal.arn.account_text(),
            arn: principal.arn.as_str(),
            id: principal.id.split(':').next().unwrap_or_default(),
            role: principal.role.as_ref().map(Arn::as_str),
            is_owner,
        },
    };
    let action = access.action();
    let key = |name: &str| access.condition(name);
    document.decide(&Request { action: &action, resource: resource.as_str(), asker, key: &key })
}

#[cfg(test)]
mod tests;
