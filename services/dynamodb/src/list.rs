//! Lists the tables of an account and region.

use api_dynamodb as api;
use service::{Result, View};
use store::{Direction, Reads as _, record};

use crate::keys;
use crate::table::Table;

pub(crate) fn list(view: &View<'_>, input: &api::ListTablesInput) -> Result<api::ListTablesOutput> {
    let limit = usize::try_from(input.limit.unwrap_or(100)).unwrap_or(100);
    let tables = keys::tables(&view.scope());
    let mut range = tables.prefix_range();
    if let Some(after) = &input.exclusive_start_table_name {
        range.start = tables.str(after).into();
        range.start.push(0);
    }
    let mut names: Vec<String> = Vec::new();
    for entry in view.scan(range, Direction::Forward) {
        if names.len() == limit {
            let last_evaluated_table_name = names.last().cloned();
            return Ok(api::ListTablesOutput { table_names: Some(names), last_evaluated_table_name });
        }
        names.push(record::decode::<Table>(&entry?.1)?.name);
    }
    Ok(api::ListTablesOutput { table_names: Some(names), last_evaluated_table_name: None })
}
