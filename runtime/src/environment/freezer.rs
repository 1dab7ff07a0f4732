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
struct State {
    /// Counts rests and wakings: who froze in an earlier rest stops.
    turn: u64,
    is_resting: bool,
    /// These are stopped.
    stopped: Vec<Pid>,
}

impl Freezer {
    /// It has no event any more; tells the turn that this is.
    pub(super) fn rest(&self) -> u64 {
        let mut state = self.0.lock();
        state.turn += 1;
        state.is_resting = true;
        state.turn
    }

    /// Stops what runs below the launcher, unless there is an event again. Processes are looked for without the lock, for
    /// which an event might wait, and stopped with it, so that nothing is stopped once there is one. It blocks.
    pub(super) fn freeze(&self, turn: u64, launcher: u32, sandboxed: bool) {
        for _ in 0..LOOKS_MAX {
            let found = memory::descendants(launcher, usize::from(sandboxed));
            let found = found.into_iter().filter_map(|pid| i32::try_from(pid).ok()).map(Pid::from_raw);
            let mut state = self.0.lock();
            if !state.is_resting || state.turn != turn {
                return;
            }
            let new: Vec<Pid> = found.filter(|pid| !state.stopped.contains(pid)).collect();
            if new.is_empty() {
                return;
            }
            // One that has ended meanwhile needs no stopping.
            state.stopped.extend(new.into_iter().filter(|pid| kill(*pid, Signal::SIGSTOP).is_ok()));
        }
    }

    /// It gets an event.
    pub(super) fn wake(&self) {
        let mut state = self.0.lock();
        state.turn += 1;
        state.is_resting = false;
        for pid in std::mem::take(&mut state.stopped) {
            // One that was killed has gone.
            let _ = kill(pid, Signal::SIGCONT);
        }
    }
}
