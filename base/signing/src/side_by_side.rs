//! The SHA-256 of several texts, computed side by side.
//!
//! Where a processor has no instructions for SHA-256, the hash of a body is a quarter of what a request of 1 KB computes, because each
//! step waits for the one before it. Eight texts in the lanes of vectors take little more than twice as long as one. The algorithm
//! is FIPS 180-4's; whatever vectors the processor has are looked for at run time, by `multiversion`. One text alone is ring's.

use crate::payload::sha256;

/// Texts that are hashed at once.
const LANES: usize = 8;

/// What one turn takes from a text.
type Block = [u8; 64];
/// The same word of every lane.
type Word = [u32; LANES];

/// What a hash begins with: the fractions of the roots of the first primes.
const BEGIN: [u32; 8] =
    [0x6a09_e667, 0xbb67_ae85, 0x3c6e_f372, 0xa54f_f53a, 0x510e_527f, 0x9b05_688c, 0x1f83_d9ab, 0x5be0_cd19];
#[rustfmt::skip]
const ROOTS: [u32; 64] = [
    0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5,
    0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174,
    0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da,
    0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967,
    0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85,
    0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070,
    0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3,
    0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2,
];

/// Whether this processor hashes several texts faster side by side: one with instructions for SHA-256 does not.
#[must_use]
#[cfg(target_arch = "x86_64")]
pub fn is_faster_side_by_side() -> bool {
    std::arch::is_x86_feature_detected!("avx2") && !std::arch::is_x86_feature_detected!("sha")
}

/// Whether this processor hashes several texts faster side by side: those that we know have instructions for SHA-256.
#[must_use]
#[cfg(not(target_arch = "x86_64"))]
pub fn is_faster_side_by_side() -> bool {
    false
}

/// The SHA-256 of each of these texts, in their order.
#[must_use]
pub fn sha256_of_each(texts: &[&[u8]]) -> Vec<[u8; 32]> {
    if !is_faster_side_by_side() {
        return texts.iter().map(|text| sha256(text)).collect();
    }
    grouped(texts)
}

/// The same, in groups of texts of about one length; what has none beside it is hashed alone.
fn grouped(texts: &[&[u8]]) -> Vec<[u8; 32]> {
    let mut hashes = vec![[0; 32]; texts.len()];
    let mut left: Vec<Text<'_>> = texts.iter().enumerate().map(|(at, text)| Text::new(at, text)).collect();
    left.sort_unstable_by_key(|text| text.blocks());
    while let Some(longest) = left.pop() {
        let beside = &left[left.len().saturating_sub(LANES - 1)..];
        let others: usize = beside.iter().map(Text::blocks).sum();
        // The lanes go on until the longest ends.
        if others < 2 * longest.blocks() {
            hashes[longest.at] = sha256(longest.bytes);
            continue;
        }
        let mut together = left.split_off(left.len() - beside.len());
        together.push(longest);
        for (text, hash) in together.iter().zip(run(&together)) {
            hashes[text.at] = hash;
        }
    }
    hashes
}

/// A text, and its place among the others.
struct Text<'a> {
    at: usize,
    bytes: &'a [u8],
    /// Its last bytes, what marks their end, and its length.
    end: [Block; 2],
}

impl<'a> Text<'a> {
    fn new(at: usize, bytes: &'a [u8]) -> Self {
        let mut text = Text { at, bytes, end: [[0; 64]; 2] };
        let rest = bytes.as_chunks::<64>().1;
        let blocks = text.blocks() - bytes.len() / 64;
        let end = text.end.as_flattened_mut();
        end[..rest.len()].copy_from_slice(rest);
        end[rest.len()] = 0x80;
        end[blocks * 64 - 8..blocks * 64].copy_from_slice(&(bytes.len() as u64 * 8).to_be_bytes());
        text
    }

    /// How many blocks it has, with the mark and its length behind it.
    fn blocks(&self) -> usize {
        (self.bytes.len() + 9).div_ceil(64)
    }

    fn block(&self, number: usize) -> &Block {
        let whole = self.bytes.as_chunks::<64>().0;
        whole.get(number).unwrap_or_else(|| &self.end[number - whole.len()])
    }
}

