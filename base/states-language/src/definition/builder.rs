//! Reading a definition: its machines, one inside another, and the ways between their states.
//!
//! Names become numbers before the states are read, so that a state can lead to one behind it.

use std::cell::RefCell;
use std::collections::{HashMap, HashSet};

use serde_json::{Map, Value};

use super::fields::Fields;
use super::{Definition, Diagnostic, Kind, MachineId, Severity, State, StateId, Suitability};
use crate::template::Language;

const NAME_LETTERS_MAX: usize = 80;

/// What was read so far.
#[derive(Default)]
pub(super) struct Builder<'a> {
    states: Vec<Option<State>>,
    starts: Vec<StateId>,
    names: HashSet<&'a str>,
    /// Of all distributed Map states.
    pub(super) labels: HashSet<Box<str>>,
}

impl<'a> Builder<'a> {
    /// Reads the whole.
    pub(super) fn build(fields: &'a Map<String, Value>) -> Result<Definition, Vec<Diagnostic>> {
        let wrong = RefCell::default();
        let mut builder = Builder::default();
        let whole = Fields::new(fields, "", &wrong);
        whole.text("Version");
        let timeout_s = whole.integer("TimeoutSeconds", (1, 99_999_999));
        let language = language(&whole, Language::JsonPath);
        builder.machine(&whole, language);
        whole.end();
        let wrong = wrong.take();
        if wrong.iter().any(|diagnostic| diagnostic.severity == Severity::Error) {
            return Err(wrong);
        }
        let unread = || vec![Diagnostic::schema("Definition could not be read", None)];
        let states = builder.states.into_iter().collect::<Option<_>>().ok_or_else(unread)?;
        Ok(Definition { states, starts: builder.starts, timeout_s, suitability: Suitability::default() })
    }

    /// Reads a machine: the whole, a branch or an item processor.
    pub(super) fn machine(&mut self, fields: &Fields<'a>, language: Language) -> MachineId {
        let id = MachineId::try_from(self.starts.len()).unwrap_or(MachineId::MAX);
        self.starts.push(0);
        fields.require(&["States", "StartAt"]);
        let Some(states) = fields.object("States") else {
            fields.text("StartAt");
            return id;
        };
        if states.all().is_empty() {
            fields.refuse("The field 'States' should be non-empty", Some("States"));
        }
        let first = self.states.len();
        let names = self.names_of(&states);
        if let Some(start) = target(fields, "StartAt", &names) {
            self.starts[id as usize] = start;
            self.each(&states, &names, language);
            self.check_reach(&states, first, start);
        } else {
            self.each(&states, &names, language);
        }
        id
    }

    /// Gives each state of a machine its number.
    fn names_of(&mut self, states: &Fields<'a>) -> HashMap<&'a str, StateId> {
        let mut names = HashMap::new();
        for name in states.all().keys() {
            let id = StateId::try_from(self.states.len()).unwrap_or(StateId::MAX);
            self.states.push(None);
            names.insert(name.as_str(), id);
            if name.chars().count() > NAME_LETTERS_MAX {
                states.refuse(
                    format!("State name must not be longer than {NAME_LETTERS_MAX} characters"),
                    Some(name),
                );
            }
            if !self.names.insert(name) {
                let make = |at| {
                    Diagnostic::error("DUPLICATE_STATE_NAME", format!("Duplicate State name: {name}"), at)
                };
                states.report(make, Some(name));
            }
        }
        names
    }

    fn each(&mut self, states: &Fields<'a>, names: &HashMap<&'a str, StateId>, language: Language) {
        for (name, value) in states.all() {
            let Some(fields) = value.as_object() else {
                states.refuse("Expected value of type Object", Some(name));
                continue;
            };
            let fields = states.child(fields, name);
            let state = self.state(name, &fields, names, language);
            if let Some(place) = names.get(name.as_str()).and_then(|&id| self.states.get_mut(id as usize)) {
                *place = state;
            }
        }
    }

    /// Says of states that nothing leads to them, where all of a machine could be read.
    fn check_reach(&self, states: &Fields<'a>, first: usize, start: StateId) {
        let own = &self.states[first..first + states.all().len()];
        if own.iter().any(Option::is_none) {
            return;
        }
        let mut reached = HashSet::from([start]);
        let mut open = vec![start];
        while let Some(id) = open.pop() {
            let state = self.states.get(id as usize).and_then(Option::as_ref);
            open.extend(state.into_iter().flat_map(State::targets).filter(|&next| reached.insert(next)));
        }
        for (name, id) in states.all().keys().zip(first..) {
            if !StateId::try_from(id).is_ok_and(|id| reached.contains(&id)) {
                let why = format!("State \"{name}\" is not reachable.");
                states.report(|at| Diagnostic::error("MISSING_TRANSITION_TARGET", why, at), Some(name));
            }
        }
    }
}

impl State {
    /// The states that it can lead to.
    fn targets(&self) -> Vec<StateId> {
        let mut targets: Vec<StateId> =
            self.catch.iter().map(|catcher| catcher.next).chain(self.next).collect();
        if let Kind::Choice { rules, default } = &self.kind {
            targets.extend(rules.iter().map(|rule| rule.next).chain(*default));
        }
        targets
    }
}

/// The state that a field names.
pub(super) fn target(
    fields: &Fields<'_>,
    field: &'static str,
    names: &HashMap<&str, StateId>,
) -> Option<StateId> {
    let name = fields.text(field)?;
    let target = names.get(name).copied();
    if target.is_none() {
        let why = format!("Missing 'Next' target: {name}");
        fields.report(|at| Diagnostic::error("MISSING_TRANSITION_TARGET", why, at), Some(field));
    }
    target
}

/// The query language of the whole or of a state. JSONata for the whole is never taken back.
pub(super) fn language(fields: &Fields<'_>, around: Language) -> Language {
    match fields.text("QueryLanguage") {
        None => around,
        Some("JSONata") => Language::Jsonata,
        Some("JSONPath") if around == Language::Jsonata => {
            fields.refuse(
                "'QueryLanguage' can not be 'JSONPath' if set to 'JSONata' for whole state machine",
                None,
            );
            around
        }
        Some("JSONPath") => Language::JsonPath,
        Some(_) => {
            fields.refuse("Value must be one of [JSONPath, JSONata]", Some("QueryLanguage"));
            around
        }
    }
}
