//! Actions of services behind routes, with mapped parameters: a request of the service's own protocol is made of them, and its
//! answer is the route's.

use std::collections::BTreeMap;

use bytes::Bytes;
use form_urlencoded::Serializer;
use http::header::CONTENT_TYPE;
use http::{HeaderMap, HeaderValue};
use names::{Region, Scope};
use serde_json::{Map, Value};
use wire::rest::Labels;
use wire::{Answer, Message, Protocol};

use super::plan::Integration;
use super::source::Template;
use super::{Call, Refusal};
use crate::subtypes::Subtype;

/// Has the service do it.
pub(super) async fn call(call: &Call<'_>, integration: &Integration, name: &str) -> Result<Answer, Refusal> {
    let unknown = || Refusal::failure(format!("no such action here: {name}"));
    let subtype = Subtype::find(name).ok_or_else(unknown)?;
    let directory = call.cloud.directory();
    let service = directory.service(subtype.service).ok_or_else(unknown)?;
    let operation = service.facts().operation(subtype.operation).ok_or_else(unknown)?;
    let mut parameters = values(call, &integration.document.request_parameters);
    let region = parameters.remove("Region").map(|region| region.parse::<Region>());
    let region = region.transpose().map_err(|_| Refusal::failure("the integration's region is none"))?;
    check_json(subtype, &parameters)?;
    let (protocol, kind, body) = match subtype.service {
        "sqs" => (Protocol::AwsQuery, "application/x-www-form-urlencoded", form(subtype, &parameters)),
        _ => (Protocol::AwsJson10, "application/x-amz-json-1.0", json(&parameters)),
    };
    let headers = HeaderMap::from_iter([(CONTENT_TYPE, HeaderValue::from_static(kind))]);
    let (body, labels) = (Bytes::from(body), Labels::default());
    let message = Message {
        method: "POST",
        path: "/",
        query: None,
        headers: &headers,
        body: &body,
        stream: None,
        labels: &labels,
    };
    let region = region.unwrap_or(call.plan.scope.region);
    let scope = Scope { region, ..call.plan.scope };
    let context = call.context_in(scope, integration.document.credentials_arn.as_deref());
    Ok(directory.answer(&context, service, operation, protocol, &message).await)
}

/// Parameters that have a value in this request.
fn values(call: &Call<'_>, parameters: &BTreeMap<String, String>) -> BTreeMap<String, String> {
    let value = |(name, text): (&String, &String)| {
        let value = Template::parse(text).ok()?.value(call, None)?;
        Some((name.clone(), value))
    };
    parameters.iter().filter_map(value).collect()
}

/// Parameters that are lists or maps are JSON: a queue would not look at them otherwise.
fn check_json(subtype: &Subtype, parameters: &BTreeMap<String, String>) -> Result<(), Refusal> {
    for (name, value) in parameters.iter().filter(|_| subtype.service == "sqs") {
        let is_meant = match (name.as_str(), serde_json::from_str::<Value>(value)) {
            ("AttributeNames" | "MessageAttributeNames", said) => said.is_ok_and(|said| said.is_array()),
            ("MessageAttributes" | "MessageSystemAttributes", said) => {
                said.is_ok_and(|said| said.is_object())
            }
            _ => true,
        };
        if !is_meant {
            return Err(Refusal::new(
                400,
                "Bad Request",
                format!("{name} is not the JSON that it should be"),
            ));
        }
    }
    Ok(())
}

/// Members of Step Functions begin with small letters.
fn json(parameters: &BTreeMap<String, String>) -> String {
    let small = |name: &String| {
        let mut letters = name.chars();
        let first = letters.next().map(|letter| letter.to_ascii_lowercase());
        first.into_iter().chain(letters).collect::<String>()
    };
    let members = parameters.iter().map(|(name, value)| (small(name), Value::from(value.as_str())));
    Value::Object(members.collect()).to_string()
}

/// Parameters as SQS has them in forms. Those that are lists or maps come as JSON.
fn form(subtype: &Subtype, parameters: &BTreeMap<String, String>) -> String {
    let mut form = Serializer::new(String::new());
    form.append_pair("Action", subtype.operation);
    for (name, value) in parameters {
        match (name.as_str(), serde_json::from_str::<Value>(value)) {
            ("AttributeNames" | "MessageAttributeNames", Ok(Value::Array(names))) => {
                for (number, one) in names.iter().enumerate() {
                    let key = format!("{}.{}", name.trim_end_matches('s'), number + 1);
                    form.append_pair(&key, one.as_str().unwrap_or_default());
                }
            }
            ("MessageAttributes" | "MessageSystemAttributes", Ok(Value::Object(attributes))) => {
                add_attributes(&mut form, name.trim_end_matches('s'), &attributes);
            }
            _ => drop(form.append_pair(name, value)),
        }
    }
    form.finish()
}

fn add_attributes(form: &mut Serializer<'_, String>, name: &str, attributes: &Map<String, Value>) {
    for (number, (attribute, value)) in attributes.iter().enumerate() {
        let key = format!("{name}.{}", number + 1);
        form.append_pair(&format!("{key}.Name"), attribute);
        for (member, text) in value.as_object().into_iter().flatten() {
            form.append_pair(&format!("{key}.Value.{member}"), text.as_str().unwrap_or_default());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parameters(pairs: &[(&str, &str)]) -> BTreeMap<String, String> {
        pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
    }

    #[test]
    fn forms_of_queues() {
        let subtype = Subtype::find("SQS-SendMessage").unwrap();
        let attributes = r#"{"a": {"DataType": "String", "StringValue": "b c"}}"#;
        let made = form(subtype, &parameters(&[("MessageBody", "ü"), ("MessageAttributes", attributes)]));
        assert_eq!(
            made,
            "Action=SendMessage&MessageAttribute.1.Name=a&MessageAttribute.1.Value.DataType=String\
             &MessageAttribute.1.Value.StringValue=b+c&MessageBody=%C3%BC"
        );
        let made = form(subtype, &parameters(&[("AttributeNames", r#"["All"]"#)]));
        assert_eq!(made, "Action=SendMessage&AttributeName.1=All");
    }

    #[test]
    fn lists_and_maps_are_json() {
        let subtype = Subtype::find("SQS-SendMessage").unwrap();
        let takes = |name: &str, value: &str| check_json(subtype, &parameters(&[(name, value)])).is_ok();
        assert!(takes("MessageBody", "no JSON") && takes("MessageAttributes", "{}"));
        assert!(!takes("MessageAttributes", "a") && !takes("AttributeNames", "{}"));
    }

    #[test]
    fn documents_of_machines() {
        let made = json(&parameters(&[("Input", "{}"), ("StateMachineArn", "a")]));
        assert_eq!(made, r#"{"input":"{}","stateMachineArn":"a"}"#);
    }
}
