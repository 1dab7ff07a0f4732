//! Integrations: what stands behind routes.

use names::Arn;
use serde_json::Value;
use service::{Result, Tx};
use wire::Fault;

use crate::api::Api;
use crate::call::mapping;
use crate::documents::{self, Members, text};
use crate::parts::Kind;
use crate::socket::checks;
use crate::{errors, subtypes};

/// Integrations.
pub(crate) const KIND: Kind = Kind {
    folder: "integrations",
    above: None,
    id: "integrationId",
    name: "Integration",
    settle,
    reach,
    check_unused,
};

/// Members of integrations, and what OpenAPI documents call them.
pub(crate) const DOCUMENTED: [(&str, &str); 12] = [
    ("integrationUri", "uri"),
    ("integrationMethod", "httpMethod"),
    ("credentialsArn", "credentials"),
    ("payloadFormatVersion", "payloadFormatVersion"),
    ("timeoutInMillis", "timeoutInMillis"),
    ("connectionType", "connectionType"),
    ("connectionId", "connectionId"),
    ("integrationSubtype", "integrationSubtype"),
    ("requestParameters", "requestParameters"),
    ("responseParameters", "responseParameters"),
    ("tlsConfig", "tlsConfig"),
    ("description", "description"),
];

/// The longest wait, and the default, in milliseconds.
const TIMEOUT_MS_MAX: i64 = 30_000;

fn settle(api: &Api, _: &str, members: &mut Members) -> Result<()> {
    documents::default(members, "connectionType", "INTERNET");
    if api.protocol == "WEBSOCKET" {
        errors::refuse(&[("ConnectionType VPC_LINK of WebSocket APIs", is_linked(members))])?;
        check_connection(members)?;
        return Ok(checks::integration(members)?);
    }
    if members.contains_key("integrationResponseSelectionExpression") {
        let name = "integrationResponseSelectionExpression";
        return Err(errors::bad(format!("{name} is not supported for protocol type HTTP")).into());
    }
    // Deployment tools send it whatever the protocol is, and are not shown it again.
    members.remove("passthroughBehavior");
    match text(members, "integrationType").unwrap_or_default() {
        "HTTP_PROXY" if members.contains_key("integrationSubtype") => {
            return Err(errors::bad("IntegrationSubtype is only supported for AWS_PROXY integrations").into());
        }
        "AWS_PROXY" if members.contains_key("integrationSubtype") => {
            let name = text(members, "integrationSubtype").unwrap_or_default().to_owned();
            subtypes::settle(members, &name)?;
        }
        "AWS_PROXY" => settle_function(members)?,
        "HTTP_PROXY" => settle_web(members)?,
        _ => {
            let message = "HTTP APIs support only AWS_PROXY and HTTP_PROXY integrations";
            return Err(errors::bad(message).into());
        }
    }
    settle_timeout(members)?;
    check_connection(members)?;
    Ok(check_mappings(members)?)
}

/// A Lambda function.
fn settle_function(members: &mut Members) -> Result<(), Fault> {
    let uri = checked_function(text(members, "integrationUri"))?;
    members.insert("integrationUri".into(), Value::String(uri));
    members.insert("integrationMethod".into(), "POST".into());
    match text(members, "payloadFormatVersion") {
        Some("1.0" | "2.0") => Ok(()),
        None => Err(errors::bad("PayloadFormatVersion is a required parameter for integration")),
        Some(_) => Err(errors::bad("PayloadFormatVersion must be 1.0 or 2.0")),
    }
}

/// The ARN of a function, also inside of the URI that REST APIs have for it.
pub(crate) fn function_in(uri: &str) -> &str {
    let inner = uri.split_once("/functions/").and_then(|(_, rest)| rest.strip_suffix("/invocations"));
    inner.unwrap_or(uri)
}

/// The same, where it is one.
pub(crate) fn checked_function(uri: Option<&str>) -> Result<String, Fault> {
    let function = function_in(uri.ok_or_else(|| errors::bad("Integration URI is required"))?);
    // Which function is meant may be a stage variable's to say.
    match function.parse::<Arn>() {
        Ok(arn) if arn.service() == "lambda" => Ok(function.to_owned()),
        _ => Err(errors::bad("Invalid Integration URI specified: it must be the ARN of a Lambda function")),
    }
}

