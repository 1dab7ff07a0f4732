//! Functions that decide who may call: TOKEN and REQUEST authorizers, with what they said remembered for a while.

use std::collections::HashMap;
use std::sync::Arc;

use ::service::Cloud;
use api_apigateway as api;
use bytes::Bytes;
use parking_lot::Mutex;
use policy::{Document, Effect, Kind, Patterns, glob};
use serde_json::{Map, Value, json};

use super::lambda::{self, function_of};
use super::mapping;
use super::refusal::{Refusal, Refused};
use super::request::Call;

/// Decisions that are remembered. Beyond that many, those that are over are forgotten, or all.
const REMEMBERED_MAX: usize = 10_000;

/// What an authorizer said.
struct Decision {
    policy: Document,
    /// The policy as it came.
    text: String,
    context: Map<String, Value>,
    usage_key: Option<String>,
}

#[derive(Default)]
struct Remembered(Mutex<HashMap<Key, (i64, Arc<Decision>)>>);

/// API, stage, deployment with authorizer, and what of the request it looked at: what another deployment's authorizer said
/// counts for nothing.
type Key = (String, String, String, String);

/// Forgets what the authorizers of a stage have said.
pub(crate) fn flush(cloud: &Cloud, api: &str, stage: &str) {
    let remembered = cloud.memory.of::<Remembered>();
    remembered.0.lock().retain(|key, _| key.0 != api || key.1 != stage);
}

/// Lets a request in that the method's authorizer lets in.
pub(crate) async fn admit(call: &mut Call) -> Refused<()> {
    let id = call.method().and_then(|method| method.facts.authorizer_id.clone()).unwrap_or_default();
    let api = Arc::clone(&call.api);
    let authorizer = api.authorizers.get(&id).ok_or_else(misconfigured)?;
    let decision = match remembered(call, authorizer)? {
        Ok(decision) => decision,
        Err(key) => {
            let decision = Arc::new(ask(call, authorizer).await?);
            remember(call, authorizer, key, &decision);
            decision
        }
    };
    call.identity.authorizer = Some(decision.context.clone());
    if let Some(key) = &decision.usage_key {
        call.identity.api_key = Some((key.clone(), None));
    }
    match decides(&decision.policy, &call.arn()) {
        Some(Effect::Allow) => Ok(()),
        Some(Effect::Deny) => Err(Refusal::new(
            "ACCESS_DENIED",
            "User is not authorized to access this resource with an explicit deny",
        )),
        None => Err(Refusal::new("ACCESS_DENIED", "User is not authorized to access this resource")),
    }
}

/// What an authorizer says of a request that is only tried: the principal, and the policy.
pub(crate) async fn tried(call: &Call, authorizer: &api::Authorizer) -> Refused<(String, String)> {
    identity(call, authorizer)?;
    let decision = ask(call, authorizer).await?;
    let principal = decision.context.get("principalId").and_then(Value::as_str).unwrap_or_default();
    Ok((principal.to_owned(), decision.text))
}

fn misconfigured() -> Box<Refusal> {
    Refusal::new("AUTHORIZER_CONFIGURATION_ERROR", "")
}

fn unauthorized() -> Box<Refusal> {
    Refusal::new("UNAUTHORIZED", "Unauthorized")
}

fn ttl_ms(authorizer: &api::Authorizer) -> i64 {
    i64::from(authorizer.authorizer_result_ttl_in_seconds.unwrap_or(300)) * 1000
}

fn is_token(authorizer: &api::Authorizer) -> bool {
    authorizer.r#type.as_ref().is_some_and(|kind| kind.as_str() == "TOKEN")
}

/// What was said of the same identity before, or the key under which it will be remembered.
fn remembered(call: &Call, authorizer: &api::Authorizer) -> Refused<Result<Arc<Decision>, Key>> {
    let identity = identity(call, authorizer)?;
    let id = authorizer.id.as_deref().unwrap_or_default();
    let id = format!("{}/{id}", call.deployment);
    let key = (call.api_id.clone(), call.stage_name().to_owned(), id, identity);
    let remembered = call.cloud.memory.of::<Remembered>();
    let found = remembered.0.lock().get(&key).cloned();
    Ok(found.filter(|(until_ms, _)| call.at_ms < *until_ms).map(|(_, decision)| decision).ok_or(key))
}

