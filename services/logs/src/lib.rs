//! CloudWatch Logs: groups, streams and events, kept in the order of their moments, and found by patterns.
//!
//! An event is one record behind its stream, and one entry in the order of its group, so that a page of a stream and a page
//! of a group both read no more than they show (`keys` has the layout).
//!
//! Never here: metric filters, subscriptions, Insights queries, exports and deliveries, which are refused by name.

mod chores;
mod errors;
mod event;
mod filter;
mod get;
mod group;
mod groups;
mod keys;
mod pattern;
mod protection;
mod put;
mod stream;
mod streams;
mod tags;

use api_logs as api;
use names::{Arn, Scope};
use service::{Service, Sweeper};

/// Deletes what deleted groups leave behind.
const SWEEPER: Sweeper = Sweeper::new("logs");

/// The service.
#[must_use]
pub fn service() -> Service {
    Service::new(&api::FACTS)
        .invalid_as("InvalidParameterException")
        .tagging(tags::TAGGING)
        .upgrade(keys::upgrade)
        .transaction::<api::CreateLogGroup>(groups::create, |scope, input| at(scope, &input.log_group_name))
        .transaction::<api::DeleteLogGroup>(groups::delete, |scope, input| at(scope, &input.log_group_name))
        .read::<api::DescribeLogGroups>(groups::describe, |_, _| Vec::new())
        .transaction::<api::PutRetentionPolicy>(groups::put_retention, |scope, input| {
            at(scope, &input.log_group_name)
        })
        .transaction::<api::DeleteRetentionPolicy>(groups::delete_retention, |scope, input| {
            at(scope, &input.log_group_name)
        })
        .transaction::<api::PutLogGroupDeletionProtection>(protection::put, |scope, input| {
            either(scope, None, Some(&input.log_group_identifier))
        })
        .transaction::<api::CreateLogStream>(streams::create, |scope, input| at(scope, &input.log_group_name))
        .transaction::<api::DeleteLogStream>(streams::delete, |scope, input| at(scope, &input.log_group_name))
        .read::<api::DescribeLogStreams>(streams::describe, |scope, input| {
            either(scope, input.log_group_name.as_deref(), input.log_group_identifier.as_deref())
        })
        .transaction::<api::PutLogEvents>(put::put, |scope, input| at(scope, &input.log_group_name))
        .read::<api::GetLogEvents>(get::get, |scope, input| {
            either(scope, input.log_group_name.as_deref(), input.log_group_identifier.as_deref())
        })
        .read::<api::FilterLogEvents>(filter::filter, |scope, input| {
            either(scope, input.log_group_name.as_deref(), input.log_group_identifier.as_deref())
        })
        .transaction::<api::TagResource>(tags::tag, |scope, input| tags::resource(scope, &input.resource_arn))
        .transaction::<api::UntagResource>(tags::untag, |scope, input| {
            tags::resource(scope, &input.resource_arn)
        })
        .read::<api::ListTagsForResource>(tags::list, |scope, input| {
            tags::resource(scope, &input.resource_arn)
        })
        .transaction::<api::TagLogGroup>(tags::tag_group, |scope, input| at(scope, &input.log_group_name))
        .transaction::<api::UntagLogGroup>(tags::untag_group, |scope, input| at(scope, &input.log_group_name))
        .read::<api::ListTagsLogGroup>(tags::list_group, |scope, input| at(scope, &input.log_group_name))
        .work("sweep", |cloud| SWEEPER.run(cloud))
        .work("chores", chores::run)
}

/// The group of that name, as a resource.
fn at(scope: &Scope, name: &str) -> Vec<Arn> {
    vec![group::arn(scope, name)]
}

/// The group that is named in one of two ways, as a resource.
fn either(scope: &Scope, name: Option<&str>, identifier: Option<&str>) -> Vec<Arn> {
    group::named(scope, name, identifier).map(|name| group::arn(scope, name)).into_iter().collect()
}
