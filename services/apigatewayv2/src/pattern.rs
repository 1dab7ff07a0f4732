//! Route keys, and which of an API's routes a request takes.
//!
//! A route whose path fits without a greedy variable wins over one with; then the one that names the method over `ANY`;
//! `$default` takes what is left (see "Create routes for HTTP APIs" in API Gateway's guide).

use std::collections::{BTreeMap, HashMap};

use percent_encoding::percent_decode_str;

const METHODS: [&str; 8] = ["ANY", "DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT"];

/// A route key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Pattern<'a> {
    /// `$default`.
    Default,
    /// A method, or any, and the segments of a path.
    Path { method: Option<&'a str>, segments: Vec<Segment<'a>> },
}

/// A part of a path between slashes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Segment<'a> {
    Fixed(&'a str),
    Variable(&'a str),
    /// `{proxy+}`: this and all that follows.
    Greedy(&'a str),
}

impl<'a> Pattern<'a> {
    /// Reads a route key; none when it is none.
    pub(crate) fn parse(key: &'a str) -> Option<Self> {
        if key == "$default" {
            return Some(Pattern::Default);
        }
        let (method, path) = key.split_once(' ')?;
        let path = path.strip_prefix('/').filter(|_| METHODS.contains(&method))?;
        let parts: Vec<&str> = if path.is_empty() { Vec::new() } else { path.split('/').collect() };
        let segments: Vec<Segment<'_>> =
            parts.iter().map(|part| Segment::parse(part)).collect::<Option<_>>()?;
        let greedy_inside =
            segments.iter().rev().skip(1).any(|segment| matches!(segment, Segment::Greedy(_)));
        let method = Some(method).filter(|method| *method != "ANY");
        (!greedy_inside).then_some(Pattern::Path { method, segments })
    }
}

impl<'a> Segment<'a> {
    fn parse(part: &'a str) -> Option<Self> {
        let Some(inner) = part.strip_prefix('{') else {
            return (!part.is_empty() && !part.contains(['{', '}'])).then_some(Segment::Fixed(part));
        };
        let name = inner.strip_suffix('}')?;
        let (name, is_greedy) = name.strip_suffix('+').map_or((name, false), |name| (name, true));
        names::is_plain(name, "._-", 1..=usize::MAX).then_some(if is_greedy {
            Segment::Greedy(name)
        } else {
            Segment::Variable(name)
        })
    }
}

/// Route keys, by the segments of their paths: to find one takes as long as the path, however many there are.
#[derive(Debug, Default)]
pub(crate) struct Router {
    root: Node,
    default: Option<usize>,
}

/// What follows a segment.
#[derive(Debug, Default)]
struct Node {
    fixed: HashMap<String, Node>,
    variable: Option<Box<Node>>,
    /// Routes that end here, by method; any method is the empty text.
    ends: BTreeMap<String, usize>,
    /// Those that take all that follows.
    greedy_ends: BTreeMap<String, usize>,
}

/// Routes that begin with a method of their own win over those for any.
fn of_method(ends: &BTreeMap<String, usize>, method: &str) -> Option<usize> {
    ends.get(method).or_else(|| ends.get("")).copied()
}

impl Router {
    /// Adds a route key, which stands for that number; what is none is left out.
    pub(crate) fn add(&mut self, key: &str, number: usize) {
        let Some(Pattern::Path { method, segments }) = Pattern::parse(key) else {
            if key == "$default" {
                self.default = Some(number);
            }
            return;
        };
        let method = method.unwrap_or_default().to_owned();
        let mut node = &mut self.root;
        for segment in segments {
            node = match segment {
                Segment::Fixed(text) => node.fixed.entry(text.to_owned()).or_default(),
                Segment::Variable(_) => node.variable.get_or_insert_default(),
                Segment::Greedy(_) => {
                    node.greedy_ends.insert(method, number);
                    return;
                }
            };
        }
        node.ends.insert(method, number);
    }

    /// The number of the route that a request takes.
    pub(crate) fn find(&self, method: &str, path: &str) -> Option<usize> {
        let parts = parts(path);
        let exact = self.root.find(method, &parts, false);
        exact.or_else(|| self.root.find(method, &parts, true)).or(self.default)
    }
}

impl Node {
    /// The best route below: of those that take the rest of a path, or of the others.
    fn find(&self, method: &str, parts: &[&str], greedy: bool) -> Option<usize> {
        let Some((first, rest)) = parts.split_first() else {
            return (!greedy).then(|| of_method(&self.ends, method)).flatten();
        };
        let fixed = self.fixed.get(*first).and_then(|node| node.find(method, rest, greedy));
        let variable = || {
            let node = self.variable.as_ref().filter(|_| !first.is_empty())?;
            node.find(method, rest, greedy)
        };
        let is_something = || parts.iter().any(|part| !part.is_empty());
        let takes_rest =
            || (greedy && is_something()).then(|| of_method(&self.greedy_ends, method)).flatten();
        fixed.or_else(variable).or_else(takes_rest)
    }
}

fn parts(path: &str) -> Vec<&str> {
    let path = path.strip_prefix('/').unwrap_or(path);
    if path.is_empty() { Vec::new() } else { path.split('/').collect() }
}

/// What stands in a path for the variables of the route that it takes.
pub(crate) fn variables(key: &str, path: &str) -> BTreeMap<String, String> {
    let decoded = |value: String| percent_decode_str(&value).decode_utf8_lossy().into_owned();
    variables_as_sent(key, path).into_iter().map(|(name, value)| (name, decoded(value))).collect()
}

/// The same, still encoded.
pub(crate) fn variables_as_sent(key: &str, path: &str) -> BTreeMap<String, String> {
    let Some(Pattern::Path { segments, .. }) = Pattern::parse(key) else { return BTreeMap::new() };
    let parts = parts(path);
    let value = |(index, segment): (usize, &Segment<'_>)| match segment {
        Segment::Fixed(_) => None,
        Segment::Variable(name) => Some(((*name).to_owned(), (*parts.get(index)?).to_owned())),
        Segment::Greedy(name) => Some(((*name).to_owned(), parts.get(index..)?.join("/"))),
    };
    segments.iter().enumerate().filter_map(value).collect()
}

#[cfg(test)]
mod tests;
