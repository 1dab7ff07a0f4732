//! Conditions: their operators, keys and values. Whether they hold is said in `holds`.

use crate::Fault;

/// One operator applied to one key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Condition {
    /// How the request's values are compared.
    pub operator: Operator,
    /// The condition key, as in `aws:SourceArn`, with the case that it was given.
    pub key: String,
    /// The values to compare with: numbers and booleans as their text. Any one may match.
    pub values: Vec<String>,
}

/// An operator with its prefix and suffix, as in `ForAnyValue:StringLikeIfExists`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Operator {
    /// How many of a multivalued key's values must match.
    pub quantifier: Option<Quantifier>,
    /// The comparison.
    pub test: Test,
    /// Whether an absent key satisfies it.
    pub if_exists: bool,
}

/// The prefixes for multivalued keys.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Quantifier {
    /// `ForAllValues:`
    All,
    /// `ForAnyValue:`
    Any,
}

macro_rules! tests {
    ($($name:ident)*) => {
        /// The comparisons of the policy language, under their own names.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        #[allow(missing_docs, reason = "the names are the language's, and all that there is to say")]
        pub enum Test { $($name),* }

        impl Test {
            /// The comparison of this name.
            fn named(name: &str) -> Option<Self> {
                match name { $(stringify!($name) => Some(Self::$name),)* _ => None }
            }

            /// Its name in the language.
            pub fn name(self) -> &'static str {
                match self { $(Self::$name => stringify!($name)),* }
            }
        }
    };
}

tests! {
    StringEquals StringNotEquals StringEqualsIgnoreCase StringNotEqualsIgnoreCase StringLike StringNotLike
    NumericEquals NumericNotEquals NumericLessThan NumericLessThanEquals NumericGreaterThan NumericGreaterThanEquals
    DateEquals DateNotEquals DateLessThan DateLessThanEquals DateGreaterThan DateGreaterThanEquals
    Bool BinaryEquals IpAddress NotIpAddress ArnEquals ArnLike ArnNotEquals ArnNotLike Null
}

impl Operator {
    /// Reads an operator with its prefix and suffix. `Null` has no `IfExists`.
    pub(crate) fn parse(text: &str) -> Result<Self, Fault> {
        let (quantifier, rest) = if let Some(rest) = text.strip_prefix("ForAllValues:") {
            (Some(Quantifier::All), rest)
        } else if let Some(rest) = text.strip_prefix("ForAnyValue:") {
            (Some(Quantifier::Any), rest)
        } else {
            (None, text)
        };
        let (name, if_exists) = rest.strip_suffix("IfExists").map_or((rest, false), |name| (name, true));
        match Test::named(name) {
            Some(test) if !(if_exists && test == Test::Null) => Ok(Self { quantifier, test, if_exists }),
            _ => Err(Fault::Operator(text.to_owned())),
        }
    }
}

impl Condition {
    /// Checks values that are dates: ISO 8601, or seconds since 1970.
    pub(crate) fn check(&self) -> Result<(), Fault> {
        let is_date = self.operator.test.name().starts_with("Date");
        if is_date && !self.values.iter().all(|value| is_instant(value)) { Err(Fault::Date) } else { Ok(()) }
    }
}

/// Whether a text is an instant as the language writes it, or a policy variable that may become one.
fn is_instant(text: &str) -> bool {
    if text.contains("${") {
        return true;
    }
    let upper = text.to_ascii_uppercase();
    let (date, clock) = upper.split_once('T').unwrap_or((&upper, ""));
    if !upper.contains('T') && !upper.contains('-') {
        return text.parse::<i64>().is_ok_and(|seconds| seconds >= 0);
    }
    is_day(date) && is_clock(clock)
}

/// `YYYY`, `YYYY-MM` or `YYYY-MM-DD`.
fn is_day(text: &str) -> bool {
    let limits = [(0, 9999), (1, 12), (1, 31)];
    let parts: Vec<&str> = text.split('-').collect();
    parts.len() <= limits.len() && parts.iter().zip(limits).all(|(part, limits)| is_within(part, limits))
}

/// Nothing, or `hh[:mm[:ss[.f]]]` with `Z`, an offset, or neither.
fn is_clock(text: &str) -> bool {
    if text.is_empty() {
        return true;
    }
    let (clock, offset) = match text.find(['Z', '+', '-']) {
        Some(at) => text.split_at(at),
        None => (text, ""),
    };
    let seconds_whole = clock.split_once('.').map_or(clock, |(whole, _)| whole);
    let fraction = clock.split_once('.').map_or("0", |(_, fraction)| fraction);
    let parts: Vec<&str> = seconds_whole.split(':').collect();
    let limits = [(0, 23), (0, 59), (0, 59)];
    parts.len() <= limits.len()
        && parts.iter().zip(limits).all(|(part, limits)| is_within(part, limits))
        && is_within(fraction, (0, 999_999_999))
        && is_offset(offset)
}

/// Nothing, `Z`, or a sign and `hh:mm`, `hhmm` or `hh`.
fn is_offset(text: &str) -> bool {
    let Some(digits) = text.strip_prefix(['+', '-']) else { return matches!(text, "" | "Z") };
    let digits = digits.replacen(':', "", 1);
    matches!(digits.len(), 2 | 4)
        && digits.is_ascii()
        && is_within(&digits[..2], (0, 23))
        && is_within(&format!("0{}", &digits[2..]), (0, 59))
}

fn is_within(text: &str, (least, most): (u32, u32)) -> bool {
    let is_number = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    is_number && text.parse::<u32>().is_ok_and(|number| (least..=most).contains(&number))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn operators_have_prefixes_and_suffixes() {
        let operator = Operator::parse("ForAnyValue:StringLikeIfExists").unwrap();
        assert_eq!(
            operator,
            Operator { quantifier: Some(Quantifier::Any), test: Test::StringLike, if_exists: true }
        );
        assert_eq!(Operator::parse("Null").unwrap().test, Test::Null);
        for wrong in
            ["", "NullIfExists", "stringequals", "ForSomeValues:Bool", "BoolIfExistsIfExists", "IfExists"]
        {
            assert_eq!(Operator::parse(wrong), Err(Fault::Operator(wrong.to_owned())), "{wrong}");
        }
    }

    #[test]
    fn dates_are_iso_8601_or_seconds() {
        for right in [
            "2019-07-01T13:20:15Z",
            "2019-07-01",
            "2019-07",
            "1559347200",
            "2019-07-01t13:20:15.5+02:00",
            "2019-07-01T13:20:15-0230",
            "2019-07-01T13:20+02",
            "${aws:CurrentTime}",
        ] {
            assert!(is_instant(right), "{right}");
        }
        for wrong in [
            "",
            "now",
            "2019-13-01",
            "2019-07-32T00:00:00Z",
            "-5",
            "2019-07-01T24:00:00Z",
            "2019-07-01T13:20:15+24:00",
            "2019-07-01T13:20:15+02:60",
            "2019-07-01T13:20:15+020",
            "2019-07-01T13:20:15+0x",
            "2019-07-",
            "2019-07-01T1:2:3+é",
        ] {
            assert!(!is_instant(wrong), "{wrong}");
        }
    }
}
