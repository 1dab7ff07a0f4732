//! Tables are made, shown and deleted. A table is there at once: its status is `ACTIVE` from the first description on.

use api_dynamodb as api;
use service::{Result, Tx, View};
use store::Reads as _;
use wire::Fault;

use crate::table::{self, KeyPart, Place, Table};
use crate::{SWEEPER, errors, keys, stream, tags, ttl};

pub(crate) fn create(tx: &mut Tx<'_>, input: &api::CreateTableInput) -> Result<api::CreateTableOutput> {
    check_unbuilt(input)?;
    let place = Place::of(&tx.scope(), &input.table_name);
    check_name(&place.name)?;
    let (partition, sort) = key_schema(input)?;
    let mut table = Table {
        name: place.name.clone(),
        scope: place.scope,
        id: tx.random().bytes(),
        partition,
        sort,
        provisioned: throughput(input)?,
        protected: input.deletion_protection_enabled == Some(true),
        created_ms: tx.now.millis(),
        tags: tags::checked(input.tags.as_deref().unwrap_or_default())?,
        ttl: None,
        stream: None,
    };
    if tx.get(&place.key())?.is_some() {
        let message = format!("Table already exists: {}", table.name);
        return Err(api::error::resource_in_use_exception(message).into());
    }
    table.stream = stream::of_new(tx, &table, input.stream_specification.as_ref())?;
    tx.put_record(place.key(), &table)?;
    Ok(api::CreateTableOutput { table_description: Some(table.description("CREATING")) })
}

fn check_unbuilt(input: &api::CreateTableInput) -> Result<(), Fault> {
    let encryption = |sse: &api::SseSpecification| sse.enabled == Some(true);
    errors::refuse(&[
        ("LocalSecondaryIndexes", input.local_secondary_indexes.is_some()),
        ("GlobalSecondaryIndexes", input.global_secondary_indexes.is_some()),
        ("SSESpecification", input.sse_specification.as_ref().is_some_and(encryption)),
        ("TableClass", input.table_class.as_ref().is_some_and(|class| class.as_str() != "STANDARD")),
        ("WarmThroughput", input.warm_throughput.is_some()),
        ("ResourcePolicy", input.resource_policy.is_some()),
        ("OnDemandThroughput", input.on_demand_throughput.is_some()),
        ("GlobalTableSourceArn", input.global_table_source_arn.is_some()),
        ("GlobalTableSettingsReplicationMode", input.global_table_settings_replication_mode.is_some()),
    ])
}

fn check_name(name: &str) -> Result<(), Fault> {
    let is_name = name.chars().all(|letter| letter.is_ascii_alphanumeric() || "_.-".contains(letter));
    if is_name && (3..=255).contains(&name.len()) {
        return Ok(());
    }
    Err(errors::invalid(
        "TableName must be at least 3 characters long and at most 255 characters long, and contain only a-z, A-Z, 0-9, \
         '_', '-' and '.'",
    ))
}

/// The partition key and the sort key, each with its type.
fn key_schema(input: &api::CreateTableInput) -> Result<(KeyPart, Option<KeyPart>), Fault> {
    let schema = input.key_schema.as_deref().unwrap_or_default();
    let definitions = input.attribute_definitions.as_deref().unwrap_or_default();
    let part = |element: &api::KeySchemaElement| {
        let defined =
            definitions.iter().find(|definition| definition.attribute_name == element.attribute_name);
        let defined = defined.ok_or_else(|| {
            errors::invalid(format!(
                "Invalid KeySchema: Some index key attribute have no definition: {}",
                element.attribute_name
            ))
        })?;
        Ok::<_, Fault>(KeyPart {
            name: element.attribute_name.clone(),
            kind: defined.attribute_type.to_string(),
        })
    };
    let (partition, sort) = match schema {
        [hash] if hash.key_type.as_str() == "HASH" => (part(hash)?, None),
        [hash, range] if hash.attribute_name == range.attribute_name => {
            return Err(errors::invalid(
                "Both the Hash Key and the Range Key element in the KeySchema have the same name",
            ));
        }
        [hash, range] if hash.key_type.as_str() == "HASH" && range.key_type.as_str() == "RANGE" => {
            (part(hash)?, Some(part(range)?))
        }
        [] | [_] => {
            return Err(errors::invalid(
                "Invalid KeySchema: The first KeySchemaElement is not a HASH key type",
            ));
        }
        _ => {
            return Err(errors::invalid(
                "Invalid KeySchema: The second KeySchemaElement is not a RANGE key type",
            ));
        }
    };
    if definitions.len() != schema.len() {
        return Err(errors::invalid_values(
            "Number of attributes in KeySchema does not exactly match number of attributes defined in AttributeDefinitions",
        ));
    }
    Ok((partition, sort))
}

fn throughput(input: &api::CreateTableInput) -> Result<Option<(i64, i64)>, Fault> {
    let is_on_demand = input.billing_mode.as_ref().is_some_and(|mode| mode.as_str() == "PAY_PER_REQUEST");
    match &input.provisioned_throughput {
        Some(_) if is_on_demand => Err(errors::invalid_values(
            "Neither ReadCapacityUnits nor WriteCapacityUnits can be specified when BillingMode is PAY_PER_REQUEST",
        )),
        None if is_on_demand => Ok(None),
        None => Err(errors::invalid_values(
            "ReadCapacityUnits and WriteCapacityUnits must both be specified when BillingMode is PROVISIONED",
        )),
        Some(units) => Ok(Some((units.read_capacity_units, units.write_capacity_units))),
    }
}

pub(crate) fn describe(view: &View<'_>, input: &api::DescribeTableInput) -> Result<api::DescribeTableOutput> {
    let place = Place::of(&view.scope(), &input.table_name);
    let table: Option<Table> = view.get_record(&place.key())?;
    let table = table.ok_or_else(|| no_table(&place))?;
    Ok(api::DescribeTableOutput { table: Some(table.description("ACTIVE")) })
}

/// Operations on tables name the table that is not there.
pub(crate) fn no_table(place: &Place) -> Fault {
    let message = format!("Requested resource not found: Table: {} not found", place.name);
    api::error::resource_not_found_exception(message)
}

pub(crate) fn delete(tx: &mut Tx<'_>, input: &api::DeleteTableInput) -> Result<api::DeleteTableOutput> {
    let place = Place::of(&tx.scope(), &input.table_name);
    let table: Option<table::Table> = tx.get_record(&place.key())?;
    let table = table.ok_or_else(|| no_table(&place))?;
    if table.protected {
        let message = format!(
            "Resource cannot be deleted as it is currently protected against deletion. Disable deletion protection first. Table: {}",
            table.name
        );
        return Err(errors::invalid(message).into());
    }
    tx.delete(place.key());
    SWEEPER.put(tx, &keys::items(&table.id));
    if let Some(ttl) = &table.ttl {
        ttl::forget(tx, ttl);
    }
    stream::close(tx, &table)?;
    Ok(api::DeleteTableOutput { table_description: Some(table.description("DELETING")) })
}
