//! The WebSocket by which pages hear how it stands with their trips: `{"action": "follow", "trip": id}`.

use anyhow::{Context as _, Result};
use aws_sdk_apigatewayv2::Client;
use aws_sdk_apigatewayv2::types::{IntegrationType, ProtocolType};

const STAGE: &str = "prod";

/// The API, without anything behind it yet: its id.
pub async fn create(apis: &Client) -> Result<String> {
    let create = apis.create_api().name("news").protocol_type(ProtocolType::Websocket);
    let made = create.route_selection_expression("$request.body.action").send().await?;
    made.api_id.context("an API without an id")
}

/// Puts the function behind it.
pub async fn deploy(apis: &Client, api: &str, function: &str) -> Result<()> {
    let uri = format!("arn:aws:apigateway:us-east-1:lambda:path/2015-03-31/functions/{function}/invocations");
    let create = apis.create_integration().api_id(api).integration_type(IntegrationType::AwsProxy);
    let integration = create.integration_uri(uri).integration_method("POST").send().await?;
    let target = format!("integrations/{}", integration.integration_id.unwrap_or_default());
    apis.create_route().api_id(api).route_key("follow").target(target).send().await?;
    apis.create_stage().api_id(api).stage_name(STAGE).auto_deploy(true).send().await?;
    Ok(())
}

/// Where pages connect to it, in a cloud with that URL.
pub fn address(url: &str, api: &str) -> String {
    format!("{}/_aws/execute-api/{api}/{STAGE}", url.replacen("http", "ws", 1))
}
