//! DescribeImport and ListImports. Imports outlive their tables.

use api_dynamodb as api;
use service::{Result, View};
use store::{Reads as _, record};

use super::{Import, KIND};
use crate::keys;
use crate::table::Place;
use crate::transfer;

pub(crate) fn describe(
    view: &View<'_>,
    input: &api::DescribeImportInput,
) -> Result<api::DescribeImportOutput> {
    let scope = view.scope();
    let (table, label) = KIND.read(&scope, &input.import_arn)?;
    let import: Option<Import> = view.get_record(&keys::imports_of(&scope, table).str(label))?;
    let import = import.ok_or_else(|| KIND.no_such(&input.import_arn))?;
    Ok(api::DescribeImportOutput { import_table_description: import.description()? })
}

pub(crate) fn list(view: &View<'_>, input: &api::ListImportsInput) -> Result<api::ListImportsOutput> {
    let scope = view.scope();
    let all = match &input.table_arn {
        Some(arn) => keys::imports_of(&scope, &Place::of(&scope, arn).name),
        None => keys::imports(&scope),
    };
    let asked = (input.next_token.as_deref(), input.page_size);
    let (summaries, next_token) = transfer::page(view, ("dynamodb:ListImports", all), asked, |import| {
        Ok(Some(record::decode::<Import>(&import)?.summary()))
    })?;
    Ok(api::ListImportsOutput { import_summary_list: Some(summaries), next_token })
}
