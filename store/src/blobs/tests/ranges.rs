//! Any length in any pieces, any range of any list.

use proptest::prelude::*;

use super::blocks::BLOCK_BYTES;
use super::*;

/// Lengths, most of them at a boundary of something.
fn length() -> impl Strategy<Value = usize> {
    let boundary = prop_oneof![
        Just(0),
        Just(INLINE_BYTES_MAX),
        (1..=5usize).prop_map(|blocks| blocks * BLOCK_BYTES as usize),
    ];
    prop_oneof![
        4 => (boundary, 0..5usize).prop_map(|(boundary, more)| (boundary + more).saturating_sub(2)),
        1 => 0..2 * INLINE_BYTES_MAX,
        1 => 0..2_000_000usize,
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, ..ProptestConfig::default() })]

    #[test]
    fn any_range_of_any_list(
        lengths in prop::collection::vec((length(), 1..600_000usize), 1..4),
        ranges in prop::collection::vec((0..1000u64, 0..1000u64, -2..3i64), 1..8),
    ) {
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        runtime.block_on(async {
            let store = Store::open(Options::memory()).unwrap();
            let blobs = store.blobs();
            let (mut whole, mut list) = (Vec::new(), Vec::new());
            for (number, (length, piece)) in (0..).zip(lengths) {
                let bytes = bytes(length);
                let mut writing = blobs.create(id(number));
                // Many small pieces only of what is small.
                for piece in bytes.chunks(piece.max(length / 500 + 1)) {
                    writing.write(Bytes::copy_from_slice(piece)).await.unwrap();
                }
                let written = writing.finish().await.unwrap();
                list.push(store.transact_now(|tx| written.refer(tx)).unwrap());
                whole.extend_from_slice(&bytes);
            }
            let length = whole.len() as u64;
            let whole_range = (0, 1000, 0);
            for (from, to, beside) in ranges.into_iter().chain([whole_range]) {
                let from = length * from / 1000;
                // Beyond the end at times, and at times before the beginning.
                let to = (length * to / 1000).saturating_add_signed(beside);
                let reader = blobs.read(&list, from..to).await.unwrap().unwrap();
                let expected = whole.get(from as usize..to.min(length) as usize).unwrap_or_default();
                assert_eq!(reader.remaining(), expected.len() as u64);
                assert!(all(reader).await.unwrap() == expected);
            }
        });
    }
}
