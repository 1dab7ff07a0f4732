//! From a draft to a document: what each kind requires and forbids, rule after rule in IAM's order.

use std::collections::HashSet;

use crate::read::{Draft, DraftStatement};
use crate::{Effect, Fault, Kind, Patterns, Statement, Version, action, principal, resource};

/// The parts of a checked document.
pub(crate) type Checked = (Version, Option<String>, Vec<Statement>);

pub(crate) fn document(kind: Kind, draft: Draft) -> Result<Checked, Fault> {
    let version = version(kind, draft.version)?;
    let statements = &draft.statements;
    statements.iter().try_for_each(|statement| effect(statement).map(drop))?;
    statements.iter().flat_map(|statement| &statement.conditions).try_for_each(crate::Condition::check)?;
    sids(kind, statements)?;
    statements.iter().try_for_each(|statement| elements(kind, statement))?;
    statements.iter().try_for_each(|statement| patterns(kind, statement))?;
    let statements = draft.statements.into_iter().map(finish);
    Ok((version, draft.id, statements.collect::<Result<_, _>>()?))
}

/// Identity policies must be of the current version; others may be old, and are where they do not say.
fn version(kind: Kind, version: Option<String>) -> Result<Version, Fault> {
    match (version.as_deref(), kind) {
        (Some("2012-10-17"), _) => Ok(Version::V2012),
        (Some("2008-10-17") | None, Kind::Identity) => Err(Fault::OldVersion),
        (Some("2008-10-17") | None, Kind::Trust | Kind::Resource) => Ok(Version::V2008),
        (Some(other), _) => Err(Fault::Version(other.to_owned())),
    }
}

fn effect(statement: &DraftStatement) -> Result<Effect, Fault> {
    match statement.effect.as_str() {
        "Allow" => Ok(Effect::Allow),
        "Deny" => Ok(Effect::Deny),
        other => Err(Fault::Effect(other.to_owned())),
    }
}

fn sids(kind: Kind, statements: &[DraftStatement]) -> Result<(), Fault> {
    let mut seen = HashSet::new();
    for sid in
        statements.iter().filter_map(|statement| statement.sid.as_deref()).filter(|sid| !sid.is_empty())
    {
        if !seen.insert(sid) {
            return Err(Fault::DuplicateSid);
        }
        // Services allow more in the policies that they keep themselves.
        if kind != Kind::Resource && !sid.bytes().all(|byte| byte.is_ascii_alphanumeric()) {
            return Err(Fault::Sid);
        }
    }
    Ok(())
}

/// Checks which elements a statement has.
fn elements(kind: Kind, statement: &DraftStatement) -> Result<(), Fault> {
    let principals = statement.principals.as_ref();
    match kind {
        Kind::Identity => {
            required("Action", statement.actions.as_ref())?;
            required("Resource", statement.resources.as_ref())?;
            principals.map_or(Ok(()), |_| Err(Fault::Prohibited("Principal")))
        }
        Kind::Trust => {
            principals.ok_or(Fault::Missing("Principal"))?;
            match &statement.resources {
                Some(Patterns::Only(_)) => return Err(Fault::Prohibited("Resource")),
                Some(Patterns::AllBut(_)) => return Err(Fault::Prohibited("NotResource")),
                None => {}
            }
            required("Action", statement.actions.as_ref())?;
            allow_names_principals(statement)
        }
        Kind::Resource => {
            principals.ok_or(Fault::Missing("Principal"))?;
            required("Action", statement.actions.as_ref())?;
            required("Resource", statement.resources.as_ref())?;
            allow_names_principals(statement)
        }
    }
}

fn required(name: &'static str, patterns: Option<&Patterns>) -> Result<(), Fault> {
    let patterns = patterns.ok_or(Fault::Missing(name))?;
    if patterns.list().is_empty() { Err(Fault::Empty(name)) } else { Ok(()) }
}

fn allow_names_principals(statement: &DraftStatement) -> Result<(), Fault> {
    let is_negated = statement.principals.as_ref().is_some_and(|principals| principals.is_negated);
    if is_negated && statement.effect == "Allow" { Err(Fault::AllowNotPrincipal) } else { Ok(()) }
}

/// Checks the form of resources and actions, in that order.
fn patterns(kind: Kind, statement: &DraftStatement) -> Result<(), Fault> {
    // In a resource policy the form of resources is the service's to check: many take bare names.
    if let Some(resources) = statement.resources.as_ref().filter(|_| kind == Kind::Identity) {
        resource::check(resources)?;
    }
    let check = if kind == Kind::Trust { action::check_trust } else { action::check };
    statement.actions.iter().flat_map(Patterns::list).try_for_each(|action| check(action))
}

fn finish(statement: DraftStatement) -> Result<Statement, Fault> {
    Ok(Statement {
        effect: effect(&statement)?,
        sid: statement.sid,
        principals: statement.principals.map(principal::check).transpose()?,
        actions: statement.actions.ok_or(Fault::Missing("Action"))?,
        resources: statement.resources,
        conditions: statement.conditions,
    })
}
