//! Literals and parameters as values.

use std::collections::BTreeSet;
use std::fmt;

use expressions::value::DEPTH_MAX;
use expressions::{Item, Number, Value};

use super::Meaning;
use crate::{Error, Expr, Insert, Kind};

/// Where in a literal something stands, as messages show it: `root.a[0]`.
#[derive(Clone, Copy)]
enum Under<'a> {
    Root,
    Member(&'a Under<'a>, &'a str),
    Element(&'a Under<'a>, usize),
}

impl fmt::Display for Under<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Root => formatter.write_str("root"),
            Self::Member(outer, name) => write!(formatter, "{outer}.{name}"),
            Self::Element(outer, index) => write!(formatter, "{outer}[{index}]"),
        }
    }
}

impl Under<'_> {
    fn depth(&self) -> usize {
        match self {
            Self::Root => 1,
            Self::Member(outer, _) | Self::Element(outer, _) => 1 + outer.depth(),
        }
    }
}

impl Meaning<'_> {
    /// The item that is to be put.
    ///
    /// # Errors
    /// When it is no map, or one of its values is none.
    pub fn item(&self, insert: &Insert) -> Result<Item, Error> {
        match &insert.item.kind {
            Kind::Map(members) => self.members(members, &Under::Root, |_| Under::Root),
            Kind::Parameter(number) => match self.parameters.get(*number) {
                Some(Value::M(item)) => Ok(item.clone()),
                _ => Err(Error::malformed("Expected a tuple in VALUE")),
            },
            _ => Err(Error::malformed("Expected a tuple in VALUE")),
        }
    }

    /// The value that an expression is, if it is a literal or a parameter.
    ///
    /// # Errors
    /// When it is something else, or a value that DynamoDB does not have.
    pub fn value(&self, expr: &Expr) -> Result<Value, Error> {
        self.value_under(expr, &Under::Root)
    }

    fn value_under(&self, expr: &Expr, under: &Under<'_>) -> Result<Value, Error> {
        if under.depth() > DEPTH_MAX {
            return Err(Error::new(format!("Nesting Levels have exceeded supported limits under {under}")));
        }
        match &expr.kind {
            Kind::Text(text) => Ok(Value::S(text.clone())),
            Kind::Number(text) => number(text, under).map(Value::N),
            Kind::Bool(value) => Ok(Value::Bool(*value)),
            Kind::Null => Ok(Value::Null),
            Kind::Parameter(number) if under.depth() == 1 => {
                let value = self.parameters.get(*number);
                value.cloned().ok_or_else(|| unsupported(expr, under))
            }
            Kind::List(all) => {
                let elements = all.iter().enumerate();
                let elements =
                    elements.map(|(index, element)| self.value_under(element, &Under::Element(under, index)));
                elements.collect::<Result<_, _>>().map(Value::L)
            }
            Kind::Map(members) => {
                self.members(members, under, |name| Under::Member(under, name)).map(Value::M)
            }
            Kind::Bag(all) => bag(all, under),
            Kind::Ion(text) => Err(Error::at(
                format_args!("Ion Literals are not supported: {text} under key {under}"),
                expr.at,
            )),
            _ => Err(unsupported(expr, under)),
        }
    }

    fn members<'e>(
        &self,
        members: &'e [(Expr, Expr)],
        under: &Under<'_>,
        inside: impl Fn(&'e str) -> Under<'e>,
    ) -> Result<Item, Error> {
        let mut map = Item::new();
        for (key, member) in members {
            let Kind::Text(name) = &key.kind else {
                let kind = kind_name(key);
                let problem = format!("Tuple keys must be of type String. Actual type: {kind} under {under}");
                return Err(Error::at(problem, key.at));
            };
            let value = self.value_under(member, &inside(name))?;
            if map.insert(name.clone(), value).is_some() {
                let problem = format!("Duplicate keys in tuple. Key: {name} under {under}");
                return Err(Error::at(problem, key.at));
            }
        }
        Ok(map)
    }
}

fn number(text: &str, under: &Under<'_>) -> Result<Number, Error> {
    text.parse().map_err(|error: expressions::Error| Error::new(format!("{error} under {under}")))
}

/// A set: of texts, or of numbers.
fn bag(all: &[Expr], under: &Under<'_>) -> Result<Value, Error> {
    let texts = |pick: fn(&Kind) -> Option<&String>| -> Option<Vec<&String>> {
        all.iter().map(|member| pick(&member.kind)).collect()
    };
    let duplicates = |members: &[&String], end: &str| {
        let members = members.iter().map(|text| text.as_str()).collect::<Vec<_>>().join(", ");
        let opening = "One or more parameter values were invalid: Input collection";
        Error::new(format!("{opening} [{members}] contains duplicates{end}"))
    };
    if all.is_empty() {
        return Err(Error::new("Empty bags are not supported"));
    }
    if let Some(members) = texts(|kind| if let Kind::Text(text) = kind { Some(text) } else { None }) {
        let set: BTreeSet<String> = members.iter().map(|text| (*text).clone()).collect();
        return if set.len() < members.len() { Err(duplicates(&members, ".")) } else { Ok(Value::Ss(set)) };
    }
    if let Some(members) = texts(|kind| if let Kind::Number(text) = kind { Some(text) } else { None }) {
        let set = members.iter().map(|text| number(text, under)).collect::<Result<BTreeSet<_>, _>>()?;
        if set.len() < members.len() {
            return Err(duplicates(&members, &format!("! under {under}")));
        }
        return Ok(Value::Ns(set));
    }
    let kind_of_set = match &all[0].kind {
        Kind::Text(_) => "String",
        Kind::Number(_) => "Number",
        _ => {
            return Err(Error::new(
                "Unsupported data type in Bag. DynamoDB only supports either numbers or strings in bags",
            ));
        }
    };
    let is_other =
        |member: &&Expr| std::mem::discriminant(&member.kind) != std::mem::discriminant(&all[0].kind);
    let kind = all.iter().find(is_other).map(kind_name).unwrap_or_default();
    Err(Error::new(format!("Unexpected data type {kind} in {kind_of_set} Set under key {under}")))
}

fn unsupported(expr: &Expr, under: &Under<'_>) -> Error {
    let kind = kind_name(expr);
    Error::at(format_args!("Unsupported data type: {kind} under key {under}"), expr.at)
}

/// What messages call an expression that is no value.
fn kind_name(expr: &Expr) -> &str {
    match &expr.kind {
        Kind::Call(function, _) => function,
        Kind::Parameter(_) => "Parameter",
        Kind::Path(_) => "VariableReference",
        Kind::Missing => "MISSING",
        Kind::Text(_) => "STRING",
        Kind::Number(_) => "NUMERIC",
        Kind::Bool(_) => "BOOLEAN",
        Kind::Null => "NULL",
        Kind::List(_) => "LIST",
        Kind::Bag(_) => "BAG",
        Kind::Map(_) => "STRUCT",
        Kind::Ion(_) => "ION",
        Kind::Infix(operator, ..) => operator.symbol(),
        Kind::Between(_) => "BETWEEN",
        Kind::In(..) => "IN",
        Kind::Is(..) => "IS",
        Kind::All(_) => "AND",
        Kind::Any(_) => "OR",
        Kind::Not(_) => "NOT",
    }
}
