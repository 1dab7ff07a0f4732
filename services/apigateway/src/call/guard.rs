//! Who may call a method: the API's policy, signatures, authorizers.

use std::sync::Arc;

use names::Arn;
use policy::{Asker, Decision, Request};

use super::authorizer;
use super::refusal::{Refusal, Refused};
use super::request::Call;

/// Lets a request in, or does not.
pub(crate) async fn admit(call: &mut Call) -> Refused<()> {
    let kind = call.method().and_then(|method| method.facts.authorization_type.clone()).unwrap_or_default();
    if kind == "AWS_IAM" {
        return signed(call);
    }
    if call.api.policy.is_some() {
        match by_policy(call) {
            Decision::Allowed => {}
            Decision::Denied => return Err(denied(call, " with an explicit deny")),
            Decision::Silent => return Err(denied(call, "")),
        }
    }
    match kind.as_str() {
        "CUSTOM" => authorizer::admit(call).await,
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
