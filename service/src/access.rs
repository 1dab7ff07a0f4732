//! The one place where "may they?" is asked, for every operation.

use names::Arn;
use wire::Fault;

use crate::{Caller, PrincipalKind};

/// What a caller wants to do.
#[derive(Clone, Debug)]
pub struct Access {
    /// `sqs:SendMessage`.
    pub action: String,
    /// What it would be done to; empty for actions on no resource (`*`).
    pub resources: Vec<Arn>,
    /// Condition keys that only the service knows, such as `sns:Protocol`.
    pub conditions: Vec<(&'static str, String)>,
}

/// Decides.
pub trait Authorizer: Send + Sync {
    /// Whether `caller` may.
    ///
    /// # Errors
    /// The access-denied error of AWS when they may not.
    fn decide(&self, caller: &Caller, access: &Access) -> Result<(), Fault>;
}

/// Every known principal may do everything in its account; nobody unknown may do anything.
#[derive(Debug)]
pub struct Everyone;

impl Authorizer for Everyone {
    fn decide(&self, caller: &Caller, access: &Access) -> Result<(), Fault> {
        if caller.principal.kind == PrincipalKind::Anonymous {
            let message = format!("User: anonymous is not authorized to perform: {}", access.action);
            return Err(Fault::new("AccessDeniedException", 403, message));
        }
        Ok(())
    }
}
