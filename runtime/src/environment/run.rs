//! One event's way through an environment: initialise, hand over, wait for an answer, an end, or the deadline.

use std::time::{Duration, Instant, SystemTime};

use bytes::Bytes;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;
use tokio::time::{MissedTickBehavior, interval_at, sleep_until};

use super::api::{Reply, Stage};
use super::extensions::ending::Reason;
use super::extensions::{self, Failure};
use super::handed::{event, told};
use super::init::{Init, Phase};
use super::process::End;
use super::streaming::Passed;
use super::{Environment, MB};
use crate::report::{self, Exit, Fault, Figures, json};
use crate::{Error, FunctionSpec, Invocation, Outcome, RESPONSE_BYTES_MAX, RuntimeKind, STREAM_BYTES_MAX};

/// How often the memory of a working environment is looked at.
const MEMORY_INTERVAL: Duration = Duration::from_millis(50);

/// How long the end of a process is waited for that broke its answer off.
const END_TIME_MAX: Duration = Duration::from_secs(1);

/// What became of an event, before it is made presentable.
pub(crate) enum Verdict {
    Success(Bytes),
    /// The function failed but its environment lives on.
    Failed(Fault),
    /// The environment is at its end.
    Ended(Fault),
    TimedOut,
}

/// What an environment at work is held to.
struct Watch<'a> {
    spec: &'a FunctionSpec,
    id: &'a str,
    deadline: tokio::time::Instant,
}

/// What `environment.run` needs to know beside the event.
pub(crate) struct Terms<'a> {
    pub(crate) spec: &'a FunctionSpec,
    /// How the environment began, where this event is its first.
    pub(crate) init: Option<Init>,
}

impl Environment {
    /// Runs an event; the flag says whether the environment may take another.
    pub(crate) async fn run(
        &self,
        terms: Terms<'_>,
        invocation: &Invocation,
    ) -> Result<(Outcome, bool), Error> {
        let (spec, id) = (terms.spec, &invocation.request_id);
        let (mut spent, mut init_ms, mut verdict) = (Duration::ZERO, None, None);
        if let Some(init) = terms.init {
            match init.phase {
                Phase::Init => init_ms = Some(milliseconds(init.took)),
                Phase::Invoke => spent = init.took,
            }
            verdict = init.verdict;
        }
        let allowance = Duration::from_millis(spec.timeout_ms).saturating_sub(spent);
        self.logs.begin();
        let text = report::start(id, &spec.version);
        self.logs.tell(spec.json_lines, Some(&text), || json::start(id, spec));
        let began = Instant::now();
        let verdict = match verdict {
            Some(verdict) => verdict,
            None => self.work(allowance, spec, invocation).await?,
        };
        let answered = matches!(verdict, Verdict::Success(_) | Verdict::Failed(_));
        let rest = || allowance.saturating_sub(began.elapsed());
        let waits = answered && self.waits_again(rest()).await;
        let done_ms = milliseconds(spent + began.elapsed());
        self.runtime_done(spec, id, &verdict, done_ms);
        // Extensions may wait to hear just that.
        let (verdict, reusable) =
            if waits { self.rests_again(id, verdict, rest()).await } else { (verdict, false) };
        let duration_ms = milliseconds(spent + began.elapsed());
        let outcome = self.conclude(spec, invocation, verdict, duration_ms, init_ms);
        Ok((outcome, reusable && self.is_usable()))
    }

    /// It ends, because of this.
    pub(super) fn ends(&self, reason: Reason) {
        *self.reason.lock() = reason;
    }

    /// An invocation lasts until the function asks for the next event: only then is its work done, and its log whole.
    /// `false` when it ended instead, or did not ask in time.
    async fn waits_again(&self, allowance: Duration) -> bool {
        let mut stage = self.desk.stage();
        let waiting = stage.wait_for(|stage| matches!(stage, Stage::Waiting));
        tokio::select! {
            biased;
            waiting = waiting => waiting.is_ok(),
            _ = self.function_ended() => false,
            () = tokio::time::sleep(allowance) => false,
        }
    }

