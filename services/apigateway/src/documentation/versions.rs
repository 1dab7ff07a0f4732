//! Versions of an API's documentation: copies of all parts, made when the version is.

use api_apigateway as api;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use service::{Result, Tx, View};
use store::Reads;

use crate::document::{self, Home};
use crate::patch::{self, ENTRY};
use crate::{apis, errors, keys};

/// The parts that a version has: the value of `documentationParts` in a document, in JSON.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Parts {
    pub(crate) parts: String,
}

#[cfg(test)]
layouts::stays!(stored_documentation: Parts);

pub(crate) fn create_version(
    tx: &mut Tx<'_>,
    input: &api::CreateDocumentationVersionInput,
) -> Result<api::DocumentationVersion> {
    let home = apis::home(&**tx, &tx.scope(), &input.rest_api_id)?;
    let version = input.documentation_version.as_str();
    let is_name = |c: char| c.is_ascii_alphanumeric() || "._-".contains(c);
    if version.is_empty() || version.len() > 64 || !version.chars().all(is_name) {
        return Err(errors::bad("Documentation version may have letters, digits and ._- alone").into());
    }
    if home.get::<api::DocumentationVersion>(&**tx, version)?.is_some() {
        return Err(errors::conflict("Documentation version already exists").into());
    }
    let parts = home.all::<api::DocumentationPart>(&**tx)?;
    if parts.is_empty() {
        return Err(errors::bad("The API has no documentation parts").into());
    }
    let parts: Vec<Value> = parts.iter().map(written).collect();
    tx.put_record(
        keys::documentation(&input.rest_api_id, version),
        &Parts { parts: json!(parts).to_string() },
    )?;
    let made = api::DocumentationVersion {
        version: Some(version.to_owned()),
        created_date: Some(tx.now),
        description: input.description.clone(),
    };
    home.put(tx, version, &made);
    if let Some(name) = input.stage_name.as_deref().filter(|name| !name.is_empty()) {
        let stage: api::Stage = home.find(&**tx, name)?;
        let stage = api::Stage { documentation_version: Some(version.to_owned()), ..stage };
        home.put(tx, name, &stage);
    }
    Ok(made)
}

/// A part as documents have it: its properties are an object there.
fn written(part: &api::DocumentationPart) -> Value {
    let mut location = document::json_of(part);
    let location = location.remove("location").unwrap_or_default();
    let properties: Value =
        serde_json::from_str(part.properties.as_deref().unwrap_or_default()).unwrap_or_default();
    json!({ "location": location, "properties": properties })
}

/// What an export says of a version.
pub(crate) fn shown_in_export(reads: &impl Reads, api: &str, version: &str) -> Result<Value> {
    let found: api::DocumentationVersion = Home::In(api).find(reads, version)?;
    let parts: Option<Parts> = reads.get_record(&keys::documentation(api, version))?;
    let parts = parts.map_or_else(|| "[]".to_owned(), |parts| parts.parts);
    let parts: Value = serde_json::from_str(&parts).unwrap_or_default();
    let created = found.created_date.map(|at| at.format(wire::TimestampFormat::DateTime));
    Ok(json!({ "version": version, "createdDate": created, "documentationParts": parts }))
}

pub(crate) fn get_version(
    view: &View<'_>,
    input: &api::GetDocumentationVersionInput,
) -> Result<api::DocumentationVersion> {
    let home = apis::home(&**view, &view.scope(), &input.rest_api_id)?;
    home.find(&**view, &input.documentation_version)
}

pub(crate) fn list_versions(
    view: &View<'_>,
    input: &api::GetDocumentationVersionsInput,
) -> Result<api::GetDocumentationVersionsOutput> {
    let home = apis::home(&**view, &view.scope(), &input.rest_api_id)?;
    let page = (input.position.as_deref(), input.limit);
    let (items, position) = home.page(view, page, |_: &mut api::DocumentationVersion| Ok(true))?;
    Ok(api::GetDocumentationVersionsOutput { items: Some(items), position })
}

pub(crate) fn update_version(
    tx: &mut Tx<'_>,
    input: &api::UpdateDocumentationVersionInput,
) -> Result<api::DocumentationVersion> {
    let home = apis::home(&**tx, &tx.scope(), &input.rest_api_id)?;
    let found: api::DocumentationVersion = home.find(&**tx, &input.documentation_version)?;
    let changed = patch::apply(&found, &input.patch_operations, &[("/description", ENTRY)])?;
    home.put(tx, &input.documentation_version, &changed);
    Ok(changed)
}

pub(crate) fn delete_version(
    tx: &mut Tx<'_>,
    input: &api::DeleteDocumentationVersionInput,
) -> Result<api::DeleteDocumentationVersionOutput> {
    let home = apis::home(&**tx, &tx.scope(), &input.rest_api_id)?;
    let version = input.documentation_version.as_str();
    home.find::<api::DocumentationVersion>(&**tx, version)?;
    let shows = |stage: &api::Stage| stage.documentation_version.as_deref() == Some(version);
    if home.all::<api::Stage>(&**tx)?.iter().any(shows) {
        let message = "Active stages pointing to this documentation version must be moved or deleted";
        return Err(errors::bad(message).into());
    }
    home.delete::<api::DocumentationVersion>(tx, version)?;
    tx.delete(keys::documentation(&input.rest_api_id, version));
    Ok(api::DeleteDocumentationVersionOutput::default())
}
