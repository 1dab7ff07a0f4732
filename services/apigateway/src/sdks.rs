//! Kinds of SDKs that API Gateway knows, with what each wants to be told. None is made here: `GetSdk` is refused by name.

use api_apigateway as api;
use service::{Result, View};

use crate::errors;

/// Id, name, and the properties, the required ones.
const TYPES: [(&str, &str, &[&str]); 6] = [
    ("android", "Android", &["groupId", "artifactId", "artifactVersion", "invokerPackage"]),
    ("java", "Java", &["serviceName", "javaPackageName"]),
    ("javascript", "JavaScript", &[]),
    ("objectivec", "iOS (Objective-C)", &["classPrefix"]),
    ("ruby", "Ruby", &["serviceName"]),
    ("swift", "iOS (Swift)", &["classPrefix"]),
];

fn shown((id, name, properties): &(&str, &str, &[&str])) -> api::SdkType {
    let property = |name: &&str| api::SdkConfigurationProperty {
        name: Some((*name).to_owned()),
        friendly_name: Some((*name).to_owned()),
        required: Some(true),
        ..api::SdkConfigurationProperty::default()
    };
    api::SdkType {
        id: Some((*id).to_owned()),
        friendly_name: Some((*name).to_owned()),
        description: None,
        configuration_properties: Some(properties.iter().map(property).collect()),
    }
}

#[expect(clippy::unnecessary_wraps, reason = "operations may fail")]
pub(crate) fn list(_: &View<'_>, _: &api::GetSdkTypesInput) -> Result<api::GetSdkTypesOutput> {
    Ok(api::GetSdkTypesOutput { items: Some(TYPES.iter().map(shown).collect()), position: None })
}

pub(crate) fn get(_: &View<'_>, input: &api::GetSdkTypeInput) -> Result<api::SdkType> {
    let found = TYPES.iter().find(|(id, ..)| *id == input.id);
    Ok(shown(found.ok_or_else(|| errors::missing("Invalid SDK type identifier specified"))?))
}
