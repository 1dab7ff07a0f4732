//! Selection expressions, and where values come from: `$request.body.action`, `${request.body.service}/${request.body.action}`,
//! `integration.response.statuscode`, `route.request.header.name`.

use regex::Regex;
use serde_json::Value;

use super::call::Call;
use super::integrate::Answered;
use crate::call::source::{Step, joined, steps, within};

/// What a value is taken from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Source {
    Header(String),
    Query(String),
    Body(Vec<Step>),
    Context(String),
    StageVariable(String),
    Status,
    AnswerHeader(String),
    AnswerBody(Vec<Step>),
    Text(String),
}

impl Source {
    /// Reads what stands behind a dollar sign, or in a mapping; none when it is nothing.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        if let Some(text) = text.strip_prefix('\'').and_then(|text| text.strip_suffix('\'')) {
            return Some(Source::Text(text.to_owned()));
        }
        let (root, rest) = text.split_once('.')?;
        match root {
            "context" => named(rest).map(Source::Context),
            "stageVariables" => named(rest).map(Source::StageVariable),
            "route" => Self::of_request(rest.strip_prefix("request.")?),
            "request" => Self::of_request(rest),
            "integration" => Self::of_answer(rest.strip_prefix("response.")?),
            _ => None,
        }
    }

    fn of_request(rest: &str) -> Option<Self> {
        let (part, name) = rest.split_once('.').unwrap_or((rest, ""));
        match part {
            "header" | "multivalueheader" => {
                named(name).map(|name| Source::Header(name.to_ascii_lowercase()))
            }
            "querystring" | "multivaluequerystring" => named(name).map(Source::Query),
            "body" if name.is_empty() => Some(Source::Body(Vec::new())),
            "body" => steps(name).map(Source::Body),
            _ => None,
        }
    }

    fn of_answer(rest: &str) -> Option<Self> {
        let (part, name) = rest.split_once('.').unwrap_or((rest, ""));
        match part {
            "statuscode" => Some(Source::Status),
            "header" | "multivalueheader" => {
                named(name).map(|name| Source::AnswerHeader(name.to_ascii_lowercase()))
            }
            "body" if name.is_empty() => Some(Source::AnswerBody(Vec::new())),
            "body" => steps(name).map(Source::AnswerBody),
            _ => None,
        }
    }

    /// What stands there; none where nothing does.
    pub(crate) fn value(&self, call: &Call, answered: Option<&Answered>) -> Option<String> {
        match self {
            Source::Header(name) => joined(&call.headers, name),
            Source::Query(name) => {
                call.query.iter().rfind(|(key, _)| key == name).map(|(_, value)| value.clone())
            }
            Source::Body(steps) => within(&call.body, steps),
            Source::Context(path) => at(&call.context(), path),
            Source::StageVariable(name) => call.plan.stage.stage_variables.get(name).cloned(),
            Source::Status => Some(answered?.status.to_string()),
            Source::AnswerHeader(name) => joined(&answered?.headers, name),
            Source::AnswerBody(steps) => within(&answered?.body, steps),
            Source::Text(text) => Some(text.clone()),
        }
    }
}

fn named(name: &str) -> Option<String> {
    (!name.is_empty()).then(|| name.to_owned())
}

/// What stands at `a.b`.
pub(crate) fn at(value: &Value, path: &str) -> Option<String> {
    match path.split('.').try_fold(value, |value, name| value.get(name))? {
        Value::Null => None,
        Value::String(text) => Some(text.clone()),
        other => Some(other.to_string()),
    }
}

/// An expression that makes a key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Selection(Vec<Source>);

