//! How it stands with the steps of a booking, read from the history of its execution.

use aws_sdk_sfn::types::{HistoryEvent, HistoryEventType};
use serde::Serialize;

/// A state that was entered.
#[derive(Debug, PartialEq, Eq, Serialize)]
pub struct Step {
    name: String,
    state: Standing,
}

/// How it stands with it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Standing {
    Running,
    Succeeded,
    Failed,
}

/// All that were entered, in order.
pub fn of(events: &[HistoryEvent]) -> Vec<Step> {
    let mut steps: Vec<Step> = Vec::new();
    for event in events {
        if let Some(entered) = &event.state_entered_event_details {
            let is_end = event.r#type == HistoryEventType::FailStateEntered;
            let state = if is_end { Standing::Failed } else { Standing::Running };
            steps.push(Step { name: entered.name.clone(), state });
        } else if let Some(step) = steps.last_mut() {
            step.hears(&event.r#type);
        }
    }
    steps
}

impl Step {
    /// Takes in what happened while it was the last one.
    fn hears(&mut self, what: &HistoryEventType) {
        match what {
            HistoryEventType::TaskFailed | HistoryEventType::TaskTimedOut => self.state = Standing::Failed,
            // Tried again.
            HistoryEventType::TaskScheduled => self.state = Standing::Running,
            // Or it was left because its failure was caught.
            HistoryEventType::TaskStateExited | HistoryEventType::SucceedStateExited
                if self.state != Standing::Failed =>
            {
                self.state = Standing::Succeeded;
            }
            _ => {}
        }
    }
}
