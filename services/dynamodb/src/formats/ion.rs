//! Amazon Ion as text: `$ion_1_0 {Item:{id:"1"}}`, a line for each item.
//!
//! Numbers are decimals, binary values blobs, and annotations tell sets from lists.

use std::collections::BTreeMap;

use api_dynamodb::AttributeValue;
use expressions::{Item, Number, Value};
use ion_rs::v1_0::Text;
use ion_rs::{Decimal, Element, IonType, List, Sequence, Struct, TextFormat};
use store::Bytes;
use wire::Fault;

use super::{Wrong, nesting};
use crate::{attribute, errors};

/// What begins each line.
const VERSION: &str = "$ion_1_0 ";
/// Far deeper than any item.
const DEPTH_MAX: usize = 128;
const STRINGS: &str = "$dynamodb_SS";
const NUMBERS: &str = "$dynamodb_NS";
const BINARIES: &str = "$dynamodb_BS";

/// A line of a structure with these fields.
pub(crate) fn line(fields: Vec<(&'static str, Element)>) -> Result<Vec<u8>, Fault> {
    let line = Element::from(structure(fields)).encode_as(Text.with_format(TextFormat::Compact));
    let line = line.map_err(|error| Fault::new("InternalServerError", 500, error.to_string()))?;
    Ok([VERSION, line.strip_prefix(VERSION.trim_end()).unwrap_or(&line).trim()].concat().into_bytes())
}

/// A structure of these fields.
pub(crate) fn structure<N: AsRef<str>>(fields: impl IntoIterator<Item = (N, Element)>) -> Struct {
    let fields = fields.into_iter();
    fields.fold(Struct::builder(), |all, (name, element)| all.with_field(name.as_ref(), element)).build()
}

/// An item.
pub(crate) fn of_item(item: &Item) -> Element {
    structure(item.iter().map(|(name, value)| (name, of(value)))).into()
}

fn of(value: &Value) -> Element {
    match value {
        Value::S(text) => Element::string(text.as_str()),
        Value::N(number) => number_of(number),
        Value::B(bytes) => Element::blob(bytes),
        Value::Bool(value) => Element::from(*value),
        Value::Null => Element::null(IonType::Null),
        Value::M(map) => of_item(map),
        Value::L(elements) => list(elements.iter().map(of)),
        Value::Ss(set) => {
            list(set.iter().map(|text| Element::string(text.as_str()))).with_annotations([STRINGS])
        }
        Value::Ns(set) => list(set.iter().map(number_of)).with_annotations([NUMBERS]),
        Value::Bs(set) => list(set.iter().map(Element::blob)).with_annotations([BINARIES]),
    }
}

fn list(elements: impl Iterator<Item = Element>) -> Element {
    List::from(Sequence::new(elements)).into()
}

/// A decimal without zeros at its end: 600 is `6d2`.
fn number_of(number: &Number) -> Element {
    let text = number.to_string();
    let (whole, fraction) = text.split_once('.').unwrap_or((&text, ""));
    let digits = [whole, fraction].concat();
    let significant = digits.trim_end_matches('0');
    let scale = (digits.len() - significant.len()) as i64 - fraction.len() as i64;
    // 38 digits always fit; what is left of zero is nothing.
    match significant.parse::<i128>() {
        Ok(coefficient) => Element::from(Decimal::new(coefficient, scale)),
        Err(_) => Element::from(Decimal::new(0, 0)),
    }
}

/// The items of a line: mostly one, or as many as stand in a list.
pub(super) fn items(line: &[u8]) -> Result<Vec<Result<Item, Wrong>>, Wrong> {
    if nesting::depth(line) > DEPTH_MAX {
        return Err(Wrong::Unreadable("The line is nested too deeply".to_owned()));
    }
    let elements = Element::read_all(line).map_err(|error| Wrong::Unreadable(error.to_string()))?;
    let each = elements.iter().flat_map(|element| match element.as_list() {
        Some(list) => list.iter().collect(),
        None => vec![element],
    });
    Ok(each.map(|element| Ok(item(element)?)).collect())
}

fn item(element: &Element) -> Result<Item, Fault> {
    let item = element.as_struct().and_then(|line| line.get("Item")).and_then(Element::as_struct);
    let item = item.ok_or_else(|| errors::invalid("The line has no Item"))?;
    attribute::item(&attributes(item)?)
}

fn attributes(fields: &Struct) -> Result<BTreeMap<String, AttributeValue>, Fault> {
    let named = |(name, element): (&ion_rs::Symbol, &Element)| {
        Ok((name.text().unwrap_or_default().to_owned(), attribute(element)?))
    };
    fields.fields().map(named).collect()
}

fn attribute(element: &Element) -> Result<AttributeValue, Fault> {
    if element.is_null() {
        return Ok(AttributeValue::Null(true));
    }
    let found = match element.ion_type() {
        IonType::String => element.as_string().map(|text| AttributeValue::S(text.to_owned())),
        IonType::Bool => element.as_bool().map(AttributeValue::Bool),
        IonType::Decimal | IonType::Int => number(element).map(AttributeValue::N),
        IonType::Blob => blob(element).map(AttributeValue::B),
        IonType::Struct => element.as_struct().map(attributes).transpose()?.map(AttributeValue::M),
        IonType::List => element.as_list().map(|list| sequence(element, list)).transpose()?,
        _ => None,
    };
    found.ok_or_else(|| errors::invalid(format!("Ion's type {} is none of DynamoDB's", element.ion_type())))
}

/// A list, or the set that an annotation makes of it.
fn sequence(element: &Element, list: &Sequence) -> Result<AttributeValue, Fault> {
    let annotation = element.annotations().iter().find_map(|symbol| symbol.text());
    let mixed = || errors::invalid("A set has a member of another type");
    Ok(match annotation {
        Some(STRINGS) => {
            let texts = list.iter().map(|member| member.as_string().map(str::to_owned));
            AttributeValue::Ss(texts.collect::<Option<_>>().ok_or_else(mixed)?)
        }
        Some(NUMBERS) => {
            AttributeValue::Ns(list.iter().map(number).collect::<Option<_>>().ok_or_else(mixed)?)
        }
        Some(BINARIES) => AttributeValue::Bs(list.iter().map(blob).collect::<Option<_>>().ok_or_else(mixed)?),
        _ => AttributeValue::L(list.iter().map(attribute).collect::<Result<_, _>>()?),
    })
}

/// A number as DynamoDB reads it: Ion writes `6d2`, and `103.`.
fn number(element: &Element) -> Option<String> {
    if let Some(decimal) = element.as_decimal() {
        let text = decimal.to_string().replace('d', "E");
        return Some(text.trim_end_matches('.').to_owned());
    }
    element.as_int().map(ToString::to_string)
}

fn blob(element: &Element) -> Option<Bytes> {
    element.as_blob().map(Bytes::copy_from_slice)
}
