//! Finds the operation that a method and a path mean, and takes the labels out of the path.
//!
//! The rules are those of Smithy 2.0's `http` trait: fixed segments win over labels, labels over greedy ones, and more
//! fixed query parameters over fewer. Some of S3's operations share an address, and differ in what else a request has.

use std::cmp::Reverse;

use http::HeaderMap;
use percent_encoding::percent_decode_str;

use crate::OperationFacts;

/// The labels of a path, decoded.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Labels(Vec<(&'static str, String)>);

impl Labels {
    /// The value of the label with that name.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&str> {
        self.0.iter().find(|(label, _)| *label == name).map(|(_, value)| value.as_str())
    }

    /// The same with another value of that label.
    #[must_use]
    pub fn with(mut self, name: &str, value: String) -> Self {
        if let Some((_, known)) = self.0.iter_mut().find(|(label, _)| *label == name) {
            *known = value;
        }
        self
    }
}

impl FromIterator<(&'static str, String)> for Labels {
    fn from_iter<T: IntoIterator<Item = (&'static str, String)>>(labels: T) -> Self {
        Labels(labels.into_iter().collect())
    }
}

/// What a request means.
#[derive(Clone, Debug)]
pub struct Route {
    /// The operation.
    pub operation: &'static OperationFacts,
    /// The labels of its path.
    pub labels: Labels,
}

/// Finds operations of one API.
#[derive(Debug)]
pub struct Router {
    /// The most specific first.
    templates: Vec<Template>,
}

