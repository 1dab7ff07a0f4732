//! Tags of state machines and activities.

use api_states as api;
use names::tags::Error;
use service::tags::Tagging;
use wire::Fault;

use crate::{errors, machine, name};

/// How they are tagged.
pub(crate) const TAGGING: Tagging = Tagging::new(
    |tx, arn| {
        let scope = tx.scope();
        let named = name::machine_of(&scope, arn.as_str())?;
        let machine = machine::find(&**tx, &scope, named.name, arn.as_str())?;
        Ok((scope, name::machine(&scope, &machine.name)))
    },
    refusal,
);

fn refusal(error: Error) -> Fault {
    match error {
        Error::TooMany => api::error::too_many_tags(error.to_string()),
        _ => errors::validation(error.to_string()),
    }
}
