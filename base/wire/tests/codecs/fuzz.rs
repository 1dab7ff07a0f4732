//! Broken messages: valid ones with some bytes changed, and bytes without a meaning. A decoder may refuse them; it may not
//! panic, hang, or take memory out of proportion.
//!
//! `CODECS_SEED` and `CODECS_ROUNDS` choose others than the usual ones, and more; a failure tells the seed.

use std::env;
use std::time::{Duration, Instant};

use bytes::Bytes;
use cloudlet_wire::{Document, OperationFacts, Protocol, event_stream};
use http::HeaderMap;
use proptest::strategy::{Strategy as _, ValueTree as _};
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};

use crate::memory::peak_of;
use crate::messages::{form, read, request};
use crate::schemas::{BODIES, FORMS, IN_PARTS, SYMMETRIC, THINGS};
use crate::things::Thing;
use crate::values::any_of;

/// Memory that a decoder may take for each byte of a message, and beyond that.
const BYTES_PER_BYTE: usize = 400;
const BYTES_BEYOND: usize = 64 << 10;
/// Nothing so short may take so long, however busy the machine is.
const PATIENCE: Duration = Duration::from_secs(10);

/// Chance from a seed: xorshift64*.
struct Chance(u64);

impl Chance {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        self.0.wrapping_mul(0x2545_f491_4f6c_dd1d)
    }

    fn below(&mut self, end: usize) -> usize {
        (self.next() % end.max(1) as u64) as usize
    }

    fn bytes(&mut self, most: usize) -> Vec<u8> {
        (0..self.below(most)).map(|_| self.next() as u8).collect()
    }

    /// Changes a message in one to four places.
    fn broken(&mut self, message: &[u8], other: &[u8]) -> Vec<u8> {
        let mut bytes = message.to_vec();
        for _ in 0..=self.below(4) {
            let at = self.below(bytes.len() + 1);
            let end = (at + self.below(8)).min(bytes.len());
            match self.below(7) {
                0 if at < bytes.len() => bytes[at] ^= 1 << self.below(8),
                1 if at < bytes.len() => {
                    bytes[at] = [0, 0xff, 0x7f, b'"', b'<', b'&', b'.', 0xdf][self.below(8)]
                }
                2 => drop(bytes.drain(at..end)),
                3 => bytes.truncate(at),
                4 => {
                    let again = bytes[at..end].repeat(1 + self.below(50));
                    bytes.splice(at..at, again);
                }
                5 => drop(bytes.splice(at..end, self.bytes(8))),
                _ => {
                    let cut = self.below(other.len() + 1);
                    bytes.truncate(at);
                    bytes.extend_from_slice(&other[cut..]);
                }
            }
            bytes.truncate(64 << 10);
        }
        bytes
    }
}

fn number(variable: &str, usual: u64) -> u64 {
    env::var(variable).ok().and_then(|value| value.parse().ok()).unwrap_or(usual)
}

/// Valid messages, made of generated values.
fn messages(seed: u64, protocol: Protocol, operation: &'static OperationFacts) -> Vec<Bytes> {
    let mut bytes = [0; 32];
    bytes[..8].copy_from_slice(&seed.to_le_bytes());
    let rng = TestRng::from_seed(RngAlgorithm::ChaCha, &bytes);
    let mut runner = TestRunner::new_with_rng(Config::default(), rng);
    let values = any_of(operation.input.unwrap(), protocol);
    let value = |runner: &mut TestRunner| values.new_tree(runner).unwrap().current();
    (0..40)
        .map(|_| value(&mut runner))
        .map(|value| match FORMS.contains(&protocol) {
            true => form(protocol, operation, &value),
            false => request(protocol, operation, &value).1,
        })
        .collect()
}

