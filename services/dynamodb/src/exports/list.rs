//! DescribeExport and ListExports.

use std::sync::Arc;

use api_dynamodb as api;
use service::{Result, View};
use store::{Reads as _, record};

use super::{Export, KIND};
use crate::keys;
use crate::table::{Place, Table};
use crate::transfer;

pub(crate) fn describe(
    view: &View<'_>,
    input: &api::DescribeExportInput,
) -> Result<api::DescribeExportOutput> {
    let scope = view.scope();
    let (table, label) = KIND.read(&scope, &input.export_arn)?;
    let export: Option<Export> = view.get_record(&keys::exports_of(&scope, table).str(label))?;
    let export = export.ok_or_else(|| KIND.no_such(&input.export_arn))?;
    Ok(api::DescribeExportOutput { export_description: Some(export.description()) })
}

/// Exports of one table, which must be there, or of all that there ever were.
pub(crate) fn list(view: &View<'_>, input: &api::ListExportsInput) -> Result<api::ListExportsOutput> {
    let scope = view.scope();
    let mut all = keys::exports(&scope);
    let mut of = None;
    if let Some(arn) = &input.table_arn {
        let place = Place::of(&scope, arn);
        let table: Option<Arc<Table>> = view.get_shared(&place.key())?;
        let Some(table) = table else { return Ok(empty()) };
        of = Some(table.id);
        all = all.str(&place.name);
    }
    let asked = (input.next_token.as_deref(), input.max_results);
    let (summaries, next_token) = transfer::page(view, ("dynamodb:ListExports", all), asked, |export| {
        let export: Export = record::decode(&export)?;
        Ok(of.is_none_or(|id| id == export.table_id).then(|| export.summary()))
    })?;
    Ok(api::ListExportsOutput { export_summaries: Some(summaries), next_token })
}

fn empty() -> api::ListExportsOutput {
    api::ListExportsOutput { export_summaries: Some(Vec::new()), next_token: None }
}
