//! Points in time, as the language writes them.
//!
//! Never asks a clock: what time it is comes in with each input.

use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;
use time::macros::format_description;

/// Nanoseconds since 1970 of a text as RFC 3339 has it, with a large T and Z, as the language wants.
pub(crate) fn parse(text: &str) -> Option<i128> {
    let is_large = text.as_bytes().get(10) == Some(&b'T') && !text.ends_with('z');
    let moment = OffsetDateTime::parse(text, &Rfc3339).ok().filter(|_| is_large)?;
    Some(moment.unix_timestamp_nanos())
}

/// Milliseconds since 1970, and none before.
pub(crate) fn parse_ms(text: &str) -> Option<u64> {
    u64::try_from(parse(text)?.max(0) / 1_000_000).ok()
}

/// A moment with its milliseconds, as contexts show it.
pub(crate) fn format(ms: u64) -> String {
    let nanos = i128::from(ms) * 1_000_000;
    let shown = format_description!("[year]-[month]-[day]T[hour]:[minute]:[second].[subsecond digits:3]Z");
    let moment = OffsetDateTime::from_unix_timestamp_nanos(nanos).unwrap_or(OffsetDateTime::UNIX_EPOCH);
    moment.format(&shown).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_are_read_as_the_language_wants() {
        assert_eq!(parse_ms("1970-01-01T00:00:01.5Z"), Some(1500));
        assert_eq!(parse_ms("1970-01-01T01:00:00+01:00"), Some(0));
        assert_eq!(parse_ms("1960-01-01T00:00:00Z"), Some(0));
        for wrong in
            ["", "1970-01-01", "1970-01-01t00:00:00Z", "1970-01-01T00:00:00z", "1970-01-01T00:00:00", "é"]
        {
            assert_eq!(parse(wrong), None, "{wrong}");
        }
        assert_eq!(format(1500), "1970-01-01T00:00:01.500Z");
        assert_eq!(format(u64::MAX), "1970-01-01T00:00:00.000Z");
    }
}
