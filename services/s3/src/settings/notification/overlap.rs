//! Of one happening one destination alone is told.

use api_s3 as api;
use wire::Fault;

use super::check::Part;
use crate::errors;

const MESSAGE: &str = "Configuration is ambiguously defined. Cannot have overlapping suffixes in two rules if the prefixes \
                       are overlapping for the same event type.";

pub(super) fn check(parts: &[Part<'_>]) -> Result<(), Fault> {
    for (index, one) in parts.iter().enumerate() {
        let mut others = parts.iter().skip(index + 1);
        if others.any(|other| shares_event(one.events, other.events) && shares_key(one, other)) {
            return Err(errors::invalid_argument(MESSAGE));
        }
    }
    Ok(())
}

fn shares_event(one: &[api::Event], other: &[api::Event]) -> bool {
    one.iter().any(|left| other.iter().any(|right| is_within(left.as_str(), right.as_str())))
}

/// Whether one event is the other, or one of those that the other means.
fn is_within(one: &str, other: &str) -> bool {
    let means =
        |all: &str, single: &str| all.strip_suffix('*').is_some_and(|begin| single.starts_with(begin));
    one == other || means(one, other) || means(other, one)
}

fn shares_key(one: &Part<'_>, other: &Part<'_>) -> bool {
    let begin = |part: &Part<'_>| value(part, "Prefix");
    let end = |part: &Part<'_>| value(part, "Suffix");
    let (left, right) = (begin(one), begin(other));
    let (first, last) = (end(one), end(other));
    (left.starts_with(&right) || right.starts_with(&left))
        && (first.ends_with(&last) || last.ends_with(&first))
}

fn value(part: &Part<'_>, name: &str) -> String {
    let key = part.filter.as_ref().and_then(|filter| filter.key.as_ref());
    let mut rules = key.into_iter().flat_map(|key| key.filter_rules.iter().flatten());
    let rule = rules.find(|rule| rule.name.as_ref().is_some_and(|found| found.as_str() == name));
    rule.and_then(|rule| rule.value.clone()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::is_within;

    #[test]
    fn some_events_mean_several() {
        assert!(is_within("s3:ObjectCreated:*", "s3:ObjectCreated:Put"));
        assert!(is_within("s3:ObjectCreated:Put", "s3:ObjectCreated:*"));
        assert!(is_within("s3:ObjectCreated:Put", "s3:ObjectCreated:Put"));
        assert!(!is_within("s3:ObjectCreated:Put", "s3:ObjectCreated:Post"));
        assert!(!is_within("s3:ObjectCreated:*", "s3:ObjectRemoved:*"));
    }
}
