//! Does to versions what rules say of them, if they still say it.

use service::{Context, Result, Tx};
use store::Reads as _;

use super::Ruled;
use super::fortune::{End, Fortune, Standing};
use super::survey::Found;
use crate::bucket::Bucket;
use crate::events::{Event, Kind};
use crate::keys;
use crate::object::version::Version;
use crate::object::versions::Versions;

/// Versions that one transaction is about.
const PIECE: usize = 100;

/// All that was found, in a few transactions.
pub(super) async fn on_all(context: &Context, bucket: &Bucket, found: &[Found]) -> Result<()> {
    for some in found.chunks(PIECE) {
        context.transact(|tx| on_some(tx, bucket, some)).await?;
    }
    Ok(())
}

fn on_some(tx: &mut Tx<'_>, bucket: &Bucket, found: &[Found]) -> Result<()> {
    let Some(ruled) = Ruled::find(&**tx, &bucket.name)?.filter(|ruled| ruled.bucket.id == bucket.id) else {
        return Ok(());
    };
    found.iter().try_for_each(|found| on_one(tx, &ruled, found))
}

fn on_one(tx: &mut Tx<'_>, ruled: &Ruled, found: &Found) -> Result<()> {
    let at = Versions { bucket: &ruled.bucket, key: &found.key };
    let Some(version) = again(tx, &at, found)? else { return Ok(()) };
    let now_ms = tx.now.millis();
    let Fortune { class, end } =
        ruled.rules.fortune(&found.key, &version, found.standing, ruled.keeping, now_ms);
    if let Some(class) = class {
        move_to(tx, &at, &version, class)?;
    }
    match end {
        Some(End::Marked) => {
            let marker = at.add_here(tx, ruled.keeping, Version::new(tx, None))?;
            note(tx, &at, Kind::ExpiredToMarker, &marker)
        }
        Some(End::RemovedIfLone) if !at.is_sole(&**tx)? => Ok(()),
        Some(End::Removed | End::RemovedIfLone) => {
            at.remove(tx, &version)?;
            note(tx, &at, Kind::Expired, &version)
        }
        None => Ok(()),
    }
}

/// The version that was found, if it stands where it stood.
fn again(tx: &Tx<'_>, at: &Versions<'_>, found: &Found) -> Result<Option<Version>> {
    let version = match found.standing {
        Standing::Current => at.newest(&**tx)?,
        Standing::Older { .. } => tx.get_record(&keys::version(&at.bucket.id, at.key, found.number))?,
    };
    Ok(version.filter(|version| version.id == found.id))
}

/// It is the same version, modified when it was.
fn move_to(tx: &mut Tx<'_>, at: &Versions<'_>, version: &Version, class: String) -> Result<()> {
    let mut moved = version.clone();
    let Some(content) = &mut moved.content else { return Ok(()) };
    content.storage_class = Some(class);
    at.rewrite(tx, &moved)?;
    note(tx, at, Kind::Moved, &moved)
}

fn note(tx: &mut Tx<'_>, at: &Versions<'_>, kind: Kind, version: &Version) -> Result<()> {
    Event { kind, bucket: at.bucket, key: at.key, version }.note(tx)
}
