//! Where lines go. A file or a terminal gets them as they are written; who writes into a pipe never waits for its reader.
//!
//! What a pipe does not take at once is kept, and a thread writes it as the reader comes along. Beyond a limit lines are
//! dropped, warnings last, and a line says how many as soon as there is room again.

use std::collections::VecDeque;
use std::fs::{File, OpenOptions};
use std::io::{self, ErrorKind, Write as _};
use std::os::fd::AsFd;
use std::os::unix::fs::{FileTypeExt as _, OpenOptionsExt as _};
use std::sync::{Mutex, MutexGuard, PoisonError};

use nix::fcntl::{FcntlArg, OFlag, fcntl};
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};

/// What is kept for a reader that is late, in bytes.
const KEPT_BYTES_MAX: usize = 512 * 1024;
/// How much more is kept of warnings.
const WARNINGS_BYTES_MAX: usize = 64 * 1024;

/// An open log.
pub(super) enum Out {
    File(File),
    Pipe(Pipe),
}

impl Out {
    /// Of what is open here: for a pipe or a socket it does not wait.
    pub(super) fn open(stream: impl AsFd) -> io::Result<Self> {
        let file = File::from(stream.as_fd().try_clone_to_owned()?);
        let kind = file.metadata()?.file_type();
        if kind.is_fifo() || kind.is_socket() {
            return Ok(Out::Pipe(Pipe { end: not_blocking(file)?, behind: Mutex::default() }));
        }
        Ok(Out::File(file))
    }

    /// Writes whole lines, of which the last may be a warning.
    pub(super) fn write(&'static self, lines: &[u8], is_last_warning: bool) -> io::Result<()> {
        match self {
            Out::File(file) => (&mut &*file).write_all(lines),
            Out::Pipe(pipe) => pipe.write(lines, is_last_warning),
        }
    }
}

/// The same pipe, opened anew where that is allowed: whether it blocks is shared with everybody who has it by the old opening.
fn not_blocking(file: File) -> io::Result<File> {
    let path = format!("/proc/self/fd/{}", std::os::fd::AsRawFd::as_raw_fd(&file));
    if let Ok(own) = OpenOptions::new().write(true).custom_flags(OFlag::O_NONBLOCK.bits()).open(path) {
        return Ok(own);
    }
    let flags = OFlag::from_bits_truncate(fcntl(&file, FcntlArg::F_GETFL)?);
    fcntl(&file, FcntlArg::F_SETFL(flags | OFlag::O_NONBLOCK))?;
    Ok(file)
}

/// The end of a pipe into which lines go.
pub(super) struct Pipe {
    end: File,
    behind: Mutex<Behind>,
}

/// What the reader has not had yet.
#[derive(Default)]
struct Behind {
    /// Whole lines, but that the first may have been begun.
    lines: VecDeque<u8>,
    /// Lines that are in no reader's hands ever.
    dropped: u64,
    /// Whether a thread writes what is here; until it is through, nobody else writes.
    is_drained: bool,
}

impl Pipe {
    fn write(&'static self, lines: &[u8], is_last_warning: bool) -> io::Result<()> {
        let mut behind = self.lock();
        let mut rest = lines;
        if behind.lines.is_empty() {
            let written = self.try_write(lines)?;
            rest = &lines[written..];
            if rest.is_empty() {
                return Ok(());
            }
            if written > 0 && lines[written - 1] != b'\n' {
                // Whatever is dropped, a line that was begun has its end.
                let (begun, others) = rest.split_at(end_of_line(rest));
                behind.lines.extend(begun);
                rest = others;
            }
        }
        behind.keep(rest, is_last_warning);
        if !behind.is_drained {
            std::thread::Builder::new().name("log".into()).spawn(|| self.drain())?;
            behind.is_drained = true;
        }
        Ok(())
    }

    /// Waits for the reader and writes what it has not had, until that is nothing or there is no reader.
    fn drain(&self) {
        loop {
            // Whatever is wrong with the pipe, writing says it.
            let _ = poll(&mut [PollFd::new(self.end.as_fd(), PollFlags::POLLOUT)], PollTimeout::NONE);
            let mut behind = self.lock();
            match self.try_write(behind.lines.as_slices().0) {
                Ok(written) => drop(behind.lines.drain(..written)),
                // There is nobody to tell that the log is gone.
                Err(_) => *behind = Behind::default(),
            }
            if behind.lines.is_empty() {
                if behind.dropped == 0 {
                    *behind = Behind::default();
                    return;
                }
                let dropped = std::mem::take(&mut behind.dropped);
                behind.lines.extend(super::notice(dropped).as_bytes());
            }
        }
    }

    /// Writes as much as the pipe takes now.
    fn try_write(&self, lines: &[u8]) -> io::Result<usize> {
        loop {
            match (&mut &self.end).write(lines) {
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) if error.kind() == ErrorKind::WouldBlock => return Ok(0),
                outcome => return outcome,
            }
        }
    }

    fn lock(&self) -> MutexGuard<'_, Behind> {
        self.behind.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Behind {
    /// Keeps lines while there is room, and counts the others. Once some are dropped, only warnings are kept until the reader
    /// is back, so that the gap is one.
    fn keep(&mut self, mut lines: &[u8], is_last_warning: bool) {
        while !lines.is_empty() {
            let (line, rest) = lines.split_at(end_of_line(lines));
            let is_warning = is_last_warning && rest.is_empty();
            let bytes = self.lines.len() + line.len();
            let fits = match is_warning {
                true => bytes <= KEPT_BYTES_MAX + WARNINGS_BYTES_MAX,
                false => bytes <= KEPT_BYTES_MAX && self.dropped == 0,
            };
            if fits {
                self.lines.extend(line);
            } else {
                self.dropped += 1;
            }
            lines = rest;
        }
    }
}

/// The length of the first line, with its end.
fn end_of_line(lines: &[u8]) -> usize {
    lines.iter().position(|byte| *byte == b'\n').map_or(lines.len(), |at| at + 1)
}

#[cfg(test)]
mod tests;
