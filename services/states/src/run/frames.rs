//! Frames of an execution, and what these count: a record for each, written where a step changed it, and read where one needs it.

use service::{Error, Result, Tx};
use states_language::execution::{Changes, Execution, Frame, FrameId, Frames};
use store::{Direction, Reads, record};

use crate::keys::{self, Id};

#[cfg(test)]
layouts::stays!(stored_frame: Frame);
#[cfg(test)]
layouts::stays!(stored_counts: compact states_language::execution::Counts);

/// The frames of an execution, as they are stored.
pub(crate) struct Stored<'a, R> {
    pub(crate) reads: &'a R,
    pub(crate) execution: &'a Id,
}

impl<R: Reads> Stored<'_, R> {
    /// A frame at what it has counted.
    fn counted(&self, id: FrameId, frame: Frame) -> Result<Frame> {
        if !frame.is_counting() {
            return Ok(frame);
        }
        let counts = self.reads.get(&keys::counted(self.execution, id))?;
        Ok(match counts {
            Some(counts) => frame.counted(record::decode(&counts)?),
            None => frame,
        })
    }
}

impl<R: Reads> Frames for Stored<'_, R> {
    type Error = Error;

    fn one(&self, id: FrameId) -> Result<Option<Frame>> {
        let frame = self.reads.get_record::<Frame>(&keys::frame(self.execution, id))?;
        frame.map(|frame| self.counted(id, frame)).transpose()
    }

    fn all(&self) -> Result<Vec<(FrameId, Frame)>> {
        let frames = self.reads.scan(keys::frames(self.execution).prefix_range(), Direction::Forward);
        let frames = frames.map(|entry| {
            let (key, value) = entry?;
            let id = keys::frame_of(&key)?;
            Ok((id, self.counted(id, record::decode(&value)?)?))
        });
        frames.collect()
    }
}

/// Deletes the frames of an execution that is over.
pub(super) fn delete(tx: &mut Tx<'_>, execution: &Id, state: &mut Execution) {
    let changes = state.changes();
    let changed = changes.frames.iter().map(|(id, _)| *id).collect::<Vec<_>>();
    let counted = changes.counts.iter().map(|(id, _)| *id).collect::<Vec<_>>();
    let counting = state.frames().filter(|(_, frame)| frame.is_counting()).map(|(id, _)| id);
    for id in counting.chain(counted) {
        tx.delete(keys::counted(execution, id));
    }
    for id in state.frames().map(|(id, _)| id).chain(changed) {
        tx.delete(keys::frame(execution, id));
    }
}

/// Writes what a step changed.
pub(super) fn write(tx: &mut Tx<'_>, execution: &Id, changes: &Changes<'_>) -> Result<()> {
    for (id, frame) in &changes.frames {
        match frame {
            Some(frame) => tx.put_record(keys::frame(execution, *id), frame)?,
            None => tx.delete(keys::frame(execution, *id)),
        }
    }
    for (id, counts) in &changes.counts {
        match counts {
            Some(counts) => tx.put_compact(keys::counted(execution, *id), counts)?,
            None => tx.delete(keys::counted(execution, *id)),
        }
    }
    Ok(())
}
