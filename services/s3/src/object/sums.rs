//! Checksums as inputs and outputs have them: a member for each algorithm, of which one is filled.

use api_s3 as api;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::version::Checksum;

/// An output that tells a checksum.
pub(crate) trait TellsChecksum {
    /// The member of an algorithm, by its name in the model.
    fn member(&mut self, algorithm: &str) -> Option<&mut Option<String>>;
    /// Of the whole or of its parts' checksums, where that is told.
    fn kind(&mut self) -> Option<&mut Option<api::ChecksumType>>;

    /// Fills in what is known. `parts` is how many the object was uploaded in.
    fn tell(&mut self, checksum: &Checksum, parts: Option<u32>) {
        if let Some(member) = self.member(&checksum.algorithm) {
            *member = Some(text(checksum, parts));
        }
        if let Some(kind) = self.kind() {
            *kind = Some(type_of(checksum.is_composite));
        }
    }
}

/// In base64, with the number of parts behind it where it is of their checksums.
pub(crate) fn text(checksum: &Checksum, parts: Option<u32>) -> String {
    let value = STANDARD.encode(&checksum.value);
    match parts.filter(|_| checksum.is_composite) {
        Some(parts) => format!("{value}-{parts}"),
        None => value,
    }
}

pub(crate) fn type_of(is_composite: bool) -> api::ChecksumType {
    if is_composite { api::ChecksumType::Composite } else { api::ChecksumType::FullObject }
}

macro_rules! tells_checksum {
    ($kind:expr => $($output:ident)*) => {$(
        impl TellsChecksum for api::$output {
            fn member(&mut self, algorithm: &str) -> Option<&mut Option<String>> {
                match algorithm {
                    "CRC32" => Some(&mut self.checksum_crc32),
                    "CRC32C" => Some(&mut self.checksum_crc32_c),
                    "CRC64NVME" => Some(&mut self.checksum_crc64_nvme),
                    "SHA1" => Some(&mut self.checksum_sha1),
                    "SHA256" => Some(&mut self.checksum_sha256),
                    _ => None,
                }
            }

            fn kind(&mut self) -> Option<&mut Option<api::ChecksumType>> {
                let kind: fn(&mut Self) -> Option<&mut Option<api::ChecksumType>> = $kind;
                kind(self)
            }
        }
    )*};
}

tells_checksum! {
    |output| Some(&mut output.checksum_type) =>
    Checksum
    CompleteMultipartUploadOutput
    CopyObjectResult
    GetObjectOutput
    HeadObjectOutput
    PutObjectOutput
}

tells_checksum! {
    |_| None =>
    CopyPartResult
    ObjectPart
    Part
    UploadPartOutput
}

/// An input that says what a checksum is.
pub(crate) trait ClaimsChecksum {
    /// All that it says, by the names of the algorithms in the model.
    fn claims(&self) -> [(&'static str, Option<&str>); 5];

    /// What it says, if anything.
    fn claim(&self) -> Option<(&'static str, &str)> {
        self.claims().into_iter().find_map(|(algorithm, text)| Some((algorithm, text?)))
    }
}

macro_rules! claims_checksum {
    ($($input:ident)*) => {$(
        impl ClaimsChecksum for api::$input {
            fn claims(&self) -> [(&'static str, Option<&str>); 5] {
                [
                    ("CRC32", self.checksum_crc32.as_deref()),
                    ("CRC32C", self.checksum_crc32_c.as_deref()),
                    ("CRC64NVME", self.checksum_crc64_nvme.as_deref()),
                    ("SHA1", self.checksum_sha1.as_deref()),
                    ("SHA256", self.checksum_sha256.as_deref()),
                ]
            }
        }
    )*};
}

claims_checksum! {
    CompleteMultipartUploadInput
    CompletedPart
}
