//! Tags of objects.
//!
//! Follows "Categorizing your objects using tags" in S3's user guide.

use std::collections::BTreeMap;

use api_s3 as api;
use wire::Fault;

use crate::errors;
use crate::settings::tagging;

/// Tags that one object may have.
const TAGS_MAX: usize = 10;

/// The tags in a header that has them as a query string: `team=blue&stage=dev`.
///
/// # Errors
/// `InvalidTag`, or `InvalidArgument` for what is no query string.
pub(crate) fn of_header(header: Option<&str>) -> Result<BTreeMap<String, String>, Fault> {
    let Some(header) = header else { return Ok(BTreeMap::new()) };
    let pairs = form_urlencoded::parse(header.as_bytes());
    let set: Vec<_> = pairs.map(|(key, value)| api::Tag { key: key.into(), value: value.into() }).collect();
    if set.iter().any(|tag| tag.key.is_empty()) {
        let message = "The header 'x-amz-tagging' shall be encoded as UTF-8 then URLEncoded URL query parameters without tag \
                       name duplicates.";
        return Err(errors::argument(message, "x-amz-tagging", header));
    }
    of_set(&set)
}

/// The tags of a list.
///
/// # Errors
/// `InvalidTag`, or `BadRequest` for too many.
pub(crate) fn of_set(set: &[api::Tag]) -> Result<BTreeMap<String, String>, Fault> {
    if set.len() > TAGS_MAX {
        let message = format!("Object tags cannot be greater than {TAGS_MAX}");
        return Err(Fault::new("BadRequest", 400, message));
    }
    tagging::check(set)?;
    Ok(set.iter().map(|tag| (tag.key.clone(), tag.value.clone())).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn headers_are_query_strings() {
        let tags = of_header(Some("team=blue+sky&n%C3%A4me=a%2Fb&empty=")).unwrap();
        let expected = [("team", "blue sky"), ("näme", "a/b"), ("empty", "")];
        assert_eq!(tags, expected.map(|(key, value)| (key.to_owned(), value.to_owned())).into());
        assert!(of_header(None).unwrap().is_empty());
    }

    #[test]
    fn what_cannot_be_tags_is_refused() {
        let many: Vec<String> = (0..11).map(|n| format!("k{n}=v")).collect();
        for (header, code) in [
            ("=x", "InvalidArgument"),
            ("a=1&a=2", "InvalidTag"),
            ("aws:x=1", "InvalidTag"),
            (&many.join("&"), "BadRequest"),
        ] {
            assert_eq!(of_header(Some(header)).unwrap_err().code, code, "{header}");
        }
    }
}
