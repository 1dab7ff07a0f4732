//! Methods of resources, and what they say of their responses.

use std::collections::BTreeMap;

use api_apigateway as api;
use service::{Result, Tx, View};
use store::Reads;
use wire::Fault;

use crate::document::{self, Home};
use crate::patch::{self, ENTRY, REPLACE, Table, VALUE};
use crate::{apis, errors};

const TABLE: Table = &[
    ("/authorizationType", REPLACE),
    ("/authorizerId", ENTRY),
    ("/authorizationScopes", ENTRY),
    ("/apiKeyRequired", REPLACE),
    ("/operationName", ENTRY),
    ("/requestValidatorId", ENTRY),
    ("/requestParameters/*", ENTRY),
    ("/requestModels/*", ENTRY),
    ("/authorizationScopes/*", VALUE),
];

const RESPONSE: Table = &[("/responseParameters/*", ENTRY), ("/responseModels/*", ENTRY)];

const METHODS: &[&str] = &["ANY", "DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT"];
const AUTHORIZATIONS: &[&str] = &["NONE", "AWS_IAM", "CUSTOM", "COGNITO_USER_POOLS"];

/// A resource with the method that is meant.
pub(crate) struct Place<'a> {
    home: Home<'a>,
    id: &'a str,
    verb: &'a str,
    resource: api::Resource,
}

impl<'a> Place<'a> {
    pub(crate) fn of(tx: &Tx<'_>, api: &'a str, id: &'a str, verb: &'a str) -> Result<Self> {
        let home = apis::home(&**tx, &tx.scope(), api)?;
        Ok(Place { home, id, verb, resource: home.find(&**tx, id)? })
    }

    /// The method, to be changed.
    pub(crate) fn method(&mut self) -> Result<&mut api::Method, Fault> {
        self.resource.resource_methods.get_or_insert_default().get_mut(self.verb).ok_or_else(no_method)
    }

    pub(crate) fn put(self, tx: &mut Tx<'_>) {
        self.home.put(tx, self.id, &self.resource);
    }
}

pub(crate) fn no_method() -> Fault {
    errors::missing("Invalid Method identifier specified")
}

pub(crate) fn no_response() -> Fault {
    errors::missing("Invalid Response status code specified")
}

/// The method of a resource, to be shown.
pub(crate) fn find(view: &View<'_>, api: &str, resource: &str, verb: &str) -> Result<api::Method> {
    let home = apis::home(&**view, &view.scope(), api)?;
    let resource: api::Resource = home.find(&**view, resource)?;
    let method = resource.resource_methods.and_then(|mut methods| methods.remove(verb));
    Ok(method.ok_or_else(no_method)?)
}

/// Refuses what a method may not be.
fn checked(reads: &impl Reads, home: Home<'_>, method: &api::Method) -> Result<()> {
    let kind = method.authorization_type.as_deref().unwrap_or_default();
    if !AUTHORIZATIONS.contains(&kind) {
        let message = "Invalid authorization type specified. Valid options are CUSTOM, AWS_IAM, NONE, COGNITO_USER_POOLS";
        return Err(errors::bad(message).into());
    }
    if ["CUSTOM", "COGNITO_USER_POOLS"].contains(&kind) {
        let id = method.authorizer_id.as_deref().unwrap_or_default();
        let known: Option<api::Authorizer> = home.get(reads, id)?;
        known.filter(|_| !id.is_empty()).ok_or_else(|| errors::bad("Invalid authorizer ID specified. Setting the authorization type to CUSTOM or COGNITO_USER_POOLS requires a valid authorizer."))?;
    }
    if let Some(id) = &method.request_validator_id {
        let known: Option<api::RequestValidator> = home.get(reads, id)?;
        known.ok_or_else(|| errors::bad("Invalid Request Validator identifier specified"))?;
    }
    for name in method.request_parameters.iter().flat_map(BTreeMap::keys) {
        check_parameter(name, "request")?;
    }
    for model in method.request_models.iter().flat_map(BTreeMap::values) {
        let known: Option<api::Model> = home.get(reads, model)?;
        known.ok_or_else(|| errors::bad(format!("Invalid model identifier specified: {model}")))?;
    }
    Ok(())
}

/// `method.request.header.name`, `method.response.header.name`.
fn check_parameter(name: &str, side: &str) -> Result<(), Fault> {
    let rest = name.strip_prefix("method.").and_then(|rest| rest.strip_prefix(side));
    let rest = rest.and_then(|rest| rest.strip_prefix('.')).and_then(|rest| rest.split_once('.'));
    let places: &[&str] = match side {
        "request" => &["header", "path", "querystring", "multivalueheader", "multivaluequerystring"],
        _ => &["header", "multivalueheader"],
    };
    let is_known = rest.is_some_and(|(place, name)| places.contains(&place) && !name.is_empty());
    is_known.then_some(()).ok_or_else(|| {
        errors::bad(format!("Invalid mapping expression specified: Validation Result: warnings : [], errors : [Invalid mapping expression parameter specified: {name}]"))
    })
}

