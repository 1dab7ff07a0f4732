//! Which website a visit is to: `trips.s3-website.localhost`, `trips.s3-website-eu-west-1.amazonaws.com`, or
//! `/_aws/s3-website/trips/…` under any host.
//!
//! Follows "Website endpoints" in S3's user guide.

use names::Region;
use percent_encoding::percent_decode_str;

use crate::host;

const PATH: &str = "/_aws/s3-website/";
const NAME: &str = "s3-website";

/// What a visitor wants.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Wanted {
    pub(super) bucket: String,
    /// The region that the host names.
    pub(super) region: Option<Region>,
    /// What stands before keys in the paths of this website.
    pub(super) base: String,
    /// What follows, decoded, without the slash before it.
    pub(super) key: String,
}

/// Whether a visit is to a website here.
pub(crate) fn accepts(host: &str, path: &str) -> bool {
    path.starts_with(PATH) || of_host(host).is_some()
}

impl Wanted {
    pub(super) fn of(host: &str, path: &str) -> Option<Self> {
        let key = |path: &str| percent_decode_str(path).decode_utf8_lossy().into_owned();
        if let Some(rest) = path.strip_prefix(PATH) {
            let (bucket, path) = rest.split_once('/').unwrap_or((rest, ""));
            let base = format!("{PATH}{bucket}");
            return Some(Wanted { bucket: bucket.to_owned(), region: None, base, key: key(path) });
        }
        let (bucket, region) = of_host(host)?;
        let path = path.strip_prefix('/').unwrap_or(path);
        Some(Wanted { bucket, region, base: String::new(), key: key(path) })
    }
}

/// The bucket, and the region, in `trips.s3-website.eu-west-1.localhost:4566`.
fn of_host(host: &str) -> Option<(String, Option<Region>)> {
    let host = host.split(':').next()?.to_ascii_lowercase();
    let rest = host::without_domain(&host)?;
    let (bucket, last) = rest.rsplit_once('.')?;
    if last == NAME {
        return Some((bucket.to_owned(), None));
    }
    if let Some(region) = last.strip_prefix(NAME).and_then(|region| region.strip_prefix('-')) {
        return Some((bucket.to_owned(), Some(region.parse().ok()?)));
    }
    let (bucket, name) = bucket.rsplit_once('.')?;
    (name == NAME).then_some(())?;
    Some((bucket.to_owned(), Some(last.parse().ok()?)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(host: &str, path: &str) -> Option<(String, Option<String>, String)> {
        let Wanted { bucket, region, key, .. } = Wanted::of(host, path)?;
        Some((bucket, region.map(|region| region.to_string()), key))
    }

    #[test]
    fn hosts_and_paths_name_websites() {
        for (host, path, bucket, region, key) in [
            ("trips.s3-website.localhost:4566", "/", "trips", None, ""),
            ("www.trips.s3-website.localhost", "/a%20b/", "www.trips", None, "a b/"),
            ("trips.s3-website-eu-west-1.localhost:4566", "/x", "trips", Some("eu-west-1"), "x"),
            ("trips.s3-website.eu-central-1.amazonaws.com", "//x", "trips", Some("eu-central-1"), "/x"),
            ("TRIPS.s3-website-us-east-1.amazonaws.com", "/", "trips", Some("us-east-1"), ""),
            ("localhost:4566", "/_aws/s3-website/trips", "trips", None, ""),
            ("127.0.0.1:4566", "/_aws/s3-website/trips/a/b", "trips", None, "a/b"),
        ] {
            let expected = (bucket.to_owned(), region.map(str::to_owned), key.to_owned());
            assert_eq!(found(host, path), Some(expected), "{host}{path}");
        }
    }

    #[test]
    fn others_are_none() {
        for (host, path) in [
            ("s3-website.localhost", "/"),
            ("trips.s3.localhost", "/"),
            ("trips.s3-website-nowhere.localhost", "/"),
            ("trips.s3-website.example.com", "/"),
            ("localhost", "/trips/"),
            ("", ""),
        ] {
            assert!(!accepts(host, path), "{host}{path}");
        }
    }
}