/// Feeds `decode` with broken messages, and watches it.
fn try_to_break(name: &str, valid: &[Bytes], mut decode: impl FnMut(&Bytes)) {
    let seed = number("CODECS_SEED", 1);
    let mut chance = Chance(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1);
    for round in 0..number("CODECS_ROUNDS", 2000) {
        let (one, other) = (&valid[chance.below(valid.len())], &valid[chance.below(valid.len())]);
        let message: Bytes =
            if round % 8 == 0 { chance.bytes(300).into() } else { chance.broken(one, other).into() };
        let begun = Instant::now();
        let ((), peak) = peak_of(|| decode(&message));
        let told =
            || format!("{name}, CODECS_SEED={seed}, round {round}: {:?}", message.escape_ascii().to_string());
        assert!(begun.elapsed() < PATIENCE, "{} took too long", told());
        let allowed = BYTES_BEYOND + BYTES_PER_BYTE * message.len();
        assert!(peak <= allowed, "{} took {peak} bytes, {allowed} are allowed", told());
    }
}

/// One decoder, typed and neutral.
fn try_protocol(protocol: Protocol) {
    let headers = HeaderMap::new();
    let name = format!("{protocol:?}");
    for operation in [&BODIES, &IN_PARTS] {
        try_to_break(&name, &messages(7, protocol, operation), |message| {
            drop(read::<Document>(protocol, operation, &headers, message));
        });
    }
    try_to_break(&name, &messages(8, protocol, &THINGS), |message| {
        drop(read::<Thing>(protocol, &THINGS, &headers, message));
    });
}

#[test]
fn no_message_breaks_the_json_reader() {
    try_protocol(Protocol::AwsJson10);
    try_protocol(Protocol::RestJson1);
}

#[test]
fn no_message_breaks_the_xml_reader() {
    try_protocol(Protocol::RestXml);
}

#[test]
fn no_message_breaks_the_cbor_reader() {
    try_protocol(Protocol::RpcV2Cbor);
}

#[test]
fn no_form_breaks_its_reader() {
    FORMS.into_iter().for_each(try_protocol);
}

#[test]
fn no_header_breaks_its_reader() {
    let valid: Vec<Bytes> = ["a, \"b,c\\\"\", d", "Tue, 09 Jan 2018 20:51:21 GMT", "1.5e300", "aGk="]
        .into_iter()
        .map(|text| Bytes::from_static(text.as_bytes()))
        .collect();
    try_to_break("headers", &valid, |message| {
        let mut headers = HeaderMap::new();
        for name in ["x-text", "x-long", "x-double", "x-blob", "x-when", "x-texts", "x-dates", "x-meta-a"] {
            if let Ok(value) = http::HeaderValue::from_bytes(message) {
                headers.append(name, value);
            }
            drop(read::<Document>(Protocol::RestXml, &IN_PARTS, &headers, &Bytes::new()));
        }
    });
}

#[test]
fn no_frame_breaks_the_decoder_of_events() {
    let frames: Vec<Bytes> = ["", "message", "é"]
        .into_iter()
        .map(|text| event_stream::error("Code", text).encode().unwrap())
        .collect();
    try_to_break("frames", &frames, |message| {
        let mut decoder = event_stream::Decoder::default();
        decoder.feed(message);
        while let Ok(Some(frame)) = decoder.take() {
            drop(frame.encode());
        }
    });
}

#[test]
fn depth_and_width_have_their_price_and_no_more() {
    let deep = |open: &str, close: &str| {
        let message = open.repeat(20_000) + &close.repeat(20_000);
        vec![Bytes::from(message.into_bytes())]
    };
    let headers = HeaderMap::new();
    let cases = [
        (Protocol::AwsJson10, deep("{\"Inner\":", "}")),
        (Protocol::AwsJson10, deep("[", "]")),
        (Protocol::RestXml, deep("<Inner>", "</Inner>")),
        (Protocol::RpcV2Cbor, deep("\u{1}", "")),
        (Protocol::AwsQuery, deep("Inner.", "Words=x&")),
        (Protocol::Ec2Query, deep("Items.1.", "Words=x&")),
    ];
    for (protocol, messages) in cases {
        for message in messages {
            let begun = Instant::now();
            let (read, peak) = peak_of(|| read::<Thing>(protocol, &THINGS, &headers, &message));
            assert!(begun.elapsed() < PATIENCE, "{protocol:?}");
            assert!(peak < 400 * message.len(), "{protocol:?}: {peak} of {}", message.len());
            drop(read);
        }
    }
}

/// The symmetric protocols and the forms are all there are.
#[test]
fn every_protocol_is_tried() {
    assert_eq!(SYMMETRIC.len() + FORMS.len(), 7);
}
