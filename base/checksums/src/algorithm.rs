//! The algorithms, at once or piece by piece.

use crc_fast::CrcAlgorithm;
use md5::Digest as _;
use ring::digest;

/// An algorithm of S3's "Checking object integrity".
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Algorithm {
    /// The CRC-32 of zip and Ethernet.
    Crc32,
    /// Castagnoli's CRC-32.
    Crc32c,
    /// The CRC-64 of NVM Express.
    Crc64Nvme,
    /// SHA-1.
    Sha1,
    /// SHA-256.
    Sha256,
    /// MD5, which only `Content-MD5` carries.
    Md5,
}

/// The CRC-32 of some bytes, as a number.
#[must_use]
pub fn crc32(bytes: &[u8]) -> u32 {
    crc_fast::checksum(CrcAlgorithm::Crc32IsoHdlc, bytes) as u32
}

impl Algorithm {
    /// Those that have a header `x-amz-checksum-*`.
    pub const NAMED: [Algorithm; 5] =
        [Algorithm::Crc32, Algorithm::Crc32c, Algorithm::Crc64Nvme, Algorithm::Sha1, Algorithm::Sha256];

    /// As `x-amz-sdk-checksum-algorithm` and error messages call it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Algorithm::Crc32 => "CRC32",
            Algorithm::Crc32c => "CRC32C",
            Algorithm::Crc64Nvme => "CRC64NVME",
            Algorithm::Sha1 => "SHA1",
            Algorithm::Sha256 => "SHA256",
            Algorithm::Md5 => "Content-MD5",
        }
    }

    /// The header, or the field of a trailer, that carries it in base64.
    #[must_use]
    pub const fn header(self) -> &'static str {
        match self {
            Algorithm::Crc32 => "x-amz-checksum-crc32",
            Algorithm::Crc32c => "x-amz-checksum-crc32c",
            Algorithm::Crc64Nvme => "x-amz-checksum-crc64nvme",
            Algorithm::Sha1 => "x-amz-checksum-sha1",
            Algorithm::Sha256 => "x-amz-checksum-sha256",
            Algorithm::Md5 => "content-md5",
        }
    }

    /// How many bytes it gives.
    #[must_use]
    pub const fn size_bytes(self) -> usize {
        match self {
            Algorithm::Crc32 | Algorithm::Crc32c => 4,
            Algorithm::Crc64Nvme => 8,
            Algorithm::Sha1 => 20,
            Algorithm::Sha256 => 32,
            Algorithm::Md5 => 16,
        }
    }

    /// The algorithm of that name, in any case.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        Self::NAMED.into_iter().find(|algorithm| algorithm.name().eq_ignore_ascii_case(name))
    }

    /// The checksum of two texts, one behind the other, from the checksums of each and the length of the second; nothing for
    /// those that only bytes give.
    #[must_use]
    pub fn combine(self, first: &[u8], second: &[u8], second_length: u64) -> Option<Vec<u8>> {
        let algorithm = self.crc()?;
        let size = self.size_bytes();
        let number = |sum: &[u8]| sum.iter().fold(0, |number, byte| number << 8 | u64::from(*byte));
        let whole = crc_fast::checksum_combine(algorithm, number(first), number(second), second_length);
        Some(whole.to_be_bytes().split_at(8 - size).1.to_vec())
    }

    fn crc(self) -> Option<CrcAlgorithm> {
        match self {
            Algorithm::Crc32 => Some(CrcAlgorithm::Crc32IsoHdlc),
            Algorithm::Crc32c => Some(CrcAlgorithm::Crc32Iscsi),
            Algorithm::Crc64Nvme => Some(CrcAlgorithm::Crc64Nvme),
            Algorithm::Sha1 | Algorithm::Sha256 | Algorithm::Md5 => None,
        }
    }

    /// The checksum of some bytes.
    #[must_use]
    pub fn of(self, bytes: &[u8]) -> Vec<u8> {
        let mut hasher = Hasher::new(self);
        hasher.update(bytes);
        hasher.finish()
    }
}

