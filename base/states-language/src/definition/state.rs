//! Reading a state: what all types have in common.

use std::collections::HashMap;

use serde_json::Value;

use super::builder::{Builder, language, target};
use super::fields::Fields;
use super::{Catcher, Kind, Retrier, State, StateId};
use crate::path::Path;
use crate::template::Language;

/// What every type of state may have, by its name.
struct Traits {
    has_next: bool,
    has_arguments: bool,
    has_result: bool,
    has_retry: bool,
    has_output: bool,
    has_assign: bool,
}

fn traits(kind: &str) -> Option<Traits> {
    let all = |flags: [bool; 6]| {
        let [has_next, has_arguments, has_result, has_retry, has_output, has_assign] = flags;
        Some(Traits { has_next, has_arguments, has_result, has_retry, has_output, has_assign })
    };
    match kind {
        "Task" | "Parallel" | "Map" => all([true; 6]),
        "Pass" => all([true, true, true, false, true, true]),
        "Wait" => all([true, false, false, false, true, true]),
        "Choice" => all([false, false, false, false, true, true]),
        "Succeed" => all([false, false, false, false, true, false]),
        "Fail" => all([false; 6]),
        _ => None,
    }
}

impl<'a> Builder<'a> {
    pub(super) fn state(
        &mut self,
        name: &str,
        fields: &Fields<'a>,
        names: &HashMap<&'a str, StateId>,
        around: Language,
    ) -> Option<State> {
        fields.require(&["Type"]);
        let kind = fields.text("Type")?;
        let Some(traits) = traits(kind) else {
            let kinds = "[Task, Choice, Wait, Pass, Succeed, Fail, Parallel, Map]";
            fields.refuse(format!("Value must be one of {kinds}"), Some("Type"));
            return None;
        };
        let language = language(fields, around);
        let mut state = State::bare(name, language);
        state.read_flow(fields, &traits, names);
        match language {
            Language::JsonPath => state.read_paths(fields, &traits, kind),
            Language::Jsonata => state.read_queries(fields, &traits, kind),
        }
        if traits.has_assign {
            state.assign = fields.object_template("Assign", language);
        }
        let (kind, is_whole) = match self.kind(kind, fields, names, language) {
            Some(kind) => (kind, true),
            None => (Kind::Succeed, false),
        };
        state.kind = kind;
        fields.end();
        is_whole.then_some(state)
    }
}

impl State {
    fn bare(name: &str, language: Language) -> Self {
        State {
            name: name.into(),
            language,
            kind: Kind::Succeed,
            input_path: Some(Path::whole()),
            arguments: None,
            result_selector: None,
            result_path: Some(Path::whole()),
            output_path: Some(Path::whole()),
            output: None,
            assign: None,
            next: None,
            retry: Vec::new(),
            catch: Vec::new(),
        }
    }

    /// Where it leads.
    fn read_flow(&mut self, fields: &Fields<'_>, traits: &Traits, names: &HashMap<&str, StateId>) {
        if traits.has_next {
            let is_end = fields.bool("End") == Some(true);
            self.next = target(fields, "Next", names);
            match (is_end, fields.all().contains_key("Next")) {
                (true, true) => fields.refuse("Only one of these fields is allowed: [Next, End]", None),
                (false, false) => fields.refuse("One of these fields is required: [Next, End]", None),
                _ => {}
            }
        }
        if traits.has_retry {
            self.retry = Retrier::read_all(fields);
            self.catch = Catcher::read_all(fields, self.language, names);
        }
    }

    fn read_paths(&mut self, fields: &Fields<'_>, traits: &Traits, kind: &str) {
        if kind == "Fail" {
            return;
        }
        self.input_path = fields.path("InputPath");
        self.output_path = fields.path("OutputPath");
        if traits.has_arguments && kind != "Map" {
            self.arguments = fields.template("Parameters", Language::JsonPath);
        }
        if traits.has_retry {
            self.result_selector = fields.object_template("ResultSelector", Language::JsonPath);
        }
        if traits.has_result {
            self.result_path = fields.path("ResultPath");
            if self.result_path.as_ref().is_some_and(|path| path.reference().is_none()) {
                fields.refuse("Value is not a Reference Path", Some("ResultPath"));
            }
        }
    }

    fn read_queries(&mut self, fields: &Fields<'_>, traits: &Traits, kind: &str) {
        if ["Task", "Parallel"].contains(&kind) {
            self.arguments = fields.template("Arguments", Language::Jsonata);
        }
        if traits.has_output {
            self.output = fields.template("Output", Language::Jsonata);
        }
    }
}

/// Whether a fixed value is a whole number within bounds.
pub(super) fn is_integer((least, most): (u64, u64)) -> impl Fn(&Value) -> bool {
    move |value| value.as_u64().is_some_and(|number| (least..=most).contains(&number))
}
