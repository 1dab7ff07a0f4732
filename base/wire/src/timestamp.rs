//! Moments, and the three texts that AWS's protocols have for them.
//!
//! They follow the timestamp formats of Smithy 2.0: `epoch-seconds`, `date-time` and `http-date`.

use time::format_description::BorrowedFormatItem;
use time::format_description::well_known::Rfc3339;
use time::macros::format_description;
use time::{OffsetDateTime, PrimitiveDateTime};

/// A moment: milliseconds since 1970, UTC.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Timestamp(pub i64);

/// A wire form of a moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TimestampFormat {
    /// `1515531081.123`.
    EpochSeconds,
    /// `2018-01-09T20:51:21.123Z`.
    DateTime,
    /// `Tue, 09 Jan 2018 20:51:21 GMT`.
    HttpDate,
}

const DATE_TIME: &[BorrowedFormatItem<'_>] =
    format_description!("[year]-[month]-[day]T[hour]:[minute]:[second]Z");
const DATE_TIME_MILLIS: &[BorrowedFormatItem<'_>] =
    format_description!("[year]-[month]-[day]T[hour]:[minute]:[second].[subsecond digits:3]Z");
const HTTP_DATE: &[BorrowedFormatItem<'_>] = format_description!(
    "[weekday repr:short], [day] [month repr:short] [year] [hour]:[minute]:[second][optional [.[subsecond]]] GMT"
);
const HTTP_DATE_WHOLE: &[BorrowedFormatItem<'_>] =
    format_description!("[weekday repr:short], [day] [month repr:short] [year] [hour]:[minute]:[second] GMT");

impl Timestamp {
    /// From milliseconds since 1970.
    #[must_use]
    pub const fn from_millis(millis: i64) -> Self {
        Timestamp(millis)
    }

    /// From seconds since 1970.
    #[must_use]
    pub const fn from_secs(secs: i64) -> Self {
        Timestamp(secs.saturating_mul(1000))
    }

    /// Milliseconds since 1970.
    #[must_use]
    pub const fn millis(self) -> i64 {
        self.0
    }

    /// Whole seconds since 1970.
    #[must_use]
    pub const fn secs(self) -> i64 {
        self.0.div_euclid(1000)
    }

    /// The moment as text. Moments before year 0 or after 9999, which no calendar text has, become seconds.
    #[must_use]
    pub fn format(self, format: TimestampFormat) -> String {
        let description = match format {
            TimestampFormat::EpochSeconds => return self.seconds(),
            TimestampFormat::DateTime if self.0 % 1000 == 0 => DATE_TIME,
            TimestampFormat::DateTime => DATE_TIME_MILLIS,
            TimestampFormat::HttpDate => HTTP_DATE_WHOLE,
        };
        let moment = OffsetDateTime::from_unix_timestamp_nanos(i128::from(self.0) * 1_000_000).ok();
        let calendar = moment.filter(|moment| (0..=9999).contains(&moment.year()));
        calendar.and_then(|moment| moment.format(description).ok()).unwrap_or_else(|| self.seconds())
    }

    /// The moment that a text names, to the millisecond; none when it is no such text.
    #[must_use]
    pub fn parse(text: &str, format: TimestampFormat) -> Option<Self> {
        match format {
            TimestampFormat::EpochSeconds => {
                let seconds: f64 = text.parse().ok().filter(|seconds: &f64| seconds.is_finite())?;
                Some(Timestamp((seconds * 1000.0).round() as i64))
            }
            TimestampFormat::DateTime => Self::from_calendar(OffsetDateTime::parse(text, &Rfc3339).ok()?),
            TimestampFormat::HttpDate => {
                Self::from_calendar(PrimitiveDateTime::parse(text, HTTP_DATE).ok()?.assume_utc())
            }
        }
    }

    fn from_calendar(moment: OffsetDateTime) -> Option<Self> {
        i64::try_from(moment.unix_timestamp_nanos().div_euclid(1_000_000)).ok().map(Timestamp)
    }

    /// Seconds with as many decimals as they need, at most three.
    fn seconds(self) -> String {
        let sign = if self.0 < 0 { "-" } else { "" };
        let (whole, millis) = (self.0.unsigned_abs() / 1000, self.0.unsigned_abs() % 1000);
        if millis == 0 {
            return format!("{sign}{whole}");
        }
        format!("{sign}{whole}.{millis:03}").trim_end_matches('0').to_owned()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::TimestampFormat::{DateTime, EpochSeconds, HttpDate};
    use super::{Timestamp, TimestampFormat};

    #[test]
    fn each_format_is_written_as_in_the_specification() {
        let moment = Timestamp(1_515_531_081_123);
        assert_eq!(moment.format(EpochSeconds), "1515531081.123");
        assert_eq!(moment.format(DateTime), "2018-01-09T20:51:21.123Z");
        assert_eq!(moment.format(HttpDate), "Tue, 09 Jan 2018 20:51:21 GMT");
        assert_eq!(Timestamp(1_515_531_081_000).format(DateTime), "2018-01-09T20:51:21Z");
        assert_eq!(Timestamp(-1500).format(EpochSeconds), "-1.5");
    }

    #[test]
    fn offsets_and_fractions_are_read() {
        let read = |text, format| Timestamp::parse(text, format).map(Timestamp::millis);
        assert_eq!(read("2018-01-09T21:51:21.1239+01:00", DateTime), Some(1_515_531_081_123));
        assert_eq!(read("Tue, 09 Jan 2018 20:51:21.5 GMT", HttpDate), Some(1_515_531_081_500));
        assert_eq!(read("1.5", EpochSeconds), Some(1500));
    }

    #[test]
    fn what_is_no_moment_is_none() {
        for format in [EpochSeconds, DateTime, HttpDate] {
            for text in ["", "now", "NaN", "2018-13-01T00:00:00Z", "Tue, 41 Jan 2018 20:51:21 GMT"] {
                assert_eq!(Timestamp::parse(text, format), None, "{text} as {format:?}");
            }
        }
    }

    proptest! {
        #[test]
        fn what_is_written_reads_back(millis in 0i64..253_402_300_799_999, format in prop_oneof![Just(EpochSeconds), Just(DateTime), Just(HttpDate)]) {
            let exact = format != TimestampFormat::HttpDate;
            let moment = Timestamp(if exact { millis } else { millis / 1000 * 1000 });
            prop_assert_eq!(Timestamp::parse(&moment.format(format), format), Some(moment));
        }
    }
}
