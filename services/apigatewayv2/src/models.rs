//! Models: what messages of WebSocket APIs must look like.

use api_apigatewayv2 as model;
use serde_json::Value;
use service::{Result, View};

use crate::api::Api;
use crate::documents::{self, Members, text};
use crate::errors;
use crate::parts::{self, Kind};

/// Models.
pub(crate) const KIND: Kind = Kind {
    folder: "models",
    above: None,
    id: "modelId",
    name: "Model",
    settle,
    reach: parts::within,
    check_unused,
};

fn settle(api: &Api, path: &str, members: &mut Members) -> Result<()> {
    if api.protocol != "WEBSOCKET" {
        return Err(errors::bad("Models are only supported for WEBSOCKET protocol APIs").into());
    }
    let name = text(members, "name").unwrap_or_default();
    if name.is_empty() || !name.chars().all(|c| c.is_ascii_alphanumeric()) {
        return Err(errors::bad(format!("Model name must be alphanumeric: {name}")).into());
    }
    for other in api.beside(path) {
        if text(&documents::read(other)?, "name") == Some(name) {
            return Err(errors::conflict(format!("Model name already exists for this API: {name}")).into());
        }
    }
    let invalid = |why: String| errors::bad(format!("Invalid model schema specified: {why}"));
    models::check(text(members, "schema").unwrap_or_default()).map_err(invalid)?;
    documents::default(members, "contentType", "application/json");
    Ok(())
}

/// The schemas of documents of models, by name.
pub(crate) fn texts<'a>(documents: impl Iterator<Item = &'a str>) -> Result<models::Texts> {
    let named = |document: &str| {
        let members = documents::read(document)?;
        let of = |name: &str| text(&members, name).unwrap_or_default().to_owned();
        Ok((of("name"), of("schema")))
    };
    documents.map(named).collect()
}

/// A route's models are there.
pub(crate) fn check_named(api: &Api, route: &Members) -> Result<()> {
    let known = texts(api.parts_in(KIND.folder).map(|(_, document)| document))?;
    let named = route.get("requestModels").and_then(Value::as_object).into_iter().flatten();
    for name in named.filter_map(|(_, name)| name.as_str()) {
        if !known.contains_key(name) {
            return Err(errors::bad(format!("Invalid model identifier specified: {name}")).into());
        }
    }
    Ok(())
}

fn check_unused(api: &Api, id: &str) -> Result<()> {
    let own = api.parts.get(&format!("{}/{id}", KIND.folder)).map(|document| documents::read(document));
    let name = own.transpose()?.and_then(|own| text(&own, "name").map(Value::from));
    for (_, route) in api.parts_in("routes") {
        let route = documents::read(route)?;
        let named = route.get("requestModels").and_then(Value::as_object);
        if named.is_some_and(|named| named.values().any(|one| Some(one) == name.as_ref())) {
            let key = text(&route, "routeKey").unwrap_or_default();
            return Err(
                errors::conflict(format!("Cannot delete model, it is referenced by route {key}")).into()
            );
        }
    }
    Ok(())
}

pub(crate) fn template(
    view: &View<'_>,
    input: &model::GetModelTemplateInput,
) -> Result<model::GetModelTemplateOutput> {
    let api = Api::find(&**view, &view.scope(), &input.api_id)?;
    let own = api.parts.get(&format!("{}/{}", KIND.folder, input.model_id));
    let own = documents::read(own.ok_or_else(|| errors::not_found(KIND.name, &input.model_id))?)?;
    let all = texts(api.parts_in(KIND.folder).map(|(_, document)| document))?;
    Ok(model::GetModelTemplateOutput {
        value: Some(models::sketch(&all, text(&own, "name").unwrap_or_default())),
    })
}
