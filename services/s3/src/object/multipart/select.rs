//! The parts that a client names when an upload is complete, held against those that it has.

use std::collections::BTreeMap;

use api_s3 as api;
use wire::Fault;

use super::checksum::{Kind, kept};
use super::part::NUMBER_MAX;
use crate::errors;
use crate::object::parts::Part;
use crate::object::sums::{self, ClaimsChecksum as _};
use crate::object::version::Checksum;

/// What every part but the last has at least.
const SIZE_MIN: u64 = 5 << 20;

/// A part as a client names it.
pub(crate) struct Named<'a> {
    pub(crate) number: u32,
    /// Without quotes.
    pub(crate) etag: &'a str,
    pub(crate) part: &'a api::CompletedPart,
}

/// The parts that a request names, in order.
///
/// # Errors
/// When there are none, or they are not in order.
pub(crate) fn named(input: &api::CompleteMultipartUploadInput) -> Result<Vec<Named<'_>>, Fault> {
    let parts =
        input.multipart_upload.as_ref().and_then(|upload| upload.parts.as_deref()).unwrap_or_default();
    if parts.is_empty() || parts.len() > NUMBER_MAX as usize {
        return Err(errors::malformed_xml());
    }
    let named = parts.iter().map(name).collect::<Result<Vec<_>, _>>()?;
    if named.is_sorted_by(|one, other| one.number < other.number) {
        return Ok(named);
    }
    let message = "The list of parts was not in ascending order. Parts must be ordered by part number.";
    Err(Fault::new("InvalidPartOrder", 400, message))
}

fn name(part: &api::CompletedPart) -> Result<Named<'_>, Fault> {
    let (Some(number), Some(etag)) = (part.part_number, &part.e_tag) else {
        return Err(errors::malformed_xml());
    };
    let number = u32::try_from(number).ok().filter(|number| *number > 0);
    let number = number.ok_or_else(|| errors::invalid_argument("PartNumber must be >= 1"))?;
    Ok(Named { number, etag: etag.trim_matches('"'), part })
}

/// Takes the named parts out of those that the upload has.
///
/// # Errors
/// When one is not there, is another one, or is too small.
pub(crate) fn take(
    has: &mut BTreeMap<u32, Part>,
    named: &[Named<'_>],
    kind: Option<&Kind>,
    upload: &str,
) -> Result<Vec<Part>, Fault> {
    let mut taken = Vec::with_capacity(named.len());
    for (place, wanted) in named.iter().enumerate() {
        let part = has.remove(&wanted.number).filter(|part| hex::encode(part.digest) == wanted.etag);
        let part = part.ok_or_else(|| invalid(wanted, upload))?;
        check_checksum(wanted, &part, kind, upload)?;
        if place + 1 < named.len() && part.size() < SIZE_MIN {
            return Err(too_small(&part));
        }
        taken.push(part);
    }
    Ok(taken)
}

fn check_checksum(wanted: &Named<'_>, part: &Part, kind: Option<&Kind>, upload: &str) -> Result<(), Fault> {
    let claim = wanted.part.claim();
    let Some(kind) = kind else {
        return if claim.is_some() { Err(invalid(wanted, upload)) } else { Ok(()) };
    };
    let known = Checksum::of_whole(kept(Some(kind)), part.checksum.clone());
    match claim {
        Some((algorithm, text)) if algorithm == known.algorithm && text == sums::text(&known, None) => Ok(()),
        Some((algorithm, _)) if algorithm == known.algorithm => Err(invalid(wanted, upload)),
        Some((algorithm, _)) => {
            let (algorithm, number) = (algorithm.to_lowercase(), wanted.number);
            let message =
                format!("The {algorithm} you specified for part {number} did not match what we received.");
            Err(Fault::new("BadDigest", 400, message))
        }
        None if kind.is_composite => Err(errors::invalid_request(format!(
            "The upload was created using a {} checksum. The complete request must include the checksum for each part. It \
             was missing for part {} in the request.",
            kind.algorithm().to_lowercase(),
            wanted.number
        ))),
        None => Ok(()),
    }
}

fn invalid(wanted: &Named<'_>, upload: &str) -> Fault {
    let message = "One or more of the specified parts could not be found.  The part may not have been uploaded, or the \
                   specified entity tag may not match the part's entity tag.";
    Fault::new("InvalidPart", 400, message)
        .with_element("UploadId", upload)
        .with_element("PartNumber", wanted.number.to_string())
        .with_element("ETag", wanted.etag)
}

fn too_small(part: &Part) -> Fault {
    Fault::new("EntityTooSmall", 400, "Your proposed upload is smaller than the minimum allowed size")
        .with_element("ProposedSize", part.size().to_string())
        .with_element("MinSizeAllowed", SIZE_MIN.to_string())
        .with_element("PartNumber", part.number.to_string())
        .with_element("ETag", hex::encode(part.digest))
}
