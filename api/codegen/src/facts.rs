//! `apis/<service>.json` as Rust values: exactly what code is made of, and no more.

use std::collections::BTreeMap;

use serde::Deserialize;

use crate::Error;

/// An API.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Facts {
    pub(crate) service: String,
    pub(crate) api_version: String,
    pub(crate) endpoint_prefix: String,
    pub(crate) signing_name: String,
    pub(crate) service_id: String,
    pub(crate) protocol: String,
    pub(crate) protocols: Vec<String>,
    pub(crate) json_version: Option<String>,
    pub(crate) target_prefix: Option<String>,
    pub(crate) xml_namespace: Option<String>,
    #[serde(default)]
    pub(crate) query_compatible: bool,
    #[serde(default)]
    pub(crate) bare_errors: bool,
    #[serde(default)]
    pub(crate) answer_crc32: bool,
    pub(crate) operations: BTreeMap<String, Operation>,
    pub(crate) shapes: BTreeMap<String, Shape>,
}

/// An operation.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Operation {
    pub(crate) http: Http,
    pub(crate) input: Option<String>,
    /// The element around the input in XML.
    pub(crate) input_location_name: Option<String>,
    pub(crate) input_xml_namespace: Option<XmlNamespace>,
    pub(crate) output: Option<String>,
    pub(crate) output_wrapper: Option<String>,
    #[serde(default)]
    pub(crate) errors: Vec<String>,
    pub(crate) authtype: Option<String>,
    #[serde(default)]
    pub(crate) auth: Vec<String>,
    pub(crate) http_checksum: Option<HttpChecksum>,
    #[serde(default)]
    pub(crate) http_checksum_required: bool,
}

/// How an operation's bodies are checked.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(crate) struct HttpChecksum {
    pub(crate) request_algorithm_member: Option<String>,
    pub(crate) request_checksum_required: bool,
}

/// How a REST protocol finds an operation.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Http {
    pub(crate) method: String,
    pub(crate) request_uri: String,
    pub(crate) response_code: Option<u16>,
}

/// A shape.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(crate) struct Shape {
    #[serde(rename = "type")]
    pub(crate) kind: String,
    pub(crate) members: Vec<Member>,
    pub(crate) required: Vec<String>,
    pub(crate) payload: Option<String>,
    pub(crate) member: Option<Member>,
    pub(crate) key: Option<Member>,
    pub(crate) value: Option<Member>,
    pub(crate) min: Option<f64>,
    pub(crate) max: Option<f64>,
    pub(crate) pattern: Option<String>,
    #[serde(rename = "enum")]
    pub(crate) values: Vec<String>,
    pub(crate) flattened: bool,
    pub(crate) sparse: bool,
    pub(crate) streaming: bool,
    pub(crate) sensitive: bool,
    pub(crate) union: bool,
    pub(crate) document: bool,
    #[serde(rename = "eventstream")]
    pub(crate) event_stream: bool,
    pub(crate) fault: bool,
    pub(crate) exception: bool,
    pub(crate) error: Option<ErrorTrait>,
    pub(crate) location_name: Option<String>,
    pub(crate) xml_namespace: Option<XmlNamespace>,
    pub(crate) timestamp_format: Option<String>,
}

/// A member of a structure, or the inside of a list or map.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(crate) struct Member {
    /// Empty for the inside of a list or map.
    pub(crate) name: String,
    pub(crate) shape: String,
    pub(crate) location: Option<String>,
    pub(crate) location_name: Option<String>,
    pub(crate) query_name: Option<String>,
    pub(crate) flattened: bool,
    pub(crate) xml_attribute: bool,
    pub(crate) xml_namespace: Option<XmlNamespace>,
    pub(crate) streaming: bool,
    #[serde(rename = "jsonvalue")]
    pub(crate) json: bool,
    pub(crate) idempotency_token: bool,
    pub(crate) timestamp_format: Option<String>,
    pub(crate) host_label: bool,
    #[serde(rename = "eventheader")]
    pub(crate) event_header: bool,
    #[serde(rename = "eventpayload")]
    pub(crate) event_payload: bool,
    /// A correction: the service words the refusal itself.
    pub(crate) unchecked: bool,
}

/// How an error of the model is answered.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ErrorTrait {
    pub(crate) code: Option<String>,
    pub(crate) http_status_code: Option<u16>,
    pub(crate) sender_fault: Option<bool>,
}

/// A namespace of XML.
#[derive(Debug, Deserialize)]
pub(crate) struct XmlNamespace {
    #[serde(default)]
    pub(crate) prefix: String,
    pub(crate) uri: String,
}

impl Facts {
    /// Reads facts.
    pub(crate) fn parse(text: &str) -> Result<Self, Error> {
        serde_json::from_str(text).map_err(|error| Error::Facts(error.to_string()))
    }
}

impl Operation {
    /// Whether clients call it without a signature.
    pub(crate) fn is_unsigned(&self) -> bool {
        self.authtype.as_deref() == Some("none")
            || self.auth.iter().any(|scheme| scheme == "smithy.api#noAuth")
    }
}

impl Operation {
    /// What becomes of a checksum of its body.
    pub(crate) fn body_checksum(&self) -> &'static str {
        let trait_ = self.http_checksum.as_ref();
        if self.http_checksum_required || trait_.is_some_and(|checksum| checksum.request_checksum_required) {
            "Required"
        } else if trait_.is_some_and(|checksum| checksum.request_algorithm_member.is_some()) {
            "Checked"
        } else {
            "Ignored"
        }
    }
}

impl Shape {
    /// Whether it becomes a Rust struct or, as a union, a Rust enum with values.
    pub(crate) fn is_structure(&self) -> bool {
        self.kind == "structure" && !self.document
    }

    /// Whether exactly one member is present: a union, or an event of a stream.
    pub(crate) fn is_union(&self) -> bool {
        self.is_structure() && (self.union || self.event_stream) && !self.members.is_empty()
    }

    /// Whether it becomes a Rust enum.
    pub(crate) fn is_enumeration(&self) -> bool {
        self.kind == "string" && !self.values.is_empty()
    }

    /// Whether a member must come.
    pub(crate) fn requires(&self, member: &Member) -> bool {
        self.required.contains(&member.name)
    }

    /// Where the values of the shape contain other shapes: members, or the inside of a list or map without its keys.
    pub(crate) fn values_inside(&self) -> impl Iterator<Item = &Member> {
        self.members.iter().chain(&self.member).chain(&self.value)
    }
}

#[cfg(test)]
mod tests {
    use super::Operation;

    #[test]
    fn operations_say_whether_bodies_are_checked() {
        let checksum = |traits: &str| {
            let text = format!(r#"{{ "http": {{ "method": "PUT", "requestUri": "/" }}{traits} }}"#);
            serde_json::from_str::<Operation>(&text).unwrap().body_checksum()
        };
        assert_eq!(checksum(""), "Ignored");
        assert_eq!(checksum(r#", "httpChecksumRequired": true"#), "Required");
        assert_eq!(checksum(r#", "httpChecksum": { "requestAlgorithmMember": "A" }"#), "Checked");
        let required =
            r#", "httpChecksum": { "requestAlgorithmMember": "A", "requestChecksumRequired": true }"#;
        assert_eq!(checksum(required), "Required");
        assert_eq!(checksum(r#", "httpChecksum": { "requestValidationModeMember": "A" }"#), "Ignored");
    }
}
