//! Facts of the API and of all its operations, and a type for each operation that is written.

use crate::Error;
use crate::code::{Code, optional};
use crate::errors;
use crate::facts::{Facts, Operation};
use crate::model::{Model, Side};
use crate::names::pascal;
use crate::schema;

/// Writes facts and operations.
pub(crate) fn write(code: &mut Code, model: &Model<'_>) {
    write_service(code, model.facts);
    code.enclosed("pub static OPERATIONS: &[::wire::OperationFacts] = &[", "];", |code| {
        for (name, operation) in &model.facts.operations {
            let written = model.operations.contains_key(name.as_str()).then_some(model);
            code.enclosed("::wire::OperationFacts {", "},", |code| {
                write_facts(code, name, operation, written)
            });
        }
    });
    for (index, name) in model.facts.operations.keys().enumerate() {
        if model.operations.contains_key(name.as_str()) {
            write_type(code, name, index);
        }
    }
}

fn write_service(code: &mut Code, facts: &Facts) {
    code.enclosed("pub static FACTS: ::wire::ServiceFacts = ::wire::ServiceFacts {", "};", |code| {
        code.line(format!("name: {:?},", facts.service));
        code.line(format!("service_id: {:?},", facts.service_id));
        code.line(format!("signing_name: {:?},", facts.signing_name));
        code.line(format!("endpoint_prefix: {:?},", facts.endpoint_prefix));
        code.line(format!("api_version: {:?},", facts.api_version));
        code.line(format!("protocols: &[{}],", protocols(facts).join(", ")));
        code.line(format!("target_prefix: {},", optional(facts.target_prefix.as_deref())));
        code.line(format!("xml_namespace: {},", optional(facts.xml_namespace.as_deref())));
        code.line(format!("query_compatible: {},", facts.query_compatible));
        code.line(format!("bare_errors: {},", facts.bare_errors));
        code.line(format!("answer_crc32: {},", facts.answer_crc32));
        code.line("operations: OPERATIONS,");
    });
}

/// The protocols, the preferred one first. Their names were checked when the facts were read.
fn protocols(facts: &Facts) -> Vec<String> {
    let others = facts.protocols.iter().filter(|name| **name != facts.protocol);
    let all = std::iter::once(&facts.protocol).chain(others);
    let variants = all.filter_map(|name| protocol(name, facts.json_version.as_deref()));
    variants.map(|variant| format!("::wire::Protocol::{variant}")).collect()
}

fn protocol(name: &str, json_version: Option<&str>) -> Option<&'static str> {
    Some(match (name, json_version) {
        ("json", Some("1.0")) => "AwsJson10",
        ("json", _) => "AwsJson11",
        ("rest-json", _) => "RestJson1",
        ("rest-xml", _) => "RestXml",
        ("query", _) => "AwsQuery",
        ("ec2", _) => "Ec2Query",
        ("smithy-rpc-v2-cbor", _) => "RpcV2Cbor",
        _ => return None,
    })
}

/// Refuses facts that speak a protocol that nobody knows.
pub(crate) fn check_protocols(facts: &Facts) -> Result<(), Error> {
    let mut all = std::iter::once(&facts.protocol).chain(&facts.protocols);
    match all.find(|name| protocol(name, None).is_none()) {
        Some(unknown) => Err(Error::Facts(format!("the protocol {unknown} is unknown"))),
        None => Ok(()),
    }
}

/// The facts of one operation; its shapes and errors only where it is written.
fn write_facts(code: &mut Code, name: &str, operation: &Operation, written: Option<&Model<'_>>) {
    let http = &operation.http;
    let (method, uri, status) = (&http.method, &http.request_uri, http.response_code.unwrap_or(200));
    code.line(format!("name: {name:?},"));
    code.line(format!("http: ::wire::Http {{ method: {method:?}, uri: {uri:?}, status: {status} }},"));
    for side in Side::BOTH {
        let field = if side == Side::Input { "input" } else { "output" };
        let top = written.map(|model| schema::top(model, name, operation, side));
        code.line(format!(
            "{field}: {},",
            top.map_or_else(|| "None".into(), |path| format!("Some(&{path})"))
        ));
    }
    code.line(format!("result_wrapper: {},", optional(operation.output_wrapper.as_deref())));
    let errors: Vec<String> = written
        .iter()
        .flat_map(|_| &operation.errors)
        .map(|error| format!("&{}", errors::path(error)))
        .collect();
    code.line(format!("errors: &[{}],", errors.join(", ")));
    code.line(format!("unsigned: {},", operation.is_unsigned()));
    code.line(format!("checksum: ::wire::BodyChecksum::{},", operation.body_checksum()));
}

fn write_type(code: &mut Code, name: &str, index: usize) {
    let type_name = pascal(name);
    code.line(format!("pub struct {type_name};"));
    code.block(format!("impl ::wire::Operation for {type_name}"), |code| {
        code.line(format!("type Input = {};", Side::Input.type_name(name)));
        code.line(format!("type Output = {};", Side::Output.type_name(name)));
        code.line(format!("const FACTS: &'static ::wire::OperationFacts = &OPERATIONS[{index}];"));
        code.line("const SERVICE: &'static ::wire::ServiceFacts = &FACTS;");
    });
}
