//! The processes of an environment as the launcher keeps them: waited for, reported on, and signalled on the server's orders.

use std::io::{self, Read};
use std::os::fd::AsFd;
use std::sync::atomic::{AtomicI32, Ordering};

use nix::errno::Errno;
use nix::poll::{PollFd, PollFlags, poll};
use nix::sys::signal::{Signal, kill};
use nix::sys::wait::{WaitPidFlag, WaitStatus, waitpid};
use nix::unistd::Pid;

use super::launch::Control;
use super::{Order, Report};

/// How often it is looked whether an extension has ended, while the order to start the function is waited for.
const LOOK_MS: u8 = 20;

/// The function's process, for the thread that signals it; 0 where there is none, or none any more.
static FUNCTION: AtomicI32 = AtomicI32::new(0);

/// Who was started.
#[derive(Default)]
pub(super) struct Children {
    function: Option<Pid>,
    pub(super) extensions: Vec<Pid>,
}

/// Whether there may be more to wait for.
#[derive(PartialEq, Eq)]
enum Found {
    Somebody,
    NobodyYet,
    NobodyLeft,
}

impl Children {
    pub(super) fn add_function(&mut self, function: Pid) {
        FUNCTION.store(function.as_raw(), Ordering::SeqCst);
        self.function = Some(function);
    }

    pub(super) fn all(&self) -> Vec<Pid> {
        self.function.into_iter().chain(self.extensions.iter().copied()).collect()
    }

    /// Waits for the order to start the function. `false` when the server does not want it any more.
    pub(super) fn await_start(&mut self, control: &mut Control) -> io::Result<bool> {
        let input = io::stdin();
        loop {
            while self.bury(WaitPidFlag::WNOHANG, control)? == Found::Somebody {}
            match poll(&mut [PollFd::new(input.as_fd(), PollFlags::POLLIN)], LOOK_MS) {
                Ok(0) | Err(Errno::EINTR) => continue,
                Ok(_) => {}
                Err(error) => return Err(error.into()),
            }
            let mut order = [0];
            // Unbuffered: what follows is for others.
            match nix::unistd::read(input.as_fd(), &mut order)? {
                0 => return Ok(false),
                _ if order[0] == Order::Start as u8 => return Ok(true),
                // There is no function yet that could be ended.
                _ => carry_out(order[0]),
            }
        }
    }

    /// Waits until the function and all extensions have ended, burying orphans on the way, and reports how.
    pub(super) fn attend(&mut self, control: &mut Control) {
        while self.function.is_some() || !self.extensions.is_empty() {
            match self.bury(WaitPidFlag::empty(), control) {
                Ok(Found::Somebody | Found::NobodyYet) => {}
                Ok(Found::NobodyLeft) => return,
                Err(error) => return control.send(&Report::SetUpFailed(error.to_string())),
            }
        }
    }

    fn bury(&mut self, how: WaitPidFlag, control: &mut Control) -> io::Result<Found> {
        match waitpid(None, Some(how)) {
            Ok(WaitStatus::StillAlive) => return Ok(Found::NobodyYet),
            Ok(WaitStatus::Exited(pid, status)) => {
                self.ended(pid, Report::Exited(status), Report::ExtensionExited(status), control);
            }
            Ok(WaitStatus::Signaled(pid, signal, _)) => {
                let signal = signal as i32;
                self.ended(pid, Report::Signaled(signal), Report::ExtensionSignaled(signal), control);
            }
            Ok(_) | Err(Errno::EINTR) => {}
            Err(Errno::ECHILD) => return Ok(Found::NobodyLeft),
            Err(error) => return Err(error.into()),
        }
        Ok(Found::Somebody)
    }

    fn ended(&mut self, pid: Pid, of_function: Report, of_extension: Report, control: &mut Control) {
        if self.function == Some(pid) {
            FUNCTION.store(0, Ordering::SeqCst);
            self.function = None;
            control.send(&of_function);
        } else if let Some(at) = self.extensions.iter().position(|extension| *extension == pid) {
            self.extensions.remove(at);
            control.send(&of_extension);
        }
    }
}

/// Carries out orders, and calls `end` as soon as the server closes its end of the lifeline, or dies.
pub(super) fn hold_lifeline(end: impl FnOnce() + Send + 'static) -> io::Result<()> {
    let wait = move || {
        let mut orders = [0; 64];
        while let Ok(count @ 1..) = io::stdin().read(&mut orders) {
            orders[..count].iter().for_each(|order| carry_out(*order));
        }
        end();
    };
    std::thread::Builder::new().spawn(wait).map(|_| ())
}

fn carry_out(order: u8) {
    let signal = match order {
        #[cfg(target_os = "linux")]
        order if order == Order::Socket as u8 => return super::network::hand_over_socket(),
        order if order == Order::Terminate as u8 => Signal::SIGTERM,
        order if order == Order::Kill as u8 => Signal::SIGKILL,
        _ => return,
    };
    let function = FUNCTION.load(Ordering::SeqCst);
    if function > 0 {
        // An error means that it is gone already.
        let _ = kill(Pid::from_raw(function), signal);
    }
}
