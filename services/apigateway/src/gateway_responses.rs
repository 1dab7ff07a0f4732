//! Gateway responses: what clients get when no integration was reached, by what went wrong.

use api_apigateway as api;
use service::{Result, Tx, View};
use wire::Fault;

use crate::document::{self, Document as _};
use crate::patch::{self, ENTRY, REPLACE, Table};
use crate::{apis, errors, integrations};

const TABLE: Table =
    &[("/statusCode", REPLACE), ("/responseParameters/*", ENTRY), ("/responseTemplates/*", ENTRY)];

/// The kinds, the status of each (none for those that stand for many), and the name that clients read in `x-amzn-ErrorType`.
pub(crate) const KINDS: [(&str, Option<u16>, &str); 22] = [
    ("ACCESS_DENIED", Some(403), "AccessDeniedException"),
    ("API_CONFIGURATION_ERROR", Some(500), "InternalServerErrorException"),
    ("AUTHORIZER_CONFIGURATION_ERROR", Some(500), "AuthorizerConfigurationException"),
    ("AUTHORIZER_FAILURE", Some(500), "AuthorizerConfigurationException"),
    ("BAD_REQUEST_BODY", Some(400), "BadRequestException"),
    ("BAD_REQUEST_PARAMETERS", Some(400), "BadRequestException"),
    ("DEFAULT_4XX", None, "BadRequestException"),
    ("DEFAULT_5XX", None, "InternalServerErrorException"),
    ("EXPIRED_TOKEN", Some(403), "ExpiredTokenException"),
    ("INTEGRATION_FAILURE", Some(504), "InternalServerErrorException"),
    ("INTEGRATION_TIMEOUT", Some(504), "InternalServerErrorException"),
    ("INVALID_API_KEY", Some(403), "ForbiddenException"),
    ("INVALID_SIGNATURE", Some(403), "InvalidSignatureException"),
    ("MISSING_AUTHENTICATION_TOKEN", Some(403), "MissingAuthenticationTokenException"),
    ("QUOTA_EXCEEDED", Some(429), "LimitExceededException"),
    ("REQUEST_TOO_LARGE", Some(413), "RequestTooLargeException"),
    ("RESOURCE_NOT_FOUND", Some(404), "NotFoundException"),
    ("THROTTLED", Some(429), "TooManyRequestsException"),
    ("UNAUTHORIZED", Some(401), "UnauthorizedException"),
    ("UNSUPPORTED_MEDIA_TYPE", Some(415), "BadRequestException"),
    ("WAF_FILTERED", Some(403), "ForbiddenException"),
    ("INTERNAL_ERROR", Some(500), "InternalServerErrorException"),
];

/// How many of them can be changed by users: the last is our own.
const PUBLIC: usize = KINDS.len() - 1;

/// The template that every response has.
pub(crate) const TEMPLATE: &str = r#"{"message":$context.error.messageString}"#;

fn preset(kind: &str) -> Option<api::GatewayResponse> {
    let (name, status, _) = KINDS[..PUBLIC].iter().find(|(name, ..)| *name == kind)?;
    Some(api::GatewayResponse {
        response_type: Some((*name).into()),
        status_code: status.map(|status| status.to_string()),
        response_parameters: Some(Default::default()),
        response_templates: Some([("application/json".to_owned(), TEMPLATE.to_owned())].into()),
        default_response: Some(true),
    })
}

fn unknown() -> Fault {
    errors::missing("Invalid gateway response type specified")
}

pub(crate) fn put(tx: &mut Tx<'_>, input: &api::PutGatewayResponseInput) -> Result<api::GatewayResponse> {
    let home = apis::home(&**tx, &tx.scope(), &input.rest_api_id)?;
    let kind = input.response_type.as_str();
    let preset = preset(kind).ok_or_else(unknown)?;
    let made: api::GatewayResponse = document::made_of(input)?;
    let made = api::GatewayResponse {
        response_type: preset.response_type,
        status_code: made.status_code.or(preset.status_code),
        response_parameters: Some(made.response_parameters.unwrap_or_default()),
        response_templates: made.response_templates.or(preset.response_templates),
        default_response: Some(false),
    };
    checked(&made)?;
    home.put(tx, kind, &made);
    Ok(made)
}

pub(crate) fn checked(response: &api::GatewayResponse) -> Result<()> {
    if let Some(status) = &response.status_code {
        crate::methods::check_status(status)?;
    }
    for (name, source) in response.response_parameters.iter().flatten() {
        let is_header = name.strip_prefix("gatewayresponse.header.").is_some_and(|name| !name.is_empty());
        let known = integrations::is_source(source, "method.request.");
        if !is_header || !known {
            let wrong = if is_header { source } else { name };
            let message = format!(
                "Invalid mapping expression specified: Validation Result: warnings : [], errors : [Invalid mapping expression specified: {wrong}]"
            );
            return Err(errors::bad(message).into());
        }
    }
    Ok(())
}

pub(crate) fn get(view: &View<'_>, input: &api::GetGatewayResponseInput) -> Result<api::GatewayResponse> {
    let home = apis::home(&**view, &view.scope(), &input.rest_api_id)?;
    let kind = input.response_type.as_str();
    let own: Option<api::GatewayResponse> = home.get(&**view, kind)?;
    Ok(own.or_else(|| preset(kind)).ok_or_else(unknown)?)
}

pub(crate) fn list(
    view: &View<'_>,
    input: &api::GetGatewayResponsesInput,
) -> Result<api::GetGatewayResponsesOutput> {
    let home = apis::home(&**view, &view.scope(), &input.rest_api_id)?;
    let mut items = Vec::new();
    for (kind, ..) in &KINDS[..PUBLIC] {
        let own: Option<api::GatewayResponse> = home.get(&**view, kind)?;
        items.extend(own.or_else(|| preset(kind)));
    }
    Ok(api::GetGatewayResponsesOutput { items: Some(items), position: None })
}

pub(crate) fn update(
    tx: &mut Tx<'_>,
    input: &api::UpdateGatewayResponseInput,
) -> Result<api::GatewayResponse> {
    let home = apis::home(&**tx, &tx.scope(), &input.rest_api_id)?;
    let kind = input.response_type.as_str();
    let own: Option<api::GatewayResponse> = home.get(&**tx, kind)?;
    let found = own.or_else(|| preset(kind)).ok_or_else(unknown)?;
    let mut changed: api::GatewayResponse = patch::apply(&found, &input.patch_operations, TABLE)?;
    changed.default_response = Some(false);
    checked(&changed)?;
    home.put(tx, kind, &changed);
    Ok(changed)
}

pub(crate) fn delete(
    tx: &mut Tx<'_>,
    input: &api::DeleteGatewayResponseInput,
) -> Result<api::DeleteGatewayResponseOutput> {
    let home = apis::home(&**tx, &tx.scope(), &input.rest_api_id)?;
    let kind = input.response_type.as_str();
    preset(kind).ok_or_else(unknown)?;
    let found: Option<api::GatewayResponse> = home.get(&**tx, kind)?;
    found.ok_or_else(|| api::GatewayResponse::missing(kind))?;
    home.delete::<api::GatewayResponse>(tx, kind)?;
    Ok(api::DeleteGatewayResponseOutput::default())
}
