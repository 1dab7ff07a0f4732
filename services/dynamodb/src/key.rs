//! Keys of items: checked against the table, and as bytes that sort as their values do.

use std::borrow::Cow;

use expressions::{Item, Path, Type, Value};
use store::tuple::Key;
use wire::Fault;

use crate::table::{KeyPart, Table};
use crate::{errors, keys};

/// The longest partition key, in bytes.
const PARTITION_BYTES_MAX: usize = 2048;
/// The longest sort key, in bytes.
const SORT_BYTES_MAX: usize = 1024;

/// The bytes of a key attribute: text and bytes as they are, numbers in the order of their values.
pub(crate) fn bytes(value: &Value) -> Cow<'_, [u8]> {
    match value {
        Value::S(text) => text.as_bytes().into(),
        Value::B(bytes) => (&**bytes).into(),
        Value::N(number) => {
            let mut bytes = Vec::new();
            number.to_sort_key(&mut bytes);
            bytes.into()
        }
        _ => Cow::default(),
    }
}

/// The bytes of a partition key: of one attribute as they are, of several as a tuple.
pub(crate) fn joined(mut parts: Vec<Cow<'_, [u8]>>) -> Cow<'_, [u8]> {
    match parts.len() {
        1 => parts.swap_remove(0),
        _ => Vec::from(parts.into_iter().fold(Key::new(), Key::bytes)).into(),
    }
}

/// Where an item with these key attributes stands.
pub(crate) fn place(table: &Table, item: &Item) -> Key {
    let value = |part: &KeyPart| item.get(&part.name).map(bytes).unwrap_or_default();
    let partition = keys::partition(&table.id, &value(&table.partition));
    match &table.sort {
        Some(sort) => partition.bytes(value(sort)),
        None => partition,
    }
}

/// Checks a whole item that is to be written.
pub(crate) fn check_item(table: &Table, item: &Item) -> Result<(), Fault> {
    check_filled(table, item)?;
    for part in table.key_parts() {
        match item.get(&part.name) {
            None => {
                return Err(errors::invalid_values(format_args!(
                    "Missing the key {} in the item",
                    part.name
                )));
            }
            Some(value) if value.kind().name() != part.kind => {
                return Err(errors::invalid_values(format_args!(
                    "Type mismatch for key {} expected: {} actual: {}",
                    part.name,
                    part.kind,
                    value.kind().name()
                )));
            }
            Some(value) => check_size(table, part, value)?,
        }
    }
    Ok(())
}

/// Checks a key that is to be found: its attributes and no others.
pub(crate) fn check(table: &Table, key: &Item) -> Result<(), Fault> {
    check_filled(table, key)?;
    if key.len() != table.key_parts().count() {
        return Err(errors::wrong_key());
    }
    for part in table.key_parts() {
        match key.get(&part.name) {
            Some(value) if value.kind().name() == part.kind => check_size(table, part, value)?,
            _ => return Err(errors::wrong_key()),
        }
    }
    Ok(())
}

/// Refuses an empty text or binary where a key attribute is to be.
pub(crate) fn check_filled(table: &Table, item: &Item) -> Result<(), Fault> {
    for part in table.key_parts() {
        let kind = match item.get(&part.name) {
            Some(Value::S(text)) if text.is_empty() => "string",
            Some(Value::B(bytes)) if bytes.is_empty() => "binary",
            _ => continue,
        };
        return Err(errors::invalid(format!(
            "One or more parameter values are not valid. The AttributeValue for a key attribute cannot contain an empty \
             {kind} value. Key: {}",
            part.name
        )));
    }
    Ok(())
}

/// Refuses paths into key attributes, which have nothing inside.
pub(crate) fn check_scalars<'a>(
    table: &'a Table,
    paths: impl IntoIterator<Item = &'a Path>,
) -> Result<(), Fault> {
    check_scalars_of(table.key_parts(), paths)
}

/// The same for the attributes of these keys.
pub(crate) fn check_scalars_of<'a>(
    parts: impl IntoIterator<Item = &'a KeyPart>,
    paths: impl IntoIterator<Item = &'a Path>,
) -> Result<(), Fault> {
    let parts: Vec<&KeyPart> = parts.into_iter().collect();
    let is_key = |path: &&Path| parts.iter().any(|part| part.name == path.attribute());
    match paths.into_iter().filter(|path| !path.steps().is_empty()).find(is_key) {
        None => Ok(()),
        Some(path) => Err(errors::invalid(format!(
            "Key attributes must be scalars; list random access '[]' and map lookup '.' are not allowed: Key: {}",
            path.attribute()
        ))),
    }
}

fn check_size(table: &Table, part: &KeyPart, value: &Value) -> Result<(), Fault> {
    check_fits(part.name == table.partition.name, value)
}

/// Refuses a value that is too large for a partition key, or a sort key.
pub(crate) fn check_fits(is_partition: bool, value: &Value) -> Result<(), Fault> {
    let size_bytes = match value.kind() {
        Type::N => return Ok(()),
        _ => value.size_bytes(),
    };
    match is_partition {
        true if size_bytes > PARTITION_BYTES_MAX => Err(errors::invalid_values(format_args!(
            "Size of hashkey has exceeded the maximum size limit of{PARTITION_BYTES_MAX} bytes"
        ))),
        false if size_bytes > SORT_BYTES_MAX => Err(errors::invalid_values(format_args!(
            "Aggregated size of all range keys has exceeded the size limit of {SORT_BYTES_MAX} bytes"
        ))),
        _ => Ok(()),
    }
}

/// The key attributes of an item.
pub(crate) fn of(table: &Table, item: &Item) -> Item {
    table.key_parts().filter_map(|part| Some((part.name.clone(), item.get(&part.name)?.clone()))).collect()
}
