//! The end of an environment that has extensions: they hear of it, and have two seconds.

use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use serde_json::json;
use tokio::task::AbortHandle;

use super::{Event, Extensions};
use crate::environment::freezer::Freezer;
use crate::environment::process::Process;
use crate::environment::telemetry::Telemetry;

/// How long they may take, as AWS says: with and without somebody who wants to hear of it.
const TIME_MAX: Duration = Duration::from_secs(2);
const TIME_MAX_UNHEARD: Duration = Duration::from_millis(500);

/// Why an environment ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) enum Reason {
    #[default]
    Spindown,
    Timeout,
    Failure,
}

impl Reason {
    fn name(self) -> &'static str {
        match self {
            Self::Spindown => "spindown",
            Self::Timeout => "timeout",
            Self::Failure => "failure",
        }
    }
}

/// What is left of an environment that nobody uses any more.
pub(crate) struct Ending {
    pub(crate) process: Arc<Process>,
    pub(crate) extensions: Arc<Extensions>,
    pub(crate) telemetry: Arc<Telemetry>,
    pub(crate) freezer: Arc<Freezer>,
    pub(crate) api: AbortHandle,
    pub(crate) reason: Reason,
}

impl Ending {
    pub(crate) async fn carry_out(self) {
        let time_max = if self.extensions.want_the_end() { TIME_MAX } else { TIME_MAX_UNHEARD };
        let until = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default() + time_max;
        let document = json!({
            "eventType": Event::Shutdown.name(),
            "shutdownReason": self.reason.name(),
            "deadlineMs": until.as_millis() as u64,
        });
        self.freezer.wake();
        self.telemetry.hurry();
        self.extensions.tell(Event::Shutdown, &document);
        self.process.terminate_function();
        // Whoever is still there then is killed.
        let _ = tokio::time::timeout(time_max, self.process.ended()).await;
        self.process.kill();
        self.telemetry.end();
        self.api.abort();
    }
}
