//! A task: its record, and its handle.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::{Deserialize, Serialize};

use crate::keys::Id;
use crate::queue::Address;

/// Where a task stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum Status {
    Running,
    Completed,
    Cancelling,
    Cancelled,
    Failed,
}

impl Status {
    /// As AWS writes it.
    pub(super) fn text(self) -> &'static str {
        match self {
            Status::Running => "RUNNING",
            Status::Completed => "COMPLETED",
            Status::Cancelling => "CANCELLING",
            Status::Cancelled => "CANCELLED",
            Status::Failed => "FAILED",
        }
    }

    pub(super) fn is_active(self) -> bool {
        matches!(self, Status::Running | Status::Cancelling)
    }
}

/// What is stored of a task.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Task {
    pub(super) id: Id,
    pub(super) status: Status,
    /// Where the messages go, if it is not where they came from: an ARN.
    pub(super) destination: Option<String>,
    /// Messages a second.
    pub(super) rate: Option<i32>,
    /// In milliseconds.
    pub(super) started_ms: i64,
    pub(super) moved: u64,
    pub(super) to_move: u64,
    pub(super) failure: Option<String>,
}

#[cfg(test)]
layouts::stays!(stored_move_task: Task);

/// What a handle says. Never stored: clients have it.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Handle {
    task_id: String,
    source_arn: String,
}

impl Task {
    /// Its handle.
    pub(super) fn handle(&self, source: &Address) -> String {
        let handle = Handle { task_id: names::ids::uuid(self.id), source_arn: source.arn().to_string() };
        // Texts alone always become JSON.
        STANDARD.encode(serde_json::to_vec(&handle).unwrap_or_default())
    }
}

/// The source in a handle.
pub(crate) fn source_of(handle: &str) -> Option<Address> {
    let text = STANDARD.decode(handle).ok()?;
    Address::from_arn(&serde_json::from_slice::<Handle>(&text).ok()?.source_arn)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_handle_names_its_source() {
        let source = Address::from_arn("arn:aws:sqs:us-east-1:000000000000:dead").unwrap();
        let task = Task {
            id: [1; 16],
            status: Status::Running,
            destination: None,
            rate: None,
            started_ms: 0,
            moved: 0,
            to_move: 0,
            failure: None,
        };
        assert_eq!(source_of(&task.handle(&source)), Some(source));
        for rubbish in ["", "abc", "e30=", "\u{e4}"] {
            assert_eq!(source_of(rubbish), None, "{rubbish}");
        }
    }
}