#[derive(Debug)]
struct Template {
    operation: &'static OperationFacts,
    segments: Vec<Segment>,
    /// Query parameters that must be there, with the value where one is fixed.
    query: Vec<(&'static str, Option<&'static str>)>,
    /// Equal for operations that no address tells apart.
    address: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Segment {
    Fixed(&'static str),
    Label(&'static str),
    Greedy(&'static str),
}

impl Router {
    /// A router for these operations.
    #[must_use]
    pub fn new(operations: &'static [OperationFacts]) -> Self {
        let mut templates: Vec<Template> = operations.iter().map(Template::new).collect();
        templates.sort_by_key(|template| {
            let mut kinds: Vec<u8> = template.segments.iter().map(|segment| segment.rank()).collect();
            // Of two that begin alike, the longer one is more specific.
            kinds.push(u8::MAX);
            let needs = template.operation.needs_query.len() + template.operation.needs_headers.len();
            let address = template.address.clone();
            (kinds, Reverse(template.query.len()), address, template.operation.deprecated, Reverse(needs))
        });
        Router { templates }
    }

    /// The operation at that address, if any. `path` and `query` are as they came, still encoded.
    #[must_use]
    pub fn find(&self, method: &str, path: &str, query: Option<&str>, headers: &HeaderMap) -> Option<Route> {
        let segments = path_segments(path);
        let query = query.unwrap_or_default();
        let (at, labels) = self.templates.iter().enumerate().find_map(|(at, template)| {
            let fits = template.operation.http.method == method && template.has_query(query);
            fits.then(|| template.labels(&segments)).flatten().map(|labels| (at, labels))
        })?;
        let (first, others) = self.templates.get(at..)?.split_first()?;
        let mut others = others.iter().take_while(|other| other.address == first.address).peekable();
        if others.peek().is_none() {
            return Some(Route { operation: first.operation, labels });
        }
        let mut all = std::iter::once(first).chain(others);
        let template = all.find(|template| template.has_needs(query, headers)).unwrap_or(first);
        Some(Route { operation: template.operation, labels: template.labels(&segments)? })
    }
}

/// The segments of a template; a slash at its end adds none.
fn split(path: &str) -> Vec<&str> {
    let path = path.strip_prefix('/').unwrap_or(path);
    let path = path.strip_suffix('/').unwrap_or(path);
    if path.is_empty() { Vec::new() } else { path.split('/').collect() }
}

/// The segments of a request's path; after a slash at its end there is an empty one, which only greedy labels take.
fn path_segments(path: &str) -> Vec<&str> {
    let path = path.strip_prefix('/').unwrap_or(path);
    if path.is_empty() { Vec::new() } else { path.split('/').collect() }
}

impl Segment {
    fn new(text: &'static str) -> Self {
        match text.strip_prefix('{').and_then(|text| text.strip_suffix('}')) {
            None => Segment::Fixed(text),
            Some(name) => name.strip_suffix('+').map_or(Segment::Label(name), Segment::Greedy),
        }
    }

    /// The segment, whatever its label is called.
    fn place(self) -> &'static str {
        match self {
            Segment::Fixed(text) => text,
            Segment::Label(_) => "{}",
            Segment::Greedy(_) => "{+}",
        }
    }

    fn rank(self) -> u8 {
        match self {
            Segment::Fixed(_) => 0,
            Segment::Label(_) => 1,
            Segment::Greedy(_) => 2,
        }
    }
}

impl Template {
    fn new(operation: &'static OperationFacts) -> Self {
        let (path, query) = operation.http.uri.split_once('?').unwrap_or((operation.http.uri, ""));
        let parameters = query.split('&').filter(|parameter| !parameter.is_empty());
        let query = parameters.map(|parameter| match parameter.split_once('=') {
            Some((name, value)) => (name, Some(value).filter(|value| !value.is_empty())),
            None => (parameter, None),
        });
        let segments: Vec<Segment> = split(path).into_iter().map(Segment::new).collect();
        let query: Vec<_> = query.collect();
        let places: Vec<&str> = segments.iter().map(|segment| segment.place()).collect();
        let address = format!("{} /{}?{query:?}", operation.http.method, places.join("/"));
        Template { operation, segments, query, address }
    }

    /// Whether a request has all that requests of this operation have.
    fn has_needs(&self, query: &str, headers: &HeaderMap) -> bool {
        let OperationFacts { needs_query, needs_headers, .. } = self.operation;
        let has = |name: &str| form_urlencoded::parse(query.as_bytes()).any(|(found, _)| found == name);
        needs_query.iter().all(|name| has(name))
            && needs_headers.iter().all(|name| headers.contains_key(*name))
    }

    fn has_query(&self, query: &str) -> bool {
        self.query.iter().all(|(name, value)| {
            form_urlencoded::parse(query.as_bytes())
                .any(|(found, text)| found == *name && value.is_none_or(|value| text == value))
        })
    }

    /// The labels, when the path fits.
    fn labels(&self, path: &[&str]) -> Option<Labels> {
        let mut labels = Labels::default();
        let mut rest = path;
        if self.segments.last().is_none_or(|last| last.rank() < 2) {
            rest = rest.strip_suffix(&[""]).unwrap_or(rest);
        }
        for (index, segment) in self.segments.iter().enumerate() {
            let after = self.segments.len() - index - 1;
            let size = if segment.rank() == 2 { rest.len().checked_sub(after)? } else { 1 };
            let (taken, others) = rest.split_at_checked(size)?;
            rest = others;
            match segment {
                Segment::Fixed(text) if taken == [*text] => {}
                Segment::Fixed(_) => return None,
                Segment::Label(name) | Segment::Greedy(name) => {
                    let value = percent_decode_str(&taken.join("/")).decode_utf8().ok()?.into_owned();
                    if value.is_empty() {
                        return None;
                    }
                    labels.0.push((name, value));
                }
            }
        }
        rest.is_empty().then_some(labels)
    }
}

#[cfg(test)]
mod tests {
    use http::{HeaderMap, HeaderValue};
    use proptest::prelude::*;

    use super::Router;
    use crate::{Http, OperationFacts};

    const fn operation(name: &'static str, method: &'static str, uri: &'static str) -> OperationFacts {
        let http = Http { method, uri, status: 200 };
        OperationFacts::plain(name, http)
    }

    static OPERATIONS: &[OperationFacts] = &[
        operation("GetObject", "GET", "/{Bucket}/{Key+}"),
        operation("GetTagging", "GET", "/{Bucket}/{Key+}?tagging"),
        operation("Invoke", "POST", "/2015-03-31/functions/{FunctionName}/invocations"),
        operation("ListFunctions", "GET", "/2015-03-31/functions/"),
        operation("ListObjects", "GET", "/{Bucket}?list-type=2"),
        operation("ListVersions", "GET", "/{Bucket}/{Key+}/versions"),
    ];

    fn find(method: &str, path: &str, query: &str) -> Option<(&'static str, Vec<String>)> {
        let route = Router::new(OPERATIONS).find(method, path, Some(query), &HeaderMap::new())?;
        Some((route.operation.name, route.labels.0.into_iter().map(|(_, value)| value).collect()))
    }

    #[test]
    fn the_most_specific_wins() {
        let found = |method, path, query| find(method, path, query).map(|(name, _)| name);
        assert_eq!(found("GET", "/2015-03-31/functions", ""), Some("ListFunctions"));
        assert_eq!(found("GET", "/2015-03-31/functions/", "MaxItems=1"), Some("ListFunctions"));
        assert_eq!(found("GET", "/bucket/key", "tagging="), Some("GetTagging"));
        assert_eq!(found("GET", "/bucket/a/b/versions", ""), Some("ListVersions"));
        assert_eq!(found("GET", "/bucket", "list-type=2"), Some("ListObjects"));
        assert_eq!(found("GET", "/bucket", "list-type=1"), None);
        assert_eq!(found("PUT", "/bucket/key", ""), None);
        assert_eq!(found("GET", "", ""), None);
    }

    #[test]
    fn operations_of_one_address_differ_in_what_they_need() {
        static SHARED: &[OperationFacts] = &[
            OperationFacts { needs_headers: &["x-source"], ..operation("Copy", "PUT", "/{Bucket}/{Key+}") },
            operation("Put", "PUT", "/{Bucket}/{Name+}"),
            OperationFacts {
                needs_query: &["part", "upload"],
                ..operation("UploadPart", "PUT", "/{B}/{Key+}")
            },
            OperationFacts { deprecated: true, ..operation("GetOld", "GET", "/{Bucket}?rules") },
            operation("GetRules", "GET", "/{Bucket}?rules"),
        ];
        let router = Router::new(SHARED);
        let found = |method, path, query, headers: &HeaderMap| {
            router
                .find(method, path, Some(query), headers)
                .map(|route| (route.operation.name, route.labels.0.len()))
        };
        let source = HeaderMap::from_iter([("x-source".parse().unwrap(), HeaderValue::from_static("s"))]);
        let none = HeaderMap::new();
        assert_eq!(found("PUT", "/b/k", "", &none), Some(("Put", 2)));
        assert_eq!(found("PUT", "/b/k", "", &source), Some(("Copy", 2)));
        assert_eq!(found("PUT", "/b/k", "part=1&upload=u", &none), Some(("UploadPart", 2)));
        assert_eq!(found("PUT", "/b/k", "part=1", &none), Some(("Put", 2)));
        assert_eq!(found("GET", "/b", "rules", &none), Some(("GetRules", 1)));
    }

    #[test]
    fn labels_are_decoded_and_never_empty() {
        let labels = |path| find("GET", path, "").map(|(_, labels)| labels);
        assert_eq!(labels("/b/a%2Fb/c+d").unwrap(), ["b", "a/b/c+d"]);
        assert_eq!(
            labels("/b/folder/").unwrap(),
            ["b", "folder/"],
            "a slash at the end belongs to a greedy label"
        );
        assert_eq!(labels("/b//a").unwrap(), ["b", "/a"]);
        assert_eq!(labels("/b/"), None);
        assert_eq!(labels("//key"), None);
        assert_eq!(labels("/b/%ff"), None);
    }

    proptest! {
        #[test]
        fn a_label_comes_back(name in "[^/]{1,20}") {
            let encoded = percent_encoding::utf8_percent_encode(&name, percent_encoding::NON_ALPHANUMERIC);
            let found = find("POST", &format!("/2015-03-31/functions/{encoded}/invocations"), "");
            prop_assert_eq!(found, Some(("Invoke", vec![name])));
        }
    }
}
