//! Amazon Resource Names: parsed, taken apart and made. Checks the shape; whether the resource exists is its service's
//! to say.

use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use crate::text::serde_as_text;
use crate::{Account, Partition, Region, Scope};

/// Longest ARN in bytes that is accepted from outside, as in IAM's `arnType`.
pub const LENGTH_MAX: usize = 2048;

/// `arn:partition:service:region:account:resource`.
///
/// Region and account are empty where the service has none (`arn:aws:s3:::bucket`). The text is shared, so cloning is
/// cheap. Follows "Identify AWS resources with Amazon Resource Names" in the IAM user guide.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Arn(Arc<str>);

/// Why a text is no ARN.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum InvalidArn {
    /// Longer than [`LENGTH_MAX`].
    #[error("an ARN has at most {LENGTH_MAX} bytes")]
    TooLong,
    /// Does not begin with `arn:`.
    #[error("an ARN begins with arn:")]
    Prefix,
    /// Fewer than six parts.
    #[error("an ARN has six parts")]
    Parts,
    /// The partition is unknown.
    #[error("the partition of the ARN is unknown")]
    Partition,
    /// The service is empty or has characters other than lower-case letters, digits and hyphens.
    #[error("the service of the ARN is malformed")]
    Service,
    /// The region is neither empty nor shaped like one.
    #[error("the region of the ARN is malformed")]
    Region,
    /// The account is neither empty, twelve digits, nor a word such as `aws`.
    #[error("the account of the ARN is malformed")]
    Account,
    /// The resource is empty or has control characters.
    #[error("the resource of the ARN is malformed")]
    Resource,
}

impl Arn {
    /// The ARN of a regional resource, such as a queue.
    ///
    /// `resource` comes from a validated name: it is not checked here.
    pub fn new(
        service: &'static str,
        region: &Region,
        account: &Account,
        resource: impl fmt::Display,
    ) -> Self {
        Self(format!("arn:{}:{service}:{region}:{account}:{resource}", region.partition()).into())
    }

    /// The ARN of a regional resource in this scope.
    pub fn in_scope(service: &'static str, scope: &Scope, resource: impl fmt::Display) -> Self {
        Self::new(service, &scope.region, &scope.account, resource)
    }

    /// The ARN of a resource that has an account and no region, such as an IAM role.
    pub fn global(
        service: &'static str,
        partition: Partition,
        account: &Account,
        resource: impl fmt::Display,
    ) -> Self {
        Self(format!("arn:{partition}:{service}::{account}:{resource}").into())
    }

    /// The ARN of a resource that has a region and no account, such as an API of API Gateway.
    pub fn regional(service: &'static str, region: &Region, resource: impl fmt::Display) -> Self {
        Self(format!("arn:{}:{service}:{region}::{resource}", region.partition()).into())
    }

    /// The ARN of a resource with neither region nor account, such as a bucket.
    pub fn unowned(service: &'static str, partition: Partition, resource: impl fmt::Display) -> Self {
        Self(format!("arn:{partition}:{service}:::{resource}").into())
    }

    /// The whole text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// `aws`, `aws-cn` and so on.
    pub fn partition(&self) -> &str {
        self.part(1)
    }

    /// The service's namespace, such as `sqs`.
    pub fn service(&self) -> &str {
        self.part(2)
    }

    /// The region's text; empty for a global resource.
    pub fn region_text(&self) -> &str {
        self.part(3)
    }

    /// The account's text: empty, twelve digits, or `aws` for what AWS owns.
    pub fn account_text(&self) -> &str {
        self.part(4)
    }

    /// Everything after the fifth colon.
    pub fn resource(&self) -> &str {
        self.part(5)
    }

    /// The region, where the resource has one.
    pub fn region(&self) -> Option<Region> {
        self.region_text().parse().ok()
    }

    /// The account, where the resource belongs to one.
    pub fn account(&self) -> Option<Account> {
        self.account_text().parse().ok()
    }

    /// Account and region, where the resource has both.
    pub fn scope(&self) -> Option<Scope> {
        Some(Scope::new(self.account()?, self.region()?))
    }

    /// The resource split at its first `/` or `:`, as in (`table`, `trips`); `None` where it is a bare name.
    pub fn typed_resource(&self) -> Option<(&str, &str)> {
        self.resource().split_once(['/', ':'])
    }

    fn part(&self, number: usize) -> &str {
        self.0.splitn(6, ':').nth(number).unwrap_or("")
    }
}

/// Checks the six parts of a text.
fn check(text: &str) -> Result<(), InvalidArn> {
    if text.len() > LENGTH_MAX {
        return Err(InvalidArn::TooLong);
    }
    let rest = text.strip_prefix("arn:").ok_or(InvalidArn::Prefix)?;
    let mut parts = rest.splitn(5, ':');
    let mut next = || parts.next().ok_or(InvalidArn::Parts);
    let (partition, service, region, account, resource) = (next()?, next()?, next()?, next()?, next()?);
    let of_word = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    let checks = [
        (Partition::from_name(partition).is_some(), InvalidArn::Partition),
        (!service.is_empty() && service.bytes().all(of_word), InvalidArn::Service),
        (region.is_empty() || region.parse::<Region>().is_ok(), InvalidArn::Region),
        (is_owner(account), InvalidArn::Account),
        (!resource.is_empty() && !resource.contains(char::is_control), InvalidArn::Resource),
    ];
    checks.into_iter().find(|(holds, _)| !holds).map_or(Ok(()), |(_, error)| Err(error))
}

