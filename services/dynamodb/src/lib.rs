//! DynamoDB: tables and items, over `base/expressions`.
//!
//! An item is one record. Its place is a hash of its partition key, the key itself, and its sort key, so that a partition
//! is a range in the order of its sort keys, and a scan walks all partitions. `keys` has the layout.
//!
//! Never here: strong consistency between regions, which is refused by name.

mod action;
mod attribute;
mod backups;
mod batch;
mod capacity;
mod change;
mod collection;
mod counts;
mod definitions;
mod dynamodbstreams;
mod errors;
mod exports;
mod formats;
mod global;
mod guard;
mod imports;
mod index;
mod insights;
mod key;
mod keys;
mod legacy;
mod limits;
mod list;
mod page;
mod partiql;
mod pieces;
mod query;
mod read;
mod resource_policy;
mod scan;
mod settings;
mod source;
mod stored;
mod stream;
mod table;
mod tables;
mod tags;
mod terms;
mod throttle;
mod transact;
mod transfer;
mod ttl;
mod update;
mod update_table;
mod write;

use api_dynamodb as api;
use names::{Arn, Scope};
use service::{Service, Sweeper};
use wire::OperationFacts;

/// Deletes the items of deleted tables.
const SWEEPER: Sweeper = Sweeper::new("dynamodb");

pub use dynamodbstreams::service as streams;

/// The service.
#[must_use]
pub fn service() -> Service {
    with_transfers(with_backups(with_global_tables(Service::new(&api::FACTS))))
        .resource_policies(resource_policy::policy_of, &resource_policy::ACTIONS)
        .transaction::<api::CreateTable>(tables::create, |scope, input| at(scope, &input.table_name))
        .read::<api::DescribeTable>(tables::describe, |scope, input| at(scope, &input.table_name))
        .transaction::<api::DeleteTable>(tables::delete, |scope, input| at(scope, &input.table_name))
        .read::<api::ListTables>(list::list, |_, _| Vec::new())
        .read::<api::GetItem>(read::get, |scope, input| at(scope, &input.table_name))
        .transaction::<api::PutItem>(write::put, |scope, input| at(scope, &input.table_name))
        .transaction::<api::UpdateItem>(update::update, |scope, input| at(scope, &input.table_name))
        .transaction::<api::DeleteItem>(write::delete, |scope, input| at(scope, &input.table_name))
        .read::<api::Query>(query::query, |scope, input| {
            source(scope, &input.table_name, input.index_name.as_deref())
        })
        .read::<api::Scan>(scan::scan, |scope, input| {
            source(scope, &input.table_name, input.index_name.as_deref())
        })
        .read::<api::BatchGetItem>(batch::get, |scope, input| all(scope, input.request_items.keys()))
        .transaction::<api::BatchWriteItem>(batch::write, |scope, input| {
            all(scope, input.request_items.keys())
        })
        .read::<api::TransactGetItems>(transact::get, |_, _| Vec::new())
        .transaction::<api::TransactWriteItems>(transact::write, |_, _| Vec::new())
        .waiting::<api::ExecuteStatement, _, _>(partiql::execute, |_, _| Vec::new())
        .waiting::<api::BatchExecuteStatement, _, _>(partiql::execute_batch, |_, _| Vec::new())
        .waiting::<api::ExecuteTransaction, _, _>(partiql::execute_transaction, |_, _| Vec::new())
        .actions(action)
        .tagging(tags::TAGGING)
        .upgrade(keys::upgrade)
        .transaction::<api::TagResource>(tags::tag, |_, input| tagged(&input.resource_arn))
        .transaction::<api::UntagResource>(tags::untag, |_, input| tagged(&input.resource_arn))
        .read::<api::ListTagsOfResource>(tags::list, |_, input| tagged(&input.resource_arn))
        .read::<api::DescribeTimeToLive>(ttl::describe, |scope, input| at(scope, &input.table_name))
        .transaction::<api::UpdateTimeToLive>(ttl::update, |scope, input| at(scope, &input.table_name))
        .work("expiry", ttl::run)
        .transaction::<api::UpdateTable>(update_table::update, |scope, input| at(scope, &input.table_name))
        .transaction::<api::PutResourcePolicy>(resource_policy::put, |_, input| tagged(&input.resource_arn))
        .read::<api::GetResourcePolicy>(resource_policy::get, |_, input| tagged(&input.resource_arn))
        .transaction::<api::DeleteResourcePolicy>(resource_policy::delete, |_, input| {
            tagged(&input.resource_arn)
        })
        .transaction::<api::UpdateContributorInsights>(insights::update, |scope, input| {
            source(scope, &input.table_name, input.index_name.as_deref())
        })
        .read::<api::DescribeContributorInsights>(insights::describe, |scope, input| {
            source(scope, &input.table_name, input.index_name.as_deref())
        })
        .read::<api::ListContributorInsights>(insights::list, |scope, input| {
            all(scope, input.table_name.iter())
        })
        .read::<api::DescribeLimits>(limits::describe, |_, _| Vec::new())
        .read::<api::DescribeEndpoints>(limits::endpoints, |_, _| Vec::new())
        .work("backfill", index::backfill::run)
        .work("trim", stream::run)
        .setting(throttle::SETTING, 0)
        .work("sweep", |cloud| SWEEPER.run(cloud))
}