    /// It also lasts until the extensions ask for theirs.
    async fn rests_again(&self, id: &str, verdict: Verdict, allowance: Duration) -> (Verdict, bool) {
        tokio::select! {
            biased;
            () = self.extensions.ready() => (verdict, true),
            failure = self.extensions.failed() => (Verdict::Ended(fault(&failure, id)), false),
            () = tokio::time::sleep(allowance) => (Verdict::TimedOut, false),
        }
    }

    fn runtime_done(&self, spec: &FunctionSpec, id: &str, verdict: &Verdict, duration_ms: f64) {
        let status = verdict.status();
        self.logs.tell(spec.json_lines, None, || json::runtime_done(id, duration_ms, status));
    }

    /// Hands the event over, and waits for the whole answer.
    async fn work(
        &self,
        allowance: Duration,
        spec: &FunctionSpec,
        invocation: &Invocation,
    ) -> Result<Verdict, Error> {
        let id = &invocation.request_id;
        let watch = Watch { spec, id, deadline: tokio::time::Instant::now() + allowance };
        let answer = self.desk.hand_over(event(invocation, allowance));
        if self.extensions.are_there() {
            self.extensions.tell(extensions::Event::Invoke, &told(invocation, allowance));
        }
        let reply = match self.watched(&watch, answer).await? {
            Ok(reply) => reply,
            Err(verdict) => return Ok(verdict),
        };
        let stream = match reply {
            Ok(Reply::Streaming(stream)) => stream,
            Ok(Reply::Success(payload)) => return Ok(Verdict::Success(payload)),
            Ok(Reply::Failure { kind, document }) => {
                return Ok(Verdict::Failed(Fault::posted(&kind, document, id)));
            }
            Ok(Reply::TooLarge) => return Ok(Verdict::Failed(Fault::response_too_large(RESPONSE_BYTES_MAX))),
            // It does not take events any more.
            Err(_) => return Ok(Verdict::Ended(Fault::exited(id, Exit::Signal(libc::SIGKILL)))),
        };
        let limit = if invocation.pieces.is_some() { STREAM_BYTES_MAX } else { RESPONSE_BYTES_MAX };
        let passed = match self.watched(&watch, stream.pass_on(invocation.pieces.as_ref())).await? {
            Ok(passed) => passed,
            Err(verdict) => return Ok(verdict),
        };
        match passed {
            Passed::Whole(payload) => Ok(Verdict::Success(payload)),
            Passed::Failed { kind, document } => Ok(Verdict::Failed(Fault::posted(&kind, document, id))),
            Passed::TooLarge => Ok(Verdict::Ended(Fault::response_too_large(limit))),
            Passed::Broken => self.broke_off(spec, id).await,
        }
    }

    /// An answer that broke off: most likely because its process is at its end, which is told a little later.
    async fn broke_off(&self, spec: &FunctionSpec, id: &str) -> Result<Verdict, Error> {
        match tokio::time::timeout(END_TIME_MAX, self.function_ended()).await {
            Ok(end) => end_fault(end, spec, id).map(Verdict::Ended),
            Err(_) => Ok(Verdict::Failed(Fault::truncated(id))),
        }
    }

    /// Waits for something of the function's; a verdict when it ends before, or takes too long or too much memory.
    async fn watched<T>(
        &self,
        watch: &Watch<'_>,
        work: impl Future<Output = T>,
    ) -> Result<Result<T, Verdict>, Error> {
        let mut looks = interval_at(tokio::time::Instant::now() + MEMORY_INTERVAL, MEMORY_INTERVAL);
        looks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        // Waited for throughout: a look that takes long must not begin its last words anew.
        let ended = self.function_ended();
        tokio::pin!(work, ended);
        loop {
            tokio::select! {
                biased;
                done = &mut work => return Ok(Ok(done)),
                end = &mut ended => {
                    return end_fault(end, watch.spec, watch.id).map(|fault| Err(Verdict::Ended(fault)));
                }
                failure = self.extensions.failed() => return Ok(Err(Verdict::Ended(fault(&failure, watch.id)))),
                () = sleep_until(watch.deadline) => return Ok(Err(Verdict::TimedOut)),
                _ = looks.tick() => {
                    if self.measure() > u64::from(watch.spec.memory_mb) * MB {
                        // Its end comes next.
                        self.kill();
                    }
                }
            }
        }
    }

