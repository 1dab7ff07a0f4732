//! Keys: tuples whose bytes sort as their parts do. The encoding is that of FoundationDB's tuple layer (its
//! specification is `design/tuple.md` in apple/foundationdb), for bytes, text and whole numbers.

use std::borrow::{Borrow, Cow};
use std::ops::{Deref, Range};

use crate::Error;

const BYTES: u8 = 0x01;
const TEXT: u8 = 0x02;
/// What stands before the parts of a [rising](Key::rising) key: a code that the specification leaves to its users.
const RISING: u8 = 0x40;
/// Whole numbers: this plus or minus the count of bytes that follow.
const ZERO: u8 = 0x14;
/// What stands for a zero byte inside of bytes and text is this after the zero; the end is a zero alone.
const ESCAPE: u8 = 0xff;
/// What a key takes at once, so that most keys are allocated once.
const TYPICAL_BYTES: usize = 64;

/// A key under construction, or a whole one.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Key(Vec<u8>);

impl Key {
    /// The empty tuple.
    #[must_use]
    pub const fn new() -> Self {
        Key(Vec::new())
    }

    /// The empty tuple of what is written in about the order of its keys, such as the bodies of messages: first a moment or a
    /// number that rises. The engine keeps it in a tree of its own, where it is written once and hardly ever merged.
    ///
    /// Such a key is written once, and deleted once: what is put over another value, or again after it was deleted, may show
    /// the older value once more when it is deleted. These keys stand behind all others.
    #[must_use]
    pub fn rising() -> Self {
        let mut key = Vec::with_capacity(TYPICAL_BYTES);
        key.push(RISING);
        Key(key)
    }

    /// With text as the next part.
    #[must_use]
    pub fn str(mut self, text: &str) -> Self {
        self.push(TEXT, text.as_bytes());
        self
    }

    /// With bytes as the next part.
    #[must_use]
    pub fn bytes(mut self, bytes: impl AsRef<[u8]>) -> Self {
        self.push(BYTES, bytes.as_ref());
        self
    }

    /// With a whole number as the next part.
    #[must_use]
    pub fn i64(mut self, number: i64) -> Self {
        if number >= 0 {
            return self.u64(number.unsigned_abs());
        }
        let size = size_of_number(number.unsigned_abs());
        // One's complement of the magnitude, in as many bytes as it needs: fewer bytes are closer to zero.
        let complement = !number.unsigned_abs();
        self.0.push(ZERO - size as u8);
        self.0.extend_from_slice(&complement.to_be_bytes()[8 - size..]);
        self
    }

    /// With a whole number as the next part.
    #[must_use]
    pub fn u64(mut self, number: u64) -> Self {
        let size = size_of_number(number);
        self.0.push(ZERO + size as u8);
        self.0.extend_from_slice(&number.to_be_bytes()[8 - size..]);
        self
    }

    /// All keys that have more parts after these.
    #[must_use]
    pub fn prefix_range(&self) -> Range<Vec<u8>> {
        within(&self.0)
    }

    /// All keys whose next part is text that begins so.
    #[must_use]
    pub fn beginning_with(mut self, text: &str) -> Range<Vec<u8>> {
        self.push(TEXT, text.as_bytes());
        self.0.pop();
        // No text has this byte, so all that go on behind the text are before it.
        let end = [&self.0[..], &[0xff]].concat();
        self.0..end
    }

    /// The encoded tuple.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }

    fn push(&mut self, kind: u8, bytes: &[u8]) {
        if self.0.capacity() - self.0.len() < bytes.len() + 2 {
            self.0.reserve(bytes.len() + TYPICAL_BYTES);
        }
        self.0.push(kind);
        let mut rest = bytes;
        // Most parts are short and have none, which is seen sooner than asked.
        while has_zero(rest)
            && let Some(zero) = memchr::memchr(0, rest)
        {
            self.0.extend_from_slice(&rest[..zero]);
            self.0.extend_from_slice(&[0, ESCAPE]);
            rest = &rest[zero + 1..];
        }
        self.0.extend_from_slice(rest);
        self.0.push(0);
    }
}

fn has_zero(bytes: &[u8]) -> bool {
    let (words, rest) = bytes.as_chunks::<8>();
    let zero_in = |word: u64| word.wrapping_sub(0x0101_0101_0101_0101) & !word & 0x8080_8080_8080_8080;
    let found = words.iter().fold(0, |found, word| found | zero_in(u64::from_le_bytes(*word)));
    found != 0 || rest.contains(&0)
}

fn size_of_number(magnitude: u64) -> usize {
    8 - magnitude.leading_zeros() as usize / 8
}

