//! Filters: which messages of a queue, or records of a stream, the function wants. The rest is done with unseen.
//!
//! What a filter says of the body of a message is for JSON or for plain text, and bodies of the other kind are not wanted, as
//! in <https://docs.aws.amazon.com/lambda/latest/dg/with-sqs-filtering.html>. A body that is a number, or a word of JSON, by itself is
//! plain text, which conditions may also take for what it says.

use api_lambda as api;
use api_sqs as sqs;
use names::Arn;
use patterns::{Dialect, Pattern};
use serde_json::Value;
use wire::Fault;

use super::batch::record;
use crate::errors;

/// Filters of a mapping.
const FILTERS_MAX: usize = 10;

/// The patterns that a client gives a mapping, checked.
pub(super) fn of(criteria: Option<&api::FilterCriteria>) -> Result<Vec<String>, Fault> {
    let filters = criteria.and_then(|criteria| criteria.filters.as_deref()).unwrap_or_default();
    if filters.len() > FILTERS_MAX {
        return Err(errors::invalid(format!("A filter criteria has at most {FILTERS_MAX} filters.")));
    }
    let texts: Vec<_> = filters.iter().map(|filter| filter.pattern.clone().unwrap_or_default()).collect();
    patterns(&texts)?;
    Ok(texts)
}

/// Patterns, ready to be asked.
pub(super) fn patterns(texts: &[String]) -> Result<Vec<Pattern>, Fault> {
    let parsed = texts.iter().map(|text| Pattern::parse(text, &Dialect::EVENT_SOURCES));
    parsed.collect::<Result<_, _>>().map_err(|_| errors::invalid("Invalid filter pattern definition."))
}

/// Patterns, as the API shows them.
pub(super) fn shown(texts: &[String]) -> Option<api::FilterCriteria> {
    let filters = texts.iter().map(|text| api::Filter { pattern: Some(text.clone()) });
    (!texts.is_empty()).then(|| api::FilterCriteria { filters: Some(filters.collect()) })
}

/// The filters of a queue's messages.
pub(super) struct Filters(Vec<Filter>);

struct Filter {
    pattern: Pattern,
    /// What the bodies must be that it speaks of, if it does.
    body: Option<Format>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Format {
    Json,
    Plain,
}

impl Filters {
    pub(super) fn new(texts: &[String]) -> Result<Self, Fault> {
        let filter = |(text, pattern): (&String, Pattern)| Filter { pattern, body: Format::wanted(text) };
        Ok(Filters(texts.iter().zip(patterns(texts)?).map(filter).collect()))
    }

    /// Whether one of them wants a message. Without any, all are wanted.
    pub(super) fn want(&self, queue: &Arn, message: &sqs::Message) -> bool {
        if self.0.is_empty() {
            return true;
        }
        let mut record = record(queue, message.clone());
        let body = json(message.body.as_deref().unwrap_or_default());
        let format = match &body {
            Some(Value::Object(_) | Value::Array(_)) => Format::Json,
            _ => Format::Plain,
        };
        if format == Format::Plain && self.wants(format, &record) {
            return true;
        }
        let Some(body) = body else { return false };
        record["body"] = body;
        self.wants(format, &record)
    }

