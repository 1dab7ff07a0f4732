//! The parts of an object that was uploaded in some: a record beside its version, so that lists do not read it.

use std::ops::Range;

use serde::{Deserialize, Serialize};
use service::Result;
use store::blobs::Blob;
use store::{Reads, Transaction};
use wire::Fault;

use super::sealed;
use super::version::{Content, Version};
use crate::keys::{self, Id};

/// A part, of an upload or of an object. It is stored without the names of its fields, which are only ever added, and at the end.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Part {
    /// From 1 to 10,000, where others may be missing in between.
    pub(crate) number: u32,
    pub(crate) modified_ms: i64,
    /// MD5 of its bytes.
    pub(crate) digest: [u8; 16],
    /// Of the algorithm that its upload or its object has.
    pub(crate) checksum: Vec<u8>,
    pub(crate) blob: Blob,
    /// Whether its blob is [sealed](super::sealed).
    #[serde(default)]
    pub(crate) is_sealed: bool,
}

#[cfg(test)]
layouts::stays!(stored_parts: compact Vec<Part>);
#[cfg(test)]
layouts::stays!(stored_part: compact Part);

impl Part {
    pub(crate) fn size(&self) -> u64 {
        let length = self.blob.length();
        if self.is_sealed { sealed::plain_length(length).unwrap_or_default() } else { length }
    }

    /// `"5eb63bbbe01eeed093cb22bb8f5acdc3"`.
    pub(crate) fn etag(&self) -> String {
        format!("\"{}\"", hex::encode(self.digest))
    }
}

/// The parts of a version that has some, in their order.
pub(crate) fn of(reads: &impl Reads, version: &Id) -> Result<Vec<Part>> {
    Ok(reads.get_record(&keys::parts(version))?.unwrap_or_default())
}

/// Keeps the parts of a version.
pub(crate) fn put(tx: &mut Transaction, version: &Id, parts: &Vec<Part>) -> Result<()> {
    Ok(tx.put_compact(keys::parts(version), parts)?)
}

/// Gives up their bytes, with the record of their version.
pub(crate) fn discard(tx: &mut Transaction, version: &Id) -> Result<()> {
    of(tx, version)?.iter().for_each(|part| part.blob.release(tx));
    tx.delete(keys::parts(version));
    Ok(())
}

/// The bytes of a version, wherever they are.
pub(crate) fn blobs(reads: &impl Reads, version: &Version) -> Result<Vec<Blob>> {
    match &version.content {
        Some(content) if content.parts.is_some() => {
            Ok(of(reads, &version.parts_id())?.into_iter().map(|part| part.blob).collect())
        }
        content => Ok(content.iter().filter_map(|content| content.blob.clone()).collect()),
    }
}

/// Where a part stands in the whole, by its place among the parts from 1 on. An object that was uploaded at once is one part.
///
/// # Errors
/// When there is no such part.
pub(crate) fn range(
    reads: &impl Reads,
    version: &Version,
    content: &Content,
    place: i32,
) -> Result<Range<u64>> {
    let sizes = match content.parts {
        Some(_) => of(reads, &version.parts_id())?.iter().map(Part::size).collect(),
        None => vec![content.size],
    };
    let found = usize::try_from(place).ok().and_then(|place| range_of(&sizes, place.checked_sub(1)?));
    Ok(found.ok_or_else(|| no_such_part(place, sizes.len()))?)
}

fn range_of(sizes: &[u64], place: usize) -> Option<Range<u64>> {
    let size = sizes.get(place)?;
    let begin = sizes.iter().take(place).sum();
    Some(begin..begin + size)
}

fn no_such_part(place: i32, count: usize) -> Fault {
    Fault::new("InvalidPartNumber", 416, "The requested partnumber is not satisfiable")
        .with_element("PartNumberRequested", place.to_string())
        .with_element("ActualPartCount", count.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_stand_one_behind_the_other() {
        assert_eq!(range_of(&[5, 7, 0], 0), Some(0..5));
        assert_eq!(range_of(&[5, 7, 0], 1), Some(5..12));
        assert_eq!(range_of(&[5, 7, 0], 2), Some(12..12));
        assert_eq!(range_of(&[5, 7, 0], 3), None);
    }
}
