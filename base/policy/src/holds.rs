//! Whether a condition holds for a request, whose keys are asked for one by one.
//!
//! Never here: dates and policy variables, which stay undecided.

use std::net::IpAddr;

use crate::condition::{Condition, Quantifier, Test};
use crate::glob;

/// Asks for the value of a condition key, whatever its case.
pub(crate) type Find<'a> = &'a dyn Fn(&str) -> Option<String>;

impl Condition {
    /// Whether it holds; none when it cannot be decided here.
    pub(crate) fn holds(&self, find: Find<'_>) -> Option<bool> {
        let found = find(&self.key);
        let operator = self.operator;
        if operator.test == Test::Null {
            let wants_absent = self.values.iter().any(|value| value.eq_ignore_ascii_case("true"));
            return Some(wants_absent == found.is_none());
        }
        let (is_negated, matches) = comparison(operator.test)?;
        if self.values.iter().any(|value| value.contains("${")) {
            return None;
        }
        let Some(found) = found else {
            let absent_holds =
                is_negated || operator.if_exists || operator.quantifier == Some(Quantifier::All);
            return Some(absent_holds && operator.quantifier != Some(Quantifier::Any));
        };
        Some(self.values.iter().any(|value| matches(value, &found)) != is_negated)
    }
}

/// Compares the policy's value, the first, with the request's.
type Comparison = fn(&str, &str) -> bool;

/// Whether a comparison is the negation of another one, and that one; none for those that are not decided.
fn comparison(test: Test) -> Option<(bool, Comparison)> {
    Some(match test {
        Test::StringEquals => (false, str::eq),
        Test::StringNotEquals => (true, str::eq),
        Test::StringEqualsIgnoreCase | Test::Bool => (false, str::eq_ignore_ascii_case),
        Test::StringNotEqualsIgnoreCase => (true, str::eq_ignore_ascii_case),
        Test::StringLike => (false, glob::matches),
        Test::StringNotLike => (true, glob::matches),
        Test::ArnEquals | Test::ArnLike => (false, is_arn_like),
        Test::ArnNotEquals | Test::ArnNotLike => (true, is_arn_like),
        Test::IpAddress => (false, is_within),
        Test::NotIpAddress => (true, is_within),
        Test::NumericEquals => (false, |value, found| compares(value, found, |a, b| a == b)),
        Test::NumericNotEquals => (true, |value, found| compares(value, found, |a, b| a == b)),
        Test::NumericLessThan => (false, |value, found| compares(value, found, |a, b| a < b)),
        Test::NumericLessThanEquals => (false, |value, found| compares(value, found, |a, b| a <= b)),
        Test::NumericGreaterThan => (false, |value, found| compares(value, found, |a, b| a > b)),
        Test::NumericGreaterThanEquals => (false, |value, found| compares(value, found, |a, b| a >= b)),
        _ => return None,
    })
}

/// Compares the request's number with the policy's.
fn compares(value: &str, found: &str, test: fn(f64, f64) -> bool) -> bool {
    matches!((found.parse(), value.parse()), (Ok(found), Ok(value)) if test(found, value))
}

/// Compares each of the six parts of an ARN by itself, so that a star goes past no colon; `*` alone is any ARN.
fn is_arn_like(pattern: &str, arn: &str) -> bool {
    if pattern == "*" {
        return true;
    }
    let (patterns, parts): (Vec<&str>, Vec<&str>) =
        (pattern.splitn(6, ':').collect(), arn.splitn(6, ':').collect());
    parts.len() == 6
        && patterns.len() == 6
        && patterns.iter().zip(parts).all(|(pattern, part)| glob::matches(pattern, part))
}

