//! What an account may have, and where the service is.

use api_dynamodb as api;
use service::{Result, View};

/// Units per second of an account, and of a table: the quotas that AWS begins with. None is enforced.
const ACCOUNT_UNITS_MAX: i64 = 80_000;
const TABLE_UNITS_MAX: i64 = 40_000;
/// How long clients may remember an endpoint.
const ENDPOINT_MINUTES: i64 = 1440;

pub(crate) fn describe(_: &View<'_>, _: &api::DescribeLimitsInput) -> Result<api::DescribeLimitsOutput> {
    Ok(api::DescribeLimitsOutput {
        account_max_read_capacity_units: Some(ACCOUNT_UNITS_MAX),
        account_max_write_capacity_units: Some(ACCOUNT_UNITS_MAX),
        table_max_read_capacity_units: Some(TABLE_UNITS_MAX),
        table_max_write_capacity_units: Some(TABLE_UNITS_MAX),
    })
}

/// The host and port that the client has reached.
pub(crate) fn endpoints(
    view: &View<'_>,
    _: &api::DescribeEndpointsInput,
) -> Result<api::DescribeEndpointsOutput> {
    let endpoint = &*view.context.caller.endpoint;
    let address = endpoint.split_once("://").map_or(endpoint, |(_, address)| address);
    let address = address.trim_end_matches('/').to_owned();
    Ok(api::DescribeEndpointsOutput {
        endpoints: vec![api::Endpoint { address, cache_period_in_minutes: ENDPOINT_MINUTES }],
    })
}
