//! Hands a batch to the function until it took it, or until it is given up.

use std::collections::VecDeque;

use runtime::Outcome;
use service::Result;

use super::destination::{self, GivenUp};
use super::event::{self, Record};
use super::settings::Streaming;
use super::shard::Reader;
use super::window::Window;
use crate::function;
use crate::host::Call;
use crate::sources::batch::failures;

/// What became of a batch, in Lambda's words.
pub(super) const OK: &str = "OK";
const PROBLEM: &str = "PROBLEM: Function call failed";

/// A batch, or what is left of one.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Part {
    records: Vec<Record>,
    /// How often the function failed on it.
    failures: u32,
}

/// What the function did with a part.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Answer {
    Took,
    /// It took what stands before this one.
    FailedAt(usize),
    Failed,
}

/// What becomes of a part.
#[derive(Debug, PartialEq, Eq)]
enum Next {
    Done,
    /// These are tried again, first things first, after a rest if one is told.
    Again(Vec<Part>, Option<u32>),
    GiveUp(Part),
}

/// Returns what became of the batch, or None when it was stopped before it was done with. Each answer leaves its state in
/// the window, if there is one; a batch without records is the last of its window.
pub(super) async fn deliver(
    reader: &Reader,
    records: Vec<Record>,
    mut window: Option<&mut Window>,
) -> Result<Option<&'static str>> {
    let mut parts = VecDeque::from([Part { records, failures: 0 }]);
    let mut result = OK;
    let mut refusals = 0;
    while let Some(mut part) = parts.pop_front() {
        if reader.is_stopped() {
            return Ok(None);
        }
        if give_up_old(reader, &mut part).await? {
            result = PROBLEM;
            if part.records.is_empty() {
                continue;
            }
        }
        let context = reader.cloud.context_of("lambda", reader.mapping.scope);
        let name = reader.mapping.function();
        let function = function::choose(&*context.view(), &name, context.random())?;
        let request_id = &context.caller.request_id;
        let more = window.as_ref().map(|window| window.members(reader, part.records.is_empty()));
        let event = event::event(&part.records, &more.unwrap_or_default());
        let outcome = match reader.host.run(&context, &function, &name, Call::of(request_id, event)).await {
            Ok(outcome) => outcome,
            // It did not run, so this is no try: most often as many as may are at work.
            Err(error) => {
                tracing::debug!(%error, function = %name.arn(), "a batch waits");
                parts.push_front(part);
                reader.rest(refusals).await;
                refusals += 1;
                continue;
            }
        };
        refusals = 0;
        let error = outcome.function_error;
        let answer = part.heard(&outcome, reader.mapping.reports_failures, window.as_deref_mut());
        match part.next(answer, &reader.settings) {
            Next::Done => {}
            Next::Again(again, rest) => {
                again.into_iter().rev().for_each(|part| parts.push_front(part));
                if let Some(failures) = rest {
                    reader.rest(failures).await;
                }
            }
            Next::GiveUp(Part { records, failures }) => {
                result = PROBLEM;
                let (condition, invocations) = ("RetryAttemptsExhausted", failures);
                let given_up = GivenUp { request_id, condition, invocations, error, records: &records };
                destination::send(reader, &given_up).await?;
            }
        }
    }
    Ok(Some(result))
}

/// Sends the records that are too old to where they go; returns whether there were any.
async fn give_up_old(reader: &Reader, part: &mut Part) -> Result<bool> {
    let records = part.take_old(reader.cloud.clock.now().secs(), reader.settings.age_max_s);
    if records.is_empty() {
        return Ok(false);
    }
    let request_id = reader.cloud.random.uuid();
    let (condition, invocations) = ("RecordAgeExpired", part.failures);
    let given_up =
        GivenUp { request_id: &request_id, condition, invocations, error: None, records: &records };
    destination::send(reader, &given_up).await?;
    Ok(true)
}

impl Part {
    /// Takes out the records that are too old.
    fn take_old(&mut self, now_s: i64, age_max_s: i32) -> Vec<Record> {
        if age_max_s < 0 {
            return Vec::new();
        }
        let is_old = |record: &Record| now_s - record.at_s > i64::from(age_max_s);
        let count = self.records.iter().take_while(|record| is_old(record)).count();
        let rest = self.records.split_off(count);
        std::mem::replace(&mut self.records, rest)
    }

    /// What a run says. In a window an answer must have a state, but for the last one.
    fn heard(&self, outcome: &Outcome, reports_failures: bool, window: Option<&mut Window>) -> Answer {
        if outcome.function_error.is_some() {
            return Answer::Failed;
        }
        let has_state = window.is_none_or(|window| window.take(&outcome.payload));
        if has_state || self.records.is_empty() {
            self.answer(&outcome.payload, reports_failures)
        } else {
            Answer::Failed
        }
    }

