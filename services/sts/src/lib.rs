//! STS: who calls, and temporary credentials.
//!
//! Never here: roles, which are IAM's; the operations that assume one come with them.

mod caller_identity;
mod session_token;

use api_sts as api;
use service::Service;

/// The service.
#[must_use]
pub fn service() -> Service {
    Service::new(&api::FACTS)
        .read::<api::GetCallerIdentity>(caller_identity::get, |_, _| Vec::new())
        .read::<api::GetAccessKeyInfo>(caller_identity::key_info, |_, _| Vec::new())
        .transaction::<api::GetSessionToken>(session_token::get, |_, _| Vec::new())
}