/// A server of the web.
fn settle_web(members: &mut Members) -> Result<(), Fault> {
    let uri = text(members, "integrationUri").ok_or_else(|| errors::bad("Integration URI is required"))?;
    errors::refuse(&[(
        "IntegrationUri of a load balancer or of Cloud Map",
        is_linked(members) && uri.starts_with("arn:"),
    )])?;
    if !uri.starts_with("http://") && !uri.starts_with("https://") {
        return Err(errors::bad("Invalid HTTP endpoint specified for URI"));
    }
    if text(members, "integrationMethod").is_none() {
        return Err(errors::bad("HttpMethod is required for HTTP integrations"));
    }
    if text(members, "payloadFormatVersion").is_some_and(|version| version != "1.0") {
        return Err(errors::bad("PayloadFormatVersion must be 1.0"));
    }
    documents::default(members, "payloadFormatVersion", "1.0");
    Ok(())
}

fn settle_timeout(members: &mut Members) -> Result<(), Fault> {
    documents::default(members, "timeoutInMillis", TIMEOUT_MS_MAX);
    match members.get("timeoutInMillis").and_then(Value::as_i64) {
        Some(timeout) if (50..=TIMEOUT_MS_MAX).contains(&timeout) => Ok(()),
        _ => Err(errors::bad(format!("Timeout should be between 50 ms and {TIMEOUT_MS_MAX} ms"))),
    }
}

/// A VPC link stands between.
fn is_linked(members: &Members) -> bool {
    text(members, "connectionType") == Some("VPC_LINK")
}

/// A link is named where one is meant, and only there.
fn check_connection(members: &Members) -> Result<(), Fault> {
    let names = text(members, "connectionId").is_some_and(|id| !id.is_empty());
    match (is_linked(members), names) {
        (true, false) => {
            return Err(errors::bad("ConnectionId is required for integrations of connection type VPC_LINK"));
        }
        (false, true) => {
            return Err(errors::bad(
                "ConnectionId is only supported for integrations of connection type VPC_LINK",
            ));
        }
        _ => {}
    }
    if is_linked(members) && text(members, "integrationType") != Some("HTTP_PROXY") {
        return Err(errors::bad("VPC links are only supported for HTTP_PROXY integrations"));
    }
    errors::refuse(&[("TlsConfig", members.contains_key("tlsConfig"))])
}

/// The link of an integration is there.
fn reach(tx: &Tx<'_>, members: &Members) -> Result<()> {
    match text(members, "connectionId").filter(|_| is_linked(members)) {
        Some(link) => crate::vpc_links::find(&**tx, &tx.scope(), link).map(drop),
        None => Ok(()),
    }
}

/// What is to be done to requests and responses can be read.
fn check_mappings(members: &Members) -> Result<(), Fault> {
    let is_action = members.contains_key("integrationSubtype");
    let parameters = members.get("requestParameters").and_then(Value::as_object).filter(|_| !is_action);
    for (key, value) in parameters.into_iter().flatten() {
        mapping::Step::of_request(key, value.as_str().unwrap_or_default()).map_err(errors::bad)?;
    }
    let responses = members.get("responseParameters").and_then(Value::as_object);
    for (status, steps) in responses.into_iter().flatten() {
        if !status.parse::<u16>().is_ok_and(|status| (200..600).contains(&status)) {
            return Err(errors::bad(format!(
                "Invalid status code specified for response parameters: {status}"
            )));
        }
        for (key, value) in steps.as_object().into_iter().flatten() {
            mapping::Step::of_response(key, value.as_str().unwrap_or_default()).map_err(errors::bad)?;
        }
    }
    errors::refuse(&[
        ("RequestTemplates of HTTP APIs", members.contains_key("requestTemplates")),
        ("ContentHandlingStrategy", members.contains_key("contentHandlingStrategy")),
        ("TemplateSelectionExpression", members.contains_key("templateSelectionExpression")),
    ])
}

fn check_unused(api: &Api, id: &str) -> Result<()> {
    let target = format!("{}/{id}", KIND.folder);
    for (_, route) in api.parts_in("routes") {
        if text(&documents::read(route)?, "target") == Some(target.as_str()) {
            return Err(
                errors::conflict("Cannot delete Integration, there is a Route that targets it").into()
            );
        }
    }
    Ok(())
}
