//! Where values come from: `$request.header.name`, `$context.requestId`, `$stageVariables.name`, parts of bodies, and texts
//! around them.

use http::HeaderMap;
use serde_json::Value;

use super::Call;

/// What a value is taken from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Source {
    Header(String),
    Query(String),
    Path(String),
    WholePath,
    /// A part of the request's body; the whole of it where it names nothing.
    Body(Vec<Step>),
    ResponseHeader(String),
    ResponseBody(Vec<Step>),
    Context(String),
    StageVariable(String),
}

/// A step into JSON.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Step {
    Name(String),
    Index(usize),
}

/// What an integration answered.
#[derive(Clone, Copy)]
pub(crate) struct Answered<'a> {
    pub(crate) headers: &'a HeaderMap,
    pub(crate) body: &'a [u8],
}

impl Source {
    /// Reads an expression; none when it is none.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let text = text.strip_prefix('$')?;
        let (root, rest) = text.split_once('.')?;
        match root {
            "context" => named(rest).map(Source::Context),
            "stageVariables" => named(rest).map(Source::StageVariable),
            "request" => Self::of_message(rest).or_else(|| Self::of_request(rest)),
            "response" => Self::of_message(rest).and_then(Self::in_response),
            _ => None,
        }
    }

    /// What requests and responses both have.
    fn of_message(rest: &str) -> Option<Self> {
        let (part, name) = rest.split_once('.').unwrap_or((rest, ""));
        match part {
            "header" => named(name).map(|name| Source::Header(name.to_ascii_lowercase())),
            "body" if name.is_empty() => Some(Source::Body(Vec::new())),
            "body" => steps(name).map(Source::Body),
            _ => None,
        }
    }

    fn of_request(rest: &str) -> Option<Self> {
        let (part, name) = rest.split_once('.').unwrap_or((rest, ""));
        match part {
            "querystring" => named(name).map(Source::Query),
            "path" if name.is_empty() => Some(Source::WholePath),
            "path" => named(name).map(Source::Path),
            _ => None,
        }
    }

    fn in_response(self) -> Option<Self> {
        match self {
            Source::Header(name) => Some(Source::ResponseHeader(name)),
            Source::Body(steps) => Some(Source::ResponseBody(steps)),
            _ => None,
        }
    }

    /// What stands there; none where nothing does.
    pub(crate) fn value(&self, call: &Call<'_>, answered: Option<Answered<'_>>) -> Option<String> {
        match self {
            Source::Header(name) => joined(&call.visit.headers, name),
            Source::Query(name) => {
                let all = form_urlencoded::parse(call.visit.query.as_bytes());
                let values: Vec<String> =
                    all.filter(|(key, _)| key == name).map(|(_, value)| value.into_owned()).collect();
                (!values.is_empty()).then(|| values.join(","))
            }
            Source::Path(name) => call.variables.get(name).cloned(),
            Source::WholePath => Some(call.path.clone()),
            Source::Body(steps) => within(&call.visit.body, steps),
            Source::ResponseHeader(name) => joined(answered?.headers, name),
            Source::ResponseBody(steps) => within(answered?.body, steps),
            Source::Context(name) => call.context(name),
            Source::StageVariable(name) => call.plan.stage.stage_variables.get(name).cloned(),
        }
    }
}

fn named(name: &str) -> Option<String> {
    (!name.is_empty()).then(|| name.to_owned())
}

/// `a.b[0].c`.
pub(crate) fn steps(path: &str) -> Option<Vec<Step>> {
    let mut steps = Vec::new();
    for part in path.split('.') {
        let (name, indexes) = part.split_once('[').map_or((part, None), |(name, rest)| (name, Some(rest)));
        if name.is_empty() || name.contains(['*', '?', ']']) {
            return None;
        }
        steps.push(Step::Name(name.to_owned()));
        for index in indexes.into_iter().flat_map(|indexes| indexes.split('[')) {
            steps.push(Step::Index(index.strip_suffix(']')?.parse().ok()?));
        }
    }
    Some(steps)
}

pub(crate) fn joined(headers: &HeaderMap, name: &str) -> Option<String> {
    let values = headers.get_all(name).iter();
    let values: Vec<_> = values.map(|value| String::from_utf8_lossy(value.as_bytes())).collect();
    (!values.is_empty()).then(|| values.join(","))
}

/// A text as it is, anything else as JSON.
pub(crate) fn within(body: &[u8], steps: &[Step]) -> Option<String> {
    if steps.is_empty() {
        return Some(String::from_utf8_lossy(body).into_owned());
    }
    let whole: Value = serde_json::from_slice(body).ok()?;
    let found = steps.iter().try_fold(&whole, |value, step| match step {
        Step::Name(name) => value.get(name),
        Step::Index(index) => value.get(index),
    });
    match found? {
        Value::Null => None,
        Value::String(text) => Some(text.clone()),
        other => Some(other.to_string()),
    }
}

/// Text with sources in it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Template(Vec<Piece>);

#[derive(Clone, Debug, PartialEq, Eq)]
enum Piece {
    Text(String),
    Source(Source),
}

impl Template {
    /// Reads `$request.path.id`, `trip-${request.path.id}` or a text; what looks like a source and is none is refused.
    pub(crate) fn parse(text: &str) -> Result<Self, String> {
        let invalid = || format!("Invalid mapping expression specified: {text}");
        if text.starts_with('$') && !text.starts_with("${") {
            return Source::parse(text)
                .map(|source| Template(vec![Piece::Source(source)]))
                .ok_or_else(invalid);
        }
        let mut pieces = Vec::new();
        let mut rest = text;
        while let Some((before, after)) = rest.split_once("${") {
            let (inside, after) = after.split_once('}').ok_or_else(invalid)?;
            pieces.push(Piece::Text(before.to_owned()));
            pieces.push(Piece::Source(Source::parse(&format!("${inside}")).ok_or_else(invalid)?));
            rest = after;
        }
        pieces.push(Piece::Text(rest.to_owned()));
        pieces.retain(|piece| *piece != Piece::Text(String::new()));
        Ok(Template(pieces))
    }

    /// The text; none where it is made of nothing but sources that are not there.
    pub(crate) fn value(&self, call: &Call<'_>, answered: Option<Answered<'_>>) -> Option<String> {
        let mut value = None;
        for piece in &self.0 {
            let text = match piece {
                Piece::Text(text) => Some(text.clone()),
                Piece::Source(source) => source.value(call, answered),
            };
            if let Some(text) = text {
                value.get_or_insert_with(String::new).push_str(&text);
            }
        }
        value
    }
}

#[cfg(test)]
mod tests;
