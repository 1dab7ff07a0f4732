//! The smaller parts of an API: models, request validators, authorizers, gateway responses.

use api_apigateway as api;
use service::{Result, Tx, View};

use crate::document::{self};
use crate::patch::{self, ENTRY, REPLACE, Table, VALUE};
use crate::{apis, errors};

const MODEL: Table = &[("/description", ENTRY), ("/schema", REPLACE)];
const VALIDATOR: Table =
    &[("/name", REPLACE), ("/validateRequestBody", REPLACE), ("/validateRequestParameters", REPLACE)];
const AUTHORIZER: Table = &[
    ("/name", REPLACE),
    ("/type", REPLACE),
    ("/authType", REPLACE),
    ("/authorizerUri", REPLACE),
    ("/authorizerCredentials", ENTRY),
    ("/identitySource", ENTRY),
    ("/identityValidationExpression", ENTRY),
    ("/authorizerResultTtlInSeconds", ENTRY),
    ("/providerARNs", ENTRY),
    ("/providerARNs/*", VALUE),
];

/// What every part has: it is shown, listed, changed and taken away by its id.
macro_rules! operations {
    ($shape:ident, $id:ident, $table:expr, $check:expr,
     $get:ident $get_input:ident, $list:ident $list_input:ident $list_output:ident,
     $update:ident $update_input:ident, $delete:ident $delete_input:ident $delete_output:ident) => {
        pub(crate) fn $get(view: &View<'_>, input: &api::$get_input) -> Result<api::$shape> {
            let home = apis::home(&**view, &view.scope(), &input.rest_api_id)?;
            home.find(&**view, &input.$id)
        }

        pub(crate) fn $list(view: &View<'_>, input: &api::$list_input) -> Result<api::$list_output> {
            let home = apis::home(&**view, &view.scope(), &input.rest_api_id)?;
            let page = (input.position.as_deref(), input.limit);
            let (items, position) = home.page(view, page, |_: &mut api::$shape| Ok(true))?;
            Ok(api::$list_output { items: Some(items), position })
        }

        pub(crate) fn $update(tx: &mut Tx<'_>, input: &api::$update_input) -> Result<api::$shape> {
            let home = apis::home(&**tx, &tx.scope(), &input.rest_api_id)?;
            let found: api::$shape = home.find(&**tx, &input.$id)?;
            let changed = patch::apply(&found, &input.patch_operations, $table)?;
            $check(&changed)?;
            home.put(tx, &input.$id, &changed);
            Ok(changed)
        }

        pub(crate) fn $delete(tx: &mut Tx<'_>, input: &api::$delete_input) -> Result<api::$delete_output> {
            let home = apis::home(&**tx, &tx.scope(), &input.rest_api_id)?;
            unused(&home.all::<api::Resource>(&**tx)?, &input.$id)?;
            home.delete::<api::$shape>(tx, &input.$id)?;
            Ok(api::$delete_output::default())
        }
    };
}

operations!(Model, model_name, MODEL, check_model,
    get_as_kept GetModelInput, models GetModelsInput GetModelsOutput,
    update_model UpdateModelInput, delete_model DeleteModelInput DeleteModelOutput);
operations!(RequestValidator, request_validator_id, VALIDATOR, check_validator,
    get_validator GetRequestValidatorInput, validators GetRequestValidatorsInput GetRequestValidatorsOutput,
    update_validator UpdateRequestValidatorInput, delete_validator DeleteRequestValidatorInput DeleteRequestValidatorOutput);
operations!(Authorizer, authorizer_id, AUTHORIZER, check_authorizer,
    get_authorizer GetAuthorizerInput, authorizers GetAuthorizersInput GetAuthorizersOutput,
    update_authorizer UpdateAuthorizerInput, delete_authorizer DeleteAuthorizerInput DeleteAuthorizerOutput);

/// Refuses to take away what a method uses.
fn unused(resources: &[api::Resource], id: &str) -> Result<()> {
    let methods = resources.iter().flat_map(|resource| resource.resource_methods.iter().flatten());
    for (verb, method) in methods {
        let models = method.request_models.iter().flatten().map(|(_, model)| model.as_str());
        let models_back = method.method_responses.iter().flatten().flat_map(|(_, response)| {
            response.response_models.iter().flatten().map(|(_, model)| model.as_str())
        });
        if models.chain(models_back).any(|model| model == id) {
            let message = format!("Cannot delete model '{}', is referenced in method {verb}", id);
            return Err(errors::conflict(message).into());
        }
        if method.authorizer_id.as_deref() == Some(id) {
            return Err(errors::conflict(format!("Authorizer {} is referenced in method: {verb}", id)).into());
        }
    }
    Ok(())
}

pub(crate) fn create_model(tx: &mut Tx<'_>, input: &api::CreateModelInput) -> Result<api::Model> {
    let home = apis::home(&**tx, &tx.scope(), &input.rest_api_id)?;
    let made: api::Model = document::made_of(input)?;
    let made = api::Model { id: Some(document::fresh_id(tx.random(), 6)), ..made };
    if input.name.is_empty() || !input.name.chars().all(|c| c.is_ascii_alphanumeric()) {
        return Err(errors::bad(format!("Model name must be alphanumeric: {}", input.name)).into());
    }
    check_model(&made)?;
    if home.get::<api::Model>(&**tx, &input.name)?.is_some() {
        return Err(errors::conflict("Model name already exists for this REST API").into());
    }
    home.put(tx, &input.name, &made);
    Ok(made)
}

