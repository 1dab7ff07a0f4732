//! Temporary credentials of a role, for whom its trust policy names.

use api_iam as iam;
use api_sts as api;
use names::{Account, Arn, Scope, ids};
use percent_encoding::percent_decode_str;
use policy::{Assumption, Document, Kind};
use service::{Context, Credential, Principal, PrincipalKind, PrincipalRecord, Result};
use wire::Fault;

use crate::session;

/// How long a session lasts when the client says nothing, in seconds.
const DURATION_S: i32 = 3600;
/// The longest session of a role that another role's session assumes.
const CHAINED_DURATION_S_MAX: i32 = 3600;
const ACTION: &str = "sts:AssumeRole";

pub(crate) async fn assume(context: Context, input: api::AssumeRoleInput) -> Result<api::AssumeRoleOutput> {
    refuse(&input)?;
    let principal = std::sync::Arc::clone(&context.caller.principal);
    let denied = || denied(&principal, &input.role_arn);
    let (account, name) = role_named(&input.role_arn)?;
    let role = role(&context, account, name).await?.filter(|role| role.arn == input.role_arn);
    let role = role.ok_or_else(denied)?;
    if !is_trusted(&context, &role, input.external_id.as_deref()) {
        return Err(denied().into());
    }
    let duration_s = input.duration_seconds.unwrap_or(DURATION_S);
    check_duration(duration_s, &role, principal.kind)?;
    let credential = credential(&context, account, &role, &input.role_session_name, duration_s);
    context.transact(|tx| Ok(credential.put(tx)?)).await?;
    Ok(api::AssumeRoleOutput {
        assumed_role_user: Some(api::AssumedRoleUser {
            assumed_role_id: credential.principal.id.clone(),
            arn: credential.principal.arn.to_string(),
        }),
        credentials: Some(session::shown(credential)),
        ..api::AssumeRoleOutput::default()
    })
}

/// What would narrow or mark a session, and is not honoured yet.
fn refuse(input: &api::AssumeRoleInput) -> Result<(), Fault> {
    let parameters = [
        ("Policy in AssumeRole", input.policy.is_some()),
        ("PolicyArns in AssumeRole", input.policy_arns.as_ref().is_some_and(|arns| !arns.is_empty())),
        ("Tags in AssumeRole", input.tags.as_ref().is_some_and(|tags| !tags.is_empty())),
        (
            "TransitiveTagKeys in AssumeRole",
            input.transitive_tag_keys.as_ref().is_some_and(|keys| !keys.is_empty()),
        ),
        ("SerialNumber in AssumeRole", input.serial_number.is_some()),
        ("TokenCode in AssumeRole", input.token_code.is_some()),
        ("SourceIdentity in AssumeRole", input.source_identity.is_some()),
        (
            "ProvidedContexts in AssumeRole",
            input.provided_contexts.as_ref().is_some_and(|contexts| !contexts.is_empty()),
        ),
    ];
    service::refuse("sts", &parameters)
}

fn denied(principal: &Principal, role_arn: &str) -> Fault {
    let message =
        format!("User: {} is not authorized to perform: {ACTION} on resource: {role_arn}", principal.arn);
    Fault::new("AccessDenied", 403, message)
}

/// The account and the name in the ARN of a role.
fn role_named(arn: &str) -> Result<(Account, &str), Fault> {
    let parsed: Option<Arn> = arn.parse().ok();
    let account = parsed.filter(|arn| arn.service() == "iam").and_then(|arn| arn.account());
    let name = arn.split_once(":role/").and_then(|(_, path)| path.rsplit('/').next());
    account.zip(name).ok_or_else(|| Fault::new("ValidationError", 400, format!("{arn} is invalid")))
}

/// The role, asked of IAM in STS's own name: its policy decides whether the caller may know it.
async fn role(context: &Context, account: Account, name: &str) -> Result<Option<iam::Role>> {
    let scope = Scope::new(account, context.scope().region);
    let as_sts = context.cloud.context_of("sts", scope);
    match as_sts.call::<iam::GetRole>(iam::GetRoleInput { role_name: name.to_owned() }).await {
        Ok(output) => Ok(Some(output.role)),
        Err(fault) if fault.status == 404 => Ok(None),
        Err(fault) => Err(fault.into()),
    }
}

fn is_trusted(context: &Context, role: &iam::Role, external_id: Option<&str>) -> bool {
    let encoded = role.assume_role_policy_document.as_deref().unwrap_or_default();
    let text = percent_decode_str(encoded).decode_utf8_lossy();
    let Ok(document) = Document::parse(Kind::Trust, &text) else { return false };
    let (caller, principal) = (&context.caller, &context.caller.principal);
    let account = principal.arn.account_text();
    let issuer = principal.role.as_ref().unwrap_or(&principal.arn);
    let mut keys = vec![("aws:PrincipalArn", issuer.as_str()), ("aws:PrincipalAccount", account)];
    keys.extend(external_id.map(|id| ("sts:ExternalId", id)));
    let id = principal.id.split(':').next().unwrap_or_default();
    tracing::debug!(request_id = %caller.request_id, role = role.arn, "a trust policy decides");
    let arn = principal.arn.as_str();
    document.lets_assume(&Assumption { action: ACTION, account, arn, id, service: None, keys: &keys })
}

fn check_duration(duration_s: i32, role: &iam::Role, caller: PrincipalKind) -> Result<(), Fault> {
    let invalid = |message| Err(Fault::new("ValidationError", 400, message));
    if caller == PrincipalKind::AssumedRole && duration_s > CHAINED_DURATION_S_MAX {
        return invalid(
            "The requested DurationSeconds exceeds the 1 hour session limit for roles assumed by role chaining",
        );
    }
    if role.max_session_duration.is_some_and(|duration_s_max| duration_s > duration_s_max) {
        return invalid("The requested DurationSeconds exceeds the MaxSessionDuration set for this role.");
    }
    Ok(())
}

fn credential(
    context: &Context,
    account: Account,
    role: &iam::Role,
    session: &str,
    duration_s: i32,
) -> Credential {
    let random = context.random();
    let resource = format_args!("assumed-role/{}/{session}", role.role_name);
    Credential {
        access_key_id: ids::temporary_access_key_id(account, random.bytes()),
        secret_access_key: ids::secret_access_key(random.bytes()),
        session_token: Some(session::token(random)),
        account,
        principal: PrincipalRecord {
            kind: PrincipalKind::AssumedRole,
            arn: Arn::global("sts", names::Partition::Aws, &account, resource),
            id: format!("{}:{session}", role.role_id),
            role: role.arn.parse().ok(),
        },
        expires_ms: Some(context.now().millis() + i64::from(duration_s) * 1000),
        active: true,
    }
}
