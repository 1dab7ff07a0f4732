//! API keys that come as a file of comma-separated values.

use api_apigateway as api;
use csv_core::{ReadRecordResult, Reader};
use service::{Result, Tx};
use wire::Fault;

use crate::{api_keys, errors, usage_plans};

/// The most bytes of a file, as of its rows.
const BYTES_MAX: usize = 6 << 20;

/// A row, by the names of its columns in small letters.
type Row<'a> = Vec<(&'a str, String)>;

pub(crate) fn import(tx: &mut Tx<'_>, input: &api::ImportApiKeysInput) -> Result<api::ImportApiKeysOutput> {
    if input.format.as_str() != "csv" {
        return Err(errors::bad("Invalid format: it must be csv").into());
    }
    let rows = rows(&input.body)?;
    let mut rows = rows.into_iter();
    let names: Vec<String> =
        rows.next().unwrap_or_default().iter().map(|name| name.trim().to_ascii_lowercase()).collect();
    for needed in ["name", "key"] {
        if !names.iter().any(|name| name == needed) {
            return Err(errors::bad(format!("The column '{needed}' is missing in the header")).into());
        }
    }
    let (mut ids, mut warnings) = (Vec::new(), Vec::new());
    for (number, values) in rows.enumerate() {
        let row: Row<'_> = names.iter().map(String::as_str).zip(values).collect();
        check_rights(tx, &row)?;
        let added = tx.part(|tx| add(tx, &row));
        match added {
            Ok(id) => ids.push(id),
            Err(service::Error::Fault(fault)) => {
                warnings.push(format!("Row {}: {}", number + 1, fault.message));
            }
            Err(error) => return Err(error),
        }
    }
    if input.fail_on_warnings == Some(true) && !warnings.is_empty() {
        return Err(errors::bad(warnings.join("\n")).into());
    }
    let warnings = Some(warnings).filter(|warnings| !warnings.is_empty());
    Ok(api::ImportApiKeysOutput { ids: Some(ids), warnings })
}

/// What a row says in a column.
fn value(row: &Row<'_>, wanted: &str) -> Option<String> {
    let found = row.iter().find(|(name, _)| *name == wanted);
    found.map(|(_, value)| value.trim().to_owned()).filter(|value| !value.is_empty())
}

/// The plans that a row names.
fn plans(row: &Row<'_>) -> Vec<String> {
    let plans = value(row, "usageplanids").unwrap_or_default();
    plans.split(',').map(str::trim).filter(|plan| !plan.is_empty()).map(str::to_owned).collect()
}

/// Whoever puts keys into plans may do so without a file.
fn check_rights(tx: &Tx<'_>, row: &Row<'_>) -> Result<(), Fault> {
    let scope = tx.scope();
    for plan in plans(row) {
        let resource = || crate::at(&scope, format_args!("/usageplans/{plan}/keys"));
        tx.context.permit(&api::FACTS, "POST", &resource)?;
    }
    Ok(())
}

/// Notes the key of a row, in the plans that it names.
fn add(tx: &mut Tx<'_>, row: &Row<'_>) -> Result<String> {
    let value = |wanted: &str| value(row, wanted);
    let made = api::ApiKey {
        name: value("name"),
        value: Some(value("key").ok_or_else(|| errors::bad("it has no key"))?),
        description: value("description"),
        enabled: Some(value("enabled").is_none_or(|text| text.eq_ignore_ascii_case("true"))),
        ..api::ApiKey::default()
    };
    let id = api_keys::add(tx, made)?.id.unwrap_or_default();
    for plan in plans(row) {
        let plan_key = api::CreateUsagePlanKeyInput {
            usage_plan_id: plan,
            key_id: id.clone(),
            key_type: "API_KEY".into(),
        };
        usage_plans::add_key(tx, &plan_key)?;
    }
    Ok(id)
}

/// The rows of a file, each as its values.
fn rows(body: &[u8]) -> Result<Vec<Vec<String>>, Fault> {
    if body.len() > BYTES_MAX {
        return Err(errors::bad("The file is too large"));
    }
    let mut reader = Reader::new();
    let (mut input, mut rows) = (body, Vec::new());
    // What is written is never longer than what is read.
    let (mut text, mut ends) = (vec![0; body.len() + 1], vec![0; body.len() + 1]);
    loop {
        let (outcome, read, written, values) = reader.read_record(input, &mut text, &mut ends);
        input = &input[read..];
        match outcome {
            ReadRecordResult::Record => rows.push(row(&text, &ends[..values])?),
            ReadRecordResult::End => return Ok(rows),
            ReadRecordResult::InputEmpty => {
                // The last row may have no end: an empty input is one.
                let (outcome, _, _, more) =
                    reader.read_record(&[], &mut text[written..], &mut ends[values..]);
                if matches!(outcome, ReadRecordResult::Record) {
                    rows.push(row(&text, &ends[..values + more])?);
                }
                return Ok(rows);
            }
            ReadRecordResult::OutputFull | ReadRecordResult::OutputEndsFull => {
                return Err(errors::bad("The file cannot be read"));
            }
        }
    }
}

fn row(text: &[u8], ends: &[usize]) -> Result<Vec<String>, Fault> {
    let mut start = 0;
    let mut values = Vec::with_capacity(ends.len());
    for end in ends {
        let value = text.get(start..*end).and_then(|value| std::str::from_utf8(value).ok());
        values.push(value.ok_or_else(|| errors::bad("The file is no UTF-8 text"))?.to_owned());
        start = *end;
    }
    Ok(values)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_are_read_with_and_without_an_end() {
        let text = "Name,key,usageplanIds\na,b,\"c,d\"\n";
        let wanted = vec![vec!["Name", "key", "usageplanIds"], vec!["a", "b", "c,d"]];
        for text in [text, text.trim_end()] {
            assert_eq!(rows(text.as_bytes()).unwrap(), wanted, "{text}");
        }
        assert!(rows(b"").unwrap().is_empty());
        assert!(rows(b"a,\xff\n").is_err());
    }
}
