//! Checksums of bytes that pass by: of as many algorithms as are asked for, each computed once.

use crate::{Algorithm, Hasher};

/// Checksums under way, or done.
#[derive(Default)]
pub struct Sums {
    sums: Vec<(Algorithm, Sum)>,
    has_begun: bool,
}

enum Sum {
    Open(Hasher),
    Done(Vec<u8>),
}

impl Sums {
    /// Asks for a checksum, once or often. It has no effect after the first bytes, which it would miss.
    pub fn want(&mut self, algorithm: Algorithm) {
        if !self.has_begun && !self.wants(algorithm) {
            self.sums.push((algorithm, Sum::Open(Hasher::new(algorithm))));
        }
    }

    /// Whether somebody asked for it.
    #[must_use]
    pub fn wants(&self, algorithm: Algorithm) -> bool {
        self.sums.iter().any(|(known, _)| *known == algorithm)
    }

    /// Takes the next bytes.
    pub fn update(&mut self, bytes: &[u8]) {
        self.has_begun = true;
        for (_, sum) in &mut self.sums {
            if let Sum::Open(hasher) = sum {
                hasher.update(bytes);
            }
        }
    }

    /// There are no more bytes.
    pub fn finish(&mut self) {
        self.has_begun = true;
        for (_, sum) in &mut self.sums {
            *sum = match std::mem::replace(sum, Sum::Done(Vec::new())) {
                Sum::Open(hasher) => Sum::Done(hasher.finish()),
                done @ Sum::Done(_) => done,
            };
        }
    }

    /// The checksum of all bytes, with the most significant byte first; none before the end, or where nobody asked for it.
    #[must_use]
    pub fn get(&self, algorithm: Algorithm) -> Option<&[u8]> {
        self.sums.iter().find_map(|(known, sum)| match sum {
            Sum::Done(checksum) if *known == algorithm => Some(checksum.as_slice()),
            _ => None,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::{Algorithm, Sums};

    #[test]
    fn each_is_computed_of_all_bytes_and_known_at_the_end() {
        let mut sums = Sums::default();
        for algorithm in [Algorithm::Crc32, Algorithm::Md5, Algorithm::Crc32] {
            sums.want(algorithm);
        }
        sums.update(b"1234");
        sums.want(Algorithm::Sha1);
        sums.update(b"56789");
        assert_eq!(sums.get(Algorithm::Crc32), None);
        sums.finish();
        sums.finish();
        for algorithm in [Algorithm::Crc32, Algorithm::Md5] {
            assert_eq!(sums.get(algorithm), Some(algorithm.of(b"123456789").as_slice()));
        }
        assert_eq!(sums.get(Algorithm::Sha1), None, "it missed the first bytes");
        assert_eq!(sums.get(Algorithm::Sha256), None);
    }
}
