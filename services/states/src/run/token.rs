//! Task tokens: who has one may end its task.
//!
//! A token is the sealed id of an execution, a point, and the numbers of what is waited for. Nobody makes one that was not given out.

use service::Context;
use states_language::execution::Id as Waited;

use crate::keys::Id;

const SEAL: &str = "states:task";

/// What the tokens of an execution begin with.
pub(crate) fn prefix(context: &Context, id: &Id) -> String {
    format!("{}.", context.cloud.page_tokens.seal(SEAL, id))
}

/// The token of a task.
pub(crate) fn of(context: &Context, id: &Id, waited: Waited) -> String {
    format!("{}{}-{}", prefix(context, id), waited.frame, waited.serial)
}

/// What a token was made of; none for one that was never given out.
pub(crate) fn open(context: &Context, token: &str) -> Option<(Id, Waited)> {
    let (sealed, numbers) = token.split_once('.')?;
    let id = context.cloud.page_tokens.open(SEAL, sealed).ok()?;
    let (frame, serial) = numbers.split_once('-')?;
    Some((id.try_into().ok()?, Waited { frame: frame.parse().ok()?, serial: serial.parse().ok()? }))
}
