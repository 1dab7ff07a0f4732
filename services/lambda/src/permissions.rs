//! The resource policies of a function, of its versions and of its aliases: who else may use them, as documents made of
//! statements. What a policy allows is decided by the frame.

use api_lambda as api;
use names::{Arn, Scope};
use serde_json::{Map, Value, json};
use service::{Result, Tx, View};
use store::tuple::Key;
use store::{Reads, Snapshot};
use wire::Fault;

use crate::functions::named;
use crate::keys;
use crate::layers::{self, LayerVersion};
use crate::name::{LATEST, Name, Target};
use crate::policy::Policy;
use crate::{aliases, errors, function};

/// What a function's policy can let others do.
pub(crate) const SHARED: &[&str] = &[
    "InvokeFunction",
    "InvokeFunctionUrl",
    "GetFunction",
    "GetFunctionConfiguration",
    "GetLayerVersion",
    "GetPolicy",
    "GetAlias",
    "ListAliases",
    "ListVersionsByFunction",
    "UpdateFunctionCode",
    "UpdateFunctionConfiguration",
    "PublishVersion",
    "CreateAlias",
    "UpdateAlias",
    "DeleteAlias",
    "DeleteFunction",
    "AddPermission",
    "RemovePermission",
];

pub(crate) fn add(tx: &mut Tx<'_>, input: &api::AddPermissionInput) -> Result<api::AddPermissionOutput> {
    let (name, mut policy) = find(&**tx, &tx.scope(), &input.function_name, input.qualifier.as_deref())?;
    if name.qualifier.as_deref() == Some(LATEST) {
        let message = "We currently do not support adding policies for $LATEST.";
        return Err(errors::invalid(message).into());
    }
    check_revision(&policy, input.revision_id.as_deref())?;
    let statement = statement(input, &name)?.to_string();
    policy.add(&input.statement_id, &statement, tx.random())?;
    tx.put_record(key(&name), &policy)?;
    Ok(api::AddPermissionOutput { statement: Some(statement) })
}

fn check_revision(policy: &Policy, wanted: Option<&str>) -> Result<(), Fault> {
    if policy.is_at(wanted) { Ok(()) } else { Err(errors::changed_meanwhile()) }
}

/// What of a function is meant, which must be there, and its policy: the function's, or that of a version or an alias.
fn find(reads: &impl Reads, scope: &Scope, name: &str, qualifier: Option<&str>) -> Result<(Name, Policy)> {
    let name = named(scope, name, qualifier)?;
    if let Target::Alias(alias) = name.target()
        && aliases::find(reads, &name, alias)?.is_none()
    {
        return Err(errors::no_alias(&name.qualified_arn()).into());
    }
    function::find(reads, &name)?;
    let policy = policy(reads, &name)?;
    Ok((name, policy.unwrap_or_default()))
}

fn policy(reads: &impl Reads, name: &Name) -> Result<Option<Policy>> {
    Ok(reads.get_record(&key(name))?)
}

fn key(name: &Name) -> Key {
    match &name.qualifier {
        Some(qualifier) => keys::policy_of(&name.scope, &name.name, qualifier),
        None => keys::policy(&name.scope, &name.name),
    }
}

/// The policy that decides about a function, a version or an alias, or about a version of a layer, as a document.
pub(crate) fn document(snapshot: &Snapshot, arn: &Arn) -> Result<Option<String>> {
    if let Some(layer) = LayerVersion::parse(arn) {
        return Ok(layers::policy_of(snapshot, &layer)?.map(|policy| policy.document()));
    }
    let Some(scope) = arn.scope().filter(|_| arn.resource().starts_with("function:")) else {
        return Ok(None);
    };
    let name = named(&scope, arn.as_str(), None)?;
    Ok(policy(snapshot, &name)?.map(|policy| policy.document()))
}

fn statement(input: &api::AddPermissionInput, name: &Name) -> Result<Value, Fault> {
    let mut statement = json!({
        "Sid": input.statement_id,
        "Effect": "Allow",
        "Principal": principal(&input.principal, name)?,
        "Action": input.action,
        "Resource": name.qualified_arn().to_string(),
    });
    let conditions = conditions(input);
    if !conditions.is_empty() {
        statement["Condition"] = conditions.into();
    }
    Ok(statement)
}

/// An account stands for its root user; a service goes by its domain name.
fn principal(text: &str, name: &Name) -> Result<Value, Fault> {
    let is_account = text.len() == 12 && text.bytes().all(|byte| byte.is_ascii_digit());
    match text {
        "*" => Ok(json!("*")),
        _ if is_account => Ok(json!({ "AWS": format!("arn:{}:iam::{text}:root", name.arn().partition()) })),
        _ if text.parse::<names::Arn>().is_ok() => Ok(json!({ "AWS": text })),
        _ if text.contains('.') => Ok(json!({ "Service": text })),
        _ => Err(errors::invalid(
            "The provided principal was invalid. Please check the principal and try again.",
        )),
    }
}

fn conditions(input: &api::AddPermissionInput) -> Map<String, Value> {
    let equals = [
        ("AWS:SourceAccount", input.source_account.as_deref()),
        ("lambda:EventSourceToken", input.event_source_token.as_deref()),
        ("aws:PrincipalOrgID", input.principal_org_id.as_deref()),
        ("lambda:FunctionUrlAuthType", input.function_url_auth_type.as_ref().map(|kind| kind.as_str())),
    ];
    let equals: Map<String, Value> =
        equals.into_iter().filter_map(|(key, value)| Some((key.to_owned(), json!(value?)))).collect();
    let mut conditions = Map::new();
    if !equals.is_empty() {
        conditions.insert("StringEquals".into(), equals.into());
    }
    if let Some(source_arn) = &input.source_arn {
        conditions.insert("ArnLike".into(), json!({ "AWS:SourceArn": source_arn }));
    }
    if let Some(via_url) = input.invoked_via_function_url {
        conditions.insert("Bool".into(), json!({ "lambda:InvokedViaFunctionUrl": via_url.to_string() }));
    }
    conditions
}

pub(crate) fn remove(
    tx: &mut Tx<'_>,
    input: &api::RemovePermissionInput,
) -> Result<api::RemovePermissionOutput> {
    let (name, mut policy) = find(&**tx, &tx.scope(), &input.function_name, input.qualifier.as_deref())?;
    check_revision(&policy, input.revision_id.as_deref())?;
    policy.remove(&input.statement_id, tx.random())?;
    tx.put_record(key(&name), &policy)?;
    Ok(api::RemovePermissionOutput::default())
}

pub(crate) fn get(view: &View<'_>, input: &api::GetPolicyInput) -> Result<api::GetPolicyOutput> {
    let (_, policy) = find(&**view, &view.scope(), &input.function_name, input.qualifier.as_deref())?;
    let missing = || api::error::resource_not_found_exception("The resource you requested does not exist.");
    let policy = Some(policy).filter(|policy| !policy.is_empty()).ok_or_else(missing)?;
    Ok(api::GetPolicyOutput { policy: Some(policy.document()), revision_id: Some(policy.revision_id()) })
}
