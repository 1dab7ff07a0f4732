//! Which checksum an upload in parts has, and how those of its parts become one.
//!
//! Follows "Checking object integrity in Amazon S3" in S3's user guide.

use api_s3 as api;
use checksums::Algorithm;
use serde::{Deserialize, Serialize};
use wire::Fault;

use crate::errors;
use crate::object::body;
use crate::object::parts::Part;
use crate::object::sums;
use crate::object::version::Checksum;

/// The checksum that a client chose for an upload.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Kind {
    /// As the model calls it: `CRC64NVME`.
    algorithm: String,
    /// Of the checksums of the parts, and not of the whole.
    pub(crate) is_composite: bool,
}

impl Kind {
    /// The one that a client asks for.
    ///
    /// # Errors
    /// When there is no such checksum.
    pub(crate) fn of_new(input: &api::CreateMultipartUploadInput) -> Result<Option<Self>, Fault> {
        let Some(wanted) = &input.checksum_algorithm else {
            return match input.checksum_type {
                None => Ok(None),
                Some(_) => Err(errors::invalid_request(
                    "The x-amz-checksum-type header can only be used with the x-amz-checksum-algorithm header.",
                )),
            };
        };
        let algorithm = algorithm_of(wanted)?;
        let is_composite = match &input.checksum_type {
            None => algorithm != Algorithm::Crc64Nvme,
            Some(kind) => *kind == api::ChecksumType::Composite,
        };
        let has_it = match algorithm {
            Algorithm::Crc64Nvme => !is_composite,
            Algorithm::Sha1 | Algorithm::Sha256 => is_composite,
            _ => true,
        };
        if !has_it {
            return Err(errors::invalid_request(format!(
                "The {} checksum type cannot be used with the {} checksum algorithm.",
                sums::type_of(is_composite).as_str(),
                algorithm.name().to_lowercase()
            )));
        }
        Ok(Some(Kind { algorithm: algorithm.name().to_owned(), is_composite }))
    }

    pub(crate) fn algorithm(&self) -> &str {
        &self.algorithm
    }
}

/// The algorithm of the checksums that are kept of an upload's parts.
pub(crate) fn kept(kind: Option<&Kind>) -> Algorithm {
    kind.and_then(|kind| Algorithm::parse(&kind.algorithm)).unwrap_or(body::DEFAULT)
}

/// An algorithm that a client names for what is to be stored.
///
/// # Errors
/// When it is not here.
pub(crate) fn algorithm_of(wanted: &api::ChecksumAlgorithm) -> Result<Algorithm, Fault> {
    Algorithm::parse(wanted.as_str()).ok_or_else(|| {
        errors::invalid_request(
            "Checksum algorithm provided is unsupported. Please try again with any of the valid types: [CRC32, CRC32C, \
             CRC64NVME, SHA1, SHA256]",
        )
    })
}

/// Refuses a part whose client sends a checksum of another algorithm than the upload's, or none where each part must have one.
///
/// # Errors
/// `InvalidRequest`.
pub(crate) fn check_part(kind: Option<&Kind>, claimed: Option<Algorithm>) -> Result<(), Fault> {
    let Some(kind) = kind else { return Ok(()) };
    let is_right = match claimed {
        None => !kind.is_composite,
        Some(claimed) => claimed.name() == kind.algorithm,
    };
    if is_right { Ok(()) } else { Err(mismatch(kind, claimed.map_or("null", Algorithm::name))) }
}

pub(crate) fn mismatch(kind: &Kind, actual: &str) -> Fault {
    errors::invalid_request(format!(
        "Checksum Type mismatch occurred, expected checksum Type: {}, actual checksum Type: {}",
        kind.algorithm.to_lowercase(),
        actual.to_lowercase()
    ))
}

/// The checksum of an object that has these parts.
pub(crate) fn of_parts(kind: Option<&Kind>, parts: &[Part]) -> Checksum {
    let algorithm = kept(kind);
    let is_composite = kind.is_some_and(|kind| kind.is_composite);
    let value = match parts {
        [first, rest @ ..] if !is_composite => rest.iter().fold(first.checksum.clone(), |sum, part| {
            algorithm.combine(&sum, &part.checksum, part.size()).unwrap_or(sum)
        }),
        _ => algorithm.of(&parts.iter().flat_map(|part| part.checksum.clone()).collect::<Vec<_>>()),
    };
    Checksum { algorithm: algorithm.name().to_owned(), value, is_composite }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked(algorithm: Option<&str>, kind: Option<&str>) -> Result<Option<bool>, String> {
        let input = api::CreateMultipartUploadInput {
            checksum_algorithm: algorithm.map(Into::into),
            checksum_type: kind.map(Into::into),
            ..Default::default()
        };
        let kind = Kind::of_new(&input).map_err(|fault| fault.message)?;
        Ok(kind.map(|kind| kind.is_composite))
    }

    #[test]
    fn not_every_algorithm_has_both_types() {
        assert_eq!(asked(None, None), Ok(None));
        for (algorithm, default) in
            [("CRC32", true), ("CRC32C", true), ("CRC64NVME", false), ("SHA1", true), ("SHA256", true)]
        {
            assert_eq!(asked(Some(algorithm), None), Ok(Some(default)), "{algorithm}");
        }
        assert_eq!(asked(Some("CRC32"), Some("FULL_OBJECT")), Ok(Some(false)));
        for (algorithm, kind) in [
            (Some("CRC64NVME"), "COMPOSITE"),
            (Some("SHA256"), "FULL_OBJECT"),
            (Some("MD5"), "COMPOSITE"),
            (None, "COMPOSITE"),
        ] {
            assert!(asked(algorithm, Some(kind)).is_err(), "{algorithm:?} {kind}");
        }
    }
}
