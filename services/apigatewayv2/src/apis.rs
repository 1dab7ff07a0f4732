//! APIs are made, shown, changed and deleted.

use api_apigatewayv2 as model;
use names::Scope;
use serde_json::{Value, json};
use service::{Result, Tx, View, scope_and_name};
use store::{Direction, Reads};
use wire::{Fault, Kept};

use crate::api::{self, Api, Asked};
use crate::documents::{self, Members, text};
use crate::parts;
use crate::tags::{self, TAGGING};
use crate::{errors, integrations, keys, routes};

/// How an HTTP API selects routes; it cannot be changed.
pub(crate) const ROUTE_SELECTION: &str = "$request.method $request.path";
/// How APIs find the key of an API, where they do not say.
const KEY_SELECTION: &str = "$request.header.x-api-key";

pub(crate) fn create(tx: &mut Tx<'_>, input: &model::CreateApiInput) -> Result<model::CreateApiOutput> {
    let mut members = documents::of(input)?;
    let quick = Quick::take(&mut members);
    members.remove("tags");
    let mut api = made(tx, members)?;
    quick.create(tx, &mut api)?;
    enter(tx, &mut api)?;
    TAGGING.add(tx, &api.scope, &tags::api_arn(&api.scope, &api.id), input.tags.iter().flatten())?;
    shown(&**tx, &api, &tx.context.caller.endpoint)
}

/// A new API of these members, not yet stored.
pub(crate) fn made(tx: &Tx<'_>, mut members: Members) -> Result<Api> {
    let protocol = text(&members, "protocolType").unwrap_or("HTTP").to_owned();
    settle(&protocol, &mut members)?;
    Ok(Api {
        scope: tx.scope(),
        id: api::fresh_id(tx.random(), 10),
        protocol,
        created_ms: tx.now.millis(),
        document: json!(members).to_string(),
        parts: Default::default(),
        stages: Default::default(),
        deployments: Default::default(),
        live: None,
    })
}

/// Stores a new API.
pub(crate) fn enter(tx: &mut Tx<'_>, api: &mut Api) -> Result<()> {
    tx.put(keys::list(&api.scope).str(&api.id), Vec::new());
    api.put_changed(tx)
}

/// Checks an API, new or changed, and sets what the client left out.
fn settle(protocol: &str, members: &mut Members) -> Result<(), Fault> {
    let expression = text(members, "routeSelectionExpression");
    match (protocol, expression) {
        ("HTTP", Some(expression)) if expression != ROUTE_SELECTION => {
            return Err(errors::bad(
                "Only $request.method $request.path is supported as a route selection expression for HTTP protocol Api",
            ));
        }
        ("HTTP", _) => documents::default(members, "routeSelectionExpression", ROUTE_SELECTION),
        _ => crate::socket::checks::api(members)?,
    }
    crate::call::cors::check(members.get("corsConfiguration"))?;
    let name = text(members, "name").unwrap_or_default();
    if name.is_empty() || name.chars().count() > 128 {
        return Err(errors::bad("Name must be between 1 and 128 characters"));
    }
    members.insert("protocolType".into(), protocol.into());
    documents::default(members, "apiKeySelectionExpression", KEY_SELECTION);
    documents::default(members, "disableExecuteApiEndpoint", false);
    documents::default(members, "ipAddressType", "ipv4");
    Ok(())
}

/// What makes, or changes, a route to one target.
struct Quick {
    target: Option<Value>,
    key: Option<Value>,
    credentials: Option<Value>,
}

impl Quick {
    fn take(members: &mut Members) -> Self {
        let mut take = |name: &str| members.remove(name);
        Quick { target: take("target"), key: take("routeKey"), credentials: take("credentialsArn") }
    }

    /// With a target, an API comes with a route to it and a stage.
    fn create(self, tx: &Tx<'_>, api: &mut Api) -> Result<()> {
        if api.protocol == "WEBSOCKET" && (self.target.is_some() || self.key.is_some()) {
            return Err(errors::bad("Quick create is only supported for HTTP protocol APIs").into());
        }
        let Some(target) = self.target else {
            let is_alone = self.key.is_some() || self.credentials.is_some();
            return match is_alone {
                true => {
                    Err(errors::bad("RouteKey and CredentialsArn are for quick create, which needs a Target")
                        .into())
                }
                false => Ok(()),
            };
        };
        let mut integration = integration_to(&target);
        documents::set(&mut integration, "credentialsArn", self.credentials);
        let made = parts::add(tx.random(), api, &integrations::KIND, integration)?;
        let target = format!("integrations/{}", text(&made, "integrationId").unwrap_or_default());
        let route = json!({
            "routeKey": self.key.unwrap_or("$default".into()), "target": target, "apiGatewayManaged": true,
        });
        parts::add(tx.random(), api, &routes::KIND, object(route))?;
        crate::stages::add_managed(tx, api);
        Ok(())
    }

    /// Changes what quick create made.
    fn update(self, api: &mut Api) -> Result<()> {
        let changes = [
            ("integrations", self.target.as_ref().map(integration_to).unwrap_or_default()),
            ("routes", self.key.map(|key| object(json!({ "routeKey": key }))).unwrap_or_default()),
            (
                "integrations",
                self.credentials.map(|arn| object(json!({ "credentialsArn": arn }))).unwrap_or_default(),
            ),
        ];
        for (folder, change) in changes.into_iter().filter(|(_, change)| !change.is_empty()) {
            let managed = |(id, text): (&str, &str)| {
                let members = documents::read(text).ok()?;
                (members.get("apiGatewayManaged") == Some(&json!(true))).then(|| (id.to_owned(), members))
            };
            let Some((id, mut members)) = api.parts_in(folder).find_map(managed) else {
                return Err(errors::bad(
                    "Target, RouteKey and CredentialsArn can be updated for quick create APIs only",
                )
                .into());
            };
            documents::merge(&mut members, change);
            let kind = if folder == "routes" { &routes::KIND } else { &integrations::KIND };
            let path = format!("{folder}/{id}");
            (kind.settle)(api, &path, &mut members)?;
            api.parts.insert(path, json!(members).to_string());
        }
        Ok(())
    }
}

