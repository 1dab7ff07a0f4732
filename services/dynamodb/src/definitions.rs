//! Attribute definitions of a request, and the keys that key schemas make of them.

use std::collections::{BTreeSet, HashSet};

use api_dynamodb as api;
use wire::Fault;

use crate::errors;
use crate::table::KeyPart;

/// The definitions of a request, each of another attribute.
pub(crate) struct Definitions<'a>(&'a [api::AttributeDefinition]);

impl<'a> Definitions<'a> {
    pub(crate) fn read(definitions: Option<&'a [api::AttributeDefinition]>) -> Result<Self, Fault> {
        let definitions = definitions.unwrap_or_default();
        let mut seen = HashSet::new();
        match definitions.iter().find(|definition| !seen.insert(&definition.attribute_name)) {
            Some(twice) => Err(errors::invalid_values(format_args!(
                "Attribute Name is duplicated: {}",
                twice.attribute_name
            ))),
            None => Ok(Definitions(definitions)),
        }
    }

    /// The partition key and the sort key of a table.
    pub(crate) fn key_of_table(
        &self,
        schema: &[api::KeySchemaElement],
    ) -> Result<(KeyPart, Option<KeyPart>), Fault> {
        check_two(schema, "keySchema")?;
        if schema.len() > self.0.len() {
            return Err(errors::invalid("Invalid KeySchema: Some index key attribute have no definition"));
        }
        self.key(schema, false)
    }

    /// The partition key and the sort key of a schema. The schema of a global index may have several attributes of each
    /// at AWS, but not here.
    pub(crate) fn key(
        &self,
        schema: &[api::KeySchemaElement],
        is_global: bool,
    ) -> Result<(KeyPart, Option<KeyPart>), Fault> {
        let is = |element: &api::KeySchemaElement, kind: &str| element.key_type.as_str() == kind;
        self.check_defined(schema)?;
        match schema {
            [first, ..] if !is(first, "HASH") => {
                Err(errors::invalid("Invalid KeySchema: The first KeySchemaElement is not a HASH key type"))
            }
            [hash] => Ok((self.part(hash)?, None)),
            [hash, range] if hash.attribute_name == range.attribute_name => Err(errors::invalid(
                "Both the Hash Key and the Range Key element in the KeySchema have the same name",
            )),
            [hash, range] if is(range, "RANGE") => Ok((self.part(hash)?, Some(self.part(range)?))),
            [_, ..] if is_global => {
                errors::refuse(&[("A key of several partition or sort attributes", true)])?;
                Err(errors::wrong_key())
            }
            _ => {
                Err(errors::invalid("Invalid KeySchema: The second KeySchemaElement is not a RANGE key type"))
            }
        }
    }

    fn find(&self, name: &str) -> Option<&api::AttributeDefinition> {
        self.0.iter().find(|definition| definition.attribute_name == name)
    }

    fn part(&self, element: &api::KeySchemaElement) -> Result<KeyPart, Fault> {
        let defined = self.find(&element.attribute_name).ok_or_else(errors::wrong_key)?;
        Ok(KeyPart { name: element.attribute_name.clone(), kind: defined.attribute_type.to_string() })
    }

    fn check_defined(&self, schema: &[api::KeySchemaElement]) -> Result<(), Fault> {
        let names = || schema.iter().map(|element| element.attribute_name.as_str());
        if names().all(|name| self.find(name).is_some()) {
            return Ok(());
        }
        Err(errors::invalid_values(format_args!(
            "Some index key attributes are not defined in AttributeDefinitions. Keys: {}, AttributeDefinitions: {}",
            list(names()),
            list(self.names())
        )))
    }

    fn names(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(|definition| definition.attribute_name.as_str())
    }

    /// Refuses definitions of attributes that no key has.
    pub(crate) fn check_all_used<'k>(
        &self,
        used: impl Iterator<Item = &'k str>,
        has_indexes: bool,
    ) -> Result<(), Fault> {
        let used: BTreeSet<&str> = used.collect();
        if self.names().all(|name| used.contains(name)) {
            return Ok(());
        }
        if !has_indexes {
            return Err(errors::invalid_values(
                "Number of attributes in KeySchema does not exactly match number of attributes defined in \
                 AttributeDefinitions",
            ));
        }
        Err(errors::invalid_values(format_args!(
            "Some AttributeDefinitions are not used. AttributeDefinitions: {}, keys used: {}",
            list(self.names()),
            list(used.into_iter())
        )))
    }
}

/// Refuses a key of more than two attributes.
pub(crate) fn check_two(schema: &[api::KeySchemaElement], place: &str) -> Result<(), Fault> {
    if schema.len() <= 2 {
        return Ok(());
    }
    let shown = |element: &api::KeySchemaElement| {
        format!("KeySchemaElement(attributeName={}, keyType={})", element.attribute_name, element.key_type)
    };
    Err(errors::invalid(format!(
        "1 validation error detected: Value '[{}]' at '{place}' failed to satisfy constraint: Member must have length less \
         than or equal to 2",
        schema.iter().map(shown).collect::<Vec<_>>().join(", ")
    )))
}

fn list<'a>(names: impl Iterator<Item = &'a str>) -> String {
    format!("[{}]", names.collect::<Vec<_>>().join(", "))
}
