//! The examples of the S3 API reference, and framing under arbitrary cuts and tampering.

use proptest::prelude::*;

use super::*;
use crate::Secret;
use crate::keys::derive;

const SIGNATURES: [&str; 3] = [
    "ad80c730a21e5b8d04586a2213dd63b9a0e99e0e2307b0ade35a65485a288648",
    "0055627c9e194cb4542bae2aa5492e3c1575bbb81b612b7d234b86a503ef5497",
    "b6c6ea8a5354eaf15b3cb7646744f4275b71ea724fed81ceb9323e279d449df9",
];
const SIGNATURES_WITH_TRAILER: [&str; 3] = [
    "b474d8862b1487a5145d686f57f013e54db672cee1c953b3010fb58501ef5aa2",
    "1c1344b170168f8e65b41376b44b20fe354e373826ccbbe2c1d40a8cae51e5c7",
    "2ca2aba2005185cf7159c6277faf83795951dd77a3a99e6e65d5c9f85863f992",
];
const TRAILER: &str = "x-amz-checksum-crc32c:sOO8/Q==\r\nx-amz-trailer-signature:\
                       d81f82fc3505edab99d459891051a732e8730629a2e4a59689829ca17fe2e435\r\n";
const LENGTH: u64 = 66_560;

/// The proof of the reference's example request.
fn proof(payload: Declared) -> Proof {
    let seed = match payload {
        Declared::Chunks => "4f232c4386841ef735655705268965c44a0e4690baa4adea153f7db9fa80a0a9",
        _ => "106e2a8a18243abcf37539882f36619c00e2dfc72633413f02d3b74544bfeb8e",
    };
    let secret = Secret::new("wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY");
    Proof {
        payload,
        key: Arc::new(derive(&secret, "20130524", "us-east-1", "s3")),
        signed_at: Timestamp::parse("20130524T000000Z").unwrap(),
        scope: "20130524/us-east-1/s3/aws4_request".to_owned(),
        signature: seed.to_owned(),
    }
}

/// The reference's example body: 64 KB and 1 KB of `a`.
fn body(signatures: [&str; 3], trailer: &str) -> Vec<u8> {
    let [first, second, last] = signatures;
    let (large, small) = ("a".repeat(65_536), "a".repeat(1024));
    format!(
        "10000;chunk-signature={first}\r\n{large}\r\n400;chunk-signature={second}\r\n{small}\r\n\
         0;chunk-signature={last}\r\n{trailer}\r\n"
    )
    .into_bytes()
}

fn decoded(decoder: Decoder, body: &[u8], cut: usize) -> Result<(Vec<u8>, Vec<Field>), Error> {
    decoded_of(decoder, body.chunks(cut.max(1)))
}

fn decoded_of<'a>(
    mut decoder: Decoder,
    pieces: impl IntoIterator<Item = &'a [u8]>,
) -> Result<(Vec<u8>, Vec<Field>), Error> {
    let mut out = Vec::new();
    for piece in pieces {
        let mut piece = Bytes::copy_from_slice(piece);
        while let Some(data) = decoder.next(&mut piece)? {
            assert!(!data.is_empty());
            out.extend_from_slice(&data);
        }
    }
    decoder.finish().map(|fields| (out, fields))
}

#[test]
fn the_reference_examples_are_proved_at_any_cut() {
    for cut in [1, 7, 1000, usize::MAX] {
        let decoder = Decoder::new(proof(Declared::Chunks), LENGTH).unwrap();
        let (out, fields) = decoded(decoder, &body(SIGNATURES, ""), cut).unwrap();
        assert_eq!((out, fields), (vec![b'a'; LENGTH as usize], vec![]));
        let decoder = Decoder::new(proof(Declared::ChunksAndTrailer), LENGTH).unwrap();
        let (out, fields) = decoded(decoder, &body(SIGNATURES_WITH_TRAILER, TRAILER), cut).unwrap();
        assert_eq!(out.len(), LENGTH as usize);
        assert_eq!(fields, [("x-amz-checksum-crc32c".to_owned(), "sOO8/Q==".to_owned())]);
    }
}

#[test]
fn a_trailer_may_stand_apart_from_its_signature_and_must_have_one() {
    let run = |trailer: &str| {
        let decoder = Decoder::new(proof(Declared::ChunksAndTrailer), LENGTH).unwrap();
        decoded(decoder, &body(SIGNATURES_WITH_TRAILER, trailer), usize::MAX)
    };
    assert!(run(&TRAILER.replacen("==\r\n", "==\n\r\n", 1)).is_ok());
    assert_eq!(run(&TRAILER.replace("sOO8", "sOO9")), Err(Error::Mismatch));
    assert!(run("x-amz-checksum-crc32c:sOO8/Q==\r\n").is_err());
    assert_eq!(run(&format!("no colon\r\n{TRAILER}")), Err(Error::Trailer));
}

