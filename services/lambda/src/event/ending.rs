//! What became of an event, as its destination is told.
//!
//! The document is that of <https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-retain-records.html>. Payloads
//! stand in it as they came, byte by byte.

use runtime::Outcome;
use serde_json::{Value, json};
use service::Context;

use super::Event;
use crate::function::Function;
use crate::telling::{Body, Telling};

/// An event that is done with.
pub(super) struct Ending<'a> {
    pub(super) event: &'a Event,
    pub(super) condition: &'static str,
    /// How often the function ran with it.
    pub(super) runs: u32,
    /// Of the last run.
    pub(super) outcome: Option<&'a Outcome>,
}

impl Ending<'_> {
    /// What a destination is told, in the name of the function's role.
    pub(super) fn document(&self, context: &Context, function: &Function, destination: &str) -> Telling {
        let body = Body::Document(self.text(context, function));
        Telling::new(function.scope, &function.name, destination, body).in_role(&function.role)
    }

    fn text(&self, context: &Context, function: &Function) -> String {
        let mut name = self.event.name();
        name.qualifier = name.qualifier.or_else(|| Some("$LATEST".to_owned()));
        let about = json!({
            "requestId": self.event.request_id,
            "functionArn": name.qualified_arn().as_str(),
            "condition": self.condition,
            "approximateInvokeCount": self.runs,
        });
        let mut text = format!(
            r#"{{"version":"1.0","timestamp":"{}","requestContext":{about},"requestPayload":{}"#,
            in_milliseconds(context.now()),
            as_json(&self.event.payload),
        );
        if let Some(outcome) = self.outcome {
            let mut response = json!({ "statusCode": 200, "executedVersion": function.version_text() });
            if let Some(error) = outcome.function_error {
                response["functionError"] = error.into();
            }
            text.push_str(&format!(
                r#","responseContext":{response},"responsePayload":{}"#,
                as_json(&outcome.payload)
            ));
        }
        text.push('}');
        text
    }
}

/// `2026-01-31T12:00:00.123Z`.
pub(crate) fn in_milliseconds(at: wire::Timestamp) -> String {
    let whole = at.format(wire::TimestampFormat::DateTime);
    let seconds = whole.split(['.', 'Z']).next().unwrap_or_default();
    format!("{seconds}.{:03}Z", at.millis().rem_euclid(1000))
}

/// What is no JSON stands as a text.
fn as_json(payload: &[u8]) -> String {
    let text = String::from_utf8_lossy(payload);
    match serde_json::from_str::<serde::de::IgnoredAny>(&text) {
        Ok(_) => text.into_owned(),
        Err(_) => Value::from(text).to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::{as_json, in_milliseconds};

    #[test]
    fn payloads_stay_as_they_came() {
        assert_eq!(
            as_json(br#"{"b": 12345678901234567890123, "a":1.10}"#),
            r#"{"b": 12345678901234567890123, "a":1.10}"#
        );
        assert_eq!(as_json(b"no \"json\""), r#""no \"json\"""#);
        assert_eq!(as_json(b""), r#""""#);
    }

    #[test]
    fn moments_have_milliseconds() {
        assert_eq!(in_milliseconds(wire::Timestamp(1_515_531_081_007)), "2018-01-09T20:51:21.007Z");
        assert_eq!(in_milliseconds(wire::Timestamp(1_515_531_081_000)), "2018-01-09T20:51:21.000Z");
    }
}
