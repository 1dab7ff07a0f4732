//! What functions answer, as HTTP.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http::header::{CONNECTION, CONTENT_LENGTH, TRANSFER_ENCODING};
use http::{HeaderName, HeaderValue};
use serde_json::{Map, Value};
use wire::Answer;

/// The answer for a function that failed, or answered what no client can be given.
#[must_use]
pub fn failure() -> Answer {
    Answer::json(500, r#"{"message":"Internal Server Error"}"#)
}

/// The answer that a function's payload stands for. With payload format 2.0, what has no `statusCode` is itself the body.
#[must_use]
pub fn answer(payload: &[u8], format: &str) -> Answer {
    match serde_json::from_slice::<Value>(payload) {
        Ok(Value::Object(outcome)) if outcome.contains_key("statusCode") => {
            described(&outcome).unwrap_or_else(failure)
        }
        Ok(Value::String(text)) if format == "2.0" => Answer::json(200, text),
        Ok(_) if format == "2.0" => Answer::json(200, payload.to_vec()),
        _ => failure(),
    }
}

/// The answer that such a description stands for; none for one that no client can be given.
#[must_use]
pub fn described(outcome: &Map<String, Value>) -> Option<Answer> {
    let status = match outcome.get("statusCode")? {
        Value::Number(number) => number.as_u64()?,
        Value::String(text) => text.parse().ok()?,
        _ => return None,
    };
    let status = u16::try_from(status).ok().filter(|status| (100..1000).contains(status))?;
    let body = match outcome.get("body") {
        None | Some(Value::Null) => Vec::new(),
        Some(Value::String(text)) if outcome.get("isBase64Encoded") == Some(&Value::Bool(true)) => {
            STANDARD.decode(text).ok()?
        }
        Some(Value::String(text)) => text.clone().into_bytes(),
        Some(_) => return None,
    };
    let mut answer = Answer::json(status, body);
    answer.headers.insert(http::header::CONTENT_TYPE, HeaderValue::from_static("text/plain; charset=utf-8"));
    if let Some(Value::Object(headers)) = outcome.get("headers") {
        for (name, value) in headers {
            answer.headers.insert(header_name(name)?, header_value(value)?);
        }
    }
    if let Some(Value::Object(headers)) = outcome.get("multiValueHeaders") {
        for (name, values) in headers {
            let name = header_name(name)?;
            answer.headers.remove(&name);
            for value in values.as_array()? {
                answer.headers.append(name.clone(), header_value(value)?);
            }
        }
    }
    for cookie in outcome.get("cookies").and_then(Value::as_array).into_iter().flatten() {
        answer.headers.append(http::header::SET_COOKIE, header_value(cookie)?);
    }
    // How long a body is, and how it is sent, is not the function's to say.
    for name in [CONTENT_LENGTH, TRANSFER_ENCODING, CONNECTION] {
        answer.headers.remove(name);
    }
    Some(answer)
}

fn header_name(name: &str) -> Option<HeaderName> {
    HeaderName::from_bytes(name.as_bytes()).ok()
}

fn header_value(value: &Value) -> Option<HeaderValue> {
    let text = match value {
        Value::String(text) => text.clone(),
        Value::Number(_) | Value::Bool(_) => value.to_string(),
        _ => return None,
    };
    HeaderValue::from_bytes(text.as_bytes()).ok()
}

#[cfg(test)]
mod tests {
    use super::answer;

    fn told(payload: &str, format: &str) -> (u16, String) {
        let answer = answer(payload.as_bytes(), format);
        (answer.status, String::from_utf8(answer.body.whole().unwrap().to_vec()).unwrap())
    }

    #[test]
    fn a_described_answer_is_followed() {
        let payload = r#"{"statusCode":201,"headers":{"X-A":"1","content-type":"a/b"},"cookies":["c=d","e=f"],"body":"aGk=","isBase64Encoded":true}"#;
        let answer = answer(payload.as_bytes(), "2.0");
        assert_eq!((answer.status, &answer.body.whole().unwrap()[..]), (201, &b"hi"[..]));
        assert_eq!(answer.headers["x-a"], "1");
        assert_eq!(answer.headers["content-type"], "a/b");
        assert_eq!(answer.headers.get_all("set-cookie").iter().count(), 2);
    }

    #[test]
    fn what_is_not_described_is_the_body_of_format_2_alone() {
        assert_eq!(told(r#"{"a":1}"#, "2.0"), (200, r#"{"a":1}"#.into()));
        assert_eq!(told(r#""text""#, "2.0"), (200, "text".into()));
        assert_eq!(told(r#"{"a":1}"#, "1.0").0, 500);
    }

    #[test]
    fn how_long_a_body_is_is_not_for_a_function_to_say() {
        let payload = r#"{"statusCode":200,"headers":{"Content-Length":"5","transfer-encoding":"chunked"},"multiValueHeaders":{"connection":["close"]},"body":"hello world"}"#;
        let answer = answer(payload.as_bytes(), "1.0");
        assert_eq!(answer.headers.len(), 1, "{:?}", answer.headers);
    }

    #[test]
    fn nonsense_is_a_server_error() {
        for payload in [
            r#"{"statusCode":"x"}"#,
            r#"{"statusCode":9}"#,
            r#"{"statusCode":200,"headers":{"a b":"c"}}"#,
            r#"{"statusCode":200,"body":{}}"#,
        ] {
            assert_eq!(told(payload, "2.0").0, 500, "{payload}");
        }
    }
}