    /// What the answer of a function says: where it reports failures, the first one counts, and who cannot be understood failed.
    fn answer(&self, payload: &[u8], reports_failures: bool) -> Answer {
        if !reports_failures {
            return Answer::Took;
        }
        let Some(failed) = failures(payload) else { return Answer::Failed };
        let places = failed.iter().map(|id| self.records.iter().position(|record| record.number == *id));
        match places.collect::<Option<Vec<_>>>() {
            None => Answer::Failed,
            Some(places) => places.into_iter().min().map_or(Answer::Took, Answer::FailedAt),
        }
    }

    fn next(mut self, answer: Answer, settings: &Streaming) -> Next {
        match answer {
            Answer::Took => return Next::Done,
            Answer::Failed if settings.bisects && self.records.len() > 1 => {
                let second = Part { records: self.records.split_off(self.records.len() / 2), ..self };
                return Next::Again(vec![self, second], None);
            }
            Answer::Failed => self.failures += 1,
            Answer::FailedAt(0) => self.failures += 1,
            // Another record is first now.
            Answer::FailedAt(at) => self = Part { records: self.records.split_off(at), failures: 1 },
        }
        let is_given_up =
            u32::try_from(settings.retries_max).is_ok_and(|retries_max| self.failures > retries_max);
        match is_given_up {
            true => Next::GiveUp(self),
            false => {
                let rest = Some(self.failures - 1);
                Next::Again(vec![self], rest)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn part(numbers: &[i64], failures: u32) -> Part {
        let record =
            |number: &i64| Record { number: number.to_string(), at_s: *number, item: 0, text: String::new() };
        Part { records: numbers.iter().map(record).collect(), failures }
    }

    fn settings(retries_max: i32, bisects: bool) -> Streaming {
        let (from, filters, destination) = ("LATEST".into(), Vec::new(), None);
        Streaming { from, lanes: 1, retries_max, age_max_s: -1, bisects, filters, destination, tumbling_s: 0 }
    }

    #[test]
    fn the_first_failure_of_an_answer_counts() {
        let part = part(&[1, 2, 3], 0);
        let answer = |text: &str| part.answer(text.as_bytes(), true);
        for took in ["null", "{}", r#"{"batchItemFailures":[]}"#] {
            assert_eq!(answer(took), Answer::Took, "{took}");
        }
        let failures = r#"{"batchItemFailures":[{"itemIdentifier":"3"},{"itemIdentifier":"2"}]}"#;
        assert_eq!(answer(failures), Answer::FailedAt(1));
        for failed in ["", "7", r#"{"batchItemFailures":[{"itemIdentifier":"9"}]}"#] {
            assert_eq!(answer(failed), Answer::Failed, "{failed}");
        }
    }

    #[test]
    fn a_batch_is_tried_as_often_as_it_may() {
        let forever = settings(-1, false);
        assert_eq!(
            part(&[1], 99).next(Answer::Failed, &forever),
            Next::Again(vec![part(&[1], 100)], Some(99))
        );
        let twice = settings(1, false);
        assert_eq!(
            part(&[1, 2], 0).next(Answer::Failed, &twice),
            Next::Again(vec![part(&[1, 2], 1)], Some(0))
        );
        assert_eq!(part(&[1, 2], 1).next(Answer::Failed, &twice), Next::GiveUp(part(&[1, 2], 2)));
        assert_eq!(
            part(&[1, 2], 1).next(Answer::FailedAt(1), &twice),
            Next::Again(vec![part(&[2], 1)], Some(0))
        );
        assert_eq!(part(&[1, 2], 1).next(Answer::FailedAt(0), &twice), Next::GiveUp(part(&[1, 2], 2)));
        assert_eq!(part(&[1, 2], 1).next(Answer::Took, &twice), Next::Done);
    }

    #[test]
    fn halves_do_not_count_as_tries() {
        let halving = settings(0, true);
        let halves = vec![part(&[1], 0), part(&[2, 3], 0)];
        assert_eq!(part(&[1, 2, 3], 0).next(Answer::Failed, &halving), Next::Again(halves, None));
        assert_eq!(part(&[1], 0).next(Answer::Failed, &halving), Next::GiveUp(part(&[1], 1)));
    }

    #[test]
    fn what_is_too_old_is_taken_out() {
        let mut aged = part(&[100, 150, 200], 0);
        assert!(aged.take_old(1000, -1).is_empty());
        assert_eq!(aged.take_old(211, 60), part(&[100, 150], 0).records);
        assert_eq!(aged, part(&[200], 0));
    }
}
