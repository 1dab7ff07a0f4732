//! Endpoints are made, found, shown, changed and deleted: an application on a device, known to the push service by a token.

use std::collections::BTreeMap;

use api_sns as api;
use names::{Arn, ids};
use serde::{Deserialize, Serialize};
use service::{Result, Tx, View};
use store::Reads;
use store::tuple::Key;
use wire::Fault;

use super::applications::Application;
use super::attributes::{self, CUSTOM_USER_DATA, ENABLED, OF_BAIDU, TOKEN};
use super::{arns, keys};
use crate::{errors, topics};

/// The parameter that names one.
const PARAMETER: &str = "EndpointArn";

/// An endpoint.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Endpoint {
    pub(crate) arn: Arn,
    id: String,
    /// As the push service knows the device. No other endpoint of the application has it.
    pub(crate) token: String,
    /// Whether it may be published to.
    pub(crate) enabled: bool,
    /// What the client remembers of it.
    pub(crate) custom_user_data: Option<String>,
    /// What Baidu needs to know besides.
    device: BTreeMap<String, String>,
}

#[cfg(test)]
layouts::stays!(stored_endpoint: Endpoint);

/// Whether a device can be published to: AWS's error when it, or its application, is disabled; none when it is not there.
pub(crate) fn reach(reads: &impl Reads, arn: &str) -> Result<Option<Result<(), Fault>>> {
    Ok(locate(reads, arn)?.map(|(application, endpoint)| {
        if !application.is_enabled() {
            return Err(api::error::platform_application_disabled_exception(
                "Platform application is disabled",
            ));
        }
        if endpoint.enabled {
            Ok(())
        } else {
            Err(api::error::endpoint_disabled_exception("Endpoint is disabled"))
        }
    }))
}

/// An endpoint and its application.
fn locate(reads: &impl Reads, arn: &str) -> Result<Option<(Application, Endpoint)>> {
    let Some((name, id)) = arns::endpoint(arn) else { return Ok(None) };
    let Some(application) = Application::named(reads, &name)? else { return Ok(None) };
    let endpoint = reads.get_record(&keys::endpoints(&application).str(&id))?;
    Ok(endpoint.map(|endpoint| (application, endpoint)))
}

fn check_arn(arn: &str) -> Result<(), Fault> {
    arns::endpoint(arn).map(drop).ok_or_else(|| arns::no_endpoint(PARAMETER, arn))
}

fn missing() -> Fault {
    api::error::not_found_exception("Endpoint does not exist")
}

fn token_key(application: &Application, token: &str) -> Key {
    keys::tokens(application).str(token)
}

impl Endpoint {
    /// Takes over attributes that were checked.
    fn set(&mut self, given: &BTreeMap<String, String>) {
        for (name, value) in given {
            match name.as_str() {
                TOKEN => self.token.clone_from(value),
                ENABLED => self.enabled = attributes::truth(value).unwrap_or(self.enabled),
                CUSTOM_USER_DATA => {
                    self.custom_user_data = Some(value.clone()).filter(|data| !data.is_empty())
                }
                _ => drop(self.device.insert(name.clone(), value.clone())),
            }
        }
    }

    /// Whether nothing new is said of it. Without custom data means with none; what else is left out may be as it is.
    fn is_as(&self, given: &BTreeMap<String, String>) -> bool {
        let mut same = self.clone();
        same.custom_user_data = None;
        same.set(given);
        same == *self
    }

    fn keep(&self, tx: &mut Tx<'_>, application: &Application) -> Result<()> {
        tx.put_record(token_key(application, &self.token), &self.id)?;
        Ok(tx.put_record(keys::endpoints(application).str(&self.id), self)?)
    }

    fn shown(self) -> BTreeMap<String, String> {
        let mut attributes = self.device;
        attributes.insert(ENABLED.to_owned(), self.enabled.to_string());
        attributes.insert(TOKEN.to_owned(), self.token);
        attributes.extend(self.custom_user_data.map(|data| (CUSTOM_USER_DATA.to_owned(), data)));
        attributes
    }
}

pub(crate) fn create(
    tx: &mut Tx<'_>,
    input: &api::CreatePlatformEndpointInput,
) -> Result<api::CreatePlatformEndpointOutput> {
    let application = Application::find(&**tx, &input.platform_application_arn)?;
    let given = given(&application.platform, input)?;
    let token = given.get(TOKEN).unwrap_or(&input.token);
    if let Some(known) = with_token(&**tx, &application, token)? {
        if known.is_as(&given) {
            return Ok(api::CreatePlatformEndpointOutput { endpoint_arn: Some(known.arn.to_string()) });
        }
        let why = "already exists with the same Token, but different attributes.";
        return Err(errors::invalid(format_args!("Token Reason: Endpoint {} {why}", known.arn)).into());
    }
    let id = ids::uuid(tx.random().bytes());
    let resource = format!("endpoint/{}/{}/{id}", application.platform, application.name);
    let mut endpoint = Endpoint {
        arn: Arn::in_scope("sns", &application.scope, resource),
        id,
        token: token.clone(),
        enabled: true,
        custom_user_data: None,
        device: BTreeMap::new(),
    };
    endpoint.set(&given);
    endpoint.keep(tx, &application)?;
    Ok(api::CreatePlatformEndpointOutput { endpoint_arn: Some(endpoint.arn.to_string()) })
}