pub(crate) fn put(tx: &mut Tx<'_>, input: &api::PutMethodInput) -> Result<api::Method> {
    let mut place = Place::of(tx, &input.rest_api_id, &input.resource_id, &input.http_method)?;
    if !METHODS.contains(&input.http_method.as_str()) {
        let message =
            "Invalid HttpMethod specified. Valid options are GET,PUT,POST,DELETE,PATCH,OPTIONS,HEAD,ANY";
        return Err(errors::bad(message).into());
    }
    let mut method: api::Method = document::made_of(input)?;
    method.http_method = Some(input.http_method.clone());
    method.api_key_required = method.api_key_required.or(Some(false));
    if place.method().is_ok() {
        return Err(errors::conflict("Method already exists for this resource").into());
    }
    checked(&**tx, place.home, &method)?;
    let methods = place.resource.resource_methods.get_or_insert_default();
    methods.insert(input.http_method.clone(), method.clone());
    place.put(tx);
    Ok(method)
}

pub(crate) fn get(view: &View<'_>, input: &api::GetMethodInput) -> Result<api::Method> {
    find(view, &input.rest_api_id, &input.resource_id, &input.http_method)
}

pub(crate) fn update(tx: &mut Tx<'_>, input: &api::UpdateMethodInput) -> Result<api::Method> {
    let mut place = Place::of(tx, &input.rest_api_id, &input.resource_id, &input.http_method)?;
    let method = place.method()?;
    let changed = patch::apply(method, &input.patch_operations, TABLE)?;
    *method = changed.clone();
    checked(&**tx, place.home, &changed)?;
    place.put(tx);
    Ok(changed)
}

pub(crate) fn delete(tx: &mut Tx<'_>, input: &api::DeleteMethodInput) -> Result<api::DeleteMethodOutput> {
    let mut place = Place::of(tx, &input.rest_api_id, &input.resource_id, &input.http_method)?;
    place.method()?;
    place.resource.resource_methods.get_or_insert_default().remove(&input.http_method);
    place.put(tx);
    Ok(api::DeleteMethodOutput::default())
}

/// A status code is three digits.
pub(crate) fn check_status(status: &str) -> Result<(), Fault> {
    let is_code = status.len() == 3 && status.starts_with(['1', '2', '3', '4', '5']);
    let is_code = is_code && status.bytes().all(|byte| byte.is_ascii_digit());
    is_code.then_some(()).ok_or_else(|| errors::bad("Invalid status code specified"))
}

pub(crate) fn put_response(
    tx: &mut Tx<'_>,
    input: &api::PutMethodResponseInput,
) -> Result<api::MethodResponse> {
    let mut place = Place::of(tx, &input.rest_api_id, &input.resource_id, &input.http_method)?;
    let response: api::MethodResponse = document::made_of(input)?;
    let response = api::MethodResponse { status_code: Some(input.status_code.clone()), ..response };
    let responses = place.method()?.method_responses.get_or_insert_default();
    check_status(&input.status_code)?;
    if responses.contains_key(&input.status_code) {
        return Err(errors::conflict("Response already exists for this resource").into());
    }
    for name in response.response_parameters.iter().flat_map(BTreeMap::keys) {
        check_parameter(name, "response")?;
    }
    responses.insert(input.status_code.clone(), response.clone());
    place.put(tx);
    Ok(response)
}

pub(crate) fn get_response(
    view: &View<'_>,
    input: &api::GetMethodResponseInput,
) -> Result<api::MethodResponse> {
    let method = find(view, &input.rest_api_id, &input.resource_id, &input.http_method)?;
    let found = method.method_responses.and_then(|mut responses| responses.remove(&input.status_code));
    Ok(found.ok_or_else(no_response)?)
}

pub(crate) fn update_response(
    tx: &mut Tx<'_>,
    input: &api::UpdateMethodResponseInput,
) -> Result<api::MethodResponse> {
    let mut place = Place::of(tx, &input.rest_api_id, &input.resource_id, &input.http_method)?;
    let responses = place.method()?.method_responses.get_or_insert_default();
    let response = responses.get_mut(&input.status_code).ok_or_else(no_response)?;
    let changed = patch::apply(response, &input.patch_operations, RESPONSE)?;
    *response = changed.clone();
    place.put(tx);
    Ok(changed)
}

pub(crate) fn delete_response(
    tx: &mut Tx<'_>,
    input: &api::DeleteMethodResponseInput,
) -> Result<api::DeleteMethodResponseOutput> {
    let mut place = Place::of(tx, &input.rest_api_id, &input.resource_id, &input.http_method)?;
    let responses = place.method()?.method_responses.get_or_insert_default();
    responses.remove(&input.status_code).ok_or_else(no_response)?;
    place.put(tx);
    Ok(api::DeleteMethodResponseOutput::default())
}