/// A checksum under way.
pub struct Hasher(State);

enum State {
    Crc(Box<crc_fast::Digest>, usize),
    Sha(Box<digest::Context>),
    Md5(Box<md5::Md5>),
}

impl Hasher {
    /// Of no bytes yet.
    #[must_use]
    pub fn new(algorithm: Algorithm) -> Self {
        if let Some(kind) = algorithm.crc() {
            return Hasher(State::Crc(Box::new(crc_fast::Digest::new(kind)), algorithm.size_bytes()));
        }
        let sha = |kind| State::Sha(Box::new(digest::Context::new(kind)));
        Hasher(match algorithm {
            Algorithm::Sha1 => sha(&digest::SHA1_FOR_LEGACY_USE_ONLY),
            Algorithm::Sha256 => sha(&digest::SHA256),
            _ => State::Md5(Box::default()),
        })
    }

    /// Takes the next bytes.
    pub fn update(&mut self, bytes: &[u8]) {
        match &mut self.0 {
            State::Crc(crc, _) => crc.update(bytes),
            State::Sha(sha) => sha.update(bytes),
            State::Md5(md5) => md5.update(bytes),
        }
    }

    /// The checksum, with the most significant byte first.
    #[must_use]
    pub fn finish(self) -> Vec<u8> {
        match self.0 {
            State::Crc(crc, size) => crc.finalize().to_be_bytes().split_at(8 - size).1.to_vec(),
            State::Sha(sha) => sha.finish().as_ref().to_vec(),
            State::Md5(md5) => md5.finalize().to_vec(),
        }
    }
}

#[cfg(test)]
mod tests {
    use base64::Engine as _;
    use base64::engine::general_purpose::STANDARD;
    use proptest::prelude::*;

    use super::{Algorithm, Hasher, crc32};

    #[test]
    fn published_check_values_come_out() {
        let of = |algorithm: Algorithm| STANDARD.encode(algorithm.of(b"123456789"));
        assert_eq!(crc32(b"123456789"), 0xcbf4_3926);
        assert_eq!(of(Algorithm::Crc32), "y/Q5Jg==");
        assert_eq!(of(Algorithm::Crc32c), "4waSgw==");
        assert_eq!(of(Algorithm::Crc64Nvme), "rosUhgp5mIg=");
        assert_eq!(of(Algorithm::Sha1), "98O8HYCOBHMq32eZZczDTKeuNEE=");
        assert_eq!(of(Algorithm::Sha256), "FeKw08M4keuw8e9gnsQZQgwg4yDOlMZfvIwzEkSOsiU=");
        assert_eq!(of(Algorithm::Md5), "JfnnlDI7RTiF9RgfG2JNCw==");
    }

    #[test]
    fn names_are_found_in_any_case() {
        for algorithm in Algorithm::NAMED {
            assert_eq!(Algorithm::parse(&algorithm.name().to_lowercase()), Some(algorithm));
            assert_eq!(algorithm.of(b"x").len(), algorithm.size_bytes());
        }
        assert_eq!(Algorithm::parse("MD5"), None);
    }

    proptest! {
        #[test]
        fn pieces_give_what_the_whole_gives(bytes in proptest::collection::vec(any::<u8>(), 0..2000), at in any::<prop::sample::Index>()) {
            let (first, second) = bytes.split_at(at.index(bytes.len() + 1));
            for algorithm in Algorithm::NAMED {
                let mut hasher = Hasher::new(algorithm);
                hasher.update(first);
                hasher.update(second);
                let whole = algorithm.of(&bytes);
                prop_assert_eq!(&hasher.finish(), &whole);
                let combined = algorithm.combine(&algorithm.of(first), &algorithm.of(second), second.len() as u64);
                let is_crc = algorithm.name().starts_with("CRC");
                prop_assert_eq!(combined, is_crc.then_some(whole));
            }
        }
    }
}
