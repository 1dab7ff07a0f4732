//! A setting of a bucket: put, shown and deleted in one way for all of them. What each may be is its own file's to say, in
//! `settings`.

use std::sync::Arc;

use service::{Result, Tx, View};
use store::Reads;
use wire::{Fault, Kept};

use crate::bucket::{Bucket, OfBucket};
use crate::keys;

/// A structure of the API of which a bucket has one or none.
pub(crate) trait Setting: Kept + Clone {
    /// Under which it is kept.
    const KIND: &'static str;

    /// Refuses what S3 refuses, and brings the rest into the form in which S3 shows it.
    ///
    /// # Errors
    /// S3's.
    fn check(&mut self, tx: &Tx<'_>, bucket: &Bucket) -> Result<()>;

    /// What is shown of a bucket that has none.
    ///
    /// # Errors
    /// Where S3 says that there is none.
    fn absent(bucket: &Bucket) -> Result<Self, Fault>;
}

/// The setting of a bucket, if it has it.
pub(crate) fn find<S: Setting>(reads: &impl Reads, bucket: &Bucket) -> Result<Option<S>> {
    if !bucket.settings.contains(S::KIND) {
        return Ok(None);
    }
    let bytes = reads.get(&keys::setting(&bucket.id, S::KIND))?;
    Ok(bytes.map(|bytes| read(&bytes)).transpose()?)
}

/// Shows the setting of the bucket that the input names.
pub(crate) fn get<S: Setting, O>(view: &View<'_>, input: &impl OfBucket, show: fn(S) -> O) -> Result<O> {
    let bucket = Bucket::of(&**view, view.context, input)?;
    match find(&**view, &bucket)? {
        Some(setting) => Ok(show(setting)),
        None => Ok(show(S::absent(&bucket)?)),
    }
}

/// Sets it.
pub(crate) fn put<S: Setting, O: Default>(tx: &mut Tx<'_>, input: &impl OfBucket, setting: &S) -> Result<O> {
    let mut bucket = Arc::unwrap_or_clone(Bucket::of(&**tx, tx.context, input)?);
    let mut setting = setting.clone();
    setting.check(tx, &bucket)?;
    set(tx, &mut bucket, &setting)?;
    Ok(O::default())
}

/// Takes it away, if it is there.
pub(crate) fn delete<S: Setting, O: Default>(tx: &mut Tx<'_>, input: &impl OfBucket) -> Result<O> {
    let mut bucket = Arc::unwrap_or_clone(Bucket::of(&**tx, tx.context, input)?);
    remove::<S>(tx, &mut bucket)?;
    Ok(O::default())
}

/// Takes a bucket's setting away, if it is there.
pub(crate) fn remove<S: Setting>(tx: &mut Tx<'_>, bucket: &mut Bucket) -> Result<()> {
    if bucket.settings.remove(S::KIND) {
        bucket.put(tx)?;
        tx.delete(keys::setting(&bucket.id, S::KIND));
    }
    Ok(())
}

/// Keeps a setting as it is.
pub(crate) fn set<S: Setting>(tx: &mut Tx<'_>, bucket: &mut Bucket, setting: &S) -> Result<()> {
    tx.put(keys::setting(&bucket.id, S::KIND), wire::keep(setting));
    if bucket.settings.insert(S::KIND.to_owned()) {
        bucket.put(tx)?;
    }
    Ok(())
}

/// A structure that was kept.
pub(crate) fn read<S: Kept>(bytes: &[u8]) -> Result<S, store::Error> {
    let corrupt = |why: wire::Malformed| store::Error::Corrupt { what: "setting of a bucket", why: why.0 };
    wire::kept(bytes).map_err(corrupt)
}
