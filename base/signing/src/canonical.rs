//! The canonical request: the one text that both sides of a signature must agree on. Judges nothing.
//!
//! Follows "Create a signed AWS API request", step 1, in the IAM user guide.

use percent_encoding::{AsciiSet, percent_decode, percent_encode};

use crate::query::{RESERVED, push_canonical};
use crate::{Request, Style};

/// What a canonical path encodes: everything reserved but the slash.
const RESERVED_IN_PATH: &AsciiSet = &RESERVED.remove(b'/');

/// Builds the canonical request over these headers and this payload hash.
///
/// `signed_headers` are lower-case names joined by semicolons, in the order in which they were signed. `None` when one
/// of them is not in the request: such a signature cannot be proved.
pub fn canonical_request(
    request: &Request<'_>,
    signed_headers: &str,
    payload_hash: &[u8],
) -> Option<Vec<u8>> {
    let mut out = Vec::with_capacity(1024);
    out.extend_from_slice(request.method.as_bytes());
    out.push(b'\n');
    push_path(request, &mut out);
    out.push(b'\n');
    push_canonical(request.query, &mut out);
    out.push(b'\n');
    for name in split(signed_headers, memchr::memchr_iter(b';', signed_headers.as_bytes())) {
        out.extend_from_slice(name.as_bytes());
        out.push(b':');
        push_values(request, name, &mut out)?;
        out.push(b'\n');
    }
    out.push(b'\n');
    out.extend_from_slice(signed_headers.as_bytes());
    out.push(b'\n');
    out.extend_from_slice(payload_hash);
    Some(out)
}

/// What stands between these places of a text. A header is a third of what there is to read of a small request, and
/// `str::split` asks anew for each piece.
pub(crate) fn split(text: &str, ends: impl Iterator<Item = usize>) -> impl Iterator<Item = &str> {
    let mut begin = 0;
    ends.chain([text.len()]).map(move |end| &text[std::mem::replace(&mut begin, end + 1)..end])
}

/// Appends the values of a header, joined by commas.
fn push_values(request: &Request<'_>, name: &str, out: &mut Vec<u8>) -> Option<()> {
    let mut values = request.headers.get_all(name).iter();
    match (values.next(), request.authority) {
        (Some(first), _) => push_trimmed(first.as_bytes(), out),
        (None, Some(authority)) if matches!(name, "host" | ":authority") => {
            out.extend_from_slice(authority.as_bytes());
        }
        (None, _) => return None,
    }
    for value in values {
        out.push(b',');
        push_trimmed(value.as_bytes(), out);
    }
    Some(())
}

/// Appends a value without outer spaces and with inner runs of spaces made one.
fn push_trimmed(value: &[u8], out: &mut Vec<u8>) {
    let value = value.trim_ascii();
    // Nearly no value has a space at all.
    if memchr::memchr(b' ', value).is_none() {
        return out.extend_from_slice(value);
    }
    let mut before = 0;
    for byte in value {
        if *byte != b' ' || before != b' ' {
            out.push(*byte);
        }
        before = *byte;
    }
}

/// Appends the path in the style of its service.
fn push_path(request: &Request<'_>, out: &mut Vec<u8>) {
    match request.style {
        Style::S3 => {
            let decoded: Vec<u8> = percent_decode(request.path.as_bytes()).collect();
            push_encoded(if decoded.is_empty() { b"/" } else { &decoded }, out);
        }
        Style::Standard if matches!(request.path, "/" | "") => out.push(b'/'),
        Style::Standard => push_normalised(request.path, out),
    }
}

/// Appends the path with dot segments resolved and doubled slashes made one (RFC 3986, section 5.2.4), encoded anew.
fn push_normalised(path: &str, out: &mut Vec<u8>) {
    let mut kept: Vec<&str> = Vec::new();
    for segment in path.split('/') {
        match segment {
            "" | "." => {}
            ".." => {
                kept.pop();
            }
            _ => kept.push(segment),
        }
    }
    for segment in &kept {
        out.push(b'/');
        push_encoded(segment.as_bytes(), out);
    }
    if path.ends_with('/') || kept.is_empty() {
        out.push(b'/');
    }
}

fn push_encoded(bytes: &[u8], out: &mut Vec<u8>) {
    for piece in percent_encode(bytes, RESERVED_IN_PATH) {
        out.extend_from_slice(piece.as_bytes());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn path(path: &str, style: Style) -> String {
        let headers = http::HeaderMap::new();
        let mut out = Vec::new();
        push_path(
            &Request { method: "GET", path, query: "", headers: &headers, authority: None, style },
            &mut out,
        );
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn standard_paths_are_normalised_and_encoded_once_more() {
        for (wire, canonical) in [
            ("", "/"),
            ("/", "/"),
            ("//", "/"),
            ("/a/./b//c", "/a/b/c"),
            ("/a/../../b/", "/b/"),
            ("/foo/bar/..", "/foo"),
            ("/a%20b/ü~*", "/a%2520b/%C3%BC~%2A"),
        ] {
            assert_eq!(path(wire, Style::Standard), canonical, "{wire}");
        }
    }

    #[test]
    fn paths_of_s3_are_kept_and_encoded_once() {
        for (wire, canonical) in
            [("", "/"), ("/a//./b", "/a//./b"), ("/a%2fb", "/a/b"), ("/a b+%e4%zz", "/a%20b%2B%E4%25zz")]
        {
            assert_eq!(path(wire, Style::S3), canonical, "{wire}");
        }
    }

    #[test]
    fn values_are_trimmed_and_folded() {
        let mut out = Vec::new();
        push_trimmed(b" \t a   b  \"c   d\" ", &mut out);
        assert_eq!(out, b"a b \"c d\"");
    }
}
