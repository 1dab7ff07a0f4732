//! Retry and Catch: for which errors, how often, how soon, and to where.

use std::collections::HashMap;

use serde_json::Value;

use super::StateId;
use super::fields::Fields;
use crate::chance::Chance;
use crate::failure::names;
use crate::path::Path;
use crate::template::{Language, Template};

const ATTEMPTS_MAX: u64 = 99_999_999;
const DELAY_S_MAX: u64 = 31_622_400;

/// For which errors a state is tried again.
#[derive(Clone, Debug)]
pub(crate) struct Retrier {
    pub(crate) errors: Vec<String>,
    pub(crate) attempts_max: u64,
    interval_s: u64,
    backoff_rate: f64,
    delay_s_max: Option<u64>,
    is_jittered: bool,
}

/// Where errors lead.
#[derive(Clone, Debug)]
pub(crate) struct Catcher {
    pub(crate) errors: Vec<String>,
    pub(crate) next: StateId,
    pub(crate) result_path: Option<Path>,
    pub(crate) assign: Option<Template>,
    pub(crate) output: Option<Template>,
}

impl Retrier {
    /// How long to wait, after so many attempts were made before.
    #[expect(
        clippy::cast_precision_loss,
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "bounded"
    )]
    pub(crate) fn delay_ms(&self, attempts: u64, chance: &Chance) -> u64 {
        let attempts = i32::try_from(attempts).unwrap_or(i32::MAX);
        let longest = self.delay_s_max.unwrap_or(DELAY_S_MAX) as f64;
        let delay_s = (self.interval_s as f64 * self.backoff_rate.powi(attempts)).min(longest);
        let share = if self.is_jittered { chance.fraction() } else { 1.0 };
        (delay_s * share * 1000.0) as u64
    }

    pub(super) fn read_all(state: &Fields<'_>) -> Vec<Self> {
        let retriers = state.objects("Retry");
        let last = retriers.len().saturating_sub(1);
        retriers.iter().enumerate().map(|(index, fields)| Self::read(fields, index == last)).collect()
    }

    fn read(fields: &Fields<'_>, is_last: bool) -> Self {
        let interval_s = fields.integer("IntervalSeconds", (1, ATTEMPTS_MAX)).unwrap_or(1);
        let delay_s_max = fields.integer("MaxDelaySeconds", (1, DELAY_S_MAX - 1));
        if delay_s_max.is_some_and(|most| most <= interval_s) {
            fields.refuse("MaxDelaySeconds must be greater than IntervalSeconds", Some("MaxDelaySeconds"));
        }
        let backoff_rate =
            fields.value("BackoffRate").map_or(Some(2.0), Value::as_f64).filter(|&rate| rate >= 1.0);
        if backoff_rate.is_none() {
            fields.refuse("BackoffRate must be a number of at least 1.0", Some("BackoffRate"));
        }
        let jitter = fields.text("JitterStrategy").unwrap_or("NONE");
        if !["NONE", "FULL"].contains(&jitter) {
            fields.refuse("Value must be one of [FULL, NONE]", Some("JitterStrategy"));
        }
        let retrier = Retrier {
            errors: errors(fields, is_last),
            attempts_max: fields.integer("MaxAttempts", (0, ATTEMPTS_MAX)).unwrap_or(3),
            interval_s,
            backoff_rate: backoff_rate.unwrap_or(2.0),
            delay_s_max,
            is_jittered: jitter == "FULL",
        };
        fields.end();
        retrier
    }
}

impl Catcher {
    pub(super) fn read_all(
        state: &Fields<'_>,
        language: Language,
        names: &HashMap<&str, StateId>,
    ) -> Vec<Self> {
        let catchers = state.objects("Catch");
        let last = catchers.len().saturating_sub(1);
        let read = |(index, fields): (usize, &Fields<'_>)| Self::read(fields, language, names, index == last);
        catchers.iter().enumerate().filter_map(read).collect()
    }

    fn read(
        fields: &Fields<'_>,
        language: Language,
        names: &HashMap<&str, StateId>,
        is_last: bool,
    ) -> Option<Self> {
        let is_jsonata = language == Language::Jsonata;
        let result_path = if is_jsonata { Some(Path::whole()) } else { fields.path("ResultPath") };
        let output = if is_jsonata { fields.template("Output", language) } else { None };
        let assign = fields.object_template("Assign", language);
        let errors = errors(fields, is_last);
        fields.require(&["Next"]);
        let next = super::builder::target(fields, "Next", names);
        fields.end();
        Some(Catcher { errors, next: next?, result_path, assign, output })
    }
}

/// The names for which a rule is. The one for all stands alone, and in the last rule.
fn errors(fields: &Fields<'_>, is_last: bool) -> Vec<String> {
    fields.require(&["ErrorEquals"]);
    let listed = fields.list("ErrorEquals").map(Vec::as_slice).unwrap_or_default();
    let errors: Vec<String> = listed.iter().filter_map(Value::as_str).map(str::to_owned).collect();
    if errors.len() < listed.len() || errors.is_empty() {
        fields.refuse("ErrorEquals must be a list of strings that is not empty", Some("ErrorEquals"));
    }
    if errors.iter().any(|error| error == names::ALL) && (errors.len() > 1 || !is_last) {
        fields.refuse("States.ALL must be alone, and in the last rule", Some("ErrorEquals"));
    }
    errors
}
