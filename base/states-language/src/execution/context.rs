//! What the expressions of a frame's state see: variables of the scopes around it, and the context object.

use std::cell::{Cell, LazyCell};

use serde_json::{Value, json};

use super::Id;
use super::frame::{Frame, FrameId};
use super::run::Run;
use crate::definition::{Kind, State};
use crate::scope::{COPIED_MAX, Scope};
use crate::time;

/// An item of a Map state whose turn comes.
#[derive(Clone, Copy)]
pub(super) struct Item<'i> {
    pub(super) index: u32,
    /// Its name, where it is a member of an object.
    pub(super) key: Option<&'i str>,
    pub(super) value: &'i Value,
    /// Where a distributed Map state has it from.
    pub(super) source: Option<&'i str>,
}

impl Item<'_> {
    fn shown(&self) -> Value {
        let mut shown = json!({"Index": self.index, "Value": self.value});
        for (name, text) in [("Key", self.key), ("Source", self.source)] {
            if let Some(text) = text {
                shown[name] = text.into();
            }
        }
        shown
    }
}

impl Run<'_> {
    /// Lets expressions of a frame's state be evaluated.
    pub(super) fn scope<'s>(&'s self, id: FrameId, frame: &'s Frame, item: Option<Item<'s>>) -> Scope<'s> {
        let make = move || self.context(id, frame, item.as_ref());
        Scope {
            input: &frame.input,
            context: LazyCell::new(Box::new(make)),
            variables: self.line(id).map(|(_, frame)| &frame.variables).collect(),
            chance: &self.chance,
            now_ms: self.now_ms,
            budget: Cell::new(COPIED_MAX),
        }
    }

    /// A frame and those around it, from within.
    fn line(&self, id: FrameId) -> impl Iterator<Item = (FrameId, &Frame)> {
        let with_id = |id: FrameId| self.frame(id).map(|frame| (id, frame));
        std::iter::successors(with_id(id), move |(_, frame)| frame.parent.and_then(with_id))
    }

    fn context(&self, id: FrameId, frame: &Frame, item: Option<&Item<'_>>) -> Value {
        let (head, about) = (&self.execution.head, &self.execution.head.about);
        let state = self.definition.state(frame.state);
        let mut context = json!({
            "Execution": {
                "Id": about.execution_arn,
                "Input": self.execution.input(),
                "StartTime": time::format(head.started_ms),
                "Name": about.execution_name,
                "RoleArn": about.role_arn,
                "RedriveCount": about.redrive_count,
            },
            "StateMachine": {"Id": about.state_machine_arn, "Name": about.state_machine_name},
            "State": {
                "Name": state.map(|state| &*state.name),
                "EnteredTime": time::format(frame.entered_ms),
                "RetryCount": frame.retry_count(),
            },
        });
        if let Some(token) = state.and_then(|state| self.token(state, Id { frame: id, serial: frame.serial }))
        {
            context["Task"] = json!({"Token": token});
        }
        let around = || {
            let with_item = |(_, frame): (_, &'_ Frame)| {
                Some(json!({"Index": frame.index, "Value": frame.item.as_ref()?}))
            };
            self.line(id).find_map(with_item)
        };
        if let Some(item) = item.map(Item::shown).or_else(around) {
            context["Map"] = json!({"Item": item});
        }
        context
    }

    /// The token of a task for which somebody is waited.
    pub(super) fn token(&self, state: &State, id: Id) -> Option<String> {
        let Kind::Task(task) = &state.kind else { return None };
        let prefix = &self.execution.head.about.token_prefix;
        task.resource.waits_for_token().then(|| format!("{prefix}{}-{}", id.frame, id.serial))
    }
}
