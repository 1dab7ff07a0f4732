//! What a bucket may be called.
//!
//! Follows "General purpose bucket naming rules" in S3's user guide.

use std::net::Ipv4Addr;

use wire::Fault;

/// Beginnings that belong to other things than buckets.
const RESERVED_PREFIXES: [&str; 3] = ["xn--", "sthree-", "amzn-s3-demo-"];
/// Ends that belong to other things than buckets.
const RESERVED_SUFFIXES: [&str; 5] = ["-s3alias", "--ol-s3", ".mrap", "--x-s3", "--table-s3"];

/// Refuses what no new bucket may be called.
pub(crate) fn check(name: &str) -> Result<(), Fault> {
    if is_good(name) { Ok(()) } else { Err(invalid(name)) }
}

pub(crate) fn invalid(name: &str) -> Fault {
    Fault::new("InvalidBucketName", 400, "The specified bucket is not valid.")
        .with_element("BucketName", name)
}

fn is_good(name: &str) -> bool {
    let is_end =
        |byte: Option<u8>| byte.is_some_and(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit());
    let is_letter = |byte: u8| is_end(Some(byte)) || matches!(byte, b'.' | b'-');
    (3..=63).contains(&name.len())
        && name.bytes().all(is_letter)
        && is_end(name.bytes().next())
        && is_end(name.bytes().last())
        && !name.contains("..")
        && name.parse::<Ipv4Addr>().is_err()
        && !RESERVED_PREFIXES.iter().any(|prefix| name.starts_with(prefix))
        && !RESERVED_SUFFIXES.iter().any(|suffix| name.ends_with(suffix))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_those_of_hosts() {
        for name in ["abc", "a.b.c", "my-trips", "0a0", "1.2.3", "a-.-b", &"x".repeat(63)] {
            assert!(check(name).is_ok(), "{name}");
        }
        for name in [
            "",
            "ab",
            &"x".repeat(64),
            "Trips",
            "my_trips",
            "-ab",
            "ab-",
            ".ab",
            "ab.",
            "a..b",
            "1.2.3.4",
            "xn--abc",
            "sthree-abc",
            "amzn-s3-demo-abc",
            "abc-s3alias",
            "abc--ol-s3",
            "abc.mrap",
            "abc--x-s3",
            "abc--table-s3",
            "trïps",
            "a b",
            "a/b",
        ] {
            let fault = check(name).unwrap_err();
            assert_eq!((&*fault.code, fault.status), ("InvalidBucketName", 400), "{name}");
        }
    }
}