    fn conclude(
        &self,
        spec: &FunctionSpec,
        invocation: &Invocation,
        verdict: Verdict,
        duration_ms: f64,
        init_ms: Option<f64>,
    ) -> Outcome {
        let id = &invocation.request_id;
        let figures =
            Figures { duration_ms, init_ms, max_memory_mb: self.max_memory_mb().min(spec.memory_mb) };
        let status = verdict.status();
        let (payload, failed, kind) = match verdict {
            Verdict::Success(payload) => (payload, false, String::new()),
            Verdict::Failed(fault) => (fault.payload, true, String::new()),
            Verdict::Ended(fault) => {
                self.ends(Reason::Failure);
                (fault.payload, true, fault.kind)
            }
            Verdict::TimedOut => {
                self.ends(Reason::Timeout);
                self.kill();
                if spec.json_lines.is_none() {
                    self.logs.add(&report::timed_out(&now(), id, spec.timeout_ms));
                    self.logs.add("");
                }
                (Fault::timed_out(id, spec.timeout_ms).payload, true, String::new())
            }
        };
        if spec.json_lines.is_none() {
            self.logs.add(&report::end(id));
        }
        self.logs.tell_subscribers(|| json::end(id));
        let text = figures.line(id, spec, status, &kind);
        self.logs.tell(spec.json_lines, Some(&text), || json::report(&figures, id, spec, status, &kind));
        Outcome {
            payload,
            function_error: failed.then_some("Unhandled"),
            log_tail: self.logs.tail(),
            duration_ms,
            billed_ms: figures.billed_ms(),
            max_memory_mb: figures.max_memory_mb,
            init_ms,
            environment_id: self.id.clone(),
        }
    }
}

impl Verdict {
    /// As reports say it; nothing where a function did its work, be it that it answered with an error.
    pub(super) fn status(&self) -> &'static str {
        match self {
            Self::Success(_) | Self::Failed(_) => "",
            Self::Ended(_) => "error",
            Self::TimedOut => "timeout",
        }
    }
}

pub(super) fn fault(failure: &Failure, request_id: &str) -> Fault {
    Fault::extension(request_id, failure.kind, &failure.reason)
}

/// An end that the function is to blame for; any other is an error of ours.
pub(super) fn end_fault(end: End, spec: &FunctionSpec, request_id: &str) -> Result<Fault, Error> {
    match end {
        End::Function(exit) => Ok(Fault::exited(request_id, exit)),
        End::ExecFailed(reason) => {
            Ok(Fault::invalid_entrypoint(request_id, &entrypoint_reason(spec, reason)))
        }
        End::SetUpFailed(reason) => Err(Error::Sandbox(reason)),
        End::Ready => Err(Error::Sandbox("the launcher was not told what to run".to_owned())),
    }
}

fn entrypoint_reason(spec: &FunctionSpec, reason: String) -> String {
    let exists = |folder: &std::path::Path| folder.join("bootstrap").is_file();
    let custom = matches!(spec.runtime, RuntimeKind::ProvidedAl2 | RuntimeKind::ProvidedAl2023);
    if custom && !exists(&spec.code_dir) && !spec.opt_dir.as_deref().is_some_and(exists) {
        return "Couldn't find valid bootstrap(s): [/var/task/bootstrap /opt/bootstrap]".to_owned();
    }
    reason
}

pub(super) fn milliseconds(time: Duration) -> f64 {
    time.as_secs_f64() * 1000.0
}

fn now() -> String {
    let now = OffsetDateTime::from(SystemTime::now());
    now.replace_nanosecond(now.millisecond() as u32 * 1_000_000)
        .unwrap_or(now)
        .format(&Rfc3339)
        .unwrap_or_default()
}