/// Hashes texts, no more than there are lanes. Those that end earlier are read where they end.
fn run(texts: &[Text<'_>]) -> Vec<[u8; 32]> {
    let mut hashes = vec![[0; 32]; texts.len()];
    let mut states = BEGIN.map(|word| [word; LANES]);
    let turns = texts.iter().map(Text::blocks).max().unwrap_or_default();
    for turn in 0..turns {
        // A lane that has nothing to do does something that nobody reads.
        let block =
            |lane: usize| texts.get(lane).filter(|text| turn < text.blocks()).map(|text| text.block(turn));
        let blocks: [&Block; LANES] = std::array::from_fn(|lane| block(lane).unwrap_or(&[0; 64]));
        compress(&mut states, &blocks);
        for (lane, _) in texts.iter().enumerate().filter(|(_, text)| text.blocks() == turn + 1) {
            for (bytes, word) in hashes[lane].as_chunks_mut::<4>().0.iter_mut().zip(&states) {
                *bytes = word[lane].to_be_bytes();
            }
        }
    }
    hashes
}

/// Takes a block of each lane into its hash.
#[multiversion::multiversion(targets("x86_64+avx512f+avx512vl", "x86_64+avx2"))]
fn compress(states: &mut [Word; 8], blocks: &[&Block; LANES]) {
    let mut words = [[0; LANES]; 16];
    for (lane, block) in blocks.iter().enumerate() {
        for (word, bytes) in words.iter_mut().zip(block.as_chunks::<4>().0) {
            word[lane] = u32::from_be_bytes(*bytes);
        }
    }
    let [mut a, mut b, mut c, mut d, mut e, mut f, mut g, mut h] = *states;
    for turn in 0..8 {
        let at = turn * 8;
        if turn >= 2 {
            (at..at + 8).for_each(|at| extend(&mut words, at));
        }
        let word = |step: usize| (&words[(at + step) % 16], ROOTS[at + step]);
        step(a, b, c, &mut d, e, f, g, &mut h, word(0));
        step(h, a, b, &mut c, d, e, f, &mut g, word(1));
        step(g, h, a, &mut b, c, d, e, &mut f, word(2));
        step(f, g, h, &mut a, b, c, d, &mut e, word(3));
        step(e, f, g, &mut h, a, b, c, &mut d, word(4));
        step(d, e, f, &mut g, h, a, b, &mut c, word(5));
        step(c, d, e, &mut f, g, h, a, &mut b, word(6));
        step(b, c, d, &mut e, f, g, h, &mut a, word(7));
    }
    for (state, word) in states.iter_mut().zip([a, b, c, d, e, f, g, h]) {
        *state = each([state, &word], |[state, word]| state.wrapping_add(word));
    }
}

/// Makes the word of a step out of earlier ones, in the place of the sixteenth before it.
#[inline(always)]
fn extend(words: &mut [Word; 16], at: usize) {
    let [old, near, far, last] = [at, at + 1, at + 9, at + 14].map(|at| &words[at % 16]);
    words[at % 16] = each([old, near, far, last], |[old, near, far, last]| {
        let near = near.rotate_right(7) ^ near.rotate_right(18) ^ (near >> 3);
        let last = last.rotate_right(17) ^ last.rotate_right(19) ^ (last >> 10);
        old.wrapping_add(near).wrapping_add(far).wrapping_add(last)
    });
}

/// One step of all lanes; two of the eight words change in it.
#[inline(always)]
#[expect(clippy::too_many_arguments, reason = "the eight words have these names in the standard")]
fn step(
    a: Word,
    b: Word,
    c: Word,
    d: &mut Word,
    e: Word,
    f: Word,
    g: Word,
    h: &mut Word,
    (word, root): (&Word, u32),
) {
    let first = each([&e, &f, &g, h, word], |[e, f, g, h, word]| {
        let turned = e.rotate_right(6) ^ e.rotate_right(11) ^ e.rotate_right(25);
        h.wrapping_add(turned).wrapping_add(g ^ (e & (f ^ g))).wrapping_add(root).wrapping_add(word)
    });
    *d = each([d, &first], |[d, first]| d.wrapping_add(first));
    *h = each([&a, &b, &c, &first], |[a, b, c, first]| {
        let turned = a.rotate_right(2) ^ a.rotate_right(13) ^ a.rotate_right(22);
        first.wrapping_add(turned).wrapping_add((a & b) | (c & (a | b)))
    });
}

/// The same of each lane. What is made apart is what the compiler makes vectors of.
#[inline(always)]
fn each<const COUNT: usize>(words: [&Word; COUNT], make: impl Fn([u32; COUNT]) -> u32) -> Word {
    let mut made = [0; LANES];
    for (lane, made) in made.iter_mut().enumerate() {
        *made = make(words.map(|word| word[lane]));
    }
    made
}

#[cfg(test)]
mod tests {
    use super::{grouped, run, sha256, sha256_of_each};

    fn text(number: usize, length: usize) -> Vec<u8> {
        (0..length).map(|at| (at * 31 + number * 7) as u8).collect()
    }

    #[test]
    fn each_is_what_it_is_alone() {
        // Around the lengths at which the end takes another block.
        let lengths = [0, 1, 55, 56, 63, 64, 65, 119, 120, 128, 1000, 1001, 1100, 1023, 4096, 70_000];
        let all: Vec<_> = lengths.iter().enumerate().map(|(number, length)| text(number, *length)).collect();
        for count in 0..=all.len() {
            let texts: Vec<&[u8]> = all[..count].iter().map(Vec::as_slice).collect();
            let alone: Vec<_> = texts.iter().map(|text| sha256(text)).collect();
            assert_eq!((grouped(&texts), sha256_of_each(&texts)), (alone.clone(), alone), "{count}");
        }
    }

    #[test]
    fn lanes_of_any_lengths_do_not_mix() {
        for lengths in [[0, 64, 55, 200, 56, 1, 119, 120], [9; 8]] {
            let all: Vec<_> =
                lengths.iter().enumerate().map(|(number, length)| text(number, *length)).collect();
            for count in 1..=all.len() {
                let texts: Vec<_> =
                    all[..count].iter().enumerate().map(|(at, text)| super::Text::new(at, text)).collect();
                let alone: Vec<_> = all[..count].iter().map(|text| sha256(text)).collect();
                assert_eq!(run(&texts), alone, "{lengths:?}");
            }
        }
    }
}
