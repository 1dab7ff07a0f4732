//! Who may connect: whoever signed and may, or whoever a function lets in. Messages are not asked again.

use std::sync::Arc;

use ::service::{Principal, Visit};
use policy::Decision;
use serde_json::Value;

use super::call::Call;
use super::function;
use super::plan::Route;
use super::refusal::Refusal;
use super::select::Source;
use crate::call::authorize::allows;
use crate::call::plan::Authorizer;
use crate::integrations::function_in;

/// What is known of a client that was let in.
#[derive(Default)]
pub(crate) struct Pass {
    pub(crate) signer: Option<Arc<Principal>>,
    pub(crate) authorizer: Option<Value>,
    /// The API key that an authorizer says the client has.
    pub(crate) key: Option<String>,
}

/// Lets a connection in, or says why not.
pub(crate) async fn pass(call: &Call, visit: &Visit, route: &Route) -> Result<Pass, Refusal> {
    match route.document.authorization_type.as_str() {
        "AWS_IAM" => signed(call, visit),
        "CUSTOM" => {
            let found = route.document.authorizer_id.as_ref().and_then(|id| call.plan.authorizers.get(id));
            let authorizer = found.ok_or_else(|| Refusal::failure("the route's authorizer is not there"))?;
            asked(call, authorizer).await
        }
        _ => Ok(Pass::default()),
    }
}

fn signed(call: &Call, visit: &Visit) -> Result<Pass, Refusal> {
    let scope = call.plan.scope;
    let context = call.cloud.context_of_visit(visit, scope);
    let signer = match &visit.signer {
        Some(Ok(signer)) => Arc::clone(signer),
        Some(Err(fault)) => return Err(Refusal::forbidden(fault.message.clone())),
        None if call.cloud.authorizer.is_enforced() => {
            return Err(Refusal::new(403, "Missing Authentication Token", "the request is not signed"));
        }
        None => Arc::clone(&context.caller.principal),
    };
    let context = context.signed_by(&signer);
    let is_own = signer.arn.account_text() == scope.account.as_str();
    match context.rights("execute-api", "Invoke", &|| vec![call.arn()]) {
        Decision::Allowed if is_own => Ok(Pass { signer: Some(signer), ..Pass::default() }),
        _ => Err(Refusal::forbidden("the caller may not invoke the API")),
    }
}

async fn asked(call: &Call, authorizer: &Authorizer) -> Result<Pass, Refusal> {
    let there = |source: &String| {
        let value = Source::parse(source).and_then(|source| source.value(call, None));
        value.is_some_and(|value| !value.is_empty())
    };
    if !authorizer.identity_source.iter().all(there) {
        return Err(Refusal::new(401, "Unauthorized", "an identity source is not there"));
    }
    let function = call.with_stage_variables(function_in(&authorizer.authorizer_uri));
    let context = call.context_for(authorizer.authorizer_credentials_arn.as_deref());
    let said = function::judge(&context, &function, call.question().to_string().into()).await?;
    let broken = || Refusal::new(500, "Internal server error", "the authorizer's answer has another form");
    let said: Value = serde_json::from_slice(&said).map_err(|_| broken())?;
    match allows(&said, &call.arn(), call.client.source_ip) {
        Some(true) => {
            let key = said.get("usageIdentifierKey").and_then(Value::as_str).map(str::to_owned);
            Ok(Pass { signer: None, authorizer: Some(told(&said)), key })
        }
        Some(false) => Err(Refusal::forbidden("the authorizer has refused the connection")),
        None => Err(broken()),
    }
}

/// What functions behind the API are told of what an authorizer said.
fn told(said: &Value) -> Value {
    let mut told = said.get("context").and_then(Value::as_object).cloned().unwrap_or_default();
    if let Some(principal) = said.get("principalId") {
        told.insert("principalId".into(), principal.clone());
    }
    Value::Object(told)
}
