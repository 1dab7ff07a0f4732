//! Who asked for work that goes on in the background: S3 and CloudWatch Logs are called with the rights of that identity.

use std::sync::Arc;

use names::Scope;
use serde::{Deserialize, Serialize};
use service::{Caller, Cloud, Context, Principal, PrincipalRecord};

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Asker(PrincipalRecord);

impl Asker {
    pub(crate) fn of(context: &Context) -> Self {
        let Principal { kind, arn, id, role, .. } = Principal::clone(&context.caller.principal);
        Asker(PrincipalRecord { kind, arn, id, role })
    }

    /// A context in which it calls other services.
    pub(crate) fn context(&self, cloud: &Arc<Cloud>, scope: Scope) -> Context {
        let context = cloud.context_of("dynamodb", scope);
        let PrincipalRecord { kind, arn, id, role } = self.0.clone();
        let principal = Arc::new(Principal { kind, arn, id, role, access_key_id: None });
        let caller = Caller { principal, ..Caller::clone(&context.caller) };
        Context { caller: Arc::new(caller), ..context }
    }
}
