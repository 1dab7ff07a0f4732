//! What may be said of applications and endpoints: platforms, names, attributes, tokens.

use std::collections::BTreeMap;

use names::Arn;
use wire::Fault;

use crate::errors;

/// The secret for the platform's push service.
pub(super) const CREDENTIAL: &str = "PlatformCredential";
/// The name that goes with it.
pub(super) const PRINCIPAL: &str = "PlatformPrincipal";
/// Of applications and of endpoints.
pub(super) const ENABLED: &str = "Enabled";
pub(super) const TOKEN: &str = "Token";
pub(super) const CUSTOM_USER_DATA: &str = "CustomUserData";
/// What Baidu needs to know of a device.
pub(super) const OF_BAIDU: [&str; 2] = ["ChannelId", "UserId"];

const PLATFORMS: [&str; 11] = [
    "ADM",
    "APNS",
    "APNS_SANDBOX",
    "APNS_VOIP",
    "APNS_VOIP_SANDBOX",
    "BAIDU",
    "GCM",
    "MACOS",
    "MACOS_SANDBOX",
    "MPNS",
    "WNS",
];
const NAME_CHARACTERS_MAX: usize = 256;
const TOKEN_BYTES_MAX: usize = 8192;
const APPLE_TOKEN_DIGITS_MAX: usize = 400;
const CUSTOM_USER_DATA_BYTES_MAX: usize = 2048;

/// Why a value is refused.
type Checked = Result<(), &'static str>;

fn is_apples(platform: &str) -> bool {
    platform.starts_with("APNS") || platform.starts_with("MACOS")
}

pub(super) fn check_platform(platform: &str) -> Result<(), Fault> {
    if PLATFORMS.contains(&platform) {
        return Ok(());
    }
    Err(errors::invalid(format_args!("Platform Reason: {platform} is not supported")))
}

/// Checks the name of an application. AWS names the name, where others name the parameter.
pub(super) fn check_name(name: &str) -> Result<(), Fault> {
    let why = if name.is_empty() {
        "cannot be empty"
    } else if name.chars().count() > NAME_CHARACTERS_MAX {
        "must be at most 256 characters long"
    } else if !names::is_plain(name, "_-.", 1..=NAME_CHARACTERS_MAX) {
        "must contain only characters 'a'-'z', 'A'-'Z', '0'-'9', '_', '-', and '.'"
    } else {
        return Ok(());
    };
    Err(errors::invalid(format_args!("{name} Reason: {why}")))
}

/// Checks the credentials of a new application: all platforms need one, and most a principal with it.
pub(super) fn check_credentials(platform: &str, attributes: &BTreeMap<String, String>) -> Result<(), Fault> {
    let needs_principal = is_apples(platform) || matches!(platform, "ADM" | "BAIDU" | "WNS");
    let why = match (attributes.contains_key(CREDENTIAL), attributes.contains_key(PRINCIPAL)) {
        (false, true) => "PlatformPrincipal attribute provided without PlatformCredential",
        (false, false) => "PlatformCredential attribute is required",
        (true, false) if needs_principal => "PlatformCredential attribute provided without PlatformPrincipal",
        (true, _) => return Ok(()),
    };
    Err(errors::invalid(format_args!("Attributes Reason: {why}")))
}

/// Checks attributes of an application.
pub(super) fn check_application(attributes: &BTreeMap<String, String>) -> Result<(), Fault> {
    for (name, value) in attributes {
        let checked = match name.as_str() {
            CREDENTIAL | PRINCIPAL if value.is_empty() => Err("cannot be empty"),
            CREDENTIAL | PRINCIPAL | "ApplePlatformTeamID" | "ApplePlatformBundleID" => Ok(()),
            ENABLED => truth(value).map(drop),
            "EventEndpointCreated"
            | "EventEndpointDeleted"
            | "EventEndpointUpdated"
            | "EventDeliveryFailure" => check_arn_of("sns", value, "must be the ARN of a topic"),
            "SuccessFeedbackRoleArn" | "FailureFeedbackRoleArn" => {
                check_arn_of("iam", value, "must be the ARN of a role")
            }
            "SuccessFeedbackSampleRate" => check_percentage(value),
            _ => return Err(unknown(name)),
        };
        checked.map_err(|why| refused(name, why))?;
    }
    Ok(())
}

/// Checks attributes of an endpoint.
pub(super) fn check_endpoint(platform: &str, attributes: &BTreeMap<String, String>) -> Result<(), Fault> {
    for (name, value) in attributes {
        let checked = match name.as_str() {
            TOKEN => check_token(platform, value),
            ENABLED => truth(value).map(drop),
            CUSTOM_USER_DATA => check_custom_user_data(value),
            _ if platform == "BAIDU" && OF_BAIDU.contains(&name.as_str()) => Ok(()),
            _ => return Err(unknown(name)),
        };
        checked.map_err(|why| refused(name, why))?;
    }
    Ok(())
}

