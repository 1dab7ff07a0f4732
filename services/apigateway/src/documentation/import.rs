//! Documentation that comes in a document, as `x-amazon-apigateway-documentation`.

use api_apigateway as api;
use serde_json::{Map, Value};
use service::{Result, Tx};

use super::{Location, add, check_properties, settled};
use crate::document::{self, Home};
use crate::import::{overwrites, read};
use crate::{apis, errors};

pub(crate) fn import(
    tx: &mut Tx<'_>,
    input: &api::ImportDocumentationPartsInput,
) -> Result<api::ImportDocumentationPartsOutput> {
    let home = apis::home(&**tx, &tx.scope(), &input.rest_api_id)?;
    let source = read(&input.body, &tx.scope())?;
    let (ids, warnings) = take(tx, home, &source, overwrites(input.mode.as_ref())?)?;
    if input.fail_on_warnings == Some(true) && !warnings.is_empty() {
        let message = format!("Warnings found during import:\n\t{}", warnings.join("\n\t"));
        return Err(errors::bad(message).into());
    }
    let warnings = Some(warnings).filter(|warnings| !warnings.is_empty());
    Ok(api::ImportDocumentationPartsOutput { ids: Some(ids), warnings })
}

/// Takes the parts of a document over; whether those that were there go is said by `overwrites`. Gives the ids of what came, and
/// what of it makes no sense.
pub(crate) fn take(
    tx: &mut Tx<'_>,
    home: Home<'_>,
    source: &Value,
    overwrites: bool,
) -> Result<(Vec<String>, Vec<String>)> {
    let mut known = home.all::<api::DocumentationPart>(&**tx)?;
    if overwrites {
        for part in known.drain(..) {
            home.delete::<api::DocumentationPart>(tx, part.id.as_deref().unwrap_or_default())?;
        }
    }
    let (mut ids, mut warnings) = (Vec::new(), Vec::new());
    let parts = source.pointer("/x-amazon-apigateway-documentation/documentationParts");
    for part in parts.and_then(Value::as_array).into_iter().flatten() {
        let (place, properties) = match read_part(part) {
            Ok(read) => read,
            Err(why) => {
                warnings.push(format!("Invalid documentation part: {why}"));
                continue;
            }
        };
        let at = known.iter().position(|known| known.location.as_ref() == Some(&place));
        let made = match at.map(|at| known.remove(at)) {
            Some(before) => merged(tx, home, before, properties),
            None => add(tx, home, place, Value::Object(properties).to_string()),
        };
        ids.extend(made.id.clone());
        known.push(made);
    }
    Ok((ids, warnings))
}

fn read_part(part: &Value) -> Result<(Location, Map<String, Value>), String> {
    let location: Location =
        document::from_json(part["location"].to_string().as_bytes()).map_err(|fault| fault.message)?;
    let place = settled(&location).map_err(|fault| fault.message)?;
    let properties = match &part["properties"] {
        Value::String(text) => serde_json::from_str(text).unwrap_or_default(),
        other => other.clone(),
    };
    check_properties(&properties.to_string()).map_err(|fault| fault.message)?;
    match properties {
        Value::Object(properties) => Ok((place, properties)),
        _ => Err("it has no properties".into()),
    }
}

/// What is said anew of a place takes the place of what was said there.
fn merged(
    tx: &mut Tx<'_>,
    home: Home<'_>,
    before: api::DocumentationPart,
    properties: Map<String, Value>,
) -> api::DocumentationPart {
    let mut all: Map<String, Value> =
        serde_json::from_str(before.properties.as_deref().unwrap_or_default()).unwrap_or_default();
    all.extend(properties);
    let made = api::DocumentationPart { properties: Some(Value::Object(all).to_string()), ..before };
    home.put(tx, made.id.as_deref().unwrap_or_default(), &made);
    made
}
