//! Access logs: a line for each request that a stage has answered, in the format that it wants.

use std::sync::Arc;

use ::service::{Cloud, Lines, log_group_in};
use http_events::replaced;
use names::Scope;
use serde::Deserialize;
use wire::Answer;

use super::Call;

/// Where lines go, and what they say.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct AccessLog {
    #[serde(default)]
    destination_arn: String,
    #[serde(default)]
    format: String,
}

impl AccessLog {
    /// Writes a line; a variable that has no value is a dash.
    pub(crate) fn write(
        &self,
        cloud: &Arc<Cloud>,
        scope: Scope,
        at_ms: i64,
        variable: &dyn Fn(&str) -> Option<String>,
    ) {
        let Some(group) = log_group_in(&self.destination_arn) else { return };
        let line = replaced(&self.format, &|name| {
            let value = name.strip_prefix("context.").and_then(variable).filter(|value| !value.is_empty());
            Some(value.unwrap_or_else(|| "-".to_owned()))
        });
        let lines = Lines {
            group: group.to_owned(),
            stream: "apigateway",
            lines: vec![line],
            at_ms,
            makes_group: false,
        };
        lines.send(cloud.context_of("apigateway", scope));
    }
}

/// Notes a request that was answered.
pub(super) fn write(call: &Call<'_>, answer: &Answer) {
    let Some(log) = &call.plan.stage.access_log_settings else { return };
    let took_ms = call.cloud.clock.now().millis() - call.at_ms;
    log.write(call.cloud, call.plan.scope, call.at_ms, &|name| match name {
        "status" => Some(answer.status.to_string()),
        "responseLength" => answer.body.length().map(|length| length.to_string()),
        "dataProcessed" => {
            let sent = answer.body.length().unwrap_or_default();
            Some((call.visit.body.len() as u64 + sent).to_string())
        }
        "responseLatency" => Some(took_ms.to_string()),
        _ => call.context(name),
    });
}
