//! Who may pass: whoever signed, whoever has a token of an issuer, or whoever a function lets in.

use std::collections::{BTreeMap, HashMap};
use std::net::IpAddr;
use std::sync::Arc;

use names::Arn;
use policy::{Asker, Decision, Document, Kind};
use serde_json::{Map, Value, json};
use service::Principal;

use super::plan::{Authorizer, Route};
use super::source::Source;
use super::{Call, Refusal, function, jwt};
use crate::integrations::function_in;

/// How many decisions of functions are remembered of a stage.
const REMEMBERED_MAX: usize = 10_000;

/// How a request was let in.
pub(super) enum Pass {
    /// Nobody asked.
    Open,
    /// By a token.
    Token { claims: Map<String, Value>, scopes: Option<Vec<String>> },
    /// By a function, which says this of it.
    Function(Map<String, Value>),
    /// By a signature.
    Signer(Arc<Principal>),
}

/// What functions said, by authorizer and identity, and until when it counts.
#[derive(Default)]
pub(crate) struct Remembered(HashMap<String, (i64, Arc<Value>)>);

impl Remembered {
    fn get(&self, key: &str, now_ms: i64) -> Option<Arc<Value>> {
        let (until_ms, said) = self.0.get(key)?;
        (*until_ms > now_ms).then(|| Arc::clone(said))
    }

    fn put(&mut self, key: String, until_ms: i64, said: Arc<Value>, now_ms: i64) {
        if self.0.len() >= REMEMBERED_MAX {
            self.0.retain(|_, (until_ms, _)| *until_ms > now_ms);
        }
        if self.0.len() < REMEMBERED_MAX {
            self.0.insert(key, (until_ms, said));
        }
    }
}

fn unauthorized(reason: &str) -> Refusal {
    Refusal::new(401, "Unauthorized", reason)
}

fn forbidden(reason: &str) -> Refusal {
    Refusal::new(403, "Forbidden", reason)
}

/// Lets a request in, or says why not.
pub(super) async fn pass(call: &Call<'_>, route: &Route) -> Result<Pass, Refusal> {
    let document = &route.document;
    let authorizer = || {
        let id = document.authorizer_id.as_ref();
        let found = id.and_then(|id| call.plan.authorizers.get(id));
        found.ok_or_else(|| Refusal::failure("The route's authorizer is not there"))
    };
    match document.authorization_type.as_str() {
        "AWS_IAM" => signed(call),
        "JWT" => jwt::pass(call, authorizer()?, &document.authorization_scopes).await,
        "CUSTOM" => asked(call, authorizer()?).await,
        _ => Ok(Pass::Open),
    }
}

/// Whoever signed, and may.
fn signed(call: &Call<'_>) -> Result<Pass, Refusal> {
    let context = call.cloud.context_of_visit(call.visit, call.plan.scope);
    let principal = match &call.visit.signer {
        Some(Ok(principal)) => Arc::clone(principal),
        Some(Err(fault)) => return Err(forbidden(&fault.message)),
        None if call.cloud.authorizer.is_enforced() => return Err(forbidden("Missing Authentication Token")),
        None => Arc::clone(&context.caller.principal),
    };
    let context = context.signed_by(&principal);
    // HTTP APIs have no policies that let in others: who is of another account takes a role of this one.
    let is_own = principal.arn.account_text() == call.plan.scope.account.as_str();
    match context.rights("execute-api", "Invoke", &|| vec![call.arn()]) {
        Decision::Allowed if is_own => Ok(Pass::Signer(principal)),
        _ => Err(forbidden("The caller may not invoke the API")),
    }
}

/// What the identity sources of an authorizer are in a request; none where one of them is not there.
pub(super) fn identity(call: &Call<'_>, authorizer: &Authorizer) -> Option<Vec<String>> {
    let value = |source: &String| Source::parse(source)?.value(call, None).filter(|value| !value.is_empty());
    authorizer.identity_source.iter().map(value).collect()
}

/// Whoever a function lets in.
async fn asked(call: &Call<'_>, authorizer: &Authorizer) -> Result<Pass, Refusal> {
    let identity = identity(call, authorizer).ok_or_else(|| unauthorized("Missing identity source"))?;
    let remembers = authorizer.authorizer_result_ttl_in_seconds > 0;
    let key = format!("{}\n{}", authorizer.id, identity.join("\n"));
    let known = call.plan.remembered.lock().get(&key, call.at_ms).filter(|_| remembers);
    let said = match known {
        Some(said) => said,
        None => {
            let said = Arc::new(ask(call, authorizer, &identity).await?);
            if remembers {
                let until_ms = call.at_ms + authorizer.authorizer_result_ttl_in_seconds * 1000;
                call.plan.remembered.lock().put(key, until_ms, Arc::clone(&said), call.at_ms);
            }
            said
        }
    };
    judged(call, authorizer, &said)
}

