//! Reads values from the parameters of a form.

use std::borrow::Cow;
use std::str::FromStr;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;

use crate::codec::{EachEntry, EachMember, EachValue, Reader};
use crate::{Document, Kind, Malformed, Member, Shape, Timestamp, TimestampFormat};

/// Which of the two query protocols.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Dialect {
    /// awsQuery: `member` and `entry` between a list or map and its numbers.
    Aws,
    /// ec2Query: nothing between them, and names that begin with a capital.
    Ec2,
}

/// The parameters of a form, sorted by name.
pub(crate) struct Form<'a> {
    parameters: Vec<(Cow<'a, str>, Cow<'a, str>)>,
}

impl<'a> Form<'a> {
    /// From a query string and a body, either of which may be empty.
    pub(crate) fn new(query: &'a [u8], body: &'a [u8]) -> Self {
        let mut parameters: Vec<_> =
            form_urlencoded::parse(query).chain(form_urlencoded::parse(body)).collect();
        parameters.sort_by(|one, other| one.0.cmp(&other.0));
        Form { parameters }
    }

    fn value(&self, name: &str) -> Option<&str> {
        let first = self.parameters.partition_point(|(found, _)| found.as_ref() < name);
        self.parameters.get(first).filter(|(found, _)| found == name).map(|(_, value)| value.as_ref())
    }

    /// The parameters that are called `name`, a dot, and more; each without these.
    fn inside(&self, name: &str) -> impl Iterator<Item = &str> {
        let prefix = if name.is_empty() { String::new() } else { format!("{name}.") };
        let first = self.parameters.partition_point(|(found, _)| found.as_ref() < prefix.as_str());
        self.parameters
            .get(first..)
            .unwrap_or_default()
            .iter()
            .map_while(move |(found, _)| found.strip_prefix(&prefix))
    }

    fn has(&self, name: &str) -> bool {
        self.value(name).is_some() || self.inside(name).next().is_some()
    }

    /// The numbers that stand after `name`, in order, each once.
    fn numbers(&self, name: &str) -> Vec<u32> {
        let first_segments = self.inside(name).map(|rest| rest.split('.').next().unwrap_or(rest));
        let mut numbers: Vec<u32> = first_segments.filter_map(|segment| segment.parse().ok()).collect();
        numbers.sort_unstable();
        numbers.dedup();
        numbers
    }
}

/// Stands before the value of the parameters with one name as their beginning.
pub(crate) struct FormReader<'a> {
    form: &'a Form<'a>,
    dialect: Dialect,
    path: String,
    /// The member that led here is flattened.
    flattened: bool,
}

impl<'a> FormReader<'a> {
    pub(crate) fn new(form: &'a Form<'a>, dialect: Dialect) -> Self {
        FormReader { form, dialect, path: String::new(), flattened: false }
    }

    fn at(&self, segment: &str) -> FormReader<'a> {
        let dot = if self.path.is_empty() { "" } else { "." };
        let path = format!("{}{dot}{segment}", self.path);
        FormReader { form: self.form, dialect: self.dialect, path, flattened: false }
    }

    fn text(&self) -> &'a str {
        self.form.value(&self.path).unwrap_or_default()
    }

    fn parsed<T: FromStr>(&self, kind: &str) -> Result<T, Malformed> {
        let text = self.text().trim();
        text.parse().map_err(|_| Malformed(format!("{text:?} at {:?} is not {kind}", self.path)))
    }

    fn is_flat(&self, own: bool) -> bool {
        own || self.flattened || self.dialect == Dialect::Ec2
    }
}

/// The segment of a member's parameters.
fn segment(dialect: Dialect, member: &Member) -> Cow<'static, str> {
    if let Some(name) = member.query_name.or_else(|| name_of_values(dialect, member)) {
        return name.into();
    }
    if dialect == Dialect::Aws {
        return member.wire_name().into();
    }
    let mut letters = member.wire_name().chars();
    let first = letters.next().map(|first| first.to_ascii_uppercase());
    first.into_iter().chain(letters).collect::<String>().into()
}

