//! Deliveries to web servers: a POST for each message.
//!
//! Follows "Amazon SNS HTTP/HTTPS headers" in the developer guide. Whoever answers 2xx has the message; 5xx, 429 and no
//! answer are tried again, everything else is a refusal for good. Nobody is redirected.

use std::time::Duration;

use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, header};
use outgoing::{Address, Answer};
use service::Cloud;

use super::refusal::{Receipt, Refusal};

/// How long a server may take to answer.
const ANSWER_MAX: Duration = Duration::from_secs(15);
/// What is kept of an answer for the log, in bytes.
const TEXT_MAX: usize = 1024;

/// Headers of a request, which all begin alike.
pub(crate) struct Labels<'a> {
    /// `Notification`, or a kind of confirmation.
    pub(crate) kind: &'a str,
    pub(crate) message_id: &'a str,
    pub(crate) topic_arn: &'a str,
    pub(crate) subscription_arn: Option<&'a str>,
    pub(crate) content_type: &'a str,
    pub(crate) is_raw: bool,
    pub(crate) trace: Option<&'a str>,
}

/// Posts a body to an endpoint.
pub(crate) async fn post(
    cloud: &Cloud,
    endpoint: &str,
    labels: &Labels<'_>,
    body: String,
) -> Result<Receipt, Refusal> {
    let address = Address::parse(endpoint).ok_or_else(|| Refusal {
        is_final: true,
        status: 0,
        code: "InvalidEndpoint".to_owned(),
        message: "The endpoint is no URL.".to_owned(),
    })?;
    let sent =
        cloud.outside.web.send(Method::POST, &address, labels.headers(), Bytes::from(body), ANSWER_MAX).await;
    match sent {
        Ok(answer) => judged(&answer),
        Err(error) => Err(Refusal {
            is_final: false,
            status: 0,
            code: "Unreachable".to_owned(),
            message: error.to_string(),
        }),
    }
}

fn judged(answer: &Answer) -> Result<Receipt, Refusal> {
    let status = answer.status;
    let shown = answer.body.get(..TEXT_MAX).unwrap_or(&answer.body);
    let text = String::from_utf8_lossy(shown).into_owned();
    if status.is_success() {
        return Ok(Receipt { status: status.as_u16(), text });
    }
    let is_final =
        (status.is_client_error() || status.is_redirection()) && status != StatusCode::TOO_MANY_REQUESTS;
    Err(Refusal {
        is_final,
        status: status.as_u16(),
        code: status.as_str().to_owned(),
        message: format!("The endpoint answered {status}: {text}"),
    })
}

impl Labels<'_> {
    fn headers(&self) -> HeaderMap {
        let mut headers = HeaderMap::new();
        // A value that no header can carry is left out: the body has it as well.
        let mut put = |name: HeaderName, value: &str| {
            HeaderValue::from_str(value).map(|value| headers.insert(name, value)).ok();
        };
        put(HeaderName::from_static("x-amz-sns-message-type"), self.kind);
        put(HeaderName::from_static("x-amz-sns-message-id"), self.message_id);
        put(HeaderName::from_static("x-amz-sns-topic-arn"), self.topic_arn);
        if let Some(arn) = self.subscription_arn {
            put(HeaderName::from_static("x-amz-sns-subscription-arn"), arn);
        }
        if self.is_raw {
            put(HeaderName::from_static("x-amz-sns-rawdelivery"), "true");
        }
        if let Some(trace) = self.trace {
            put(HeaderName::from_static("x-amzn-trace-id"), trace);
        }
        put(header::CONTENT_TYPE, self.content_type);
        put(header::USER_AGENT, "Amazon Simple Notification Service Agent");
        headers
    }
}
