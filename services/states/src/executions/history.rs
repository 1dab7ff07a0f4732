//! Histories in pages, from either end.

use api_states as api;
use service::{Result, View};

use super::events::{self, Data};
use crate::{errors, execution, machines, run};

const LIST: &str = "states:GetExecutionHistory";

pub(crate) fn get(
    view: &View<'_>,
    input: &api::GetExecutionHistoryInput,
) -> Result<api::GetExecutionHistoryOutput> {
    let scope = view.scope();
    let execution = execution::find(&**view, &scope, &input.execution_arn)?;
    let is_reverse = input.reverse_order == Some(true);
    let limit = machines::limit(input.max_results);
    let tokens = &view.context.cloud.page_tokens;
    let from = match &input.next_token {
        None if is_reverse => u64::MAX - 1,
        None => 1,
        Some(token) => {
            let place = tokens.open(LIST, token).map_err(|_| errors::bad_token())?;
            u64::from_be_bytes(place.try_into().map_err(|_| errors::bad_token())?)
        }
    };
    let of = (&execution.machine, &execution.id);
    let mut page = run::page(&**view, of, from, is_reverse, limit + 1)?;
    let next = (page.len() > limit).then(|| page.pop()).flatten();
    let next_token = next.map(|event| tokens.seal(LIST, &event.id.to_be_bytes()));
    let data = if input.include_execution_data == Some(false) { Data::Left } else { Data::Shown };
    let events = page.into_iter().map(|event| events::shown(event, &execution, &scope, data)).collect();
    Ok(api::GetExecutionHistoryOutput { events, next_token })
}
