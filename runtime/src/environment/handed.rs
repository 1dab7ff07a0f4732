//! An event as it is handed over: headers for the function, a document for its extensions.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use http::HeaderValue;

use super::api::Event;
use super::extensions;
use crate::Invocation;

fn deadline_ms(allowance: Duration) -> u64 {
    let deadline = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default() + allowance;
    deadline.as_millis() as u64
}

/// The event as extensions hear of it.
pub(super) fn told(invocation: &Invocation, allowance: Duration) -> serde_json::Value {
    serde_json::json!({
        "eventType": extensions::Event::Invoke.name(),
        "deadlineMs": deadline_ms(allowance),
        "requestId": invocation.request_id,
        "invokedFunctionArn": invocation.function_arn,
        "tracing": { "type": "X-Amzn-Trace-Id", "value": invocation.trace_id },
    })
}

pub(super) fn event(invocation: &Invocation, allowance: Duration) -> Event {
    let mut headers = vec![("lambda-runtime-deadline-ms", HeaderValue::from(deadline_ms(allowance)))];
    let texts = [
        ("lambda-runtime-invoked-function-arn", Some(&invocation.function_arn)),
        ("lambda-runtime-trace-id", invocation.trace_id.as_ref()),
        ("lambda-runtime-client-context", invocation.client_context.as_ref()),
        ("lambda-runtime-cognito-identity", invocation.cognito_identity.as_ref()),
    ];
    for (name, text) in texts {
        headers.extend(
            text.and_then(|text| HeaderValue::from_str(&header_text(text)).ok()).map(|value| (name, value)),
        );
    }
    Event { payload: invocation.payload.clone(), headers, request_id: invocation.request_id.clone() }
}

/// A JSON text as a header can carry it: escapes for what is not ASCII, spaces for line ends.
fn header_text(text: &str) -> String {
    let mut line = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            ' '..='~' => line.push(character),
            control if control.is_ascii_control() => line.push(' '),
            other => {
                let mut units = [0; 2];
                line.extend(other.encode_utf16(&mut units).iter().map(|unit| format!("\\u{unit:04x}")));
            }
        }
    }
    line
}

#[cfg(test)]
mod tests {
    use super::header_text;

    #[test]
    fn a_header_carries_any_json_text() {
        let text = "{\n\"name\": \"Zoë 🦀\"}";
        let header = header_text(text);
        assert!(header.bytes().all(|byte| (b' '..=b'~').contains(&byte)), "{header}");
        let (sent, got): (serde_json::Value, serde_json::Value) =
            (serde_json::from_str(text).unwrap(), serde_json::from_str(&header).unwrap());
        assert_eq!(sent, got);
    }
}
