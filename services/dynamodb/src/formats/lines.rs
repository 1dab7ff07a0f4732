//! The lines of a text that comes in pieces.

use super::{LINE_BYTES_MAX, Wrong};

/// What of the last line has come.
#[derive(Debug, Default)]
pub(super) struct Lines(Vec<u8>);

impl Lines {
    /// Gives each line that these bytes end, without what ends it.
    pub(super) fn push(&mut self, bytes: &[u8], mut each: impl FnMut(&[u8])) -> Result<(), Wrong> {
        let mut rest = bytes;
        while let Some(end) = rest.iter().position(|byte| *byte == b'\n') {
            let (line, behind) = rest.split_at(end);
            self.0.extend(line);
            each(&self.0);
            self.0.clear();
            rest = &behind[1..];
        }
        self.0.extend(rest);
        match self.0.len() > LINE_BYTES_MAX {
            true => Err(Wrong::Unreadable("A line is longer than any item".to_owned())),
            false => Ok(()),
        }
    }

    /// Gives the last line, which nothing need end.
    pub(super) fn end(&mut self, each: impl FnOnce(&[u8])) {
        each(&std::mem::take(&mut self.0));
    }
}
