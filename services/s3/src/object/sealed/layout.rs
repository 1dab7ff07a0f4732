//! Where what stands in a sealed blob.

use std::ops::Range;

/// What its key is made with, at its beginning.
pub(super) const SALT_BYTES: usize = 16;
/// What is sealed at once; a read of a few bytes opens so many.
pub(super) const BLOCK_BYTES: u64 = 64 << 10;
/// What proves a block, behind it.
pub(super) const TAG_BYTES: usize = 16;

/// How long a sealed blob of so many bytes is.
#[cfg(test)]
pub(super) fn sealed_length(plain: u64) -> u64 {
    SALT_BYTES as u64 + plain + count(plain) * TAG_BYTES as u64
}

/// How many bytes are in a sealed blob of that length; nothing where there is none of it.
pub(crate) fn plain_length(sealed: u64) -> Option<u64> {
    let blocks = sealed.checked_sub(SALT_BYTES as u64)?;
    let count = blocks.div_ceil(BLOCK_BYTES + TAG_BYTES as u64).max(1);
    blocks.checked_sub(count * TAG_BYTES as u64)
}

/// How many blocks so many bytes are.
pub(super) fn count(plain: u64) -> u64 {
    plain.div_ceil(BLOCK_BYTES).max(1)
}

/// Where the blocks of some bytes of a blob are in it, with its salt where the first is among them. `sealed` is its length.
pub(super) fn place_of(range: &Range<u64>, sealed: u64) -> Range<u64> {
    let block = BLOCK_BYTES + TAG_BYTES as u64;
    let at = |number: u64| SALT_BYTES as u64 + number * block;
    let begin = match range.start / BLOCK_BYTES {
        0 => 0,
        first => at(first),
    };
    begin..at(range.end.div_ceil(BLOCK_BYTES)).min(sealed)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blocks_are_found() {
        let sealed = sealed_length(3 * BLOCK_BYTES + 5);
        let block = BLOCK_BYTES + 16;
        assert_eq!(place_of(&(0..1), sealed), 0..16 + block);
        assert_eq!(place_of(&(0..BLOCK_BYTES), sealed), 0..16 + block);
        assert_eq!(place_of(&(5..BLOCK_BYTES + 1), sealed), 0..16 + 2 * block);
        assert_eq!(place_of(&(BLOCK_BYTES..2 * BLOCK_BYTES), sealed), 16 + block..16 + 2 * block);
        assert_eq!(place_of(&(3 * BLOCK_BYTES..3 * BLOCK_BYTES + 5), sealed), 16 + 3 * block..sealed);
    }

    #[test]
    fn what_is_too_short_is_no_blob() {
        for sealed in 0..32 {
            assert_eq!(plain_length(sealed), None);
        }
        assert_eq!(plain_length(32), Some(0));
    }
}