/// Whether an address is in a range, `10.0.0.0/8`, or is the one that stands for itself.
fn is_within(range: &str, address: &str) -> bool {
    let (base, bits) = range.split_once('/').map_or((range, None), |(base, bits)| (base, Some(bits)));
    let (Ok(base), Ok(address)) = (base.parse::<IpAddr>(), address.parse::<IpAddr>()) else { return false };
    let (base, address, width) = match (base, address) {
        (IpAddr::V4(base), IpAddr::V4(address)) => {
            (u128::from(base.to_bits()), u128::from(address.to_bits()), 32)
        }
        (IpAddr::V6(base), IpAddr::V6(address)) => (base.to_bits(), address.to_bits(), 128),
        _ => return false,
    };
    let Ok(bits) = bits.map_or(Ok(width), str::parse::<u32>) else { return false };
    bits <= width && (base ^ address).checked_shr(width - bits).unwrap_or_default() == 0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn arns_are_compared_part_by_part() {
        let arn = "arn:aws:sns:eu-west-1:111122223333:trips";
        for (pattern, expected) in [
            (arn, true),
            ("*", true),
            ("arn:aws:sns:*:*:trips", true),
            ("arn:aws:sns:*:111122223333:t*", true),
            ("arn:aws:sns:*", false),
            ("arn:*:trips", false),
            ("arn:aws:sns:eu-west-1:111122223334:*", false),
        ] {
            assert_eq!(is_arn_like(pattern, arn), expected, "{pattern}");
        }
        assert!(is_arn_like("arn:aws:sns:*:*:*", "arn:aws:sns:r:1:a:b") && !is_arn_like(arn, "arn"));
    }

    #[test]
    fn addresses_are_in_ranges() {
        for (range, address, expected) in [
            ("10.0.0.0/8", "10.1.2.3", true),
            ("10.0.0.0/8", "11.1.2.3", false),
            ("10.1.2.3", "10.1.2.3", true),
            ("0.0.0.0/0", "10.1.2.3", true),
            ("::/0", "fe80::1", true),
            ("fe80::/10", "fe81::1", true),
            ("::/0", "10.1.2.3", false),
            ("10.0.0.0/33", "10.0.0.0", false),
            ("10.0.0.0/x", "10.0.0.0", false),
        ] {
            assert_eq!(is_within(range, address), expected, "{range} {address}");
        }
    }

    /// For each operator, and a value of the policy: what a request must have, and what it must not.
    #[test]
    fn each_operator_holds_for_what_it_names() {
        let arn = "arn:aws:sqs:us-east-1:111122223333:*";
        let (is_arn, is_none) =
            ("arn:aws:sqs:us-east-1:111122223333:q", "arn:aws:sqs:us-west-2:111122223333:q");
        for (operator, value, holds, fails) in [
            ("StringEquals", "a*", "a*", "ab"),
            ("StringNotEquals", "a", "b", "a"),
            ("StringEqualsIgnoreCase", "Ab", "aB", "b"),
            ("StringNotEqualsIgnoreCase", "Ab", "b", "aB"),
            ("StringLike", "a?c*", "abcd", "abd"),
            ("StringNotLike", "a?c*", "abd", "abcd"),
            ("Bool", "true", "True", "false"),
            ("ArnEquals", arn, is_arn, is_none),
            ("ArnLike", arn, is_arn, is_none),
            ("ArnNotEquals", arn, is_none, is_arn),
            ("ArnNotLike", arn, is_none, is_arn),
            ("IpAddress", "10.0.0.0/8", "10.1.2.3", "11.1.2.3"),
            ("NotIpAddress", "10.0.0.0/8", "11.1.2.3", "10.1.2.3"),
            ("NumericEquals", "10", "10.0", "9"),
            ("NumericNotEquals", "10", "9", "10.0"),
            ("NumericLessThan", "10", "9", "10"),
            ("NumericLessThanEquals", "10", "10", "11"),
            ("NumericGreaterThan", "10", "11", "10"),
            ("NumericGreaterThan", "10", "11", "9"),
            ("NumericGreaterThanEquals", "10", "10", "9"),
            ("NumericLessThan", "10", "9", "x"),
        ] {
            let condition = condition(operator, &["nothing", value]);
            let held = |found: &str| condition.holds(&|key| (key == "key").then(|| found.to_owned()));
            assert_eq!((held(holds), held(fails)), (Some(true), Some(false)), "{operator} {value}");
        }
    }

    fn condition(operator: &str, values: &[&str]) -> Condition {
        let operator = crate::condition::Operator::parse(operator).unwrap();
        Condition {
            operator,
            key: "key".into(),
            values: values.iter().map(|value| (*value).into()).collect(),
        }
    }

    #[test]
    fn what_a_request_does_not_have_decides_too() {
        for (operator, value, expected) in [
            ("Null", "true", Some(true)),
            ("Null", "false", Some(false)),
            ("StringEquals", "a", Some(false)),
            ("StringEqualsIfExists", "a", Some(true)),
            ("StringNotEquals", "a", Some(true)),
            ("ForAllValues:StringEquals", "a", Some(true)),
            ("ForAnyValue:StringEquals", "a", Some(false)),
            ("ForAnyValue:StringNotEquals", "a", Some(false)),
            ("StringEquals", "${aws:username}", None),
            ("DateLessThan", "2040-01-01", None),
        ] {
            assert_eq!(condition(operator, &[value]).holds(&|_| None), expected, "{operator} {value}");
        }
        let there = |key: &str| (key == "key").then(|| "x".to_owned());
        let null = |value| condition("Null", &[value]).holds(&there);
        assert_eq!((null("true"), null("false")), (Some(false), Some(true)));
    }
}
