//! Percent-encoding as Signature Version 4 wants it, and the canonical query string. Gives parameters no meaning.

use std::borrow::Cow;

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_decode, percent_encode};

/// Everything but the unreserved characters of RFC 3986.
pub(crate) const RESERVED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'.').remove(b'~');

/// The names and values of a query string, still encoded; a name without `=` has an empty value.
pub(crate) fn pairs(query: &str) -> impl Iterator<Item = (&str, &str)> {
    query.split('&').filter(|pair| !pair.is_empty()).map(|pair| pair.split_once('=').unwrap_or((pair, "")))
}

/// The first value of a parameter, decoded; parameters that are not UTF-8 are absent.
pub(crate) fn value<'a>(query: &'a str, name: &str) -> Option<Cow<'a, str>> {
    let (_, value) = pairs(query).find(|(key, _)| decode(key).as_ref() == name.as_bytes())?;
    match decode(value) {
        Cow::Borrowed(bytes) => std::str::from_utf8(bytes).ok().map(Cow::Borrowed),
        Cow::Owned(bytes) => String::from_utf8(bytes).ok().map(Cow::Owned),
    }
}

/// Decodes a name or value; a plus sign is a space, and a broken escape stands for itself.
pub(crate) fn decode(text: &str) -> Cow<'_, [u8]> {
    if !text.contains('+') {
        return percent_decode(text.as_bytes()).into();
    }
    let spaced: Vec<u8> = text.bytes().map(|byte| if byte == b'+' { b' ' } else { byte }).collect();
    Cow::Owned(percent_decode(&spaced).collect())
}

/// A name or value in canonical encoding.
pub(crate) fn recode(text: &str) -> Cow<'_, str> {
    match decode(text) {
        Cow::Borrowed(bytes) => percent_encode(bytes, RESERVED).into(),
        Cow::Owned(bytes) => Cow::Owned(percent_encode(&bytes, RESERVED).to_string()),
    }
}

/// Appends the canonical query string: decoded, encoded, sorted by name and value, without the signature itself.
pub(crate) fn push_canonical(query: &str, out: &mut Vec<u8>) {
    if query.is_empty() {
        return;
    }
    let mut canonical: Vec<_> = pairs(query)
        .map(|(name, value)| (recode(name), recode(value)))
        .filter(|(name, _)| name != "X-Amz-Signature")
        .collect();
    canonical.sort_unstable();
    for (at, (name, value)) in canonical.iter().enumerate() {
        if at > 0 {
            out.push(b'&');
        }
        out.extend_from_slice(name.as_bytes());
        out.push(b'=');
        out.extend_from_slice(value.as_bytes());
    }
}
