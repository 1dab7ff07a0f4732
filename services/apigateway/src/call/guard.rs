//! Who may call a method: the API's policy, signatures, authorizers.

use std::sync::Arc;

use names::Arn;
use policy::{Asker, Decision, Request};
use serde_json::{Value, json};

use super::authorizer;
use super::refusal::{Refusal, Refused};
use super::request::Call;

/// Who was asked whether a request may come in.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Guard {
    Signature,
    Function,
}

/// What was said of that, for access logs.
pub(crate) struct Guarded {
    by: Guard,
    took_ms: i64,
    refusal: Option<Box<Refusal>>,
}

impl Guarded {
    /// Adds it to `$context`: to `authorizer`, or to `authenticate` and, where it is known who has signed, `authorize`.
    pub(crate) fn add_to(&self, context: &mut Value, request_id: &str) {
        let refusal = self.refusal.as_deref();
        let mut said = json!({
            "status": refusal.map_or(200, Refusal::status),
            "latency": self.took_ms,
            "error": refusal.map(|refusal| refusal.message.as_str()),
        });
        let is_known = refusal.is_none_or(|refusal| refusal.kind == "ACCESS_DENIED");
        match self.by {
            Guard::Signature if is_known => {
                context["authorize"] = said;
                context["authenticate"] = json!({ "status": 200, "latency": 0 });
            }
            Guard::Signature => context["authenticate"] = said,
            Guard::Function => {
                said["requestId"] = json!(request_id);
                said["integrationLatency"] = json!(self.took_ms);
                said["integrationStatus"] =
                    json!(if is_known { 200 } else { refusal.map_or(200, Refusal::status) });
                for (name, value) in said.as_object().into_iter().flatten() {
                    // What the function itself calls so comes first.
                    if context["authorizer"][name].is_null() {
                        context["authorizer"][name] = value.clone();
                    }
                }
            }
        }
    }
}

/// Lets a request in, or does not.
pub(crate) async fn admit(call: &mut Call) -> Refused<()> {
    let kind = call.method().and_then(|method| method.facts.authorization_type.clone()).unwrap_or_default();
    if kind == "AWS_IAM" {
        let outcome = signed(call);
        call.notes.guarded =
            Some(Guarded { by: Guard::Signature, took_ms: 0, refusal: outcome.clone().err() });
        return outcome;
    }
    if call.api.policy.is_some() {
        match by_policy(call) {
            Decision::Allowed => {}
            Decision::Denied => return Err(denied(call, " with an explicit deny")),
            Decision::Silent => return Err(denied(call, "")),
        }
    }
    match kind.as_str() {
        // What most requests do not need has its own place on the heap, or each would carry it along.
        "CUSTOM" => {
            let begun_ms = call.cloud.clock.now().millis();
            let outcome = Box::pin(authorizer::admit(call)).await;
            let took_ms = call.cloud.clock.now().millis() - begun_ms;
            call.notes.guarded =
                Some(Guarded { by: Guard::Function, took_ms, refusal: outcome.clone().err() });
            outcome
        }
        "NONE" | "" => Ok(()),
        _ => Err(Refusal::internal()),
    }
}

/// A request that must be signed, by somebody who may.
fn signed(call: &mut Call) -> Refused<()> {
    match &call.visit.signer {
        None => return Err(Refusal::new("MISSING_AUTHENTICATION_TOKEN", "Missing Authentication Token")),
        Some(Err(fault)) => return Err(Refusal::new("INVALID_SIGNATURE", fault.message.clone())),
        Some(Ok(signer)) => call.identity.signer = Some(Arc::clone(signer)),
    }
    let own = rights(call, "Invoke");
    let policy = call.api.policy.as_ref().map_or(Decision::Silent, |_| by_policy(call));
    if own == Decision::Denied || policy == Decision::Denied {
        return Err(denied(call, " with an explicit deny"));
    }
    let signer = call.identity.signer.as_deref();
    let is_own = signer.is_some_and(|signer| signer.arn.account_text() == call.scope.account.as_str());
    let allows = [own, policy].map(|said| said == Decision::Allowed);
    match if is_own { allows[0] || allows[1] } else { allows[0] && allows[1] } {
        true => Ok(()),
        false => Err(denied(call, "")),
    }
}

/// What the signer's own rights say.
pub(crate) fn rights(call: &Call, action: &'static str) -> Decision {
    let Some(signer) = &call.identity.signer else { return Decision::Silent };
    let context = call.cloud.context_of_visit(&call.visit, call.scope).signed_by(signer);
    let resources = || call.arn().parse::<Arn>().ok().into_iter().collect();
    context.rights("execute-api", action, &resources)
}

/// What the policy of the API says.
fn by_policy(call: &Call) -> Decision {
    let Some(policy) = &call.api.policy else { return Decision::Silent };
    let signer = call.identity.signer.as_deref();
    let account = call.scope.account;
    let role = signer.and_then(|signer| signer.role.as_ref()).map(Arn::as_str);
    let asker = signer.map_or(Asker::Anonymous, |signer| Asker::Identity {
        account: signer.arn.account_text(),
        arn: signer.arn.as_str(),
        id: &signer.id,
        role,
        is_owner: signer.arn.account_text() == account.as_str(),
    });
    let key = |key: &str| match key.to_ascii_lowercase().as_str() {
        "aws:sourceip" => Some(call.visit.source_ip.to_string()),
        "aws:useragent" => call.header("user-agent").map(str::to_owned),
        "aws:referer" => call.header("referer").map(str::to_owned),
        "aws:securetransport" => Some(call.visit.endpoint.starts_with("https:").to_string()),
        "aws:currenttime" => Some(call.cloud.clock.now().format(wire::TimestampFormat::DateTime)),
        "aws:epochtime" => Some((call.at_ms / 1000).to_string()),
        "aws:principalarn" => signer.map(|signer| signer.arn.to_string()),
        "aws:principalaccount" => signer.map(|signer| signer.arn.account_text().to_owned()),
        _ => None,
    };
    // A resource may leave out what stands before the stage: `execute-api:/stage/GET/path`.
    let arn = call.arn();
    let short = arn.split_once(&format!(":{}/", call.api_id)).map(|(_, rest)| format!("execute-api:/{rest}"));
    let says =
        |resource: &str| policy.decide(&Request { action: "execute-api:Invoke", resource, asker, key: &key });
    match (says(&arn), short.map_or(Decision::Silent, |short| says(&short))) {
        (Decision::Denied, _) | (_, Decision::Denied) => Decision::Denied,
        (Decision::Allowed, _) | (_, Decision::Allowed) => Decision::Allowed,
        _ => Decision::Silent,
    }
}

fn denied(call: &Call, how: &str) -> Box<Refusal> {
    let who = call.identity.signer.as_deref().map_or("anonymous", |signer| signer.arn.as_str());
    let account = call.scope.account.as_str();
    let hidden = format!("********{}", &account[account.len().saturating_sub(4)..]);
    let arn = call.arn().replace(account, &hidden);
    let message =
        format!("User: {who} is not authorized to perform: execute-api:Invoke on resource: {arn}{how}");
    Refusal::new("ACCESS_DENIED", message)
}
