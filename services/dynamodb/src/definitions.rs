//! Attribute definitions of a request, and the keys that key schemas make of them.

use std::collections::{BTreeSet, HashSet};

use api_dynamodb as api;
use wire::Fault;

use crate::errors;
use crate::table::KeyPart;

/// Attributes of each kind that the key of a global index may have.
const ATTRIBUTES_MAX: usize = 4;

/// The attributes of an index's key.
pub(crate) struct Keys {
    /// At least one.
    pub(crate) partition: Vec<KeyPart>,
    pub(crate) sort: Vec<KeyPart>,
}

impl From<(KeyPart, Option<KeyPart>)> for Keys {
    fn from((partition, sort): (KeyPart, Option<KeyPart>)) -> Self {
        Keys { partition: vec![partition], sort: sort.into_iter().collect() }
    }
}

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
        self.key(schema)
    }

    /// The partition key and the sort key of a schema.
    pub(crate) fn key(&self, schema: &[api::KeySchemaElement]) -> Result<(KeyPart, Option<KeyPart>), Fault> {
        let is = |element: &api::KeySchemaElement, kind: &str| element.key_type.as_str() == kind;
        self.check_defined(schema)?;
        match schema {
            [hash] if is(hash, "HASH") => Ok((self.part(hash)?, None)),
            [hash, range] if is(hash, "HASH") && hash.attribute_name == range.attribute_name => {
                Err(errors::invalid(
                    "Both the Hash Key and the Range Key element in the KeySchema have the same name",
                ))
            }
            [hash, range] if is(hash, "HASH") && is(range, "RANGE") => {
                Ok((self.part(hash)?, Some(self.part(range)?)))
            }
            [hash, ..] if is(hash, "HASH") => {
                Err(errors::invalid("Invalid KeySchema: The second KeySchemaElement is not a RANGE key type"))
            }
            _ => Err(first_is_no_hash()),
        }
    }

    /// The key of a global index, which may have several attributes of each kind.
    pub(crate) fn key_of_global(&self, schema: &[api::KeySchemaElement]) -> Result<Keys, Fault> {
        let kind = |element: &api::KeySchemaElement| element.key_type.as_str() == "HASH";
        self.check_defined(schema)?;
        if !schema.first().is_some_and(kind) {
            return Err(first_is_no_hash());
        }
        let mut seen = HashSet::new();
        if let [one, other] = schema
            && one.attribute_name == other.attribute_name
        {
            return Err(errors::invalid(
                "Both the Hash Key and the Range Key element in the KeySchema have the same name",
            ));
        }
        if !schema.iter().all(|element| seen.insert(&element.attribute_name)) {
            return Err(errors::invalid_values(
                "The KeySchema contains multiple key attributes with the same name",
            ));
        }
        if !schema.is_sorted_by_key(|element| !kind(element)) {
            return Err(errors::invalid_values(
                "All HASH key attributes must precede RANGE key attributes in the KeySchema",
            ));
        }
        let (hash, range): (Vec<_>, Vec<_>) = schema.iter().partition(|element| kind(element));
        for (kind, elements) in [("HASH", &hash), ("RANGE", &range)] {
            if elements.len() > ATTRIBUTES_MAX {
                return Err(errors::invalid_values(format_args!(
                    "The KeySchema exceeds the maximum allowed number of {kind} key attributes"
                )));
            }
        }
        let parts = |elements: Vec<&api::KeySchemaElement>| {
            elements.into_iter().map(|it| self.part(it)).collect::<Result<Vec<_>, Fault>>()
        };
        Ok(Keys { partition: parts(hash)?, sort: parts(range)? })
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

fn first_is_no_hash() -> Fault {
    errors::invalid("Invalid KeySchema: The first KeySchemaElement is not a HASH key type")
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