async fn ask(call: &Call<'_>, authorizer: &Authorizer, identity: &[String]) -> Result<Value, Refusal> {
    let function = call.with_stage_variables(function_in(&authorizer.authorizer_uri));
    let context = call.context_for(authorizer.authorizer_credentials_arn.as_deref());
    let event = event(call, &authorizer.authorizer_payload_format_version, identity);
    let said = function::invoke(&context, &function, event.to_string().into()).await?;
    serde_json::from_slice(&said)
        .map_err(|error| Refusal::failure(format!("The authorizer's answer: {error}")))
}

/// A request as authorizers see it, without its body.
fn event(call: &Call<'_>, format: &str, identity: &[String]) -> Value {
    let headers = call.visit.forwarded(call.at_ms);
    let request = http_events::Request { body: &[], headers: &headers, ..call.request() };
    let place = call.place(&Pass::Open, format);
    let (mut event, arn, identity) = match format {
        "1.0" => (request.version_1(&place), "methodArn", json!(identity.join(","))),
        _ => (request.version_2(&place), "routeArn", json!(identity)),
    };
    if let Some(event) = event.as_object_mut() {
        event.retain(|name, _| name != "body" && name != "isBase64Encoded");
        event.insert("type".into(), "REQUEST".into());
        event.insert(arn.into(), call.arn().as_str().into());
        if format == "1.0" {
            event.insert("authorizationToken".into(), identity.clone());
        }
        event.insert("identitySource".into(), identity);
    }
    event
}

/// What a function said, for this request.
fn judged(call: &Call<'_>, authorizer: &Authorizer, said: &Value) -> Result<Pass, Refusal> {
    let allows = match authorizer.enable_simple_responses {
        true => said.get("isAuthorized").and_then(Value::as_bool),
        false => allows(said, &call.arn(), call.visit.source_ip),
    };
    let context = said.get("context").and_then(Value::as_object).cloned().unwrap_or_default();
    match allows {
        Some(true) => Ok(Pass::Function(context)),
        Some(false) => Err(forbidden("The authorizer has refused the request")),
        None => Err(Refusal::failure("The authorizer's answer has another form than it should have")),
    }
}

/// Whether the policy that a function answered lets in a request of that name; none where there is no such policy.
pub(crate) fn allows(said: &Value, arn: &Arn, source_ip: IpAddr) -> Option<bool> {
    let mut document = said.get("policyDocument")?.clone();
    // Whom the policy is about was asked already.
    let statements = match document.get_mut("Statement")? {
        Value::Array(statements) => statements.iter_mut().collect(),
        statement => vec![statement],
    };
    for statement in statements {
        statement.as_object_mut()?.insert("Principal".into(), "*".into());
    }
    let document = Document::parse(Kind::Resource, &document.to_string()).ok()?;
    let source_ip = source_ip.to_string();
    let key = |key: &str| key.eq_ignore_ascii_case("aws:sourceip").then(|| source_ip.clone());
    let (action, asker) = ("execute-api:Invoke", Asker::Anonymous);
    let request = policy::Request { action, resource: arn.as_str(), asker, key: &key };
    Some(document.decide(&request) == Decision::Allowed)
}

impl Pass {
    /// What functions behind the API are told of what an authorizer said.
    pub(super) fn in_event(&self, format: &str) -> Option<Value> {
        let is_old = format == "1.0";
        match self {
            Pass::Open | Pass::Signer(_) => None,
            Pass::Token { claims, scopes } => {
                let token = json!({ "claims": texts(claims), "scopes": scopes });
                Some(if is_old { token } else { json!({ "jwt": token }) })
            }
            Pass::Function(context) => {
                Some(if is_old { json!(context) } else { json!({ "lambda": context }) })
            }
        }
    }

    /// `claims.sub`, or what a function said by that name.
    pub(super) fn value(&self, name: &str) -> Option<String> {
        match self {
            Pass::Token { claims, .. } => texts(claims).remove(name.strip_prefix("claims.")?),
            Pass::Function(context) => Some(text(context.get(name)?)),
            Pass::Open | Pass::Signer(_) => None,
        }
    }

    /// Who has signed.
    pub(super) fn signer(&self) -> Option<&Principal> {
        match self {
            Pass::Signer(signer) => Some(signer),
            _ => None,
        }
    }
}

/// Claims are told as texts; a list is told as `[a b]`.
fn texts(claims: &Map<String, Value>) -> BTreeMap<String, String> {
    claims.iter().map(|(name, value)| (name.clone(), text(value))).collect()
}

fn text(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Array(values) => format!("[{}]", values.iter().map(text).collect::<Vec<_>>().join(" ")),
        other => other.to_string(),
    }
}
