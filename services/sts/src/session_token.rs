//! Temporary credentials for a user or for the root user.

use api_sts as api;
use names::ids;
use service::{Credential, PrincipalKind, PrincipalRecord, Result, Tx};
use wire::Fault;

use crate::session;

/// The longest session of the root user, and its default.
const ROOT_DURATION_S: i32 = 3600;
/// The default of everybody else; the model has the range.
const DURATION_S: i32 = 43_200;

pub(crate) fn get(tx: &mut Tx<'_>, input: &api::GetSessionTokenInput) -> Result<api::GetSessionTokenOutput> {
    if input.serial_number.is_some() || input.token_code.is_some() {
        return Err(service::not_built("sts", "multi-factor authentication in GetSessionToken").into());
    }
    let principal = &tx.context.caller.principal;
    // Temporary keys are told from others by their first letters.
    let is_session = principal.access_key_id.as_deref().is_some_and(|id| id.starts_with("ASIA"));
    let duration_s = match principal.kind {
        _ if is_session => return Err(in_session().into()),
        PrincipalKind::Root => input.duration_seconds.unwrap_or(ROOT_DURATION_S).min(ROOT_DURATION_S),
        PrincipalKind::User => input.duration_seconds.unwrap_or(DURATION_S),
        _ => return Err(in_session().into()),
    };
    let account = tx.scope().account;
    let credential = Credential {
        access_key_id: ids::temporary_access_key_id(account, tx.random().bytes()),
        secret_access_key: ids::secret_access_key(tx.random().bytes()),
        session_token: Some(session::token(tx.random())),
        account,
        principal: PrincipalRecord {
            kind: principal.kind,
            arn: principal.arn.clone(),
            id: principal.id.clone(),
            role: None,
        },
        expires_ms: Some(tx.now.millis() + i64::from(duration_s) * 1000),
        active: true,
    };
    credential.put(tx)?;
    Ok(api::GetSessionTokenOutput { credentials: Some(session::shown(credential)) })
}

fn in_session() -> Fault {
    Fault::new("AccessDenied", 403, "Cannot call GetSessionToken with session credentials")
}
