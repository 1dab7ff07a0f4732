//! What a client gets when no integration answered: gateway responses, as the API has them or as the service does.

use api_apigateway as api;
use serde_json::{Value, json};
use wire::Answer;

use super::mapping;
use super::request::Call;
use crate::gateway_responses::{KINDS, TEMPLATE};

/// Why a request got no further.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Refusal {
    /// The kind of gateway response.
    pub(crate) kind: &'static str,
    pub(crate) message: String,
    /// The status, where the kind leaves it open.
    pub(crate) status: Option<u16>,
    /// What is wrong with a request, one by one.
    pub(crate) details: Option<String>,
}

/// What went wrong, for the log of executions; boxed, for most requests have none.
pub(crate) type Refused<T> = std::result::Result<T, Box<Refusal>>;

impl Refusal {
    pub(crate) fn new(kind: &'static str, message: impl Into<String>) -> Box<Self> {
        Box::new(Refusal { kind, message: message.into(), status: None, details: None })
    }

    /// The API is not set up as it should be, or a function does not do its part.
    pub(crate) fn internal() -> Box<Self> {
        Refusal::new("API_CONFIGURATION_ERROR", "Internal server error")
    }

    /// What is behind the API gave no sense.
    pub(crate) fn bad_gateway() -> Box<Self> {
        Box::new(Refusal { status: Some(502), ..*Refusal::new("DEFAULT_5XX", "Internal server error") })
    }

    pub(crate) fn late() -> Box<Self> {
        Refusal::new("INTEGRATION_TIMEOUT", "Endpoint request timed out")
    }

    /// The status, unless the API says another one.
    pub(crate) fn status(&self) -> u16 {
        let known = KINDS.iter().find(|(kind, ..)| *kind == self.kind).and_then(|(_, status, _)| *status);
        self.status.or(known).unwrap_or(500)
    }

    fn error_type(&self) -> &'static str {
        let known = KINDS.iter().find(|(kind, ..)| *kind == self.kind);
        known.map_or("InternalServerErrorException", |(_, _, name)| name)
    }

    /// What clients read, as JSON; of authorizers that do not do their part, nothing.
    fn said(&self) -> String {
        let said = (!self.message.is_empty()).then_some(self.message.as_str());
        serde_json::to_string(&said).unwrap_or_default()
    }

    /// `$context.error`.
    pub(crate) fn variables(&self) -> Value {
        json!({
            "message": self.message,
            "messageString": self.said(),
            "responseType": self.kind,
            "validationErrorString": self.details,
        })
    }

    /// As the client of a call gets it.
    pub(crate) fn answer(&self, call: &Call) -> Answer {
        let group = if self.status() < 500 { "DEFAULT_4XX" } else { "DEFAULT_5XX" };
        let own = call.api.responses.get(self.kind).or_else(|| call.api.responses.get(group));
        let status = own.and_then(|own| own.status_code.as_deref()?.parse().ok());
        let mut answer = match own {
            Some(own) => self.rendered(call, own),
            None => Answer::json(200, ["{\"message\":", &self.said(), "}"].concat()),
        };
        answer.status = status.unwrap_or_else(|| self.status());
        let kind = http::HeaderValue::from_static(self.error_type());
        answer.headers.insert("x-amzn-errortype", kind);
        for (name, source) in own.into_iter().flat_map(|own| own.response_parameters.iter().flatten()) {
            let Some(name) = name.strip_prefix("gatewayresponse.header.") else { continue };
            let value = mapping::value(call, source, None).unwrap_or_default();
            mapping::set_header(&mut answer.headers, name, &value);
        }
        answer
    }

    /// By the template for what the client accepts, or the first. Nothing there is written in Velocity's language but
    /// names of variables: that is all that API Gateway replaces here.
    fn rendered(&self, call: &Call, own: &api::GatewayResponse) -> Answer {
        let accept = call.header("accept").unwrap_or_default();
        let texts = own.response_templates.as_ref();
        let chosen = texts.and_then(|texts| {
            texts
                .get_key_value(accept)
                .or_else(|| texts.get_key_value("application/json"))
                .or_else(|| texts.iter().next())
        });
        let (kind, text) = chosen.map_or(("application/json", TEMPLATE), |(kind, text)| (kind, text));
        let mut answer = Answer::json(200, mapping::replaced(text, &|name| self.variable(call, name)));
        mapping::set_header(&mut answer.headers, "content-type", kind);
        answer
    }

    fn variable(&self, call: &Call, name: &str) -> Option<String> {
        if let Some(name) = name.strip_prefix("context.error.") {
            let found = &self.variables()[name];
            return Some(found.as_str().map_or_else(|| found.to_string(), str::to_owned));
        }
        mapping::value(call, name, None)
    }
}

/// An answer outside of any API.
pub(crate) fn outside(status: u16, error_type: &'static str, message: &str) -> Answer {
    let mut answer = Answer::json(status, json!({ "message": message }).to_string());
    answer.headers.insert("x-amzn-errortype", http::HeaderValue::from_static(error_type));
    answer
}
