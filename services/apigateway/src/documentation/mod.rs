//! Documentation of APIs: parts, each of a place in its API, and versions, which are copies of all parts.
//!
//! Never here: whether there is such a place in the API; documentation may come first.

mod import;
mod versions;

use api_apigateway as api;
use serde_json::Value;
use service::{Result, Tx, View};
use wire::Fault;

use crate::document::{self, Home};
use crate::patch::{self, REPLACE};
use crate::{apis, errors};

pub(crate) use import::{import, take};
pub(crate) use versions::{
    create_version, delete_version, get_version, list_versions, shown_in_export, update_version,
};

/// What the place of each kind has: path, method, status and name.
const KINDS: [(&str, &str); 12] = [
    ("API", ""),
    ("AUTHORIZER", "n"),
    ("MODEL", "n"),
    ("RESOURCE", "p"),
    ("METHOD", "pm"),
    ("PATH_PARAMETER", "pmn"),
    ("QUERY_PARAMETER", "pmn"),
    ("REQUEST_HEADER", "pmn"),
    ("REQUEST_BODY", "pm"),
    ("RESPONSE", "pms"),
    ("RESPONSE_HEADER", "pmsn"),
    ("RESPONSE_BODY", "pms"),
];

type Location = api::DocumentationPartLocation;

/// A place with what its kind says of all that it leaves open, refused if its kind has no such place.
fn settled(place: &Location) -> Result<Location, Fault> {
    let kind = place.r#type.as_str();
    let known = KINDS.iter().find(|(known, _)| *known == kind);
    let (_, has) = known.ok_or_else(|| errors::bad(format!("Invalid documentation part type: {kind}")))?;
    let take = |letter: char, name: &str, value: &Option<String>, otherwise: Option<&str>| {
        let value = value.clone().filter(|value| !value.trim().is_empty());
        match (has.contains(letter), value) {
            (true, value) => Ok(value.or(otherwise.map(str::to_owned))),
            (false, None) => Ok(None),
            (false, Some(_)) => Err(errors::bad(format!(
                "Invalid location: '{name}' is not a valid field of the location of type '{kind}'"
            ))),
        }
    };
    let settled = Location {
        r#type: place.r#type.clone(),
        path: take('p', "path", &place.path, Some("/"))?,
        method: take('m', "method", &place.method, Some("*"))?,
        status_code: take('s', "statusCode", &place.status_code, Some("*"))?,
        name: take('n', "name", &place.name, None)?,
    };
    match has.contains('n') && settled.name.is_none() {
        true => Err(errors::bad(format!("Invalid location: '{kind}' needs a name"))),
        false => Ok(settled),
    }
}

/// Properties are a JSON object.
fn check_properties(text: &str) -> Result<(), Fault> {
    match serde_json::from_str::<Value>(text) {
        Ok(Value::Object(_)) => Ok(()),
        _ => Err(errors::bad("Invalid documentation properties: they must be a JSON object")),
    }
}

fn taken(place: &Location) -> Fault {
    let kind = place.r#type.as_str();
    errors::conflict(format!("Documentation part already exists for the specified location: type '{kind}'."))
}

pub(crate) fn create(
    tx: &mut Tx<'_>,
    input: &api::CreateDocumentationPartInput,
) -> Result<api::DocumentationPart> {
    let home = apis::home(&**tx, &tx.scope(), &input.rest_api_id)?;
    let place = settled(&input.location)?;
    check_properties(&input.properties)?;
    let others = home.all::<api::DocumentationPart>(&**tx)?;
    if others.iter().any(|other| other.location.as_ref() == Some(&place)) {
        return Err(taken(&place).into());
    }
    Ok(add(tx, home, place, input.properties.clone()))
}

/// Notes a new part.
fn add(tx: &mut Tx<'_>, home: Home<'_>, place: Location, properties: String) -> api::DocumentationPart {
    let id = document::fresh_id(tx.random(), 6);
    let made =
        api::DocumentationPart { id: Some(id.clone()), location: Some(place), properties: Some(properties) };
    home.put(tx, &id, &made);
    made
}

pub(crate) fn get(view: &View<'_>, input: &api::GetDocumentationPartInput) -> Result<api::DocumentationPart> {
    let home = apis::home(&**view, &view.scope(), &input.rest_api_id)?;
    home.find(&**view, &input.documentation_part_id)
}

pub(crate) fn list(
    view: &View<'_>,
    input: &api::GetDocumentationPartsInput,
) -> Result<api::GetDocumentationPartsOutput> {
    let status = input.location_status.as_ref().map(api::LocationStatusType::as_str);
    errors::refuse(&[("locationStatus UNDOCUMENTED", status == Some("UNDOCUMENTED"))])?;
    let home = apis::home(&**view, &view.scope(), &input.rest_api_id)?;
    let page = (input.position.as_deref(), input.limit);
    let (items, position) = home.page(view, page, |part: &mut api::DocumentationPart| {
        let Some(place) = &part.location else { return Ok(false) };
        let has = |value: &Option<String>, wanted: &Option<String>| {
            let value = value.as_deref().unwrap_or_default();
            wanted.as_ref().is_none_or(|wanted| value.contains(wanted.as_str()))
        };
        let path = place.path.as_deref().unwrap_or_default();
        let is_below = input.path.as_ref().is_none_or(|start| path.starts_with(start.as_str()));
        let is_kind = input.r#type.as_ref().is_none_or(|kind| kind.as_str() == place.r#type.as_str());
        Ok(is_kind && is_below && has(&place.name, &input.name_query))
    })?;
    Ok(api::GetDocumentationPartsOutput { items: Some(items), position })
}

pub(crate) fn update(
    tx: &mut Tx<'_>,
    input: &api::UpdateDocumentationPartInput,
) -> Result<api::DocumentationPart> {
    let home = apis::home(&**tx, &tx.scope(), &input.rest_api_id)?;
    let found: api::DocumentationPart = home.find(&**tx, &input.documentation_part_id)?;
    let changed = patch::apply(&found, &input.patch_operations, &[("/properties", REPLACE)])?;
    check_properties(changed.properties.as_deref().unwrap_or_default())?;
    home.put(tx, &input.documentation_part_id, &changed);
    Ok(changed)
}

pub(crate) fn delete(
    tx: &mut Tx<'_>,
    input: &api::DeleteDocumentationPartInput,
) -> Result<api::DeleteDocumentationPartOutput> {
    let home = apis::home(&**tx, &tx.scope(), &input.rest_api_id)?;
    home.delete::<api::DocumentationPart>(tx, &input.documentation_part_id)?;
    Ok(api::DeleteDocumentationPartOutput::default())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn place(kind: &str, path: Option<&str>, name: Option<&str>) -> Location {
        Location {
            r#type: kind.into(),
            path: path.map(str::to_owned),
            name: name.map(str::to_owned),
            ..Location::default()
        }
    }

    #[test]
    fn places_have_what_their_kinds_have() {
        let response = settled(&place("RESPONSE_HEADER", Some("/a"), Some("X"))).unwrap();
        let said = [response.path, response.method, response.status_code, response.name];
        assert_eq!(said.map(Option::unwrap), ["/a", "*", "*", "X"]);
        assert_eq!(settled(&place("RESOURCE", None, None)).unwrap().path.as_deref(), Some("/"));
        for wrong in [
            place("API", Some("/"), None),
            place("MODEL", None, None),
            place("RESOURCE", None, Some("x")),
            place("METHODS", None, None),
        ] {
            assert!(settled(&wrong).is_err(), "{wrong:?}");
        }
    }
}
