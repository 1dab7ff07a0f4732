//! Lambda functions behind routes.

use api_lambda as lambda;
use bytes::Bytes;
use http_events::{Place, Request, Signer};
use names::{Arn, Scope};
use service::Context;
use wire::Answer;

use super::authorize::Pass;
use super::mapping::Onward;
use super::plan::Integration;
use super::{Call, Refusal};

/// Calls the function, and makes an answer of what it says.
pub(super) async fn call(call: &Call<'_>, integration: &Integration) -> Result<Answer, Refusal> {
    let document = &integration.document;
    let format = document.payload_format_version.as_str();
    let onward = Onward::of(call, call.visit.forwarded(call.at_ms), &integration.request_steps);
    let request = Request { headers: &onward.headers, query: &onward.query, ..call.request() };
    let mut place = call.place(&call.pass, format);
    place.path = onward.path.unwrap_or(place.path);
    let event = if format == "1.0" { request.version_1(&place) } else { request.version_2(&place) };
    let context = call.context_for(document.credentials_arn.as_deref());
    let function = call.with_stage_variables(&document.uri);
    let payload = invoke(&context, &function, event.to_string().into()).await?;
    Ok(http_events::answer(&payload, format))
}

/// What a function answers.
pub(super) async fn invoke(context: &Context, function: &str, payload: Bytes) -> Result<Bytes, Refusal> {
    let input = lambda::InvokeInput {
        function_name: function.to_owned(),
        payload: Some(payload),
        ..lambda::InvokeInput::default()
    };
    let output = context.call::<lambda::Invoke>(input).await;
    let output = output.map_err(|fault| Refusal::failure(fault.to_string()))?;
    match output.function_error {
        Some(error) => Err(Refusal::failure(format!("The function failed: {error}"))),
        None => Ok(output.payload.unwrap_or_default()),
    }
}

impl Call<'_> {
    /// The request as functions see it.
    pub(super) fn request(&self) -> Request<'_> {
        Request {
            request_id: &self.visit.request_id,
            method: self.visit.method.as_str(),
            host: &self.visit.host,
            query: &self.visit.query,
            headers: &self.visit.headers,
            body: &self.visit.body,
            source_ip: self.visit.source_ip,
            at_ms: self.at_ms,
        }
    }

    /// Where it has arrived. The default stage has no name in the path.
    pub(super) fn place<'p>(&'p self, pass: &'p Pass, format: &str) -> Place<'p> {
        let stage = &self.plan.stage;
        let is_plain = stage.name == "$default";
        let path = match &self.base {
            // Only the old format tells what a domain's mapping has taken off.
            Some(base) if format == "1.0" => format!("{base}{}", self.path),
            _ if is_plain => self.path.clone(),
            _ => format!("/{}{}", stage.name, self.path),
        };
        Place {
            account: self.plan.scope.account.as_str(),
            api: &self.plan.api,
            route_key: self.route.map(|route| route.document.key.as_str()).unwrap_or_default(),
            stage: &stage.name,
            path,
            variables: self.variables.clone(),
            stage_variables: stage.stage_variables.clone(),
            authorizer: pass.in_event(format),
            signer: pass.signer().map(|signer| Signer {
                access_key: signer.access_key_id.as_deref(),
                account: signer.arn.account_text(),
                id: &signer.id,
                arn: signer.arn.as_str(),
            }),
        }
    }

    /// Whoever calls what is behind the API: API Gateway for this route, or a role.
    pub(super) fn context_for(&self, role: Option<&str>) -> Context {
        self.context_in(self.plan.scope, role)
    }

    /// The same in another region.
    pub(super) fn context_in(&self, scope: Scope, role: Option<&str>) -> Context {
        let trace = self.visit.trace(self.at_ms);
        let context = self.cloud.context_of("apigateway", scope).traced(Some(trace));
        match role.and_then(|role| role.parse::<Arn>().ok()) {
            Some(role) => context.in_role(&role, "apigateway"),
            None => context.for_source(self.arn()),
        }
    }

    /// What policies call this request: `…:api/stage/GET/trips/7`.
    pub(super) fn arn(&self) -> Arn {
        let (api, stage) = (&self.plan.api, &self.plan.stage.name);
        let (method, path) = (&self.visit.method, &self.path);
        let scope = &self.plan.scope;
        Arn::in_scope("execute-api", scope, format_args!("{api}/{stage}/{method}{path}"))
    }
}