/// Tables in several regions.
fn with_global_tables(service: Service) -> Service {
    service
        .work("carry to other regions", global::run_outgoing)
        .work("join", global::run_joins)
        .work("leave", global::run_leaves)
}

/// Adds exports to S3, and imports from it.
fn with_transfers(service: Service) -> Service {
    service
        .transaction::<api::ExportTableToPointInTime>(exports::begin::begin, |_, input| {
            tagged(&input.table_arn)
        })
        .read::<api::DescribeExport>(exports::list::describe, |_, input| tagged(&input.export_arn))
        .read::<api::ListExports>(exports::list::list, |_, _| Vec::new())
        .transaction::<api::ImportTable>(imports::begin::begin, |scope, input| {
            at(scope, &input.table_creation_parameters.table_name)
        })
        .read::<api::DescribeImport>(imports::list::describe, |_, input| tagged(&input.import_arn))
        .read::<api::ListImports>(imports::list::list, |_, _| Vec::new())
        .work("export", exports::job::run)
        .work("import", imports::job::run)
        .work("forget", transfer::forget::run)
}

/// Adds what is about backups.
fn with_backups(service: Service) -> Service {
    service
        .transaction::<api::CreateBackup>(backups::create::create, |scope, input| {
            at(scope, &input.table_name)
        })
        .read::<api::DescribeBackup>(backups::create::describe, |_, input| tagged(&input.backup_arn))
        .transaction::<api::DeleteBackup>(backups::create::delete, |_, input| tagged(&input.backup_arn))
        .read::<api::ListBackups>(backups::list::list, |_, _| Vec::new())
        .transaction::<api::RestoreTableFromBackup>(backups::restore::restore, |scope, input| {
            [tagged(&input.backup_arn), at(scope, &input.target_table_name)].concat()
        })
        .transaction::<api::UpdateContinuousBackups>(backups::recovery::update, |scope, input| {
            at(scope, &input.table_name)
        })
        .read::<api::DescribeContinuousBackups>(backups::recovery::describe, |scope, input| {
            at(scope, &input.table_name)
        })
        .transaction::<api::RestoreTableToPointInTime>(backups::moment::restore, |scope, input| {
            let source = input.source_table_arn.as_ref().or(input.source_table_name.as_ref());
            let tables = source.into_iter().chain([&input.target_table_name]);
            tables.flat_map(|table| at(scope, table)).collect()
        })
        .work("copy", backups::copy::run)
        .work("history-trim", backups::trim::run)
        .work("backup-expiry", backups::expiry::run)
}

/// What statements and transactions need, each of their parts says.
fn action(operation: &'static OperationFacts) -> Option<&'static str> {
    match operation.name {
        "ExecuteStatement" | "BatchExecuteStatement" | "ExecuteTransaction" => None,
        "TransactGetItems" | "TransactWriteItems" => None,
        name => Some(name),
    }
}

/// The tables of those names, as resources.
fn all<'a>(scope: &Scope, tables: impl IntoIterator<Item = &'a (impl AsRef<str> + ?Sized + 'a)>) -> Vec<Arn> {
    tables.into_iter().flat_map(|table| at(scope, table.as_ref())).collect()
}

/// The table of that name, or of that ARN, as a resource.
fn at(scope: &Scope, table: &str) -> Vec<Arn> {
    vec![table::Place::of(scope, table).arn()]
}

/// The index of a table, where one is named; else the table.
fn source(scope: &Scope, table: &str, index: Option<&str>) -> Vec<Arn> {
    let place = table::Place::of(scope, table);
    match index {
        Some(index) => vec![place.index_arn(index)],
        None => vec![place.arn()],
    }
}

/// The resource of that ARN.
fn tagged(arn: &str) -> Vec<Arn> {
    arn.parse().into_iter().collect()
}
