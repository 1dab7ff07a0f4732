//! Contributor Insights: whether they are on for a table or an index is kept and shown. Nothing is measured.

use std::collections::BTreeMap;

use api_dynamodb as api;
use serde::{Deserialize, Serialize};
use service::{Result, Tx, View};
use store::{Direction, Reads as _, record};
use wire::Timestamp;

use crate::table::{Place, Table};
use crate::{errors, keys, tables};

/// Summaries of a page.
const PAGE: usize = 100;
const MODE: &str = "ACCESSED_AND_THROTTLED_KEYS";

/// What was chosen for a table and its indexes: those by their names, the table by an empty one.
pub(crate) type Insights = BTreeMap<String, Insight>;

/// What was chosen last.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Insight {
    is_on: bool,
    mode: String,
    changed_ms: i64,
}

impl Insight {
    fn status(&self) -> api::ContributorInsightsStatus {
        if self.is_on { "ENABLED".into() } else { "DISABLED".into() }
    }
}

/// Refuses an index that is not there, and gives the name under which the choice stands.
fn wanted(table: &Table, index: Option<&str>) -> Result<String> {
    match index {
        Some(name) if table.index(name).is_none() => {
            let message = format!("Requested resource not found: Index: {name} not found");
            Err(api::error::resource_not_found_exception(message).into())
        }
        name => Ok(name.unwrap_or_default().to_owned()),
    }
}

pub(crate) fn update(
    tx: &mut Tx<'_>,
    input: &api::UpdateContributorInsightsInput,
) -> Result<api::UpdateContributorInsightsOutput> {
    let place = Place::of(&tx.scope(), &input.table_name);
    let table: Option<Table> = tx.get_record(&place.key())?;
    let mut table = table.filter(Table::is_usable).ok_or_else(|| tables::no_table(&place))?;
    let name = wanted(&table, input.index_name.as_deref())?;
    let is_on = input.contributor_insights_action.as_str() == "ENABLE";
    let mode = input.contributor_insights_mode.as_ref().map_or(MODE, |mode| mode.as_str()).to_owned();
    let insight = Insight { is_on, mode: mode.clone(), changed_ms: tx.now.millis() };
    table.insights.insert(name, insight);
    tx.put_record(place.key(), &table)?;
    let status = if is_on { "ENABLING" } else { "DISABLING" };
    Ok(api::UpdateContributorInsightsOutput {
        table_name: Some(table.name),
        index_name: input.index_name.clone(),
        contributor_insights_status: Some(status.into()),
        contributor_insights_mode: Some(mode.as_str().into()),
    })
}

pub(crate) fn describe(
    view: &View<'_>,
    input: &api::DescribeContributorInsightsInput,
) -> Result<api::DescribeContributorInsightsOutput> {
    let place = Place::of(&view.scope(), &input.table_name);
    let table: Option<Table> = view.get_record(&place.key())?;
    let table = table.filter(Table::is_usable).ok_or_else(|| tables::no_table(&place))?;
    let insight = table.insights.get(&wanted(&table, input.index_name.as_deref())?);
    Ok(api::DescribeContributorInsightsOutput {
        table_name: Some(table.name.clone()),
        index_name: input.index_name.clone(),
        contributor_insights_status: Some(insight.map_or("DISABLED".into(), Insight::status)),
        last_update_date_time: insight.map(|insight| Timestamp(insight.changed_ms)),
        contributor_insights_mode: insight.map(|insight| insight.mode.as_str().into()),
        ..api::DescribeContributorInsightsOutput::default()
    })
}

/// All choices that were ever made, by table and index.
pub(crate) fn list(
    view: &View<'_>,
    input: &api::ListContributorInsightsInput,
) -> Result<api::ListContributorInsightsOutput> {
    const OPERATION: &str = "dynamodb:ListContributorInsights";
    let tokens = &view.context.cloud.page_tokens;
    let opened = input.next_token.as_ref().map(|token| {
        let opened = tokens.open(OPERATION, token).ok().and_then(|place| String::from_utf8(place).ok());
        opened.ok_or_else(|| errors::invalid("Invalid NextToken"))
    });
    let after = opened.transpose()?;
    let page = input.max_results.and_then(|most| usize::try_from(most).ok()).unwrap_or(PAGE).clamp(1, PAGE);
    let only = input.table_name.as_ref().map(|name| Place::of(&view.scope(), name).name);
    let mut summaries = Vec::new();
    let mut last = None;
    for entry in view.scan(keys::tables(&view.scope()).prefix_range(), Direction::Forward) {
        let table: Table = record::decode(&entry?.1)?;
        if only.as_ref().is_some_and(|only| *only != table.name) {
            continue;
        }
        for (index, insight) in &table.insights {
            let place = format!("{}\0{index}", table.name);
            if after.as_ref().is_some_and(|after| place <= *after) {
                continue;
            }
            if summaries.len() == page {
                let next_token = last.map(|last: String| tokens.seal(OPERATION, last.as_bytes()));
                let contributor_insights_summaries = Some(summaries);
                return Ok(api::ListContributorInsightsOutput { contributor_insights_summaries, next_token });
            }
            last = Some(place);
            summaries.push(api::ContributorInsightsSummary {
                table_name: Some(table.name.clone()),
                index_name: (!index.is_empty()).then(|| index.clone()),
                contributor_insights_status: Some(insight.status()),
                contributor_insights_mode: Some(insight.mode.as_str().into()),
            });
        }
    }
    Ok(api::ListContributorInsightsOutput {
        contributor_insights_summaries: Some(summaries),
        next_token: None,
    })
}