fn remember(call: &Call, authorizer: &api::Authorizer, key: Key, decision: &Arc<Decision>) {
    let ttl = ttl_ms(authorizer);
    if ttl == 0 {
        return;
    }
    let all = call.cloud.memory.of::<Remembered>();
    let mut all = all.0.lock();
    if all.len() >= REMEMBERED_MAX {
        all.retain(|_, (until_ms, _)| call.at_ms < *until_ms);
        if all.len() >= REMEMBERED_MAX {
            all.clear();
        }
    }
    all.insert(key, (call.at_ms + ttl, Arc::clone(decision)));
}

/// What an authorizer looks at. All of it must be there, unless nothing is remembered.
fn identity(call: &Call, authorizer: &api::Authorizer) -> Refused<String> {
    let sources = authorizer.identity_source.as_deref().unwrap_or_default();
    let mut values = Vec::new();
    for source in sources.split(',').map(str::trim).filter(|source| !source.is_empty()) {
        match mapping::value(call, source, None).filter(|value| !value.is_empty()) {
            Some(value) => values.push(value),
            None if is_token(authorizer) || ttl_ms(authorizer) > 0 => return Err(unauthorized()),
            None => values.push(String::new()),
        }
    }
    let pattern = authorizer.identity_validation_expression.as_deref().filter(|pattern| !pattern.is_empty());
    if let Some(pattern) = pattern.filter(|_| is_token(authorizer)) {
        let pattern = fancy_regex::Regex::new(&format!("^(?:{pattern})$")).map_err(|_| misconfigured())?;
        let token = values.first().map_or("", String::as_str);
        if !pattern.is_match(token).unwrap_or(false) {
            return Err(unauthorized());
        }
    }
    // Where nothing tells clients apart, what was said of one would be said of all.
    if values.is_empty() && ttl_ms(authorizer) > 0 {
        return Err(unauthorized());
    }
    Ok(told_apart(&values))
}

/// Values as one text, which is another one for any other values: those of a query may hold any character.
fn told_apart(values: &[String]) -> String {
    json!(values).to_string()
}

/// Runs the authorizer's function.
async fn ask(call: &Call, authorizer: &api::Authorizer) -> Refused<Decision> {
    let uri = mapping::with_stage_variables(call, authorizer.authorizer_uri.as_deref().unwrap_or_default());
    let function = function_of(&uri).ok_or_else(misconfigured)?;
    let event = Bytes::from(event(call, authorizer).to_string());
    let context = context(call, authorizer);
    let outcome = lambda::run(call, context, function, event, false).await.map_err(|_| misconfigured())?;
    let Some(payload) = outcome.payload() else {
        let said = outcome.failure();
        call.notes.say(|| format!("Execution failed due to an authorizer error: {said}"));
        return Err(if said == "Unauthorized" { unauthorized() } else { misconfigured() });
    };
    read(payload).ok_or_else(|| {
        call.notes.say(|| {
            "Execution failed due to configuration error: Invalid JSON in response of the authorizer".into()
        });
        misconfigured()
    })
}

fn context(call: &Call, authorizer: &api::Authorizer) -> ::service::Context {
    let context = call.cloud.context_of("apigateway", call.scope);
    let role = authorizer.authorizer_credentials.as_deref().and_then(|role| role.parse().ok());
    if let Some(role) = role {
        return context.in_role(&role, "BackplaneAssumeRoleSession");
    }
    let (region, account) = (call.scope.region, call.scope.account);
    let id = authorizer.id.as_deref().unwrap_or_default();
    let source =
        format!("arn:{}:execute-api:{region}:{account}:{}/authorizers/{id}", region.partition(), call.api_id);
    match source.parse() {
        Ok(source) => context.for_source(source),
        Err(_) => context,
    }
}

fn event(call: &Call, authorizer: &api::Authorizer) -> Value {
    if is_token(authorizer) {
        let source = authorizer.identity_source.as_deref().unwrap_or_default();
        let token = mapping::value(call, source, None);
        return json!({ "type": "TOKEN", "methodArn": call.arn(), "authorizationToken": token });
    }
    let mut event = call.event(&Bytes::new());
    event["type"] = "REQUEST".into();
    event["methodArn"] = call.arn().into();
    for name in [
        "headers",
        "multiValueHeaders",
        "queryStringParameters",
        "multiValueQueryStringParameters",
        "pathParameters",
        "stageVariables",
    ] {
        if event[name].is_null() {
            event[name] = json!({});
        }
    }
    if let Value::Object(members) = &mut event {
        members.remove("body");
        members.remove("isBase64Encoded");
    }
    event
}