/// In a flattened list, the name of the values stands in the place of the list's own.
fn name_of_values(dialect: Dialect, list: &Member) -> Option<&'static str> {
    match list.shape.kind {
        Kind::List { member, flattened } if dialect == Dialect::Aws && (flattened || list.flattened) => {
            member.location_name
        }
        _ => None,
    }
}

impl Reader for FormReader<'_> {
    fn null(&mut self) -> Result<bool, Malformed> {
        Ok(false)
    }

    fn boolean(&mut self, _: &'static Shape) -> Result<bool, Malformed> {
        match self.text() {
            text if text.eq_ignore_ascii_case("true") || text == "1" => Ok(true),
            text if text.eq_ignore_ascii_case("false") || text == "0" => Ok(false),
            _ => self.parsed("a boolean"),
        }
    }

    fn integer(&mut self, _: &'static Shape) -> Result<i64, Malformed> {
        self.parsed("a whole number")
    }

    fn double(&mut self, _: &'static Shape) -> Result<f64, Malformed> {
        self.parsed("a number")
    }

    fn string(&mut self, _: &'static Shape) -> Result<String, Malformed> {
        Ok(self.text().to_owned())
    }

    fn blob(&mut self, _: &'static Shape) -> Result<Bytes, Malformed> {
        let decoded = STANDARD.decode(self.text());
        decoded.map(Bytes::from).map_err(|_| Malformed(format!("the value of {:?} is not base64", self.path)))
    }

    fn timestamp(&mut self, shape: &'static Shape) -> Result<Timestamp, Malformed> {
        let format = match shape.kind {
            Kind::Timestamp(Some(format)) => format,
            _ => TimestampFormat::DateTime,
        };
        let text = self.text();
        Timestamp::parse(text, format)
            .ok_or_else(|| Malformed(format!("{text:?} at {:?} is not a timestamp", self.path)))
    }

    fn document(&mut self, _: &'static Shape) -> Result<Document, Malformed> {
        Ok(Document::String(self.text().to_owned()))
    }

    fn structure(&mut self, shape: &'static Shape, each: &mut EachMember<'_>) -> Result<(), Malformed> {
        for (index, member) in shape.members().iter().enumerate() {
            let mut reader = self.at(&segment(self.dialect, member));
            if self.form.has(&reader.path) {
                reader.flattened = member.flattened;
                each(index, member, &mut reader)?;
            }
        }
        Ok(())
    }

    fn list(&mut self, shape: &'static Shape, each: &mut EachValue<'_>) -> Result<(), Malformed> {
        let Kind::List { member, flattened } = shape.kind else { return Err(Malformed::kind("List", shape)) };
        let base = if self.is_flat(flattened) {
            self.path.clone()
        } else {
            format!("{}.{}", self.path, member.location_name.unwrap_or("member"))
        };
        for number in self.form.numbers(&base) {
            let path = format!("{base}.{number}");
            each(&mut FormReader { form: self.form, dialect: self.dialect, path, flattened: false })?;
        }
        Ok(())
    }

    fn map(&mut self, shape: &'static Shape, each: &mut EachEntry<'_>) -> Result<(), Malformed> {
        let Kind::Map { key, value, flattened } = shape.kind else {
            return Err(Malformed::kind("Map", shape));
        };
        let base = if self.is_flat(flattened) { self.path.clone() } else { format!("{}.entry", self.path) };
        for number in self.form.numbers(&base) {
            let entry = FormReader {
                form: self.form,
                dialect: self.dialect,
                path: format!("{base}.{number}"),
                flattened: false,
            };
            let name = entry.at(key.location_name.unwrap_or("key"));
            each(name.text(), &mut entry.at(value.location_name.unwrap_or("value")))?;
        }
        Ok(())
    }
}
