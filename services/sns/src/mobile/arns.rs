//! What the ARNs of applications and endpoints name, and why others name nothing.

use names::{Arn, Scope};
use store::tuple::Key;
use wire::Fault;

use super::keys;
use crate::errors;

/// The application that an ARN names: `app/PLATFORM/NAME`; or that of an endpoint.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct ApplicationName {
    pub(super) scope: Scope,
    pub(super) platform: String,
    pub(super) name: String,
}

impl ApplicationName {
    pub(super) fn key(&self) -> Key {
        keys::applications(&self.scope).str(&self.platform).str(&self.name)
    }
}

/// The application of that ARN.
pub(super) fn application(arn: &str) -> Option<ApplicationName> {
    let arn: Arn = arn.parse().ok()?;
    let scope = arn.scope().filter(|_| arn.service() == "sns")?;
    let parts: Vec<&str> = arn.resource().split('/').collect();
    let ["app", platform, name] = parts[..] else { return None };
    Some(ApplicationName { scope, platform: platform.to_owned(), name: name.to_owned() })
}

/// The application of an endpoint of that ARN, `endpoint/PLATFORM/NAME/ID`, and the endpoint's id.
pub(super) fn endpoint(arn: &str) -> Option<(ApplicationName, String)> {
    let arn: Arn = arn.parse().ok()?;
    let scope = arn.scope().filter(|_| arn.service() == "sns")?;
    let parts: Vec<&str> = arn.resource().split('/').collect();
    let ["endpoint", platform, name, id] = parts[..] else { return None };
    let application = ApplicationName { scope, platform: platform.to_owned(), name: name.to_owned() };
    Some((application, id.to_owned()))
}

/// Refuses what is not the ARN of an application.
pub(super) fn no_application(parameter: &str, arn: &str) -> Fault {
    refusal(parameter, arn, 2)
}

/// Refuses what is not the ARN of an endpoint.
pub(super) fn no_endpoint(parameter: &str, arn: &str) -> Fault {
    refusal(parameter, arn, 3)
}

fn refusal(parameter: &str, text: &str, slashes: usize) -> Fault {
    let arn = text.parse::<Arn>().ok().filter(|arn| arn.service() == "sns");
    if arn.is_some_and(|arn| arn.resource().matches('/').count() != slashes) {
        let why = "Wrong number of slashes in relative portion of the ARN.";
        return errors::invalid(format_args!("{parameter} Reason: {why}"));
    }
    errors::invalid_arn(parameter, text)
}

#[cfg(test)]
mod tests {
    use super::*;

    const START: &str = "arn:aws:sns:us-east-1:123456789012:";

    #[test]
    fn arns_name_applications_and_endpoints() {
        let named = application(&format!("{START}app/GCM/shop")).expect("an application");
        assert_eq!((named.platform.as_str(), named.name.as_str()), ("GCM", "shop"));
        assert_eq!(endpoint(&format!("{START}endpoint/GCM/shop/1")), Some((named, "1".to_owned())));
        for other in ["shop", "app/GCM", "app/GCM/shop/1", "endpoint/GCM/shop"] {
            assert_eq!(application(&format!("{START}{other}")), None, "{other}");
        }
        assert_eq!(endpoint(&format!("{START}app/GCM/shop/1")), None);
        assert_eq!(application("arn:aws:sqs:us-east-1:123456789012:app/GCM/shop"), None);
    }

    #[test]
    fn refusals_say_why() {
        let why = |arn: &str| no_application("PlatformApplicationArn", arn).message;
        let start = "Invalid parameter: PlatformApplicationArn";
        assert_eq!(why("a:b"), format!("{start} Reason: An ARN must have at least 6 elements, not 2"));
        let slashes = format!("{start} Reason: Wrong number of slashes in relative portion of the ARN.");
        assert_eq!(why(&format!("{START}topic")), slashes);
        assert_eq!(why(&format!("{START}a/b/c")), start);
    }
}
