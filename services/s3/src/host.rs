//! Hosts: `bucket.s3.localhost`, `s3.eu-west-1.amazonaws.com`, `bucket.localhost`, and those of access points and of S3 Control.
//!
//! Follows "Virtual hosting of general purpose buckets", "Amazon S3 endpoints" and "Using dual-stack endpoints" in S3's user
//! guide. Hosts of websites are not S3's API.

use names::{Region, Scope};
use service::Address;

use crate::access_point;

/// The domains under which hosts are read, and whether a bucket may stand right before it.
const DOMAINS: [(&str, bool); 5] = [
    ("localhost.localstack.cloud", true),
    ("localhost", true),
    // Clients put what they name before an address as well.
    ("127.0.0.1", true),
    ("amazonaws.com", false),
    ("amazonaws.com.cn", false),
];
/// What S3 calls itself in hosts; some older ones go on with the region, as in `s3-eu-west-1`.
const NAMES: [&str; 4] = ["s3", "s3-accelerate", "s3-fips", "s3-external-1"];

/// What S3 Control calls itself, and where access points are.
const CONTROLS: [&str; 2] = ["s3-control", "s3-control-fips"];
const ACCESS_POINTS: [&str; 2] = ["s3-accesspoint", "s3-accesspoint-fips"];

/// What a host, without its port, names.
pub(crate) fn address(host: &str) -> Option<Address> {
    let host = host.to_ascii_lowercase();
    let (rest, stands_alone) = split(&host)?;
    if is_website(rest) {
        return None;
    }
    let alone = || Address { resource: Some(rest.to_owned()), region: None, is_named: false };
    of_access_point(rest).or_else(|| named(rest)).or_else(|| stands_alone.then(alone))
}

/// What a host names of S3 Control: `[account.]s3-control[.dualstack].region`.
pub(crate) fn control(host: &str) -> Option<Address> {
    let host = host.to_ascii_lowercase();
    let (labels, region) = before_region(split(&host)?.0);
    let is_named = labels.last().is_some_and(|name| CONTROLS.contains(name));
    is_named.then_some(Address { resource: None, region, is_named })
}

/// `name-account.s3-accesspoint[.dualstack].region`.
fn of_access_point(host: &str) -> Option<Address> {
    let (labels, region) = before_region(host);
    let [point, name] = labels.as_slice() else { return None };
    let (point, account) = point.rsplit_once('-')?;
    let scope = Scope::new(account.parse().ok()?, region?);
    let resource = access_point::arn(&scope, point).to_string().replace('/', ":");
    ACCESS_POINTS.contains(name).then_some(Address { resource: Some(resource), region, is_named: true })
}

/// What stands in a host before a domain of ours or AWS's.
pub(crate) fn without_domain(host: &str) -> Option<&str> {
    split(host).map(|(rest, _)| rest)
}

/// The same, and whether a bucket may stand there alone.
fn split(host: &str) -> Option<(&str, bool)> {
    DOMAINS.iter().find_map(|(domain, stands_alone)| {
        Some((host.strip_suffix(domain)?.strip_suffix('.')?, *stands_alone))
    })
}

/// `[bucket.]s3[.dualstack][.region]`.
fn named(host: &str) -> Option<Address> {
    let (mut labels, mut region) = before_region(host);
    let name = labels.pop()?;
    if !NAMES.contains(&name) {
        let tail = name.strip_prefix("s3-")?;
        region = Some(tail.strip_prefix("fips-").unwrap_or(tail).parse().ok()?);
    }
    let bucket = labels.join(".");
    Some(Address { resource: (!bucket.is_empty()).then_some(bucket), region, is_named: true })
}

/// The labels before a region, and the region.
fn before_region(host: &str) -> (Vec<&str>, Option<Region>) {
    let mut labels: Vec<&str> = host.split('.').collect();
    let region = labels.last().and_then(|label| label.parse::<Region>().ok());
    if region.is_some() {
        labels.pop();
    }
    if labels.last() == Some(&"dualstack") {
        labels.pop();
    }
    (labels, region)
}

fn is_website(host: &str) -> bool {
    host.split('.').any(|label| label == "s3-website" || label.starts_with("s3-website-"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(host: &str) -> Option<(Option<String>, Option<String>, bool)> {
        let Address { resource, region, is_named } = address(host)?;
        Some((resource, region.map(|region| region.to_string()), is_named))
    }

    #[test]
    fn hosts_name_buckets_and_regions() {
        for (host, bucket, region) in [
            ("s3.localhost", None, None),
            ("s3.eu-west-1.localhost", None, Some("eu-west-1")),
            ("trips.s3.localhost", Some("trips"), None),
            ("my.trips.s3.eu-west-1.localhost.localstack.cloud", Some("my.trips"), Some("eu-west-1")),
            ("trips.s3.amazonaws.com", Some("trips"), None),
            ("trips.s3.dualstack.us-west-2.amazonaws.com", Some("trips"), Some("us-west-2")),
            ("trips.s3-eu-west-1.amazonaws.com", Some("trips"), Some("eu-west-1")),
            ("trips.s3-accelerate.amazonaws.com", Some("trips"), None),
            ("trips.s3-fips.us-gov-west-1.amazonaws.com", Some("trips"), Some("us-gov-west-1")),
            ("S3.cn-north-1.amazonaws.com.cn", None, Some("cn-north-1")),
            ("s3.s3.localhost", Some("s3"), None),
            (
                "my-trips-000000000000.s3-accesspoint.eu-west-1.localhost",
                Some("arn:aws:s3:eu-west-1:000000000000:accesspoint:my-trips"),
                Some("eu-west-1"),
            ),
            (
                "trips-000000000000.s3-accesspoint-fips.dualstack.cn-north-1.amazonaws.com.cn",
                Some("arn:aws-cn:s3:cn-north-1:000000000000:accesspoint:trips"),
                Some("cn-north-1"),
            ),
        ] {
            let expected = (bucket.map(str::to_owned), region.map(str::to_owned), true);
            assert_eq!(read(host), Some(expected), "{host}");
        }
    }

    #[test]
    fn hosts_name_the_control() {
        let region = |host| control(host).map(|address| address.region.map(|region| region.to_string()));
        let us = Some(Some("us-east-1".to_owned()));
        assert_eq!(region("000000000000.s3-control.us-east-1.amazonaws.com"), us);
        assert_eq!(region("000000000000.s3-control.dualstack.us-east-1.localhost"), us);
        assert_eq!(region("s3-control-fips.us-east-1.amazonaws.com"), us);
        assert_eq!(region("s3-control.localhost"), Some(None));
        for host in
            ["s3.us-east-1.localhost", "000000000000.localhost", "localhost", "s3-control.example.com"]
        {
            assert_eq!(region(host), None, "{host}");
        }
    }

    #[test]
    fn a_bucket_may_stand_right_before_our_domains() {
        for host in ["my.trips.localhost", "my.trips.127.0.0.1", "my.trips.localhost.localstack.cloud"] {
            assert_eq!(read(host), Some((Some("my.trips".into()), None, false)), "{host}");
        }
        for host in [
            "localhost",
            "127.0.0.1",
            "[::1]",
            "trips.example.com",
            "trips.amazonaws.com",
            "",
            "trips.s3-website.localhost",
            "trips.s3-website-eu-west-1.amazonaws.com",
        ] {
            assert_eq!(read(host), None, "{host}");
        }
    }
}
