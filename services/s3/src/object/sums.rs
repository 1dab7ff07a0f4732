//! Checksums as outputs have them: a member for each algorithm, of which one is filled.

use api_s3 as api;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::version::Checksum;

/// An output that tells a checksum.
pub(crate) trait TellsChecksum {
    /// The member of an algorithm, by its name in the model.
    fn member(&mut self, algorithm: &str) -> Option<&mut Option<String>>;
    /// Of the whole or of its parts' checksums.
    fn kind(&mut self) -> &mut Option<api::ChecksumType>;

    /// Fills in what is known. `parts` is how many the object was uploaded in.
    fn tell(&mut self, checksum: &Checksum, parts: Option<u32>) {
        let mut text = STANDARD.encode(&checksum.value);
        if let Some(parts) = parts.filter(|_| checksum.is_composite) {
            text.push_str(&format!("-{parts}"));
        }
        if let Some(member) = self.member(&checksum.algorithm) {
            *member = Some(text);
        }
        *self.kind() = Some(type_of(checksum.is_composite));
    }
}

pub(crate) fn type_of(is_composite: bool) -> api::ChecksumType {
    if is_composite { api::ChecksumType::Composite } else { api::ChecksumType::FullObject }
}

macro_rules! tells_checksum {
    ($($output:ident)*) => {$(
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

            fn kind(&mut self) -> &mut Option<api::ChecksumType> {
                &mut self.checksum_type
            }
        }
    )*};
}

tells_checksum! {
    Checksum
    GetObjectOutput
    HeadObjectOutput
    PutObjectOutput
}
