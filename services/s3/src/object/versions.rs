//! Where versions stand, and what becomes of the older ones when there is a newer.

use store::{Direction, Reads, Transaction};

use api_s3 as api;
use names::Arn;
use service::{Result, Tx};
use wire::Fault;

use super::version::{NULL, Version};
use super::{acl, parts};
use crate::bucket::Bucket;
use crate::keys::Id;
use crate::{errors, keys, replication, setting};

/// What a bucket does with what is overwritten or deleted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Keeping {
    /// It is gone.
    Nothing,
    /// It stays, as an older version.
    Versions,
    /// It stays if it was made while the bucket kept versions.
    Suspended,
}

impl Keeping {
    pub(crate) fn of(reads: &impl Reads, bucket: &Bucket) -> Result<Self> {
        let setting = setting::find::<api::VersioningConfiguration>(reads, bucket)?;
        Ok(match setting.and_then(|setting| setting.status) {
            None => Keeping::Nothing,
            Some(api::BucketVersioningStatus::Enabled) => Keeping::Versions,
            Some(_) => Keeping::Suspended,
        })
    }
}

/// The versions of one key.
pub(crate) struct Versions<'a> {
    pub(crate) bucket: &'a Bucket,
    pub(crate) key: &'a str,
}

impl Versions<'_> {
    /// The object that the key shows.
    pub(crate) fn shown(&self, reads: &impl Reads) -> Result<Option<Version>> {
        Ok(reads.get_record(&keys::object(&self.bucket.id, self.key))?)
    }

    /// The newest: an object or a delete marker.
    pub(crate) fn newest(&self, reads: &impl Reads) -> Result<Option<Version>> {
        match self.shown(reads)? {
            None if self.bucket.has_versions() => self.newest_hidden(reads),
            shown => Ok(shown),
        }
    }

    /// The version of that id.
    ///
    /// # Errors
    /// When the text is none.
    pub(crate) fn named(&self, reads: &impl Reads, id: &str) -> Result<Option<Version>> {
        let wanted = match id {
            NULL => None,
            id => Some(
                Version::read_id(id)
                    .ok_or_else(|| errors::argument("Invalid version id specified", "versionId", id))?,
            ),
        };
        let is_it = |version: &Version| match wanted {
            None => version.is_null,
            Some(wanted) => !version.is_null && (version.number, version.id) == wanted,
        };
        if let Some(shown) = self.shown(reads)?.filter(is_it) {
            return Ok(Some(shown));
        }
        let number = match wanted {
            Some((number, _)) => Some(number),
            None => reads.get_record(&keys::null(&self.bucket.id, self.key))?,
        };
        let Some(number) = number else { return Ok(None) };
        let found: Option<Version> = reads.get_record(&keys::version(&self.bucket.id, self.key, number))?;
        Ok(found.filter(is_it))
    }

    /// The version of that number and id.
    pub(crate) fn at(&self, reads: &impl Reads, number: u64, id: &Id) -> Result<Option<Version>> {
        let is_it = |version: &Version| (version.number, &version.id) == (number, id);
        if let Some(shown) = self.shown(reads)?.filter(is_it) {
            return Ok(Some(shown));
        }
        let found: Option<Version> = reads.get_record(&keys::version(&self.bucket.id, self.key, number))?;
        Ok(found.filter(is_it))
    }

    /// Makes a version the newest, as a client wants it, and gives it back as it is kept: with its number, and with copies of
    /// it on their way where its bucket has some made.
    pub(crate) fn add(&self, tx: &mut Tx<'_>, keeping: Keeping, version: Version) -> Result<Version> {
        let mut version = self.add_here(tx, keeping, version)?;
        if replication::begin(tx, self, &mut version)? {
            self.rewrite(tx, &version)?;
        }
        Ok(version)
    }

    /// The same without any copy. What it takes the place of goes, or becomes an older one.
    pub(crate) fn add_here(&self, tx: &mut Tx<'_>, keeping: Keeping, version: Version) -> Result<Version> {
        let shown = self.shown(&**tx)?;
        let number = self.next_number(tx, shown.as_ref())?;
        let version = Version { number, is_null: keeping != Keeping::Versions, ..version };
        if version.is_null {
            self.discard_null(tx, shown.as_ref())?;
        }
        if let Some(shown) = shown.filter(|shown| !(version.is_null && shown.is_null)) {
            self.hide(tx, &shown)?;
        }
        if version.content.is_some() {
            tx.put_compact(keys::object(&self.bucket.id, self.key), &version)?;
        } else {
            tx.delete(keys::object(&self.bucket.id, self.key));
            if keeping != Keeping::Nothing {
                self.hide(tx, &version)?;
            }
        }
        Ok(version)
    }

    /// Puts a version in its place among the others, with the number that it has.
    pub(crate) fn insert(&self, tx: &mut Tx<'_>, version: &Version) -> Result<()> {
        if self.newest(&**tx)?.is_some_and(|newest| newest.number > version.number) {
            return self.hide(tx, version);
        }
        if let Some(shown) = self.shown(&**tx)? {
            self.hide(tx, &shown)?;
        }
        if version.content.is_some() {
            return Ok(tx.put_compact(keys::object(&self.bucket.id, self.key), version)?);
        }
        tx.delete(keys::object(&self.bucket.id, self.key));
        self.hide(tx, version)
    }

    /// Whether a version is all that its key has.
    pub(crate) fn is_sole(&self, reads: &impl Reads) -> Result<bool> {
        let hidden = keys::versions_of(&self.bucket.id, self.key).prefix_range();
        let hidden = reads.scan(hidden, Direction::Forward).take(2).count();
        Ok(hidden + usize::from(self.shown(reads)?.is_some()) == 1)
    }

    /// Writes a version anew where it stands.
    pub(crate) fn rewrite(&self, tx: &mut Tx<'_>, version: &Version) -> Result<()> {
        let is_shown = self.shown(&**tx)?.is_some_and(|shown| shown.number == version.number);
        let key = match is_shown {
            true => keys::object(&self.bucket.id, self.key),
            false => keys::version(&self.bucket.id, self.key, version.number),
        };
        Ok(tx.put_compact(key, version)?)
    }

    /// Removes a version with its bytes; what is the newest then is shown.
    pub(crate) fn remove(&self, tx: &mut Tx<'_>, version: &Version) -> Result<()> {
        let is_shown = self.shown(&**tx)?.is_some_and(|shown| shown.number == version.number);
        if is_shown {
            tx.delete(keys::object(&self.bucket.id, self.key));
        } else {
            self.take_out(tx, version);
        }
        discard(tx, self.bucket, version)?;
        self.promote(tx)
    }

    /// Shows the newest, when it is an object that is hidden.
    fn promote(&self, tx: &mut Tx<'_>) -> Result<()> {
        if self.shown(&**tx)?.is_some() {
            return Ok(());
        }
        let Some(newest) = self.newest_hidden(&**tx)?.filter(|newest| newest.content.is_some()) else {
            return Ok(());
        };
        self.take_out(tx, &newest);
        Ok(tx.put_compact(keys::object(&self.bucket.id, self.key), &newest)?)
    }

    /// The null version goes, wherever it is.
    fn discard_null(&self, tx: &mut Tx<'_>, shown: Option<&Version>) -> Result<()> {
        match shown {
            Some(shown) if shown.is_null => discard(tx, self.bucket, shown),
            _ if !self.bucket.has_versions() => Ok(()),
            _ => match self.named(&**tx, NULL)? {
                Some(null) => {
                    self.take_out(tx, &null);
                    discard(tx, self.bucket, &null)
                }
                None => Ok(()),
            },
        }
    }

    fn newest_hidden(&self, reads: &impl Reads) -> Result<Option<Version>> {
        let range = keys::versions_of(&self.bucket.id, self.key).prefix_range();
        let newest = reads.scan(range, Direction::Forward).next().transpose()?;
        Ok(newest.map(|(_, value)| store::record::decode(&value)).transpose()?)
    }

    /// Puts a version among the older ones.
    fn hide(&self, tx: &mut Tx<'_>, version: &Version) -> Result<()> {
        if version.is_null {
            tx.put_record(keys::null(&self.bucket.id, self.key), &version.number)?;
        }
        Ok(tx.put_compact(keys::version(&self.bucket.id, self.key, version.number), version)?)
    }

    fn take_out(&self, tx: &mut Tx<'_>, version: &Version) {
        if version.is_null {
            tx.delete(keys::null(&self.bucket.id, self.key));
        }
        tx.delete(keys::version(&self.bucket.id, self.key, version.number));
    }

    /// Greater than those of all versions that there are, whatever the clock does.
    fn next_number(&self, tx: &Tx<'_>, shown: Option<&Version>) -> Result<u64> {
        let hidden = match shown {
            None if self.bucket.has_versions() => self.newest_hidden(&**tx)?,
            _ => None,
        };
        let newest = shown.or(hidden.as_ref()).map_or(0, |newest| newest.number);
        Ok(service::rising(tx.now).max(newest + 1))
    }

    /// `arn:aws:s3:::trips/berlin.json`.
    pub(crate) fn arn(&self) -> Arn {
        let Bucket { region, name, .. } = self.bucket;
        Arn::unowned("s3", region.partition(), format!("{name}/{}", self.key))
    }

    pub(crate) fn no_such_key(&self) -> Fault {
        api::error::no_such_key("The specified key does not exist.").with_element("Key", self.key)
    }

    pub(crate) fn no_such_version(&self, id: &str) -> Fault {
        Fault::new("NoSuchVersion", 404, "The specified version does not exist.")
            .with_element("Key", self.key)
            .with_element("VersionId", id)
    }
}

/// Gives up the bytes of a version whose record goes.
pub(crate) fn discard(tx: &mut Transaction, bucket: &Bucket, version: &Version) -> Result<()> {
    acl::forget(tx, bucket, &version.id);
    let Some(content) = &version.content else { return Ok(()) };
    if let Some(blob) = &content.blob {
        blob.release(tx);
    }
    if content.parts.is_some() { parts::discard(tx, &version.parts_id()) } else { Ok(()) }
}
