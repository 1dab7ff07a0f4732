//! MD5 of many texts at once, and of texts that come in pieces beside each other.

use crate::lanes::{BEGIN, Block, State, Text, take_in};

/// Bytes of a block.
const BLOCK: usize = size_of::<Block>();

/// The MD5 digest of each text, in their order.
#[must_use]
pub fn md5_of_each(texts: &[&[u8]]) -> Vec<[u8; 16]> {
    let mut states = vec![BEGIN; texts.len()];
    let whole = texts.iter().map(|text| text.as_chunks().0);
    take_in(states.iter_mut().zip(whole).map(|(state, blocks)| Text { state, blocks }).collect());
    let ends: Vec<End> = texts.iter().map(|text| End::new(text.as_chunks::<BLOCK>().1, text.len())).collect();
    let ends = ends.iter().map(End::blocks);
    take_in(states.iter_mut().zip(ends).map(|(state, blocks)| Text { state, blocks }).collect());
    states.into_iter().map(digest).collect()
}

/// The MD5 of a text that comes in pieces. They wait until it is caught up with, best together with others.
pub struct Md5 {
    state: State,
    waiting: Vec<u8>,
    length: usize,
}

impl Default for Md5 {
    fn default() -> Self {
        Md5 { state: BEGIN, waiting: Vec::new(), length: 0 }
    }
}

impl Md5 {
    /// Takes the next bytes.
    pub fn push(&mut self, bytes: &[u8]) {
        self.waiting.extend_from_slice(bytes);
        self.length += bytes.len();
    }

    /// How many bytes wait; fewer than a block of 64 do so up to the end.
    #[must_use]
    pub fn waiting(&self) -> usize {
        self.waiting.len()
    }

    /// Takes into each digest what waits for it.
    pub fn catch_up(digests: &mut [&mut Md5]) {
        take_in(digests.iter_mut().map(|digest| digest.text()).collect());
        for digest in digests {
            let whole = digest.waiting.len() / BLOCK * BLOCK;
            digest.waiting.drain(..whole);
        }
    }

    /// The digest of all that came.
    #[must_use]
    pub fn finish(mut self) -> [u8; 16] {
        Md5::catch_up(&mut [&mut self]);
        let end = End::new(&self.waiting, self.length);
        take_in(vec![Text { state: &mut self.state, blocks: end.blocks() }]);
        digest(self.state)
    }

    fn text(&mut self) -> Text<'_> {
        Text { state: &mut self.state, blocks: self.waiting.as_chunks().0 }
    }
}

/// The last bytes of a text, with a bit and the length behind them.
struct End {
    blocks: [Block; 2],
    count: usize,
}

impl End {
    fn new(rest: &[u8], length: usize) -> Self {
        let mut blocks = [[0; BLOCK]; 2];
        let count = if rest.len() + 1 + size_of::<u64>() > BLOCK { 2 } else { 1 };
        let bytes = &mut blocks.as_flattened_mut()[..count * BLOCK];
        bytes[..rest.len()].copy_from_slice(rest);
        bytes[rest.len()] = 0x80;
        let bits = (length as u64).wrapping_mul(8).to_le_bytes();
        bytes[count * BLOCK - bits.len()..].copy_from_slice(&bits);
        End { blocks, count }
    }

    fn blocks(&self) -> &[Block] {
        &self.blocks[..self.count]
    }
}

fn digest(state: State) -> [u8; 16] {
    let mut digest = [0; 16];
    digest.as_chunks_mut::<4>().0.copy_from_slice(&state.map(u32::to_le_bytes));
    digest
}

#[cfg(test)]
mod tests {
    use md5::Digest as _;
    use proptest::collection::vec;
    use proptest::prelude::*;

    use super::*;

    fn alone(text: &[u8]) -> [u8; 16] {
        md5::Md5::digest(text).into()
    }

    #[test]
    fn no_text_has_no_digest() {
        assert!(md5_of_each(&[]).is_empty());
    }

    proptest! {
        /// Lengths around the ends of blocks, and any number of texts.
        #[test]
        fn each_is_what_it_is_alone(texts in vec(vec(any::<u8>(), 0..200), 0..40)) {
            let texts: Vec<&[u8]> = texts.iter().map(Vec::as_slice).collect();
            let alone: Vec<[u8; 16]> = texts.iter().map(|text| alone(text)).collect();
            prop_assert_eq!(md5_of_each(&texts), alone);
        }

        #[test]
        fn pieces_are_what_they_are_together(
            texts in vec(vec(vec(any::<u8>(), 0..200), 0..8), 0..20),
        ) {
            let mut digests: Vec<Md5> = texts.iter().map(|_| Md5::default()).collect();
            for turn in 0..8 {
                for (digest, pieces) in digests.iter_mut().zip(&texts) {
                    digest.push(pieces.get(turn).map(Vec::as_slice).unwrap_or_default());
                }
                Md5::catch_up(&mut digests.iter_mut().skip(turn % 3).collect::<Vec<_>>());
                prop_assert!(digests.iter().skip(turn % 3).all(|digest| digest.waiting() < BLOCK));
            }
            for (digest, pieces) in digests.into_iter().zip(texts) {
                prop_assert_eq!(digest.finish(), alone(&pieces.concat()));
            }
        }
    }
}
