//! Stops the processes of an environment that has no event, as Lambda freezes them, and lets them go on for the next.
//!
//! The launcher, and in a sandbox its first process, are never stopped: they end the others.

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use parking_lot::Mutex;

use super::memory;

/// How often processes are looked for that were started while others were stopped.
const LOOKS_MAX: usize = 4;

/// What an environment's processes are at.
#[derive(Default)]
pub(crate) struct Freezer(Mutex<State>);

#[derive(Default)]
enum State {
    #[default]
    Awake,
    /// It has no event, and may be frozen.
    Idle,
    /// These are stopped.
    Frozen(Vec<Pid>),
}

impl Freezer {
    /// It has no event any more.
    pub(super) fn rest(&self) {
        *self.0.lock() = State::Idle;
    }

    /// Stops what runs below the launcher, unless there is an event again.
    pub(super) fn freeze(&self, launcher: u32, sandboxed: bool) {
        let mut state = self.0.lock();
        if !matches!(*state, State::Idle) {
            return;
        }
        let mut stopped: Vec<Pid> = Vec::new();
        for _ in 0..LOOKS_MAX {
            let found = memory::descendants(launcher, usize::from(sandboxed));
            let found = found.into_iter().filter_map(|pid| i32::try_from(pid).ok()).map(Pid::from_raw);
            let new: Vec<Pid> = found.filter(|pid| !stopped.contains(pid)).collect();
            if new.is_empty() {
                break;
            }
            // One that has ended meanwhile needs no stopping.
            stopped.extend(new.into_iter().filter(|pid| kill(*pid, Signal::SIGSTOP).is_ok()));
        }
        *state = State::Frozen(stopped);
    }

    /// It gets an event.
    pub(super) fn wake(&self) {
        if let State::Frozen(stopped) = std::mem::take(&mut *self.0.lock()) {
            for pid in stopped {
                // One that was killed has gone.
                let _ = kill(pid, Signal::SIGCONT);
            }
        }
    }
}
