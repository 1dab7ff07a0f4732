//! STS: who calls, and temporary credentials.
//!
//! Never here: users and roles, which are IAM's.

mod assume_role;
mod caller_identity;
mod session;
mod session_token;

use api_sts as api;
use service::Service;

/// The service.
#[must_use]
pub fn service() -> Service {
    Service::new(&api::FACTS)
        .read::<api::GetCallerIdentity>(caller_identity::get, |_, _| Vec::new())
        .read::<api::GetAccessKeyInfo>(caller_identity::key_info, |_, _| Vec::new())
        .waiting::<api::AssumeRole, _, _>(assume_role::assume, |_, input| {
            input.role_arn.parse().into_iter().collect()
        })
        .transaction::<api::GetSessionToken>(session_token::get, |_, _| Vec::new())
}
