//! Instants as signatures write them. Never asks what time it is.

use std::fmt;

use time::format_description::well_known::Rfc2822;
use time::{Date, Month, OffsetDateTime};

const LENGTH: usize = 16;
/// The last second that has four digits in its year.
const UNIX_S_MAX: i64 = 253_402_300_799;

/// An instant in ISO 8601 basic format, as in `20150830T123600Z`, with its Unix time.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Timestamp {
    unix_s: i64,
    text: [u8; LENGTH],
}

impl Timestamp {
    /// The instant so many seconds after 1970, held within the years 1970 to 9999.
    pub fn from_unix_s(unix_s: i64) -> Self {
        let unix_s = unix_s.clamp(0, UNIX_S_MAX);
        let at = OffsetDateTime::from_unix_timestamp(unix_s).unwrap_or(OffsetDateTime::UNIX_EPOCH);
        let mut text = *b"00000000T000000Z";
        let year = u16::try_from(at.year()).unwrap_or(0);
        let [century, year] = [year / 100, year % 100].map(|two| two as u8);
        let pairs = [(0, century), (2, year), (4, at.month() as u8), (6, at.day())];
        let clock = [(9, at.hour()), (11, at.minute()), (13, at.second())];
        for (place, value) in pairs.into_iter().chain(clock) {
            text[place] += value / 10;
            text[place + 1] += value % 10;
        }
        Self { unix_s, text }
    }

    /// Reads `YYYYMMDD'T'HHMMSS'Z'`, of 1970 or later.
    pub fn parse(text: &str) -> Option<Self> {
        let text: [u8; LENGTH] = text.as_bytes().try_into().ok()?;
        let shape = text[8] == b'T' && text[15] == b'Z';
        let number = |from: usize, length: usize| {
            text[from..from + length].iter().try_fold(0_u16, |number, byte| {
                byte.is_ascii_digit().then(|| number * 10 + u16::from(byte - b'0'))
            })
        };
        let two = |from| number(from, 2).map(|value| value as u8);
        let month = Month::try_from(two(4)?).ok()?;
        let date = Date::from_calendar_date(i32::from(number(0, 4)?), month, two(6)?).ok()?;
        let at = date.with_hms(two(9)?, two(11)?, two(13)?).ok()?.assume_utc().unix_timestamp();
        (shape && at >= 0).then_some(Self { unix_s: at, text })
    }

    /// Reads the value of an HTTP `Date` header: RFC 2822, or the basic format.
    pub fn parse_http(text: &str) -> Option<Self> {
        let from_rfc = || OffsetDateTime::parse(text, &Rfc2822).ok().map(|at| at.unix_timestamp());
        Self::parse(text).or_else(|| from_rfc().filter(|at| *at >= 0).map(Self::from_unix_s))
    }

    /// Seconds since 1970.
    pub fn unix_s(&self) -> i64 {
        self.unix_s
    }

    /// `YYYYMMDD'T'HHMMSS'Z'`.
    pub fn as_str(&self) -> &str {
        // Only ASCII is ever kept, so the default is never taken.
        std::str::from_utf8(&self.text).unwrap_or_default()
    }

    pub(crate) fn as_bytes(&self) -> &[u8] {
        &self.text
    }

    /// `YYYYMMDD`, the first part of a credential scope after the key.
    pub fn day(&self) -> &str {
        self.as_str().get(..8).unwrap_or_default()
    }
}

impl fmt::Display for Timestamp {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.as_str())
    }
}

impl fmt::Debug for Timestamp {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn formats_are_read() {
        assert_eq!(Timestamp::parse("20150830T123600Z").unwrap().unix_s(), 1_440_938_160);
        let http = Timestamp::parse_http("Sun, 30 Aug 2015 12:36:00 GMT").unwrap();
        assert_eq!(http.as_str(), "20150830T123600Z");
        for wrong in [
            "",
            "201",
            "20150830T123600",
            "20150830 123600Z",
            "20150230T123600Z",
            "20150830T123660Z",
            "19690830T123600Z",
        ] {
            assert_eq!(Timestamp::parse(wrong), None, "{wrong}");
        }
    }

    proptest! {
        #[test]
        fn text_and_seconds_agree(unix_s in 0..=UNIX_S_MAX) {
            let made = Timestamp::from_unix_s(unix_s);
            prop_assert_eq!(Timestamp::parse(made.as_str()), Some(made));
            prop_assert_eq!(made.unix_s(), unix_s);
        }

        #[test]
        fn no_text_panics(text in "\\PC{0,20}|[0-9]{8}T[0-9]{6}Z") {
            let _ = Timestamp::parse_http(&text);
        }
    }
}