/// The integration that quick create makes of a target.
fn integration_to(target: &Value) -> Members {
    let is_function = target.as_str().is_some_and(|target| target.starts_with("arn:"));
    object(match is_function {
        true => json!({
            "integrationType": "AWS_PROXY", "integrationUri": target, "payloadFormatVersion": "2.0",
            "apiGatewayManaged": true,
        }),
        false => json!({
            "integrationType": "HTTP_PROXY", "integrationUri": target, "integrationMethod": "ANY",
            "payloadFormatVersion": "1.0", "apiGatewayManaged": true,
        }),
    })
}

/// The members of an object.
pub(crate) fn object(value: Value) -> Members {
    match value {
        Value::Object(members) => members,
        _ => Members::new(),
    }
}

pub(crate) fn get(view: &View<'_>, input: &model::GetApiInput) -> Result<model::GetApiOutput> {
    let api = Api::find(&**view, &view.scope(), &input.api_id)?;
    shown(&**view, &api, &view.context.caller.endpoint)
}

pub(crate) fn list(view: &View<'_>, input: &model::GetApisInput) -> Result<model::GetApisOutput> {
    let mut apis = Vec::new();
    for entry in view.scan(keys::list(&view.scope()).prefix_range(), Direction::Forward) {
        let (_, id) = scope_and_name(&entry?.0)?;
        if let Some(api) = view.get_record::<Api>(&keys::api(&id))? {
            apis.push((id, members(&**view, &api, &view.context.caller.endpoint)?));
        }
    }
    let (max_results, token) = (input.max_results.as_deref(), input.next_token.as_deref());
    documents::show_page(Asked { operation: "apigatewayv2:GetApis", max_results, token }.page(view, apis)?)
}

pub(crate) fn update(tx: &mut Tx<'_>, input: &model::UpdateApiInput) -> Result<model::UpdateApiOutput> {
    let mut change = documents::of(input)?;
    change.remove("apiId");
    let quick = Quick::take(&mut change);
    let mut api = Api::find(&**tx, &tx.scope(), &input.api_id)?;
    quick.update(&mut api)?;
    revise(tx, &mut api, |members| documents::merge(members, change))?;
    shown(&**tx, &api, &tx.context.caller.endpoint)
}

fn revise(tx: &mut Tx<'_>, api: &mut Api, change: impl FnOnce(&mut Members)) -> Result<()> {
    let mut members = documents::read(&api.document)?;
    change(&mut members);
    settle(&api.protocol, &mut members)?;
    api.document = json!(members).to_string();
    api.put_changed(tx)
}

pub(crate) fn delete_cors(
    tx: &mut Tx<'_>,
    input: &model::DeleteCorsConfigurationInput,
) -> Result<model::DeleteCorsConfigurationOutput> {
    let mut api = Api::find(&**tx, &tx.scope(), &input.api_id)?;
    revise(tx, &mut api, |members| drop(members.remove("corsConfiguration")))?;
    Ok(model::DeleteCorsConfigurationOutput::default())
}

pub(crate) fn delete(tx: &mut Tx<'_>, input: &model::DeleteApiInput) -> Result<model::DeleteApiOutput> {
    let api = Api::find(&**tx, &tx.scope(), &input.api_id)?;
    crate::mappings::check_unmapped(tx, &api.id, None)?;
    tx.delete(keys::api(&api.id));
    tx.delete(keys::list(&api.scope).str(&api.id));
    for deployment in api.deployments.keys() {
        tx.delete(keys::frozen(&api.id, deployment));
    }
    service::tags::forget(tx, &api.scope, &tags::api_arn(&api.scope, &api.id));
    for stage in api.stages.keys() {
        service::tags::forget(tx, &api.scope, &tags::stage_arn(&api.scope, &api.id, stage));
    }
    Ok(model::DeleteApiOutput::default())
}

/// As the API shows it.
pub(crate) fn shown<O: Kept>(reads: &impl Reads, api: &Api, endpoint: &str) -> Result<O> {
    documents::show(&members(reads, api, endpoint)?)
}

/// Its address is a host below `localhost`, which every system resolves to this machine, at the port by which the client came.
pub(crate) fn members(reads: &impl Reads, api: &Api, endpoint: &str) -> Result<Members> {
    let mut members = documents::read(&api.document)?;
    let Scope { region, .. } = api.scope;
    let (scheme, host) = endpoint.split_once("://").unwrap_or(("http", endpoint));
    let scheme = match (api.protocol.as_str(), scheme) {
        ("WEBSOCKET", "https") => "wss",
        ("WEBSOCKET", _) => "ws",
        (_, scheme) => scheme,
    };
    let port = host.rsplit_once(':').map(|(_, port)| format!(":{port}")).unwrap_or_default();
    let address = format!("{scheme}://{}.execute-api.{region}.localhost{port}", api.id);
    documents::set(&mut members, "apiEndpoint", Some(address));
    documents::set(&mut members, "apiId", Some(api.id.as_str()));
    documents::set(&mut members, "createdDate", Some(documents::moment(api.created_ms)));
    let tags = service::tags::of(reads, &api.scope, &tags::api_arn(&api.scope, &api.id))?;
    documents::set(&mut members, "tags", Some(json!(tags)));
    Ok(members)
}
