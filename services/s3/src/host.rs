//! Hosts: `bucket.s3.localhost`, `s3.eu-west-1.amazonaws.com`, `bucket.localhost`.
//!
//! Follows "Virtual hosting of general purpose buckets", "Amazon S3 endpoints" and "Using dual-stack endpoints" in S3's user
//! guide. Hosts of websites are not S3's API.

use names::Region;
use service::Address;

/// The domains under which hosts are read, and whether a bucket may stand right before it.
const DOMAINS: [(&str, bool); 4] = [
    ("localhost.localstack.cloud", true),
    ("localhost", true),
    ("amazonaws.com", false),
    ("amazonaws.com.cn", false),
];
/// What S3 calls itself in hosts; some older ones go on with the region, as in `s3-eu-west-1`.
const NAMES: [&str; 4] = ["s3", "s3-accelerate", "s3-fips", "s3-external-1"];

/// What a host, without its port, names.
pub(crate) fn address(host: &str) -> Option<Address> {
    let host = host.to_ascii_lowercase();
    let (rest, stands_alone) = split(&host)?;
    if is_website(rest) {
        return None;
    }
    let alone = || Address { resource: Some(rest.to_owned()), region: None, is_named: false };
    named(rest).or_else(|| stands_alone.then(alone))
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
    let mut labels: Vec<&str> = host.split('.').collect();
    let mut region = labels.last().and_then(|label| label.parse::<Region>().ok());
    if region.is_some() {
        labels.pop();
    }
    if labels.last() == Some(&"dualstack") {
        labels.pop();
    }
    let name = labels.pop()?;
    if !NAMES.contains(&name) {
        let tail = name.strip_prefix("s3-")?;
        region = Some(tail.strip_prefix("fips-").unwrap_or(tail).parse().ok()?);
    }
    let bucket = labels.join(".");
    Some(Address { resource: (!bucket.is_empty()).then_some(bucket), region, is_named: true })
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
        ] {
            let expected = (bucket.map(str::to_owned), region.map(str::to_owned), true);
            assert_eq!(read(host), Some(expected), "{host}");
        }
    }

    #[test]
    fn a_bucket_may_stand_right_before_our_domains() {
        assert_eq!(read("my.trips.localhost"), Some((Some("my.trips".into()), None, false)));
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