/// What a function answered, if it is a decision.
fn read(payload: &[u8]) -> Option<Decision> {
    let said: Value = serde_json::from_slice(payload).ok()?;
    let principal = said.get("principalId").filter(|id| id.is_string() || id.is_number())?;
    let principal = principal.as_str().map_or_else(|| principal.to_string(), str::to_owned);
    let policy = said.get("policyDocument")?.to_string();
    let text = policy.clone();
    let policy = Document::parse(Kind::Identity, &policy).ok()?;
    let mut context = match said.get("context") {
        None | Some(Value::Null) => Map::new(),
        Some(Value::Object(context)) => context.clone(),
        Some(_) => return None,
    };
    if context.values().any(|value| value.is_object() || value.is_array()) {
        return None;
    }
    // Functions and templates see texts.
    for value in context.values_mut() {
        if !value.is_string() && !value.is_null() {
            *value = Value::String(value.to_string());
        }
    }
    context.insert("principalId".into(), principal.into());
    let usage_key = said.get("usageIdentifierKey").and_then(Value::as_str).map(str::to_owned);
    Some(Decision { policy, text, context, usage_key })
}

/// What a policy says of calling this method; denials first.
fn decides(policy: &Document, arn: &str) -> Option<Effect> {
    let has = |patterns: &Patterns, matches: &dyn Fn(&String) -> bool| match patterns {
        Patterns::Only(list) => list.iter().any(matches),
        Patterns::AllBut(list) => !list.iter().any(matches),
    };
    let says = |effect: Effect| {
        policy.statements().iter().filter(|statement| statement.effect == effect).any(|statement| {
            let action =
                |pattern: &String| glob::matches(&pattern.to_ascii_lowercase(), "execute-api:invoke");
            let resource = |pattern: &String| glob::matches(pattern, arn);
            has(&statement.actions, &action)
                && statement.resources.as_ref().is_none_or(|resources| has(resources, &resource))
                // A condition that nothing here decides never allows, and always denies.
                && (statement.conditions.is_empty() || effect == Effect::Deny)
        })
    };
    [Effect::Deny, Effect::Allow].into_iter().find(|effect| says(*effect))
}

#[cfg(test)]
mod tests {
    use super::*;

    const ARN: &str = "arn:aws:execute-api:us-east-1:000000000000:a/dev/GET/trips";

    fn said(effect: &str, resource: &str) -> Value {
        json!({ "principalId": "me", "context": { "n": 1, "t": "x" }, "policyDocument": {
            "Version": "2012-10-17",
            "Statement": [{ "Action": "execute-api:Invoke", "Effect": effect, "Resource": resource }],
        } })
    }

    #[test]
    fn policies_decide() {
        for (effect, resource, wanted) in [
            ("Allow", ARN, Some(Effect::Allow)),
            ("Allow", "*", Some(Effect::Allow)),
            ("Allow", "arn:aws:execute-api:*:*:a/dev/GET/*", Some(Effect::Allow)),
            ("Allow", "arn:aws:execute-api:*:*:a/prod/*", None),
            ("Deny", "*", Some(Effect::Deny)),
        ] {
            let decision = read(said(effect, resource).to_string().as_bytes()).unwrap();
            assert_eq!(decides(&decision.policy, ARN), wanted, "{effect} {resource}");
            assert_eq!(Value::Object(decision.context), json!({"n": "1", "t": "x", "principalId": "me"}));
        }
    }

    #[test]
    fn values_do_not_run_into_each_other() {
        let key =
            |values: &[&str]| told_apart(&values.iter().map(|value| (*value).to_owned()).collect::<Vec<_>>());
        let pairs: [(&[&str], &[&str]); 3] =
            [(&["a\nb", "c"], &["a", "b\nc"]), (&["a\",\"b"], &["a", "b"]), (&[""], &[])];
        for (one, other) in pairs {
            assert_ne!(key(one), key(other), "{one:?} {other:?}");
        }
    }

    #[test]
    fn nonsense_is_no_decision() {
        let mut nested = said("Allow", "*");
        nested["context"]["list"] = json!([1]);
        let mut nobody = said("Allow", "*");
        nobody["principalId"] = Value::Null;
        for said in [nested, nobody, json!({}), json!(true), json!({"principalId": "a"})] {
            assert!(read(said.to_string().as_bytes()).is_none(), "{said}");
        }
    }
}
