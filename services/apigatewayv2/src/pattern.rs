//! Route keys, and which of an API's routes a request takes.
//!
//! A route whose path fits without a greedy variable wins over one with; then the one that names the method over `ANY`;
//! `$default` takes what is left (see "Create routes for HTTP APIs" in API Gateway's guide).

use std::collections::BTreeMap;

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

    /// How well the request fits (the least is best) and the variables of its path; none when it does not.
    fn fit(&self, wanted: &str, path: &[&str]) -> Option<(Vec<u8>, BTreeMap<String, String>)> {
        let Pattern::Path { method, segments } = self else { return Some((vec![u8::MAX], BTreeMap::new())) };
        if method.is_some_and(|method| method != wanted) {
            return None;
        }
        let is_greedy = matches!(segments.last(), Some(Segment::Greedy(_)));
        let fits = if is_greedy { path.len() >= segments.len() } else { path.len() == segments.len() };
        if !fits {
            return None;
        }
        let mut rank = vec![u8::from(is_greedy)];
        let mut variables = BTreeMap::new();
        for (index, segment) in segments.iter().enumerate() {
            let part = path.get(index).copied()?;
            match segment {
                Segment::Fixed(text) if *text == part => rank.push(0),
                Segment::Fixed(_) => return None,
                Segment::Variable(name) => {
                    rank.push(1);
                    variables.insert((*name).to_owned(), decoded(part)?);
                }
                Segment::Greedy(name) => {
                    rank.push(2);
                    variables.insert((*name).to_owned(), decoded(&path.get(index..)?.join("/"))?);
                }
            }
        }
        rank.push(u8::from(method.is_none()));
        Some((rank, variables))
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

fn decoded(part: &str) -> Option<String> {
    let text = percent_decode_str(part).decode_utf8().ok()?.into_owned();
    (!text.is_empty()).then_some(text)
}

/// The best of these route keys for a request, with the variables of its path.
pub(crate) fn best<'a>(
    keys: impl Iterator<Item = &'a str>,
    method: &str,
    path: &str,
) -> Option<(&'a str, BTreeMap<String, String>)> {
    let path = path.strip_prefix('/').unwrap_or(path);
    let parts: Vec<&str> = if path.is_empty() { Vec::new() } else { path.split('/').collect() };
    let fits = keys.filter_map(|key| {
        let (rank, variables) = Pattern::parse(key)?.fit(method, &parts)?;
        Some((rank, key, variables))
    });
    fits.min_by(|one, other| (&one.0, one.1).cmp(&(&other.0, other.1)))
        .map(|(_, key, variables)| (key, variables))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::{Pattern, best};

    fn found(keys: &[&'static str], method: &str, path: &str) -> Option<(&'static str, Vec<String>)> {
        let (key, variables) = best(keys.iter().copied(), method, path)?;
        Some((key, variables.into_values().collect()))
    }

    #[test]
    fn the_most_specific_route_wins() {
        let keys = [
            "$default",
            "ANY /pets/{proxy+}",
            "GET /pets/dog/1",
            "GET /pets/dog/{id}",
            "GET /pets/{proxy+}",
            "ANY /pets/dog/{id}",
        ];
        assert_eq!(found(&keys, "GET", "/pets/dog/1"), Some(("GET /pets/dog/1", vec![])));
        assert_eq!(found(&keys, "GET", "/pets/dog/2"), Some(("GET /pets/dog/{id}", vec!["2".into()])));
        assert_eq!(found(&keys, "POST", "/pets/dog/2"), Some(("ANY /pets/dog/{id}", vec!["2".into()])));
        assert_eq!(found(&keys, "GET", "/pets/cat/1"), Some(("GET /pets/{proxy+}", vec!["cat/1".into()])));
        assert_eq!(found(&keys, "POST", "/pets/cat"), Some(("ANY /pets/{proxy+}", vec!["cat".into()])));
        assert_eq!(found(&keys, "GET", "/"), Some(("$default", vec![])));
        assert_eq!(found(&keys[1..], "GET", "/"), None);
    }

    #[test]
    fn variables_are_decoded() {
        assert_eq!(found(&["GET /a/{b}"], "GET", "/a/x%2Fy%20z"), Some(("GET /a/{b}", vec!["x/y z".into()])));
        assert_eq!(found(&["GET /a/{b}"], "GET", "/a/"), None);
        assert_eq!(found(&["GET /"], "GET", ""), Some(("GET /", vec![])));
    }

    #[test]
    fn what_is_no_route_key_is_refused() {
        for key in
            ["", "GET", "GET a", "FETCH /a", "GET /a/{b", "GET /a/{}", "GET /{a+}/b", "GET /a//b", "default"]
        {
            assert_eq!(Pattern::parse(key), None, "{key}");
        }
    }

    proptest! {
        #[test]
        fn nothing_panics(key in "[A-Z]{0,4} ?/?[a-z{}+/%]{0,12}", path in "[a-z/%0-9]{0,12}") {
            let _ = best(std::iter::once(key.as_str()), "GET", &path);
        }
    }
}