    fn wants(&self, format: Format, record: &Value) -> bool {
        let wants = |filter: &Filter| {
            filter.body.is_none_or(|wanted| wanted == format) && filter.pattern.matches(record)
        };
        self.0.iter().any(wants)
    }
}

impl Format {
    /// A list of conditions on the body itself is for plain text, conditions on what is inside it for JSON.
    fn wanted(pattern: &str) -> Option<Self> {
        match json(pattern)?.get("body")? {
            Value::Object(_) => Some(Format::Json),
            _ => Some(Format::Plain),
        }
    }
}

/// A text as JSON. A text in quotes is no more than a text.
fn json(text: &str) -> Option<Value> {
    serde_json::from_str(text).ok().filter(|value: &Value| !value.is_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wanted(patterns: &[&str], body: &str) -> bool {
        let queue: Arn = "arn:aws:sqs:us-east-1:000000000000:q".parse().unwrap();
        let texts: Vec<_> = patterns.iter().map(|text| (*text).to_owned()).collect();
        let attribute = sqs::MessageAttributeValue {
            string_value: Some("blue".into()),
            data_type: "String".into(),
            ..sqs::MessageAttributeValue::default()
        };
        let message = sqs::Message {
            body: Some(body.to_owned()),
            message_attributes: Some([("colour".to_owned(), attribute)].into()),
            ..sqs::Message::default()
        };
        Filters::new(&texts).unwrap().want(&queue, &message)
    }

    #[test]
    fn a_filter_of_json_wants_no_plain_bodies_and_the_other_way_round() {
        let (inside, absent) = (r#"{"body":{"a":[{"prefix":"x"}]}}"#, r#"{"body":{"a":[{"exists":false}]}}"#);
        let number = r#"{"body":[{"numeric":[">",100]}]}"#;
        let (plain, but) = (r#"{"body":["text","{}"]}"#, r#"{"body":[{"anything-but":"text"}]}"#);
        for (pattern, body, expected) in [
            (inside, r#"{"a":"xy"}"#, true),
            (inside, r#"{"a":"y"}"#, false),
            (inside, r#"[{"a":"y"},{"a":"x"}]"#, true),
            (inside, "x", false),
            (absent, "{}", true),
            (absent, "x", false),
            (absent, r#"{"a":1}"#, false),
            (plain, "text", true),
            (plain, "other", false),
            (plain, "{}", false),
            (but, "other", true),
            (but, "7", true),
            (number, "150", true),
            (number, "50", false),
            (number, "x", false),
            (number, r#"{"body":150}"#, false),
            (r#"{"body":["150"]}"#, "150", true),
            (r#"{"body":[150]}"#, "150", true),
            (r#"{"body":[true]}"#, "true", true),
            (r#"{"body":[true]}"#, "\"true\"", false),
            (but, "text", false),
            (but, "{}", false),
            (but, r#"{"a":"#, true),
        ] {
            assert_eq!(wanted(&[pattern], body), expected, "{pattern} {body}");
        }
    }

    #[test]
    fn a_filter_that_does_not_speak_of_bodies_wants_both_kinds() {
        let blue = r#"{"messageAttributes":{"colour":{"stringValue":["blue"]}}}"#;
        let red = r#"{"messageAttributes":{"colour":{"stringValue":["red"]}}}"#;
        for body in ["text", "{}"] {
            assert!(wanted(&[], body) && wanted(&[blue], body) && !wanted(&[red], body), "{body}");
        }
    }

    #[test]
    fn one_filter_is_enough_and_all_of_it_must_fit() {
        let (plain, inside) = (r#"{"body":["text"]}"#, r#"{"body":{"a":[1]},"eventSource":["aws:sqs"]}"#);
        let elsewhere = r#"{"body":{"a":[1]},"eventSource":["other"]}"#;
        assert!(wanted(&[plain, inside], "text") && wanted(&[plain, inside], r#"{"a":1}"#));
        assert!(!wanted(&[plain, elsewhere], r#"{"a":1}"#));
    }

    #[test]
    fn what_is_no_pattern_is_refused() {
        let refused = |patterns: &[Option<&str>]| {
            let filter = |text: &Option<&str>| api::Filter { pattern: text.map(str::to_owned) };
            let filters = Some(patterns.iter().map(filter).collect());
            of(Some(&api::FilterCriteria { filters })).map_err(|fault| fault.message.to_string())
        };
        for text in [None, Some(""), Some("null"), Some("text"), Some("[]"), Some(r#"{"body":"x"}"#)] {
            assert_eq!(refused(&[text]).unwrap_err(), "Invalid filter pattern definition.", "{text:?}");
        }
        assert_eq!(refused(&[Some(r#"{"body":["x"]}"#); 10]).unwrap().len(), 10);
        assert!(refused(&[Some(r#"{"body":["x"]}"#); 11]).is_err());
        assert!(of(None).unwrap().is_empty() && refused(&[]).unwrap().is_empty());
    }
}