/// All [rising](Key::rising) keys.
pub(crate) fn all_rising() -> Range<Vec<u8>> {
    vec![RISING]..vec![RISING + 1]
}

/// Whether a key is a [rising](Key::rising) one.
pub(crate) fn is_rising(key: &[u8]) -> bool {
    key.first() == Some(&RISING)
}

/// All keys that have more parts after this encoded tuple.
#[must_use]
pub fn within(tuple: &[u8]) -> Range<Vec<u8>> {
    let with = |byte| [tuple, &[byte]].concat();
    // No part begins with either.
    with(0x00)..with(0xff)
}

impl Deref for Key {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        &self.0
    }
}

impl AsRef<[u8]> for Key {
    fn as_ref(&self) -> &[u8] {
        &self.0
    }
}

impl Borrow<[u8]> for Key {
    fn borrow(&self) -> &[u8] {
        &self.0
    }
}

impl From<Key> for Vec<u8> {
    fn from(key: Key) -> Self {
        key.0
    }
}

impl From<&Key> for Vec<u8> {
    fn from(key: &Key) -> Self {
        key.0.clone()
    }
}

/// The parts of a key, taken one after the other.
#[derive(Clone, Debug)]
pub struct Parts<'a> {
    rest: &'a [u8],
}

impl<'a> Parts<'a> {
    /// From the first part on.
    #[must_use]
    pub const fn new(key: &'a [u8]) -> Self {
        match key {
            [RISING, rest @ ..] => Parts { rest },
            rest => Parts { rest },
        }
    }

