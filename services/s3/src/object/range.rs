//! The part of an object that a reader asks for.
//!
//! Follows RFC 9110, "Range Requests". What is no range of bytes, or more than one, is as if it were not there.

use std::ops::Range;

use wire::Fault;

/// What a header says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Wanted {
    From(u64),
    Between(u64, u64),
    Last(u64),
}

/// The bytes that a reader asks for of so many; nothing where it wants all.
///
/// # Errors
/// When there are none of those.
pub(crate) fn of(header: Option<&str>, size: u64) -> Result<Option<Range<u64>>, Fault> {
    let Some((text, wanted)) = header.and_then(|text| Some((text, read(text)?))) else { return Ok(None) };
    let range = match wanted {
        Wanted::From(first) => first..size,
        Wanted::Between(first, last) => first..last.saturating_add(1).min(size),
        Wanted::Last(count) => size.saturating_sub(count)..size,
    };
    if range.is_empty() { Err(unsatisfiable(text, size)) } else { Ok(Some(range)) }
}

/// The bytes of a range that has both ends, if the text is one.
pub(crate) fn between(text: &str) -> Option<Range<u64>> {
    match read(text)? {
        Wanted::Between(first, last) => Some(first..last.saturating_add(1)),
        Wanted::From(_) | Wanted::Last(_) => None,
    }
}

/// `bytes 0-9/100`.
pub(crate) fn shown(range: &Range<u64>, size: u64) -> String {
    format!("bytes {}-{}/{size}", range.start, range.end.saturating_sub(1))
}

fn read(header: &str) -> Option<Wanted> {
    let (first, last) = header.strip_prefix("bytes=")?.trim().split_once('-')?;
    match (number(first), number(last)) {
        (Some(first), Some(last)) if first <= last => Some(Wanted::Between(first, last)),
        (Some(first), None) if last.is_empty() => Some(Wanted::From(first)),
        (None, Some(count)) if first.is_empty() => Some(Wanted::Last(count)),
        _ => None,
    }
}

/// Digits alone; too many of them are as good as the greatest number.
fn number(text: &str) -> Option<u64> {
    let is_number = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    is_number.then(|| text.parse().unwrap_or(u64::MAX))
}

fn unsatisfiable(range: &str, size: u64) -> Fault {
    Fault::new("InvalidRange", 416, "The requested range is not satisfiable")
        .with_element("RangeRequested", range)
        .with_element("ActualObjectSize", size.to_string())
        .with_header("content-range", format!("bytes */{size}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_are_those_of_http() {
        for (header, range) in [
            ("bytes=0-0", 0..1),
            ("bytes=0-9", 0..10),
            ("bytes=5-", 5..10),
            ("bytes=5-99", 5..10),
            ("bytes=5-99999999999999999999999", 5..10),
            ("bytes=-3", 7..10),
            ("bytes=-99", 0..10),
        ] {
            assert_eq!(of(Some(header), 10).unwrap(), Some(range), "{header}");
        }
    }

    #[test]
    fn what_is_no_range_is_nothing() {
        for header in [
            "",
            "bytes",
            "bytes=",
            "bytes=-",
            "bytes=5-2",
            "bytes=a-b",
            "bytes=0-1,3-4",
            "items=0-1",
            "bytes=+1-2",
        ] {
            assert_eq!(of(Some(header), 10).unwrap(), None, "{header}");
        }
        assert_eq!(of(None, 10).unwrap(), None);
    }

    #[test]
    fn a_range_that_has_no_bytes_is_refused() {
        for (header, size) in
            [("bytes=10-", 10), ("bytes=10-20", 10), ("bytes=-0", 10), ("bytes=0-", 0), ("bytes=-5", 0)]
        {
            assert_eq!(of(Some(header), size).unwrap_err().status, 416, "{header}");
        }
    }
}
