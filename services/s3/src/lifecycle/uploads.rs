//! Gives uploads up that were never completed.

use service::{Result, Tx};
use store::{Direction, Reads};

use super::Ruled;
use crate::SWEEPER;
use crate::bucket::Bucket;
use crate::keys::{self, Id};
use crate::object::multipart::Upload;

/// Uploads that one piece looks at.
const PIECE: usize = 500;

/// The key and the id of an upload.
type Named = (String, Id);

/// What a piece has found.
pub(super) struct Piece {
    pub(super) due: Vec<Named>,
    /// The last one, if there are more behind it.
    pub(super) next: Option<Named>,
}

/// The piece behind an upload.
pub(super) fn of(reads: &impl Reads, ruled: &Ruled, from: Option<Named>, now_ms: i64) -> Result<Piece> {
    let mut range = keys::uploads(&ruled.bucket.id).beginning_with(ruled.rules.prefix());
    if let Some((key, id)) = &from {
        range.start = keys::upload(&ruled.bucket.id, key, id).prefix_range().end;
    }
    let mut piece = Piece { due: Vec::new(), next: None };
    for (count, entry) in reads.scan(range, Direction::Forward).enumerate() {
        let (place, record) = entry?;
        let named = keys::read_upload(&place)?;
        let upload: Upload = store::record::decode(&record)?;
        if ruled.rules.abort(&named.0, upload.initiated_ms).is_some_and(|(due_ms, _)| due_ms <= now_ms) {
            piece.due.push(named.clone());
        }
        if count + 1 == PIECE {
            piece.next = Some(named);
            break;
        }
    }
    Ok(piece)
}

/// Gives them up; their parts are swept.
pub(super) fn abort(tx: &mut Tx<'_>, bucket: &Bucket, due: &[Named]) -> Result<()> {
    for (key, id) in due {
        let place = keys::upload(&bucket.id, key, id);
        // It may be complete by now.
        if tx.get(&place)?.is_some() {
            tx.delete(place);
            SWEEPER.put(tx, &keys::parts_of_upload(id));
        }
    }
    Ok(())
}