#[test]
fn unsigned_trailers_are_read() {
    let mut unsigned = proof(Declared::Chunks);
    unsigned.payload = Declared::UnsignedTrailer;
    let decoder = Decoder::new(unsigned, 5).unwrap();
    let (out, fields) =
        decoded(decoder, b"5\r\nhello\r\n0\r\nX-Amz-Checksum-Crc32: NhCmhg==\r\n\r\n", 3).unwrap();
    assert_eq!(out, b"hello");
    assert_eq!(fields, [("x-amz-checksum-crc32".to_owned(), "NhCmhg==".to_owned())]);
}

/// What botocore's `AwsChunkedWrapper` makes of `signed in pieces`, with chunks of seven bytes.
const OF_BOTOCORE: &[u8] =
    b"7\r\nsigned \r\n7\r\nin piec\r\n2\r\nes\r\n0\r\nx-amz-checksum-crc32:3g55fA==\r\n\r\n";

#[test]
fn a_body_of_botocore_is_read_wherever_it_is_cut() {
    let places = 0..=OF_BOTOCORE.len();
    let cuts = places.clone().flat_map(|first| places.clone().map(move |second| (first, second)));
    for (first, second) in cuts.filter(|(first, second)| first <= second) {
        let pieces = [&OF_BOTOCORE[..first], &OF_BOTOCORE[first..second], &OF_BOTOCORE[second..]];
        let (out, fields) = decoded_of(Decoder::unsigned(16), pieces).unwrap();
        assert_eq!(out, b"signed in pieces", "{first} {second}");
        assert_eq!(fields, [("x-amz-checksum-crc32".to_owned(), "3g55fA==".to_owned())]);
        // A body that ends there is not whole.
        let begun = decoded_of(Decoder::unsigned(16), [&OF_BOTOCORE[..first]]);
        assert_eq!(begun.is_ok(), first == OF_BOTOCORE.len(), "{first}");
    }
}

#[test]
fn lengths_and_framing_are_held_to() {
    for (length, body, error) in [
        (5, "5\r\nhello\r\n", Error::Length),
        (6, "5\r\nhello\r\n0\r\n\r\n", Error::Length),
        (4, "5\r\nhello\r\n0\r\n\r\n", Error::Length),
        (5, "5\r\nhelloX\r\n0\r\n\r\n", Error::Malformed),
        (5, "+5\r\nhello\r\n0\r\n\r\n", Error::Malformed),
        (5, "\r\n", Error::Malformed),
        (u64::MAX, "10000000000000000\r\n", Error::Malformed),
        (0, "0\r\n\r\nmore", Error::Malformed),
        (0, &"0".repeat(LINE_MAX + 1), Error::Malformed),
    ] {
        assert_eq!(decoded(Decoder::unsigned(length), body.as_bytes(), 4).unwrap_err(), error, "{body:?}");
    }
    assert!(matches!(Decoder::new(proof(Declared::Unsigned), 0), Err(Error::NotChunked)));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]

    #[test]
    fn any_flipped_bit_is_seen(at in any::<prop::sample::Index>(), bit in 0..8_u32) {
        let mut body = body(SIGNATURES, "");
        let at = at.index(body.len() - 4);
        body[at] ^= 1 << bit;
        let decoder = Decoder::new(proof(Declared::Chunks), LENGTH).unwrap();
        let outcome = decoded(decoder, &body, 4096);
        // White space before a line end and the case of a size mean nothing; the data must still be the signed data.
        prop_assert!(outcome.is_err() || outcome.unwrap().0 == vec![b'a'; LENGTH as usize]);
    }

    #[test]
    fn any_chunks_come_back(chunks in prop::collection::vec(prop::collection::vec(any::<u8>(), 1..50), 0..6), cut in 1..40_usize) {
        let mut body = Vec::new();
        for chunk in &chunks {
            body.extend_from_slice(format!("{:x}\r\n", chunk.len()).as_bytes());
            body.extend_from_slice(chunk);
            body.extend_from_slice(b"\r\n");
        }
        body.extend_from_slice(b"0\r\n\r\n");
        let whole = chunks.concat();
        let (out, _) = decoded(Decoder::unsigned(whole.len() as u64), &body, cut).unwrap();
        prop_assert_eq!(out, whole);
    }

    #[test]
    fn no_bytes_panic(body in prop::collection::vec(any::<u8>(), 0..200)) {
        let _ = decoded(Decoder::unsigned(1000), &body, 13);
    }
}
