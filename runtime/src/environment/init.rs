//! The beginning of an environment: its extensions and its function initialise, within ten seconds; where they fail, another one
//! does so once more, on the time of the event that it is for.

use std::time::Duration;

use super::Environment;
use super::api::Stage;
use super::extensions::ending::Reason;
use super::extensions::{Member, TOO_MANY};
use super::run::{Verdict, end_fault, fault, milliseconds};
use crate::report::{self, Fault, json};
use crate::{Error, FunctionSpec};

/// On whose time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Phase {
    /// Nobody's.
    Init,
    /// An event's.
    Invoke,
}

impl Phase {
    fn name(self) -> &'static str {
        match self {
            Self::Init => "init",
            Self::Invoke => "invoke",
        }
    }
}

/// What became of it.
pub(crate) struct Init {
    pub(crate) phase: Phase,
    pub(crate) took: Duration,
    /// Why it failed.
    pub(super) verdict: Option<Verdict>,
}

impl Init {
    pub(crate) fn has_succeeded(&self) -> bool {
        self.verdict.is_none()
    }
}

impl Environment {
    /// Waits until it has initialised, and says so. The request is the one that waits for it.
    pub(crate) async fn initialise(
        &self,
        spec: &FunctionSpec,
        phase: Phase,
        limit: Duration,
        request_id: &str,
    ) -> Result<Init, Error> {
        let verdict = match tokio::time::timeout(limit, self.initialised(spec, phase, request_id)).await {
            Ok(verdict) => verdict?,
            Err(_) => Some(Verdict::TimedOut),
        };
        let init = Init { phase, took: self.started.elapsed(), verdict };
        self.extensions.close();
        self.tell_init(spec, &init);
        self.telemetry.close();
        if !init.has_succeeded() {
            self.ends(Reason::Failure);
        }
        Ok(init)
    }

    /// Waits for the first `next` of all; a verdict when one never comes.
    async fn initialised(
        &self,
        spec: &FunctionSpec,
        phase: Phase,
        id: &str,
    ) -> Result<Option<Verdict>, Error> {
        let all = async {
            let mut stage = self.desk.stage();
            let settled = stage.wait_for(|stage| !matches!(stage, Stage::Starting)).await;
            let verdict = match settled.map(|stage| stage.clone()) {
                Ok(Stage::Failed { kind, document }) => {
                    Some(Verdict::Ended(Fault::posted(&kind, document, id)))
                }
                _ => None,
            };
            let (status, kind) = verdict.as_ref().map_or(("", ""), of);
            let done = || json::init_runtime_done(spec, phase.name(), status, kind);
            self.logs.tell_subscribers(done);
            if verdict.is_none() {
                self.extensions.ready().await;
            }
            verdict
        };
        tokio::select! {
            biased;
            verdict = all => Ok(verdict),
            failure = self.extensions.failed() => Ok(Some(Verdict::Ended(fault(&failure, id)))),
            end = self.function_ended() => {
                end_fault(end, spec, id).map(|fault| Some(Verdict::Ended(fault)))
            }
        }
    }

    fn tell_init(&self, spec: &FunctionSpec, init: &Init) {
        for member in self.extensions.members() {
            self.tell_extension(spec, &member);
        }
        for name in self.extensions.surplus() {
            let text = report::extension_not_started(name, TOO_MANY);
            self.logs.tell(spec.json_lines, Some(&text), || json::extension_not_started(name, TOO_MANY));
        }
        let (phase, took_ms) = (init.phase.name(), milliseconds(init.took));
        let (status, kind) = init.verdict.as_ref().map_or(("", ""), of);
        let line = || json::init_report(spec, took_ms, phase, status, kind);
        if status.is_empty() {
            // Logs have it in the report of the first event.
            return self.logs.tell_subscribers(line);
        }
        let text = report::init_report(took_ms, phase, status, kind);
        self.logs.tell(spec.json_lines, Some(&text), line);
    }

    fn tell_extension(&self, spec: &FunctionSpec, member: &Member) {
        let events: Vec<&str> = member.events.iter().map(|event| event.name()).collect();
        let (name, state) = (&member.name, member.stage().name());
        let text = report::extension(name, state, &events);
        self.logs.tell(spec.json_lines, Some(&text), || json::extension(name, state, &events));
    }
}

/// Status and type of what failed.
fn of(verdict: &Verdict) -> (&'static str, &str) {
    let kind = match verdict {
        Verdict::Ended(fault) | Verdict::Failed(fault) => fault.kind.as_str(),
        Verdict::Success(_) | Verdict::TimedOut => "",
    };
    (verdict.status(), kind)
}