    /// The next part, which is text.
    ///
    /// # Errors
    /// When it is not, or there is none.
    pub fn str(&mut self) -> Result<Cow<'a, str>, Error> {
        match self.part(TEXT)? {
            Cow::Borrowed(bytes) => std::str::from_utf8(bytes).ok().map(Cow::Borrowed),
            Cow::Owned(bytes) => String::from_utf8(bytes).ok().map(Cow::Owned),
        }
        .ok_or_else(|| Error::key("text is not UTF-8"))
    }

    /// The next part, which is bytes.
    ///
    /// # Errors
    /// When it is not, or there is none.
    pub fn bytes(&mut self) -> Result<Cow<'a, [u8]>, Error> {
        self.part(BYTES)
    }

    /// The next part, which is a whole number.
    ///
    /// # Errors
    /// When it is not, or there is none, or it is beyond 64 bits with a sign.
    pub fn i64(&mut self) -> Result<i64, Error> {
        let (negative, magnitude) = self.number()?;
        let value =
            if negative { 0i64.checked_sub_unsigned(magnitude) } else { i64::try_from(magnitude).ok() };
        value.ok_or_else(|| Error::key("a number is too large"))
    }

    /// The next part, which is a whole number from zero.
    ///
    /// # Errors
    /// When it is not, or there is none.
    pub fn u64(&mut self) -> Result<u64, Error> {
        match self.number()? {
            (false, magnitude) => Ok(magnitude),
            (true, _) => Err(Error::key("a number is negative")),
        }
    }

    /// Whether all parts were taken.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.rest.is_empty()
    }

    fn number(&mut self) -> Result<(bool, u64), Error> {
        let (kind, rest) = self.rest.split_first().ok_or_else(|| Error::key("a part is missing"))?;
        let size = usize::from(kind.abs_diff(ZERO));
        if size > 8 || rest.len() < size {
            return Err(Error::key("a part is no number"));
        }
        let negative = *kind < ZERO;
        let (digits, rest) = rest.split_at(size);
        self.rest = rest;
        let mut padded = [if negative { 0xff } else { 0 }; 8];
        padded[8 - size..].copy_from_slice(digits);
        let number = u64::from_be_bytes(padded);
        Ok((negative, if negative { !number } else { number }))
    }

    /// The bytes of the next part; borrowed when nothing in it was escaped.
    fn part(&mut self, wanted: u8) -> Result<Cow<'a, [u8]>, Error> {
        let rest = match self.rest.split_first() {
            Some((kind, rest)) if *kind == wanted => rest,
            _ => return Err(Error::key("a part is missing or of another kind")),
        };
        let mut unescaped: Option<Vec<u8>> = None;
        let mut from = 0;
        loop {
            let zero = rest[from..]
                .iter()
                .position(|byte| *byte == 0)
                .ok_or_else(|| Error::key("a part has no end"))?;
            let end = from + zero;
            if rest.get(end + 1) != Some(&ESCAPE) {
                self.rest = &rest[end + 1..];
                return Ok(match unescaped {
                    None => Cow::Borrowed(&rest[..end]),
                    Some(mut bytes) => {
                        bytes.extend_from_slice(&rest[from..end]);
                        Cow::Owned(bytes)
                    }
                });
            }
            unescaped.get_or_insert_default().extend_from_slice(&rest[from..=end]);
            from = end + 2;
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::{Key, Parts};

    #[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
    enum Part {
        Bytes(Vec<u8>),
        Text(String),
        Number(i64),
    }

    fn part() -> impl Strategy<Value = Part> {
        prop_oneof![
            prop::collection::vec(prop_oneof![Just(0u8), Just(0xff), any::<u8>()], 0..6)
                .prop_map(Part::Bytes),
            "[\0-\u{10ffff}]{0,4}".prop_map(Part::Text),
            prop_oneof![any::<i64>(), -300i64..300].prop_map(Part::Number),
        ]
    }

    fn key(parts: &[Part]) -> Key {
        parts.iter().fold(Key::new(), |key, part| match part {
            Part::Bytes(bytes) => key.bytes(bytes),
            Part::Text(text) => key.str(text),
            Part::Number(number) => key.i64(*number),
        })
    }

    proptest! {
        #[test]
        fn what_begins_so_is_in_one_range(text in "[a\\x00\u{10ffff}]{0,3}", prefix in "[a\\x00\u{10ffff}]{0,2}", rest in prop::collection::vec(part(), 0..2)) {
            let in_front = Key::new().str("kind");
            let whole = rest.iter().fold(in_front.clone().str(&text), |key, part| match part {
                Part::Bytes(bytes) => key.bytes(bytes),
                Part::Text(text) => key.str(text),
                Part::Number(number) => key.i64(*number),
            });
            prop_assert_eq!(in_front.beginning_with(&prefix).contains(&Vec::from(whole)), text.starts_with(&prefix));
        }

        #[test]
        fn keys_sort_as_their_parts(one in prop::collection::vec(part(), 0..4), other in prop::collection::vec(part(), 0..4)) {
            prop_assert_eq!(key(&one).cmp(&key(&other)), one.cmp(&other));
        }

        #[test]
        fn parts_come_back(parts in prop::collection::vec(part(), 0..5)) {
            let key = key(&parts);
            let mut found = Parts::new(&key);
            for part in &parts {
                match part {
                    Part::Bytes(bytes) => prop_assert_eq!(&*found.bytes().unwrap(), bytes.as_slice()),
                    Part::Text(text) => prop_assert_eq!(&*found.str().unwrap(), text.as_str()),
                    Part::Number(number) => prop_assert_eq!(found.i64().unwrap(), *number),
                }
            }
            prop_assert!(found.is_empty());
        }

        #[test]
        fn nothing_read_from_bytes_panics(bytes in prop::collection::vec(any::<u8>(), 0..20)) {
            let _ = Parts::new(&bytes).bytes();
            let _ = Parts::new(&bytes).str();
            let _ = Parts::new(&bytes).i64();
            let _ = Parts::new(&bytes).u64();
        }

        #[test]
        fn a_prefix_range_has_what_continues_the_prefix(prefix in prop::collection::vec(part(), 0..3), other in prop::collection::vec(part(), 0..5)) {
            let inside = other.len() > prefix.len() && other.starts_with(&prefix);
            let range = key(&prefix).prefix_range();
            prop_assert_eq!(range.contains(&Vec::from(key(&other))), inside);
        }
    }

    #[test]
    fn the_encoding_is_that_of_the_specification() {
        assert_eq!(Key::new().bytes(b"foo\x00bar").as_bytes(), b"\x01foo\x00\xffbar\x00");
        assert_eq!(Key::new().str("F\u{d4}O\u{0}bar").as_bytes(), b"\x02F\xc3\x94O\x00\xffbar\x00");
        assert_eq!(Key::new().i64(-5_551_212).as_bytes(), b"\x11\xabK\x93");
        assert_eq!(Key::new().u64(u64::MAX).as_bytes(), b"\x1c\xff\xff\xff\xff\xff\xff\xff\xff");
        assert_eq!(Key::new().i64(0).as_bytes(), b"\x14");
    }

    #[test]
    fn a_rising_key_has_the_same_parts() {
        let key = Key::rising().str("a").u64(7);
        let mut parts = Parts::new(&key);
        assert_eq!((parts.str().unwrap().as_ref(), parts.u64().unwrap()), ("a", 7));
        assert!(parts.is_empty() && key > Key::new().str("z").u64(u64::MAX));
    }
}
