//! APIs are made, shown and deleted.

use api_apigatewayv2 as model;
use service::{Result, Tx, View, scope_and_name};
use store::{Direction, Reads};
use wire::Timestamp;

use crate::api::{self, HttpApi, Integration, Route, Stage};
use crate::tags::{self, TAGGING};
use crate::{errors, integrations, keys, routes};

/// How an HTTP API selects routes; it cannot be changed.
const ROUTE_SELECTION: &str = "$request.method $request.path";

/// The same members under another name: the model repeats an API's members in each output.
macro_rules! output {
    ($output:ident, $api:expr) => {{
        let api = $api;
        model::$output {
            api_endpoint: api.api_endpoint,
            api_id: api.api_id,
            created_date: api.created_date,
            description: api.description,
            disable_execute_api_endpoint: api.disable_execute_api_endpoint,
            name: Some(api.name),
            protocol_type: Some(api.protocol_type),
            route_selection_expression: Some(api.route_selection_expression),
            tags: api.tags,
            version: api.version,
            ..model::$output::default()
        }
    }};
}

pub(crate) fn create(tx: &mut Tx<'_>, input: &model::CreateApiInput) -> Result<model::CreateApiOutput> {
    errors::refuse(&[
        ("ProtocolType WEBSOCKET", input.protocol_type.as_str() != "HTTP"),
        ("CorsConfiguration", input.cors_configuration.is_some()),
        ("CredentialsArn", input.credentials_arn.is_some()),
        ("DisableExecuteApiEndpoint", input.disable_execute_api_endpoint == Some(true)),
        ("IpAddressType", input.ip_address_type.as_ref().is_some_and(|kind| kind.as_str() != "ipv4")),
        ("ApiKeySelectionExpression", input.api_key_selection_expression.is_some()),
    ])?;
    if input.route_selection_expression.as_deref().is_some_and(|expression| expression != ROUTE_SELECTION) {
        return Err(errors::bad("Only $request.method $request.path is supported as a route selection expression for HTTP protocol Api").into());
    }
    if input.name.is_empty() || input.name.chars().count() > 128 {
        return Err(errors::bad("Name must be between 1 and 128 characters").into());
    }
    let mut api = HttpApi {
        scope: tx.scope(),
        id: api::fresh_id(tx.random(), 10),
        name: input.name.clone(),
        description: input.description.clone(),
        version: input.version.clone(),
        created_ms: tx.now.millis(),
        integrations: Default::default(),
        routes: Default::default(),
        stages: Default::default(),
    };
    quick_create(tx, input, &mut api)?;
    api.put(tx)?;
    tx.put(keys::list(&api.scope).str(&api.id), Vec::new());
    TAGGING.add(tx, &api.scope, &tags::api_arn(&api.scope, &api.id), input.tags.iter().flatten())?;
    Ok(output!(CreateApiOutput, show(&**tx, api, &tx.context.caller.endpoint)?))
}

/// With a target, an API comes with a route to it and a stage.
fn quick_create(tx: &Tx<'_>, input: &model::CreateApiInput, api: &mut HttpApi) -> Result<()> {
    let Some(target) = &input.target else {
        return Ok(errors::refuse(&[("RouteKey without Target", input.route_key.is_some())])?);
    };
    let key = input.route_key.as_deref().unwrap_or("$default");
    routes::check_key(key)?;
    let integration_id = api::fresh_id(tx.random(), 7);
    let integration = Integration {
        uri: integrations::checked_uri(Some(target))?,
        description: None,
        payload_format: "2.0".into(),
        timeout_ms: integrations::TIMEOUT_MS_MAX,
    };
    let route =
        Route { key: key.to_owned(), integration: Some(integration_id.clone()), operation_name: None };
    api.integrations.insert(integration_id, integration);
    api.routes.insert(api::fresh_id(tx.random(), 7), route);
    let stage = Stage { description: None, variables: Default::default(), created_ms: tx.now.millis() };
    api.stages.insert("$default".into(), stage);
    Ok(())
}

pub(crate) fn get(view: &View<'_>, input: &model::GetApiInput) -> Result<model::GetApiOutput> {
    let api = HttpApi::find(&**view, &view.scope(), &input.api_id)?;
    Ok(output!(GetApiOutput, show(&**view, api, &view.context.caller.endpoint)?))
}

pub(crate) fn list(view: &View<'_>, input: &model::GetApisInput) -> Result<model::GetApisOutput> {
    let mut apis = Vec::new();
    for entry in view.scan(keys::list(&view.scope()).prefix_range(), Direction::Forward) {
        let (_, id) = scope_and_name(&entry?.0)?;
        if let Some(api) = view.get_record::<HttpApi>(&keys::api(&id))? {
            apis.push((id, api));
        }
    }
    let (max_results, token) = (input.max_results.as_deref(), input.next_token.as_deref());
    let pages = api::pages("apigatewayv2:GetApis", max_results, token)?;
    let endpoint = &view.context.caller.endpoint;
    let page = pages.of_sorted(view, apis, |_, api| show(&**view, api, endpoint))?;
    Ok(model::GetApisOutput { items: Some(page.items), next_token: page.next_token })
}

pub(crate) fn delete(tx: &mut Tx<'_>, input: &model::DeleteApiInput) -> Result<model::DeleteApiOutput> {
    let api = HttpApi::find(&**tx, &tx.scope(), &input.api_id)?;
    tx.delete(keys::api(&api.id));
    tx.delete(keys::list(&api.scope).str(&api.id));
    service::tags::forget(tx, &api.scope, &tags::api_arn(&api.scope, &api.id));
    for stage in api.stages.keys() {
        service::tags::forget(tx, &api.scope, &tags::stage_arn(&api.scope, &api.id, stage));
    }
    Ok(model::DeleteApiOutput::default())
}

/// As the API shows it. Its address is a host below `localhost`, which every system resolves to this machine, at the
/// port by which the client came.
fn show(reads: &impl Reads, api: HttpApi, endpoint: &str) -> Result<model::Api> {
    let tags = service::tags::of(reads, &api.scope, &tags::api_arn(&api.scope, &api.id))?;
    let (scheme, host) = endpoint.split_once("://").unwrap_or(("http", endpoint));
    let port = host.rsplit_once(':').map(|(_, port)| format!(":{port}")).unwrap_or_default();
    Ok(model::Api {
        api_endpoint: Some(format!("{scheme}://{}.execute-api.localhost{port}", api.id)),
        api_id: Some(api.id),
        created_date: Some(Timestamp(api.created_ms)),
        description: api.description,
        disable_execute_api_endpoint: Some(false),
        name: api.name,
        protocol_type: "HTTP".into(),
        route_selection_expression: ROUTE_SELECTION.into(),
        tags: Some(tags),
        version: api.version,
        ..model::Api::default()
    })
}