impl Selection {
    /// Reads an expression; none when it is none.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        // The reserved key needs no escape.
        if text == "$default" {
            return Some(Selection(vec![Source::Text(text.to_owned())]));
        }
        let mut pieces = Vec::new();
        let mut rest = text;
        while !rest.is_empty() {
            let (piece, after) = Self::piece(rest)?;
            pieces.push(piece);
            rest = after;
        }
        (!pieces.is_empty()).then_some(Selection(pieces))
    }

    /// The first piece of a text, and what follows it.
    fn piece(text: &str) -> Option<(Source, &str)> {
        if let Some(rest) = text.strip_prefix("\\$") {
            return Some((Source::Text("$".to_owned()), rest));
        }
        if let Some(rest) = text.strip_prefix("${") {
            let (inside, rest) = rest.split_once('}')?;
            return Some((Source::parse(inside)?, rest));
        }
        if let Some(rest) = text.strip_prefix('$') {
            let end = rest.find(|c: char| !c.is_ascii_alphanumeric() && !"._-[]".contains(c));
            let (name, rest) = rest.split_at(end.unwrap_or(rest.len()));
            return Some((Source::parse(name)?, rest));
        }
        let end = text.char_indices().skip(1).find(|(_, c)| "$\\".contains(*c));
        let (plain, rest) = text.split_at(end.map_or(text.len(), |(at, _)| at));
        Some((Source::Text(plain.to_owned()), rest))
    }

    /// The key; none where something that it is made of is not there.
    pub(crate) fn key(&self, call: &Call, answered: Option<&Answered>) -> Option<String> {
        self.0.iter().map(|piece| piece.value(call, answered)).collect()
    }
}

/// What keys of responses are for: one key, all that a pattern in slashes fits, or what is left.
#[derive(Clone, Debug)]
pub(crate) enum Key {
    Default,
    Exact(String),
    Pattern(Regex),
}

impl Key {
    pub(crate) fn parse(text: &str) -> Option<Self> {
        if text == "$default" {
            return Some(Key::Default);
        }
        match text.strip_prefix('/').and_then(|text| text.strip_suffix('/')) {
            Some(pattern) => Regex::new(&format!("^(?s:{pattern})$")).ok().map(Key::Pattern),
            None => (!text.is_empty()).then(|| Key::Exact(text.to_owned())),
        }
    }

    pub(crate) fn fits(&self, key: &str) -> bool {
        match self {
            Key::Default => false,
            Key::Exact(text) => text == key,
            Key::Pattern(pattern) => pattern.is_match(key),
        }
    }
}

/// Whether a text is a key of a response.
pub(crate) fn is_key(text: &str) -> bool {
    Key::parse(text).is_some()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn body(path: &str) -> Source {
        Source::Body(steps(path).unwrap())
    }

    #[test]
    fn expressions_are_read() {
        let text = |text: &str| Source::Text(text.into());
        let read = |text: &str| Selection::parse(text).map(|selection| selection.0);
        assert_eq!(read("$request.body.action"), Some(vec![body("action")]));
        assert_eq!(read("${request.body.action}"), Some(vec![body("action")]));
        let both = vec![body("a.b[0]"), text("/"), body("c"), text("-x")];
        assert_eq!(read("${request.body.a.b[0]}/${request.body.c}-x"), Some(both));
        for default in ["$default", "\\$default"] {
            let pieces = read(default).unwrap();
            let whole: String =
                pieces.iter().map(|piece| format!("{piece:?}").replace(['"', '(', ')'], "")).collect();
            assert_eq!(whole.replace("Text", ""), "$default");
        }
        for none in ["", "$", "$request", "$request.body..a", "${request.body.a", "$nothing.a", "a${x}"] {
            assert_eq!(read(none), None, "{none}");
        }
    }

    #[test]
    fn sources_of_mappings_are_read() {
        assert_eq!(Source::parse("route.request.header.X-A"), Some(Source::Header("x-a".into())));
        assert_eq!(Source::parse("'a.b'"), Some(Source::Text("a.b".into())));
        assert_eq!(Source::parse("integration.response.statuscode"), Some(Source::Status));
        assert_eq!(Source::parse("context.connectionId"), Some(Source::Context("connectionId".into())));
        for none in ["", "'", "route.header.a", "request.header", "stageVariables."] {
            assert_eq!(Source::parse(none), None, "{none}");
        }
    }

    #[test]
    fn keys_fit() {
        let fits = |key: &str, text: &str| Key::parse(key).unwrap().fits(text);
        assert!(fits("/2\\d\\d/", "200") && !fits("/2\\d\\d/", "1200") && !fits("/2\\d\\d/", "404"));
        assert!(fits("200", "200") && !fits("200", "2000"));
        assert!(fits("/a|b/", "b") && fits("/.*line.*/", "two\nlines"));
        assert!(!fits("$default", "$default"), "it is for what is left");
        assert!(Key::parse("/(/").is_none() && Key::parse("").is_none());
    }
}
