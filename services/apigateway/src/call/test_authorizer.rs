//! `TestInvokeAuthorizer`: an authorizer is asked about a request that nobody sent, and nothing of what it says is remembered.

use std::sync::Arc;

use ::service::{Context, Result};
use api_apigateway as api;

use super::authorizer;
use super::begin::Prepared;
use super::compiled::Compiled;
use super::request::Call;
use super::test;
use crate::apis::{self, Owner};
use crate::document::Home;
use crate::errors;
use crate::frozen::Definition;

/// Asks an authorizer.
pub(crate) async fn invoke(
    context: Context,
    input: api::TestInvokeAuthorizerInput,
) -> Result<api::TestInvokeAuthorizerOutput> {
    let more = input.additional_context.as_ref().is_some_and(|more| !more.is_empty());
    errors::refuse(&[("additionalContext", more)])?;
    let (call, authorizer) = prepare(&context, &input)?;
    let said = authorizer::tried(&call, &authorizer).await;
    let took = call.cloud.clock.now().millis() - call.at_ms;
    let status = said.as_ref().map_or_else(|refusal| refusal.status(), |_| 200);
    let lines = call.notes.log.as_ref().map(|log| log.lock().join("\n")).unwrap_or_default();
    let (principal, policy) = said.ok().unzip();
    Ok(api::TestInvokeAuthorizerOutput {
        client_status: Some(status.into()),
        log: Some(lines),
        latency: Some(took),
        principal_id: principal,
        policy,
        authorization: None,
        claims: None,
    })
}

fn prepare(context: &Context, input: &api::TestInvokeAuthorizerInput) -> Result<(Call, api::Authorizer)> {
    let view = context.view();
    let scope = view.scope();
    let api = apis::find(&*view, &scope, &input.rest_api_id)?;
    let authorizer: api::Authorizer = Home::In(&input.rest_api_id).find(&*view, &input.authorizer_id)?;
    let compiled = Arc::new(Compiled::of(Definition::of(&*view, &api)?)?);
    let asked = input.path_with_query_string.as_deref().unwrap_or("/");
    let (path, query) = asked.split_once('?').unwrap_or((asked, ""));
    let request = test::Request {
        verb: "GET",
        path,
        query,
        headers: input.headers.as_ref(),
        many: input.multi_value_headers.as_ref(),
        body: input.body.as_deref(),
    };
    let prepared = Prepared {
        cloud: &context.cloud,
        api_id: input.rest_api_id.clone(),
        api: compiled,
        stage: test::stage(input.stage_variables.clone()),
        deployment: String::new(),
        is_canary: false,
        path: path.to_owned(),
        base: String::new(),
        full_path: path.to_owned(),
    };
    let mut call = prepared.call(test::visit(context, &request), &Owner { scope });
    call.notes.log = Some(parking_lot::Mutex::default());
    call.notes.traces = true;
    call.notes.say(|| format!("Execution log for request {}", call.visit.request_id));
    Ok((call, authorizer))
}