/// What a request says of a new endpoint, checked: what stands in its attributes goes before its parameters.
fn given(
    platform: &str,
    input: &api::CreatePlatformEndpointInput,
) -> Result<BTreeMap<String, String>, Fault> {
    let refused = |parameter: &str, why| errors::invalid(format_args!("{parameter} Reason: {why}"));
    attributes::check_token(platform, &input.token).map_err(|why| refused(TOKEN, why))?;
    let data = input.custom_user_data.as_deref().unwrap_or_default();
    attributes::check_custom_user_data(data).map_err(|why| refused(CUSTOM_USER_DATA, why))?;
    let mut given = input.attributes.clone().unwrap_or_default();
    attributes::check_endpoint(platform, &given)?;
    if let Some(name) = OF_BAIDU.iter().find(|name| platform == "BAIDU" && !given.contains_key(**name)) {
        return Err(refused("Attributes", &format!("{name} attribute is required")));
    }
    given.entry(TOKEN.to_owned()).or_insert_with(|| input.token.clone());
    given.entry(CUSTOM_USER_DATA.to_owned()).or_insert_with(|| data.to_owned());
    Ok(given)
}

/// The application's endpoint that has that token.
fn with_token(reads: &impl Reads, application: &Application, token: &str) -> Result<Option<Endpoint>> {
    let Some(id) = reads.get_record::<String>(&token_key(application, token))? else { return Ok(None) };
    Ok(reads.get_record(&keys::endpoints(application).str(&id))?)
}

pub(crate) fn delete(tx: &mut Tx<'_>, input: &api::DeleteEndpointInput) -> Result<api::DeleteEndpointOutput> {
    check_arn(&input.endpoint_arn)?;
    // Deleting what is not there succeeds, as in AWS.
    if let Some((application, endpoint)) = locate(&**tx, &input.endpoint_arn)? {
        tx.delete(token_key(&application, &endpoint.token));
        tx.delete(keys::endpoints(&application).str(&endpoint.id));
    }
    Ok(api::DeleteEndpointOutput::default())
}

pub(crate) fn list(
    view: &View<'_>,
    input: &api::ListEndpointsByPlatformApplicationInput,
) -> Result<api::ListEndpointsByPlatformApplicationOutput> {
    let application = Application::find(&**view, &input.platform_application_arn)?;
    let range = keys::endpoints(&application).prefix_range();
    let (endpoints, next_token) = topics::page::<Endpoint>(
        view,
        "sns:ListEndpointsByPlatformApplication",
        range,
        input.next_token.as_deref(),
    )?;
    let shown = |endpoint: Endpoint| api::Endpoint {
        endpoint_arn: Some(endpoint.arn.to_string()),
        attributes: Some(endpoint.shown()),
    };
    let endpoints = Some(endpoints.into_iter().map(shown).collect());
    Ok(api::ListEndpointsByPlatformApplicationOutput { endpoints, next_token })
}

pub(crate) fn get_attributes(
    view: &View<'_>,
    input: &api::GetEndpointAttributesInput,
) -> Result<api::GetEndpointAttributesOutput> {
    check_arn(&input.endpoint_arn)?;
    let (_, endpoint) = locate(&**view, &input.endpoint_arn)?.ok_or_else(missing)?;
    Ok(api::GetEndpointAttributesOutput { attributes: Some(endpoint.shown()) })
}

pub(crate) fn set_attributes(
    tx: &mut Tx<'_>,
    input: &api::SetEndpointAttributesInput,
) -> Result<api::SetEndpointAttributesOutput> {
    check_arn(&input.endpoint_arn)?;
    let (application, mut endpoint) = locate(&**tx, &input.endpoint_arn)?.ok_or_else(missing)?;
    attributes::check_endpoint(&application.platform, &input.attributes)?;
    let old = endpoint.token.clone();
    endpoint.set(&input.attributes);
    if endpoint.token != old {
        if with_token(&**tx, &application, &endpoint.token)?.is_some() {
            let why = "This endpoint is already registered with a different token.";
            return Err(errors::invalid(why).into());
        }
        tx.delete(token_key(&application, &old));
    }
    endpoint.keep(tx, &application)?;
    Ok(api::SetEndpointAttributesOutput::default())
}
