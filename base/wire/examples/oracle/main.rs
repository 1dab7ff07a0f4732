//! Lets a test in another language use the codecs: reads commands from its input, a line of JSON each, and answers each
//! with a line. It never ships; `tests/e2e/test_wire.py` compares it with botocore's own serialisers and parsers.
//!
//! Schemas are built here from facts, for every operation of an API, written or not, and without constraints.

mod document;
mod schema;

use std::collections::HashMap;
use std::io::{self, BufRead as _, Write as _};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use cloudlet_wire::rest::{Labels, Router};
use cloudlet_wire::{
    Checks, Document, Fault, Message, OperationFacts, Protocol, ServiceFacts, event_stream, read_input,
    write_fault, write_output,
};
use http::{HeaderMap, HeaderName, HeaderValue};
use serde_json::{Value, json};

type Failure = Box<dyn std::error::Error>;

/// An API that was learnt.
struct Api {
    facts: &'static ServiceFacts,
    router: Router,
}

fn main() -> Result<(), Failure> {
    let mut apis = HashMap::new();
    let mut out = io::stdout().lock();
    for line in io::stdin().lock().lines() {
        let answer = match serde_json::from_str(&line?)
            .map_err(Failure::from)
            .and_then(|command| obey(&mut apis, &command))
        {
            Ok(answer) => answer,
            Err(failure) => json!({ "failure": failure.to_string() }),
        };
        writeln!(out, "{answer}")?;
        out.flush()?;
    }
    Ok(())
}

fn obey(apis: &mut HashMap<String, Api>, command: &Value) -> Result<Value, Failure> {
    let name = text(command, "service")?;
    if text(command, "do")? == "learn" {
        let facts = schema::service(&command["facts"]);
        let router = Router::new(facts.operations);
        apis.insert(name.to_owned(), Api { facts, router });
        return Ok(json!({ "operations": facts.operations.len() }));
    }
    let api = apis.get(name).ok_or("a service that was not learnt")?;
    let operation = api.facts.operation(text(command, "operation")?).ok_or("no such operation")?;
    let protocol = schema::protocol(text(command, "protocol")?, command["jsonVersion"].as_str())
        .ok_or("no such protocol")?;
    match text(command, "do")? {
        "read" => read(api, operation, protocol, command),
        "write" => write(api, operation, protocol, command),
        "fault" => fault(api, protocol, command),
        "event" => event(operation, protocol, command),
        other => Err(format!("nobody knows how to {other}").into()),
    }
}

fn read(
    api: &Api,
    operation: &'static OperationFacts,
    protocol: Protocol,
    command: &Value,
) -> Result<Value, Failure> {
    let (method, path, query) = (text(command, "method")?, text(command, "path")?, command["query"].as_str());
    let headers = headers(&command["headers"])?;
    let body = Bytes::from(STANDARD.decode(text(command, "body")?)?);
    let is_rest = matches!(protocol, Protocol::RestJson1 | Protocol::RestXml);
    let route = is_rest.then(|| api.router.find(method, path, query, &headers)).flatten();
    let routed = route.as_ref().map(|route| route.operation.name);
    let labels = match route {
        Some(route) if routed == Some(operation.name) => route.labels,
        // Another operation at the same address: only the labels matter, and they are found without the other.
        _ if is_rest => {
            let alone = Router::new(std::slice::from_ref(operation));
            alone
                .find(method, path, query, &headers)
                .map(|route| route.labels)
                .ok_or("no operation has that address")?
        }
        _ => Labels::default(),
    };
    let message =
        Message { method, path, query, headers: &headers, body: &body, stream: None, labels: &labels };
    Ok(match read_input::<Document>(protocol, api.facts, operation, &message) {
        Ok(input) => json!({ "document": document::to_json(&input), "routed": routed }),
        Err(fault) => json!({ "fault": fault.to_string() }),
    })
}

fn write(
    api: &Api,
    operation: &'static OperationFacts,
    protocol: Protocol,
    command: &Value,
) -> Result<Value, Failure> {
    let output = document::of_json(&command["document"])?;
    answer(write_output(protocol, api.facts, operation, &output, "request-1"))
}

fn fault(api: &Api, protocol: Protocol, command: &Value) -> Result<Value, Failure> {
    let status = u16::try_from(command["status"].as_u64().ok_or("no status")?)?;
    let fault = Fault::new(text(command, "code")?.to_owned(), status, text(command, "message")?);
    answer(write_fault(protocol, api.facts, &fault, "request-1"))
}

/// An event of the stream that the operation's output has, written and read again.
fn event(operation: &'static OperationFacts, protocol: Protocol, command: &Value) -> Result<Value, Failure> {
    let members = operation.output.map(|shape| shape.members()).unwrap_or_default();
    let stream = members.iter().find(|member| schema::is_stream(member.shape)).ok_or("no stream")?.shape;
    let value = document::of_json(&command["document"])?;
    let frame = event_stream::event(protocol, stream, &value).ok_or("no event")?;
    let read: Document = event_stream::read_event(protocol, stream, &frame, &mut Checks::default())?;
    Ok(json!({ "body": STANDARD.encode(frame.encode()?), "document": document::to_json(&read) }))
}

fn answer(answer: cloudlet_wire::Answer) -> Result<Value, Failure> {
    let headers: Result<Vec<_>, _> = answer
        .headers
        .iter()
        .map(|(name, value)| value.to_str().map(|value| json!([name.as_str(), value])))
        .collect();
    Ok(
        json!({ "status": answer.status, "headers": headers?, "body": STANDARD.encode(answer.body.whole().unwrap_or_default()) }),
    )
}

fn headers(pairs: &Value) -> Result<HeaderMap, Failure> {
    let mut headers = HeaderMap::new();
    for pair in pairs.as_array().ok_or("no headers")? {
        let name = HeaderName::from_bytes(pair[0].as_str().ok_or("no name")?.as_bytes())?;
        headers.append(name, HeaderValue::from_bytes(pair[1].as_str().ok_or("no value")?.as_bytes())?);
    }
    Ok(headers)
}

fn text<'a>(command: &'a Value, name: &str) -> Result<&'a str, Failure> {
    command[name].as_str().ok_or_else(|| format!("the command has no {name}").into())
}
