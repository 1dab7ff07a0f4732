//! Why an export or an import failed.

use serde::{Deserialize, Serialize};
use service::Context;
use wire::Fault;

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Failure {
    pub(crate) code: String,
    pub(crate) message: String,
}

impl Failure {
    /// What a refusal makes of it; none of what may be over in a moment.
    pub(crate) fn of(fault: &Fault) -> Option<Self> {
        let is_final = fault.status < 500;
        is_final.then(|| Failure { code: fault.code.to_string(), message: fault.message.clone() })
    }
}

/// The refusal of another service, as DynamoDB tells it: `S3NoSuchBucket`.
pub(crate) fn told(by: &'static str, prefix: &'static str, context: &Context, fault: &Fault) -> Fault {
    let code = match &*fault.code {
        "KMS.NotFoundException" => "KmsNotFoundException".to_owned(),
        code => format!("{prefix}{code}"),
    };
    let Fault { message, status, code: told, .. } = fault;
    let request_id = &context.caller.request_id;
    let message = format!(
        "{message} (Service: {by}; Status Code: {status}; Error Code: {told}; Request ID: {request_id}; Proxy: null)"
    );
    Fault::new(code, *status, message)
}
