//! The log of what is done with an event, in CloudWatch Logs, where the stage wants one of its route.

use ::service::Lines;
use parking_lot::Mutex;

use super::call::Call;
use super::refusal::Refusal;

/// The most bytes of a line that holds what clients and integrations say.
const TRACE_MAX: usize = 1024;

/// Lines, as far as somebody may want them.
pub(crate) struct Notes {
    lines: Option<Mutex<Vec<String>>>,
}

impl Notes {
    /// Lines are kept if any route of the stage is logged: which route it is shows later.
    pub(crate) fn new(are_kept: bool) -> Self {
        Notes { lines: are_kept.then(Mutex::default) }
    }

    /// Notes a line.
    pub(crate) fn say(&self, line: impl FnOnce() -> String) {
        if let Some(lines) = &self.lines {
            lines.lock().push(line());
        }
    }
}

impl Call {
    /// Notes a line that holds a body, where the stage wants that of the route.
    pub(crate) fn trace(&self, what: &str, body: &[u8]) {
        if self.plan.stage.traces(&self.route_key) {
            self.notes.say(|| {
                let mut line = format!("{what}: {}", String::from_utf8_lossy(body));
                if line.len() > TRACE_MAX {
                    line.truncate(line.floor_char_boundary(TRACE_MAX));
                    line.push_str(" [TRUNCATED]");
                }
                line
            });
        }
    }

    /// Writes the lines of an event that has ended: all, or of what has failed alone.
    pub(crate) fn write_notes(&self, refusal: Option<&Refusal>) {
        let Some(lines) = &self.notes.lines else { return };
        match (self.plan.stage.logging_level(&self.route_key), refusal) {
            (Some("INFO"), _) | (Some("ERROR"), Some(_)) => {}
            _ => return,
        }
        let mut lines = std::mem::take(&mut *lines.lock());
        if let Some(refusal) = refusal {
            lines.push(format!("Execution failed: {}", refusal.reason));
        }
        let status = refusal.map_or(200, |refusal| refusal.status);
        lines.push(format!("Route completed with status: {status}"));
        let id = &self.request_id;
        let lines = lines.into_iter().map(|line| format!("({id}) {line}")).collect();
        let group = format!("/aws/apigateway/{}/{}", self.plan.api, self.plan.stage.name);
        let lines = Lines { group, stream: "apigateway", lines, at_ms: self.at_ms, makes_group: true };
        lines.send(self.cloud.context_of("apigateway", self.plan.scope));
    }
}