/// The texts of models, by name.
pub(crate) fn texts<'a>(models: impl IntoIterator<Item = &'a api::Model>) -> models::Texts {
    let text = |model: &api::Model| model.schema.clone().unwrap_or_else(|| "{}".into());
    models.into_iter().map(|model| (model.name.clone().unwrap_or_default(), text(model))).collect()
}

pub(crate) fn get_model(view: &View<'_>, input: &api::GetModelInput) -> Result<api::Model> {
    let found = get_as_kept(view, input)?;
    if input.flatten != Some(true) {
        return Ok(found);
    }
    let home = apis::home(&**view, &view.scope(), &input.rest_api_id)?;
    let all = texts(&home.all::<api::Model>(&**view)?);
    Ok(api::Model { schema: Some(models::flattened(&all, &input.model_name)), ..found })
}

pub(crate) fn model_template(
    view: &View<'_>,
    input: &api::GetModelTemplateInput,
) -> Result<api::GetModelTemplateOutput> {
    let home = apis::home(&**view, &view.scope(), &input.rest_api_id)?;
    home.find::<api::Model>(&**view, &input.model_name)?;
    let all = texts(&home.all::<api::Model>(&**view)?);
    Ok(api::GetModelTemplateOutput { value: Some(models::sketch(&all, &input.model_name)) })
}

/// A schema is a JSON object, and a JSON Schema of the fourth draft.
pub(crate) fn check_model(model: &api::Model) -> Result<()> {
    if model.content_type.as_deref().unwrap_or_default().is_empty() {
        return Err(errors::bad("Content type must not be empty").into());
    }
    let schema = model.schema.as_deref().unwrap_or("{}");
    let invalid = |why: String| {
        errors::bad(format!(
            "Model schema must have at least 1 property or array items defined or be a valid JSON schema: {why}"
        ))
    };
    Ok(models::check(schema).map_err(invalid)?)
}

pub(crate) fn create_validator(
    tx: &mut Tx<'_>,
    input: &api::CreateRequestValidatorInput,
) -> Result<api::RequestValidator> {
    let home = apis::home(&**tx, &tx.scope(), &input.rest_api_id)?;
    let made: api::RequestValidator = document::made_of(input)?;
    let id = document::fresh_id(tx.random(), 6);
    let made = api::RequestValidator {
        id: Some(id.clone()),
        validate_request_body: made.validate_request_body.or(Some(false)),
        validate_request_parameters: made.validate_request_parameters.or(Some(false)),
        ..made
    };
    home.put(tx, &id, &made);
    Ok(made)
}

#[expect(clippy::unnecessary_wraps, reason = "validators may be anything; the others may not")]
fn check_validator(_: &api::RequestValidator) -> Result<()> {
    Ok(())
}

pub(crate) fn create_authorizer(
    tx: &mut Tx<'_>,
    input: &api::CreateAuthorizerInput,
) -> Result<api::Authorizer> {
    let home = apis::home(&**tx, &tx.scope(), &input.rest_api_id)?;
    let made: api::Authorizer = document::made_of(input)?;
    let id = document::fresh_id(tx.random(), 6);
    let kind = made.r#type.as_ref().map(api::AuthorizerType::as_str).unwrap_or_default();
    let own = if kind == "COGNITO_USER_POOLS" { "cognito_user_pools" } else { "custom" };
    let made = api::Authorizer {
        id: Some(id.clone()),
        auth_type: made.auth_type.or_else(|| Some(own.into())),
        authorizer_result_ttl_in_seconds: made.authorizer_result_ttl_in_seconds.or(Some(300)),
        ..made
    };
    check_authorizer(&made)?;
    let others = home.all::<api::Authorizer>(&**tx)?;
    if others.iter().any(|other| other.name == made.name) {
        return Err(errors::conflict(
            "Authorizer name must be unique. Authorizer name already exists in this RestApi.",
        )
        .into());
    }
    home.put(tx, &id, &made);
    Ok(made)
}

/// What each kind of authorizer needs.
pub(crate) fn check_authorizer(made: &api::Authorizer) -> Result<()> {
    let kind = made.r#type.as_ref().map(api::AuthorizerType::as_str).unwrap_or_default();
    let ttl = made.authorizer_result_ttl_in_seconds.unwrap_or(300);
    let source = made.identity_source.as_deref().unwrap_or_default();
    if !(0..=3600).contains(&ttl) {
        return Err(errors::bad("Authorizer result TTL must be between 0 and 3600 seconds").into());
    }
    let has_uri = made.authorizer_uri.as_deref().is_some_and(|uri| uri.contains("/functions/"));
    match kind {
        "TOKEN" | "REQUEST" if !has_uri => {
            Err(errors::bad("Invalid Authorizer URI: a Lambda function's invocation ARN is needed").into())
        }
        "TOKEN" if !source.starts_with("method.request.header.") => Err(errors::bad(
            "Identity source for a TOKEN authorizer must be a header: method.request.header.<name>",
        )
        .into()),
        "REQUEST" if source.is_empty() && ttl > 0 => {
            Err(errors::bad("Identity source is required when authorizer caching is enabled").into())
        }
        "TOKEN" | "REQUEST" => Ok(()),
        "COGNITO_USER_POOLS" => Ok(errors::refuse(&[("COGNITO_USER_POOLS authorizers", true)])?),
        _ => {
            Err(errors::bad("Invalid authorizer type. Must be one of: TOKEN, REQUEST, COGNITO_USER_POOLS")
                .into())
        }
    }
}
