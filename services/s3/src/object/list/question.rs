//! What all lists are asked alike, and what all of them answer to it.

use api_s3 as api;
use service::Context;
use wire::Fault;

use super::page::Page;
use crate::bucket::{self, OfBucket};
use crate::errors;

/// What a page has at most, and where nobody says how much.
const KEYS_MAX: usize = 1000;

/// What a list is to show, and how.
#[derive(Clone, Copy, Debug)]
pub(super) struct Question<'a> {
    /// Only keys that begin so.
    pub(super) prefix: &'a str,
    /// What keys have in common up to the first of these behind the prefix is shown in their place.
    pub(super) delimiter: Option<&'a str>,
    /// Keys and common prefixes on a page.
    pub(super) max: usize,
    /// Names are shown as in URLs, for XML has no place for some characters.
    pub(super) is_encoded: bool,
}

impl<'a> Question<'a> {
    /// The common prefix that is shown in the place of a key.
    pub(super) fn common_prefix<'k>(&self, key: &'k str) -> Option<&'k str> {
        let (delimiter, rest) = (self.delimiter?, key.strip_prefix(self.prefix)?);
        let end = rest.find(delimiter)? + delimiter.len();
        key.get(..self.prefix.len() + end)
    }

    /// A name as it is shown.
    pub(super) fn shown(&self, name: &str) -> String {
        if self.is_encoded { encoded(name) } else { name.to_owned() }
    }

    fn new(asked: &Asked<'a>) -> Result<Self, Fault> {
        if let Some(encoding) = asked.encoding.filter(|encoding| *encoding != "url") {
            let message = "Invalid Encoding Method specified in Request";
            return Err(errors::argument(message, "encoding-type", encoding));
        }
        Ok(Question {
            prefix: asked.prefix.unwrap_or_default(),
            delimiter: asked.delimiter.filter(|delimiter| !delimiter.is_empty()),
            max: asked.max.map_or(Ok(KEYS_MAX), max)?,
            is_encoded: asked.encoding.is_some(),
        })
    }
}

fn max(asked: i32) -> Result<usize, Fault> {
    let max = usize::try_from(asked).map_err(|_| {
        let message = format!("Argument max-keys must be an integer between 0 and {}", i32::MAX);
        errors::argument(message, "max-keys", &asked.to_string())
    })?;
    Ok(max.min(KEYS_MAX))
}

/// As in a query, but for slashes.
fn encoded(name: &str) -> String {
    let mut encoded = String::with_capacity(name.len());
    for (number, part) in name.split('/').enumerate() {
        if number > 0 {
            encoded.push('/');
        }
        encoded.extend(form_urlencoded::byte_serialize(part.as_bytes()));
    }
    encoded
}

/// What an input says of it.
pub(super) struct Asked<'a> {
    prefix: Option<&'a str>,
    delimiter: Option<&'a str>,
    max: Option<i32>,
    encoding: Option<&'a str>,
}

/// The input of a list.
pub(super) trait Asks: OfBucket + Sized {
    type Output;

    fn asked(&self) -> Asked<'_>;

    /// An answer with what all lists have.
    fn outline(&self, question: &Question<'_>, page: &Page) -> Self::Output;

    fn question(&self) -> Result<Question<'_>, Fault> {
        Question::new(&self.asked())
    }

    /// Asks whether the caller may list so.
    fn permit(&self, context: &Context, action: &'static str) -> Result<(), Fault> {
        let Asked { prefix, delimiter, max, .. } = self.asked();
        let condition = |key: &str| match key {
            "s3:prefix" => prefix.map(str::to_owned),
            "s3:delimiter" => delimiter.map(str::to_owned),
            "s3:max-keys" => max.map(|max| max.to_string()),
            _ => None,
        };
        let resources = || bucket::resource(&context.caller.scope, self);
        context.permit_if(&api::FACTS, action, &resources, &condition)
    }
}

macro_rules! asks {
    ($($input:ident => $output:ident)*) => {$(
        impl Asks for api::$input {
            type Output = api::$output;

            fn asked(&self) -> Asked<'_> {
                Asked {
                    prefix: self.prefix.as_deref(),
                    delimiter: self.delimiter.as_deref(),
                    max: self.max_keys,
                    encoding: self.encoding_type.as_ref().map(api::EncodingType::as_str),
                }
            }

            fn outline(&self, question: &Question<'_>, page: &Page) -> api::$output {
                api::$output {
                    name: Some(self.bucket.clone()),
                    prefix: Some(question.shown(question.prefix)),
                    delimiter: question.delimiter.map(|delimiter| question.shown(delimiter)),
                    max_keys: i32::try_from(question.max).ok(),
                    encoding_type: self.encoding_type.clone(),
                    common_prefixes: Some(page.common_prefixes(question)),
                    is_truncated: Some(page.is_truncated),
                    ..Default::default()
                }
            }
        }
    )*};
}

asks! {
    ListObjectVersionsInput => ListObjectVersionsOutput
    ListObjectsInput => ListObjectsOutput
    ListObjectsV2Input => ListObjectsV2Output
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked<'a>(prefix: &'a str, delimiter: &'a str) -> Question<'a> {
        let asked = Asked { prefix: Some(prefix), delimiter: Some(delimiter), max: None, encoding: None };
        Question::new(&asked).unwrap()
    }

    #[test]
    fn keys_have_prefixes_in_common_up_to_the_delimiter() {
        for (prefix, delimiter, key, expected) in [
            ("", "/", "a/b/c", Some("a/")),
            ("", "/", "/a", Some("/")),
            ("", "/", "a", None),
            ("a/", "/", "a/b/c", Some("a/b/")),
            ("a/", "/", "a/b", None),
            ("a", "/", "a/b", Some("a/")),
            ("a/b", "/", "a/", None),
            ("", "é|", "aé|b", Some("aé|")),
            ("x", "xx", "xxx", Some("xxx")),
            ("", "", "a/b", None),
        ] {
            assert_eq!(asked(prefix, delimiter).common_prefix(key), expected, "{prefix} {delimiter} {key}");
        }
    }

    #[test]
    fn names_are_encoded_as_in_queries() {
        assert_eq!(encoded("a b+c/é\0.~*_-%"), "a+b%2Bc/%C3%A9%00.%7E*_-%25");
        assert_eq!(encoded("/a//"), "/a//");
        assert_eq!(encoded(""), "");
    }

    #[test]
    fn a_page_has_a_thousand_keys_at_most() {
        assert_eq!([0, 1, 1000, 1001, i32::MAX].map(|asked| max(asked).unwrap()), [0, 1, 1000, 1000, 1000]);
        assert_eq!(max(-1).unwrap_err().code, "InvalidArgument");
    }
}