/// Whether a text may stand where an account does: nobody, an account, or a service's word such as `aws`.
fn is_owner(text: &str) -> bool {
    text.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'-') || text.parse::<Account>().is_ok()
}

impl FromStr for Arn {
    type Err = InvalidArn;

    fn from_str(text: &str) -> Result<Self, InvalidArn> {
        check(text).map(|()| Self(text.into()))
    }
}

impl fmt::Display for Arn {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.pad(&self.0)
    }
}

impl fmt::Debug for Arn {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

impl AsRef<str> for Arn {
    fn as_ref(&self) -> &str {
        &self.0
    }
}

serde_as_text!(Arn);

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn parts_are_found() {
        let arn: Arn = "arn:aws:dynamodb:us-east-1:123456789012:table/trips/index/a:b".parse().unwrap();
        assert_eq!((arn.partition(), arn.service(), arn.region_text()), ("aws", "dynamodb", "us-east-1"));
        assert_eq!(arn.account_text(), "123456789012");
        assert_eq!(arn.typed_resource(), Some(("table", "trips/index/a:b")));
        let role: Arn = "arn:aws:iam::aws:policy/ReadOnlyAccess".parse().unwrap();
        assert_eq!((role.account(), role.region(), role.scope()), (None, None, None));
    }

    #[test]
    fn builders_agree_with_parsing() {
        let china = "cn-north-1".parse().unwrap();
        for (made, text) in [
            (
                Arn::new("sqs", &Region::US_EAST_1, &Account::ZERO, "q"),
                "arn:aws:sqs:us-east-1:000000000000:q",
            ),
            (Arn::new("sns", &china, &Account::ZERO, "t"), "arn:aws-cn:sns:cn-north-1:000000000000:t"),
            (
                Arn::global("iam", Partition::Aws, &Account::ZERO, "role/r"),
                "arn:aws:iam::000000000000:role/r",
            ),
            (Arn::unowned("s3", Partition::Aws, "bucket"), "arn:aws:s3:::bucket"),
        ] {
            assert_eq!(made.as_str(), text);
            assert_eq!(text.parse(), Ok(made));
        }
    }

    #[test]
    fn words_may_have_hyphens() {
        let arn: Arn = "arn:aws:execute-api:us-east-1:aws-marketplace:x".parse().unwrap();
        assert_eq!((arn.service(), arn.account_text()), ("execute-api", "aws-marketplace"));
        assert_eq!("arn:aws:SQS:us-east-1:000000000000:q".parse::<Arn>(), Err(InvalidArn::Service));
    }

    #[test]
    fn it_is_shown_as_it_is_and_may_be_as_long_as_the_limit() {
        let text = format!("{:q<LENGTH_MAX$}", "arn:aws:sqs:::");
        let arn: Arn = text.parse().unwrap();
        assert_eq!(
            (format!("{arn}"), format!("{arn:?}"), arn.as_ref()),
            (text.clone(), text.clone(), &*text)
        );
    }

    #[test]
    fn each_part_has_its_error() {
        let long = format!("arn:aws:sqs:::{}", "q".repeat(LENGTH_MAX));
        for (text, error) in [
            ("urn:aws:sqs:us-east-1:000000000000:q", InvalidArn::Prefix),
            ("arn:aws:sqs:us-east-1:000000000000", InvalidArn::Parts),
            ("arn:azure:sqs:us-east-1:000000000000:q", InvalidArn::Partition),
            ("arn:aws::us-east-1:000000000000:q", InvalidArn::Service),
            ("arn:aws:sqs:nowhere:000000000000:q", InvalidArn::Region),
            ("arn:aws:sqs:us-east-1:12:q", InvalidArn::Account),
            ("arn:aws:sqs:us-east-1:000000000000:", InvalidArn::Resource),
            (&long, InvalidArn::TooLong),
        ] {
            assert_eq!(text.parse::<Arn>(), Err(error), "{text}");
        }
    }

    proptest! {
        #[test]
        fn any_text_is_kept_or_refused(text in "(arn:aws:)?\\PC{0,60}") {
            if let Ok(arn) = text.parse::<Arn>() {
                prop_assert_eq!(arn.as_str(), text);
                prop_assert!(!arn.resource().is_empty());
            }
        }

        #[test]
        fn what_is_built_comes_apart(number in 0..1_000_000_000_000_u64, resource in "[a-zA-Z0-9_:/-]{1,80}") {
            let account = Account::from_number(number).unwrap();
            let arn = Arn::new("sqs", &Region::US_EAST_1, &account, &resource);
            prop_assert_eq!(arn.resource(), &resource);
            prop_assert_eq!(arn.scope(), Some(Scope::new(account, Region::US_EAST_1)));
            prop_assert_eq!(arn.as_str().parse::<Arn>().unwrap(), arn);
        }
    }
}