pub(super) fn check_token(platform: &str, token: &str) -> Checked {
    if token.is_empty() {
        return Err("cannot be empty");
    }
    if token.len() > TOKEN_BYTES_MAX {
        return Err("must be at most 8192 bytes long in UTF-8 encoding");
    }
    let is_apples_own =
        token.len() <= APPLE_TOKEN_DIGITS_MAX && token.bytes().all(|byte| byte.is_ascii_hexdigit());
    if is_apples(platform) && !is_apples_own {
        return Err("iOS device tokens must be no more than 400 hexadecimal characters");
    }
    Ok(())
}

pub(super) fn check_custom_user_data(data: &str) -> Checked {
    if data.len() > CUSTOM_USER_DATA_BYTES_MAX {
        return Err("must be at most 2048 bytes long in UTF-8 encoding");
    }
    Ok(())
}

/// `true` or `false`, in any case.
pub(super) fn truth(value: &str) -> Result<bool, &'static str> {
    match value.to_ascii_lowercase().as_str() {
        "true" => Ok(true),
        "false" => Ok(false),
        _ => Err("must be true or false"),
    }
}

/// No ARN takes the attribute away.
fn check_arn_of(service: &str, value: &str, why: &'static str) -> Checked {
    let is_right = value.parse::<Arn>().is_ok_and(|arn| arn.service() == service);
    if value.is_empty() || is_right { Ok(()) } else { Err(why) }
}

fn check_percentage(value: &str) -> Checked {
    let is_right = value.parse::<u8>().is_ok_and(|percent| percent <= 100);
    if value.is_empty() || is_right { Ok(()) } else { Err("must be between 0 and 100") }
}

fn unknown(name: &str) -> Fault {
    errors::invalid(format_args!("Attributes Reason: Invalid attribute name: {name}"))
}

fn refused(name: &str, why: &str) -> Fault {
    errors::invalid(format_args!("Attributes Reason: Invalid value for attribute: {name}: {why}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pairs(pairs: &[(&str, &str)]) -> BTreeMap<String, String> {
        pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
    }

    #[test]
    fn names_are_checked() {
        assert!(check_name(&"a".repeat(256)).is_ok());
        assert!(check_name("A_z-0.9").is_ok());
        for bad in ["", "a/b", "ä", &"a".repeat(257)] {
            assert!(check_name(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn platforms_need_their_credentials() {
        let (secret, both) = (pairs(&[(CREDENTIAL, "c")]), pairs(&[(CREDENTIAL, "c"), (PRINCIPAL, "p")]));
        for platform in PLATFORMS {
            assert!(check_platform(platform).is_ok());
            assert!(check_credentials(platform, &both).is_ok(), "{platform}");
            assert!(check_credentials(platform, &pairs(&[(PRINCIPAL, "p")])).is_err(), "{platform}");
            assert!(check_credentials(platform, &pairs(&[])).is_err(), "{platform}");
            let is_enough = matches!(platform, "GCM" | "MPNS");
            assert_eq!(check_credentials(platform, &secret).is_ok(), is_enough, "{platform}");
        }
        assert!(check_platform("apns").is_err());
    }

    #[test]
    fn attributes_are_checked() {
        assert!(check_application(&pairs(&[(ENABLED, "False"), ("EventEndpointCreated", "")])).is_ok());
        for bad in
            [("EventEndpointCreated", "x"), ("SuccessFeedbackSampleRate", "101"), (CREDENTIAL, ""), ("x", "")]
        {
            assert!(check_application(&pairs(&[bad])).is_err(), "{bad:?}");
        }
        assert!(check_endpoint("BAIDU", &pairs(&[("UserId", "1")])).is_ok());
        for bad in [("UserId", "1"), (ENABLED, "yes"), (TOKEN, ""), (CUSTOM_USER_DATA, &"x".repeat(2049))] {
            assert!(check_endpoint("GCM", &pairs(&[bad])).is_err(), "{bad:?}");
        }
    }

    #[test]
    fn apples_tokens_are_hexadecimal() {
        assert!(check_token("APNS_SANDBOX", &"aF".repeat(200)).is_ok());
        assert!(check_token("APNS", &"a".repeat(401)).is_err());
        assert!(check_token("MACOS", "token").is_err());
        assert!(check_token("GCM", &"ü".repeat(4096)).is_ok());
        assert!(check_token("GCM", &"ü".repeat(4097)).is_err());
    }
}
