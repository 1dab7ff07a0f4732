//! Sums of blocks: what proves the bytes of a blob when they are read, without reading all of them.

use xxhash_rust::xxh3::{Xxh3, xxh3_64_with_seed};

use super::BlobId;

/// Bytes that have a sum of their own; the last block of a blob may have fewer. A range of a few bytes reads so many, and each
/// costs 8 bytes more on the disk.
pub(super) const BLOCK_BYTES: u64 = 256 << 10;
pub(super) const SUM_BYTES: usize = 8;

/// How many blocks so many bytes are.
pub(super) fn count(length: u64) -> u64 {
    length.div_ceil(BLOCK_BYTES)
}

/// The sum of one block.
pub(super) fn sum(id: BlobId, block: u64, bytes: &[u8]) -> [u8; SUM_BYTES] {
    xxh3_64_with_seed(bytes, seed(id, block)).to_le_bytes()
}

fn seed(id: BlobId, block: u64) -> u64 {
    id.seed().wrapping_add(block)
}

/// The first of these blocks whose sum is another one.
pub(super) fn first_damaged(id: BlobId, first: u64, bytes: &[u8], sums: &[u8]) -> Option<u64> {
    let blocks = bytes.chunks(BLOCK_BYTES as usize).zip(sums.chunks(SUM_BYTES));
    (first..)
        .zip(blocks)
        .find(|(number, (block, noted))| sum(id, *number, block) != **noted)
        .map(|(number, _)| number)
}

/// Makes the sums of a blob while its bytes come.
pub(super) struct Sums {
    id: BlobId,
    done: Vec<u8>,
    block: Xxh3,
    /// Bytes that the block still takes.
    room: usize,
}

impl Sums {
    pub(super) fn new(id: BlobId) -> Self {
        Sums { id, done: Vec::new(), block: Xxh3::with_seed(seed(id, 0)), room: BLOCK_BYTES as usize }
    }

    pub(super) fn add(&mut self, mut bytes: &[u8]) {
        while !bytes.is_empty() {
            let (now, later) = bytes.split_at(bytes.len().min(self.room));
            self.block.update(now);
            self.room -= now.len();
            if self.room == 0 {
                self.end_block();
            }
            bytes = later;
        }
    }

    /// The sums of all blocks, one after the other.
    pub(super) fn end(mut self) -> Vec<u8> {
        if self.room < BLOCK_BYTES as usize {
            self.end_block();
        }
        self.done
    }

    fn end_block(&mut self) {
        self.done.extend_from_slice(&self.block.digest().to_le_bytes());
        let next = (self.done.len() / SUM_BYTES) as u64;
        self.block = Xxh3::with_seed(seed(self.id, next));
        self.room = BLOCK_BYTES as usize;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sums_do_not_depend_on_pieces() {
        let id = BlobId::new(1, [7; 8]);
        let bytes: Vec<u8> = (0..BLOCK_BYTES * 2 + 5).map(|at| (at % 253) as u8).collect();
        for length in
            [1, 5, BLOCK_BYTES as usize - 1, BLOCK_BYTES as usize, BLOCK_BYTES as usize + 1, bytes.len()]
        {
            let bytes = &bytes[..length];
            for piece in [1000, 65_536, BLOCK_BYTES as usize, bytes.len()] {
                let mut sums = Sums::new(id);
                bytes.chunks(piece).for_each(|piece| sums.add(piece));
                let sums = sums.end();
                assert_eq!(sums.len() as u64, count(length as u64) * SUM_BYTES as u64);
                assert_eq!(first_damaged(id, 0, bytes, &sums), None);
            }
        }
    }

    #[test]
    fn a_block_in_anothers_place_is_damaged() {
        let id = BlobId::new(1, [7; 8]);
        let mut sums = Sums::new(id);
        let bytes = vec![0; BLOCK_BYTES as usize * 2];
        sums.add(&bytes);
        let sums = sums.end();
        assert_ne!(sums[..SUM_BYTES], sums[SUM_BYTES..]);
        assert_eq!(first_damaged(id, 1, &bytes, &sums), Some(1));
        assert_eq!(first_damaged(BlobId::new(1, [8; 8]), 0, &bytes, &sums), Some(0));
    }
}
