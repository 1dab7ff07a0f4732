//! When a failed delivery is tried again: at once, then after the least wait, then after growing ones, then after the longest.
//!
//! Follows "Amazon SNS message delivery retries" in the developer guide.

use serde::{Deserialize, Serialize};

/// How waits grow from the least to the longest.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Backoff {
    Arithmetic,
    Exponential,
    Geometric,
    #[default]
    Linear,
}

/// A retry policy, as delivery policies spell it. Waits are in seconds.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
pub(crate) struct Retries {
    pub(crate) min_delay_target: u32,
    pub(crate) max_delay_target: u32,
    pub(crate) num_retries: u32,
    pub(crate) num_max_delay_retries: u32,
    pub(crate) num_no_delay_retries: u32,
    pub(crate) num_min_delay_retries: u32,
    pub(crate) backoff_function: Backoff,
}

impl Default for Retries {
    /// What web servers get where nobody said otherwise.
    fn default() -> Self {
        Retries {
            min_delay_target: 20,
            max_delay_target: 20,
            num_retries: 3,
            num_max_delay_retries: 0,
            num_no_delay_retries: 0,
            num_min_delay_retries: 0,
            backoff_function: Backoff::Linear,
        }
    }
}

/// What AWS's own services get: 100,015 attempts in 23 days.
const OF_SERVICES: Retries = Retries {
    min_delay_target: 1,
    max_delay_target: 20,
    num_retries: 100_015,
    num_max_delay_retries: 100_000,
    num_no_delay_retries: 3,
    num_min_delay_retries: 2,
    backoff_function: Backoff::Exponential,
};
/// What people's devices and mail servers get: 50 attempts in six hours.
const OF_PEOPLE: Retries = Retries {
    min_delay_target: 10,
    max_delay_target: 600,
    num_retries: 50,
    num_max_delay_retries: 38,
    num_no_delay_retries: 0,
    num_min_delay_retries: 2,
    backoff_function: Backoff::Exponential,
};

impl Retries {
    /// Those of a protocol that has no policy of its own.
    pub(crate) fn of_protocol(protocol: &str) -> &'static Self {
        match protocol {
            "sqs" | "lambda" | "firehose" => &OF_SERVICES,
            _ => &OF_PEOPLE,
        }
    }

    /// How long to wait, in milliseconds, after that many attempts have failed; none when it is over.
    pub(crate) fn wait_ms(&self, failures: u32) -> Option<i64> {
        let retry = failures.checked_sub(1).filter(|retry| *retry < self.num_retries)?;
        let (min, max) = (f64::from(self.min_delay_target), f64::from(self.max_delay_target));
        let growing_from = self.num_no_delay_retries + self.num_min_delay_retries;
        let longest_from = self.num_retries - self.num_max_delay_retries.min(self.num_retries);
        let seconds = if retry < self.num_no_delay_retries {
            0.0
        } else if retry < growing_from {
            min
        } else if retry < longest_from {
            let (step, steps) = (retry - growing_from, longest_from - growing_from);
            self.backoff_function.between(min, max, step, steps)
        } else {
            max
        };
        #[allow(clippy::cast_possible_truncation, reason = "an hour at most")]
        Some((seconds * 1000.0).round() as i64)
    }

    /// All waits together, in seconds.
    pub(crate) fn total_s(&self) -> i64 {
        (1..).map_while(|failures| self.wait_ms(failures)).sum::<i64>() / 1000
    }
}

impl Backoff {
    /// The wait at a step of several, from the least to the longest.
    fn between(self, min: f64, max: f64, step: u32, steps: u32) -> f64 {
        let last = f64::from(steps.saturating_sub(1));
        if last == 0.0 {
            return min;
        }
        let step = f64::from(step);
        let share = match self {
            Backoff::Linear => step / last,
            // Each wait is longer than the one before by one step more than that was.
            Backoff::Arithmetic => step * (step + 1.0) / (last * (last + 1.0)),
            Backoff::Exponential => (step.exp2() - 1.0) / (last.exp2() - 1.0),
            Backoff::Geometric => return min * (max / min).powf(step / last),
        };
        min + (max - min) * share
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn waits(retries: &Retries) -> Vec<i64> {
        (1..60).map_while(|failures| retries.wait_ms(failures)).collect()
    }

    #[test]
    fn phases_follow_each_other() {
        let retries = Retries {
            min_delay_target: 2,
            max_delay_target: 8,
            num_retries: 9,
            num_no_delay_retries: 2,
            num_min_delay_retries: 1,
            num_max_delay_retries: 3,
            backoff_function: Backoff::Linear,
        };
        assert_eq!(waits(&retries), [0, 0, 2000, 2000, 5000, 8000, 8000, 8000, 8000]);
        assert_eq!(retries.total_s(), 41);
        assert_eq!(waits(&Retries::default()), [20_000; 3]);
        assert_eq!(waits(&Retries { num_retries: 0, ..Retries::default() }), [0; 0]);
    }

    #[test]
    fn functions_rise_from_the_least_to_the_longest() {
        let waits = |backoff_function| {
            waits(&Retries {
                min_delay_target: 1,
                max_delay_target: 16,
                num_retries: 5,
                backoff_function,
                ..Retries::default()
            })
        };
        assert_eq!(waits(Backoff::Linear), [1000, 4750, 8500, 12_250, 16_000]);
        assert_eq!(waits(Backoff::Arithmetic), [1000, 2500, 5500, 10_000, 16_000]);
        assert_eq!(waits(Backoff::Exponential), [1000, 2000, 4000, 8000, 16_000]);
        assert_eq!(waits(Backoff::Geometric), [1000, 2000, 4000, 8000, 16_000]);
    }

    #[test]
    fn those_of_aws_are_as_long_as_its_guide_says() {
        assert!((22 * 86_400..24 * 86_400).contains(&Retries::of_protocol("sqs").total_s()));
        assert!((6 * 3600..8 * 3600).contains(&Retries::of_protocol("email").total_s()));
    }
}
