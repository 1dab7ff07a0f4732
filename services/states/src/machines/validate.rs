//! What is wrong with a definition, for whoever asks before it is made.

use api_states as api;
use service::{Result, View};
use states_language::definition::{Diagnostic, Severity};

use super::checks;

/// As many diagnostics as there are at most in an answer.
const DIAGNOSTICS_MAX: usize = 100;

pub(crate) fn validate(
    view: &View<'_>,
    input: &api::ValidateStateMachineDefinitionInput,
) -> Result<api::ValidateStateMachineDefinitionOutput> {
    let is_express = input.r#type == Some(api::StateMachineType::Express);
    let mut wrong = checks::all_wrong(&view.context.cloud, &input.definition, is_express);
    let is_error = |diagnostic: &Diagnostic| diagnostic.severity == Severity::Error;
    let fails = wrong.iter().any(is_error);
    let has_warnings = input.severity.as_ref().is_some_and(|severity| severity.as_str() == "WARNING");
    wrong.retain(|diagnostic| has_warnings || is_error(diagnostic));
    let limit = input.max_results.and_then(|limit| usize::try_from(limit).ok()).filter(|&limit| limit > 0);
    let limit = limit.unwrap_or(DIAGNOSTICS_MAX);
    let is_cut = wrong.len() > limit;
    wrong.truncate(limit);
    Ok(api::ValidateStateMachineDefinitionOutput {
        result: if fails { "FAIL" } else { "OK" }.into(),
        diagnostics: wrong.into_iter().map(shown).collect(),
        truncated: Some(is_cut),
    })
}

fn shown(diagnostic: Diagnostic) -> api::ValidateStateMachineDefinitionDiagnostic {
    let severity = match diagnostic.severity {
        Severity::Error => "ERROR",
        Severity::Warning => "WARNING",
    };
    api::ValidateStateMachineDefinitionDiagnostic {
        severity: severity.into(),
        code: diagnostic.code.to_owned(),
        message: diagnostic.message,
        location: diagnostic.location,
    }
}
