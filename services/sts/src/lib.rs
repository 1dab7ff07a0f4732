//! STS: who calls, and temporary credentials.
//!
//! Never here: users and roles, which are IAM's.

mod assume_role;
mod caller_identity;
mod session;
mod session_token;

use api_sts as api;
use service::Service;
use wire::OperationFacts;

/// The service.
#[must_use]
pub fn service() -> Service {
    Service::new(&api::FACTS)
        .actions(action)
        .read::<api::GetCallerIdentity>(caller_identity::get, |_, _| Vec::new())
        .read::<api::GetAccessKeyInfo>(caller_identity::key_info, |_, _| Vec::new())
        .waiting::<api::AssumeRole, _, _>(assume_role::assume, |_, input| {
            input.role_arn.parse().into_iter().collect()
        })
        .transaction::<api::GetSessionToken>(session_token::get, |_, _| Vec::new())
}

/// Who one is, everybody may ask; and who may have a session of his own is not up to policies.
fn action(operation: &'static OperationFacts) -> Option<&'static str> {
    (!matches!(operation.name, "GetCallerIdentity" | "GetSessionToken")).then_some(operation.name)
}
