//! Applications of the push services are made, shown, changed and deleted.

use std::collections::BTreeMap;

use api_sns as api;
use names::{Arn, Scope, ids};
use serde::{Deserialize, Serialize};
use service::{Result, Tx, View};
use store::Reads;

use super::arns::{self, ApplicationName};
use super::{attributes, keys};
use crate::{SWEEPER, topics};

/// The parameter that names one.
const PARAMETER: &str = "PlatformApplicationArn";

/// An application.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Application {
    pub(super) scope: Scope,
    pub(super) platform: String,
    pub(super) name: String,
    /// Another one for each that had this name, so that none has the endpoints of one that was deleted.
    pub(super) id: String,
    /// As the client gave them, without credentials.
    attributes: BTreeMap<String, String>,
}

#[cfg(test)]
layouts::stays!(stored_application: Application);

impl Application {
    /// Whether its devices may be published to.
    pub(super) fn is_enabled(&self) -> bool {
        self.attributes.get(attributes::ENABLED).is_none_or(|value| value == "true")
    }

    fn arn(&self) -> Arn {
        Arn::in_scope("sns", &self.scope, format_args!("app/{}/{}", self.platform, self.name))
    }

    /// The application of that ARN.
    pub(super) fn find(reads: &impl Reads, arn: &str) -> Result<Self> {
        let name = arns::application(arn).ok_or_else(|| arns::no_application(PARAMETER, arn))?;
        let missing = || api::error::not_found_exception("PlatformApplication does not exist");
        Ok(Self::named(reads, &name)?.ok_or_else(missing)?)
    }

    /// The application of that name, if there is one.
    pub(super) fn named(reads: &impl Reads, name: &ApplicationName) -> Result<Option<Self>> {
        Ok(reads.get_record(&name.key())?)
    }

    /// Takes over what a request says; credentials are not kept, and an empty value takes an attribute away.
    fn set(&mut self, given: &BTreeMap<String, String>) {
        for (name, value) in given {
            match name.as_str() {
                attributes::CREDENTIAL | attributes::PRINCIPAL => {}
                attributes::ENABLED => drop(self.attributes.insert(name.clone(), value.to_ascii_lowercase())),
                _ if value.is_empty() => drop(self.attributes.remove(name)),
                _ => drop(self.attributes.insert(name.clone(), value.clone())),
            }
        }
    }
}

pub(crate) fn create(
    tx: &mut Tx<'_>,
    input: &api::CreatePlatformApplicationInput,
) -> Result<api::CreatePlatformApplicationOutput> {
    attributes::check_name(&input.name)?;
    attributes::check_platform(&input.platform)?;
    attributes::check_application(&input.attributes)?;
    attributes::check_credentials(&input.platform, &input.attributes)?;
    let (scope, platform, name) = (tx.scope(), input.platform.clone(), input.name.clone());
    let named = ApplicationName { scope, platform, name };
    let mut application = match Application::named(&**tx, &named)? {
        Some(known) => known,
        None => Application {
            scope: named.scope,
            platform: named.platform.clone(),
            name: named.name.clone(),
            id: ids::uuid(tx.random().bytes()),
            attributes: BTreeMap::from([(attributes::ENABLED.to_owned(), "true".to_owned())]),
        },
    };
    application.set(&input.attributes);
    tx.put_record(named.key(), &application)?;
    let platform_application_arn = Some(application.arn().to_string());
    Ok(api::CreatePlatformApplicationOutput { platform_application_arn })
}

pub(crate) fn delete(
    tx: &mut Tx<'_>,
    input: &api::DeletePlatformApplicationInput,
) -> Result<api::DeletePlatformApplicationOutput> {
    let arn = &input.platform_application_arn;
    let name = arns::application(arn).ok_or_else(|| arns::no_application(PARAMETER, arn))?;
    // Deleting what is not there succeeds, as in AWS.
    if let Some(application) = Application::named(&**tx, &name)? {
        tx.delete(name.key());
        SWEEPER.put(tx, &keys::endpoints(&application));
        SWEEPER.put(tx, &keys::tokens(&application));
    }
    Ok(api::DeletePlatformApplicationOutput::default())
}

pub(crate) fn list(
    view: &View<'_>,
    input: &api::ListPlatformApplicationsInput,
) -> Result<api::ListPlatformApplicationsOutput> {
    let scope = view.scope();
    let range = keys::applications(&scope).prefix_range();
    let (applications, next_token) = topics::page::<Application>(
        view,
        "sns:ListPlatformApplications",
        range,
        input.next_token.as_deref(),
    )?;
    let shown = |application: Application| api::PlatformApplication {
        platform_application_arn: Some(application.arn().to_string()),
        attributes: Some(application.attributes),
    };
    let platform_applications = Some(applications.into_iter().map(shown).collect());
    Ok(api::ListPlatformApplicationsOutput { platform_applications, next_token })
}

pub(crate) fn get_attributes(
    view: &View<'_>,
    input: &api::GetPlatformApplicationAttributesInput,
) -> Result<api::GetPlatformApplicationAttributesOutput> {
    let application = Application::find(&**view, &input.platform_application_arn)?;
    Ok(api::GetPlatformApplicationAttributesOutput { attributes: Some(application.attributes) })
}

pub(crate) fn set_attributes(
    tx: &mut Tx<'_>,
    input: &api::SetPlatformApplicationAttributesInput,
) -> Result<api::SetPlatformApplicationAttributesOutput> {
    let mut application = Application::find(&**tx, &input.platform_application_arn)?;
    attributes::check_application(&input.attributes)?;
    application.set(&input.attributes);
    let key = keys::applications(&application.scope).str(&application.platform).str(&application.name);
    tx.put_record(key, &application)?;
    Ok(api::SetPlatformApplicationAttributesOutput::default())
}
