//! Reading a state: what each type has for itself. A Map state has a file of its own.

use std::collections::HashMap;

use serde_json::Value;

use super::builder::{Builder, target};
use super::fields::Fields;
use super::state::is_integer;
use super::{Kind, Resource, Rule, StateId, Task, Until};
use crate::choice::Condition;
use crate::template::{Language, Template};
use crate::time;

/// The bounds of TimeoutSeconds, HeartbeatSeconds and Seconds.
pub(crate) const SECONDS: (u64, u64) = (1, 99_999_999);
/// The bounds of a Wait state's Seconds.
pub(crate) const WAIT_SECONDS: (u64, u64) = (0, 99_999_999);

impl<'a> Builder<'a> {
    /// Reads what a state does.
    pub(super) fn kind(
        &mut self,
        kind: &str,
        fields: &Fields<'a>,
        names: &HashMap<&'a str, StateId>,
        language: Language,
    ) -> Option<Kind> {
        match kind {
            "Pass" => {
                let result = if language == Language::JsonPath { fields.value("Result") } else { None };
                Some(Kind::Pass { result: result.cloned() })
            }
            "Task" => task(fields, language),
            "Choice" => choice(fields, names, language),
            "Wait" => wait(fields, language),
            "Fail" => {
                let error = fields.field("Error", "ErrorPath", language, Value::is_string);
                let cause = fields.field("Cause", "CausePath", language, Value::is_string);
                Some(Kind::Fail { error, cause })
            }
            "Parallel" => self.parallel(fields, language),
            "Map" => self.map(fields, language),
            _ => Some(Kind::Succeed),
        }
    }

    fn parallel(&mut self, fields: &Fields<'a>, language: Language) -> Option<Kind> {
        fields.require(&["Branches"]);
        let branches = fields.objects("Branches");
        if branches.is_empty() {
            fields.refuse("The field 'Branches' should be non-empty", Some("Branches"));
            return None;
        }
        let read = |branch: &Fields<'a>| {
            let machine = self.machine(branch, language);
            branch.end();
            machine
        };
        Some(Kind::Parallel { branches: branches.iter().map(read).collect() })
    }
}

fn task(fields: &Fields<'_>, language: Language) -> Option<Kind> {
    fields.require(&["Resource"]);
    let arn = fields.text("Resource");
    let timeout = fields.field("TimeoutSeconds", "TimeoutSecondsPath", language, is_integer(SECONDS));
    let heartbeat = fields.field("HeartbeatSeconds", "HeartbeatSecondsPath", language, is_integer(SECONDS));
    let fixed = |field: &Option<super::Field>| match field.as_ref().map(|field| &field.template) {
        Some(Template::Constant(value)) => value.as_u64(),
        _ => None,
    };
    if let (Some(heartbeat), Some(timeout)) = (fixed(&heartbeat), fixed(&timeout))
        && heartbeat >= timeout
    {
        fields.refuse("HeartbeatSeconds must be smaller than TimeoutSeconds", Some("HeartbeatSeconds"));
    }
    let credentials = fields.object_template("Credentials", language);
    let arn = arn?;
    let Some(resource) = Resource::parse(arn) else {
        let why = format!(
            "The resource provided {arn} is not recognized. The value is not a valid resource ARN, or the resource \
             is not available in this region."
        );
        fields.refuse(why, Some("Resource"));
        return None;
    };
    let at = format!("{}/Resource", fields.at).into();
    Some(Kind::Task(Box::new(Task { resource, at, timeout, heartbeat, credentials })))
}

fn choice(fields: &Fields<'_>, names: &HashMap<&str, StateId>, language: Language) -> Option<Kind> {
    fields.require(&["Choices"]);
    let default = target(fields, "Default", names);
    let rules = fields.objects("Choices");
    if rules.is_empty() {
        fields.refuse("The field 'Choices' should be non-empty", Some("Choices"));
    }
    let rules = rules.iter().map(|rule| read_rule(rule, names, language));
    // All of them are read, so that all that is wrong is said.
    let rules: Vec<_> = rules.collect();
    let rules = rules.into_iter().collect::<Option<_>>()?;
    Some(Kind::Choice { rules, default })
}

fn read_rule(rule: &Fields<'_>, names: &HashMap<&str, StateId>, language: Language) -> Option<Rule> {
    rule.require(&["Next"]);
    let next = target(rule, "Next", names);
    let assign = rule.object_template("Assign", language);
    if language == Language::Jsonata {
        rule.require(&["Condition"]);
        let condition = rule.template("Condition", language);
        let output = rule.template("Output", language);
        rule.end();
        return Some(Rule { condition: Condition::Query(condition?), next: next?, assign, output });
    }
    let condition = Condition::parse(rule.all()).map_err(|why| rule.refuse(why, None)).ok();
    Some(Rule { condition: condition?, next: next?, assign, output: None })
}

fn wait(fields: &Fields<'_>, language: Language) -> Option<Kind> {
    let seconds = fields.field("Seconds", "SecondsPath", language, is_integer(WAIT_SECONDS));
    let is_moment = |value: &Value| value.as_str().and_then(time::parse).is_some();
    let moment = fields.field("Timestamp", "TimestampPath", language, is_moment);
    match (seconds, moment) {
        (Some(seconds), None) => Some(Kind::Wait(Until::Seconds(seconds))),
        (None, Some(moment)) => Some(Kind::Wait(Until::Timestamp(moment))),
        _ => {
            let names = match language {
                Language::JsonPath => "[Seconds, SecondsPath, Timestamp, TimestampPath]",
                Language::Jsonata => "[Seconds, Timestamp]",
            };
            fields.refuse(format!("Exactly one of these fields is required: {names}"), None);
            None
        }
    }
}
