//! What every engine's store does with ranges of keys; [`super::interface`] has these as tests of each engine.

use super::interface::{put, write};
use super::{Bed, collected, content, everything, key, keys};
use crate::tuple::Key;
use crate::{Direction, Error, Reads};

pub(super) fn ranges_begin_with_their_start_and_end_before_their_end(bed: Bed) {
    let store = bed.open();
    for number in 0..6 {
        put(&store, number, "");
    }
    let range = |from, to| Vec::from(key(from))..Vec::from(key(to));
    let found = |from, to, direction| content(&store.snapshot(), range(from, to), direction);
    let expected: Vec<_> = (2..4).map(|number| (Vec::from(key(number)), vec![])).collect();
    assert_eq!(found(2, 4, Direction::Forward), expected);
    assert_eq!(found(2, 4, Direction::Backward), expected.into_iter().rev().collect::<Vec<_>>());
    assert_eq!(found(3, 3, Direction::Forward), []);
    assert_eq!(found(4, 2, Direction::Forward), []);
    assert_eq!(found(4, 2, Direction::Backward), []);
    write(&store, |tx| assert_eq!(tx.scan(range(4, 2), Direction::Forward).count(), 0));
}

pub(super) fn own_writes_lie_over_stored_ones_both_ways(bed: Bed) {
    let store = bed.open();
    for number in [1, 3, 5] {
        put(&store, number, "stored");
    }
    let done = store.transact_now(|tx| {
        tx.put(key(0), "own");
        tx.delete(key(3));
        tx.put(key(4), "own");
        tx.put(key(5), "own");
        let expected = [(0, "own"), (1, "stored"), (4, "own"), (5, "own")];
        let expected = expected.map(|(number, value)| (Vec::from(key(number)), value.as_bytes().to_vec()));
        assert_eq!(content(tx, keys(), Direction::Forward), expected);
        assert_eq!(collected(tx.scan_unchecked(keys(), Direction::Forward)), expected);
        assert_eq!(collected(tx.scan_head(keys())), expected);
        let against: Vec<_> = expected.into_iter().rev().collect();
        assert_eq!(content(tx, keys(), Direction::Backward), against);
        assert_eq!(collected(tx.scan_unchecked(keys(), Direction::Backward)), against);
        Ok::<_, Error>(())
    });
    done.unwrap();
}

pub(super) fn rising_keys_stand_behind_all_others(bed: Bed) {
    let store = bed.open();
    let rising = |number| Key::rising().u64(number);
    let all = [key(1), Key::new().u64(u64::MAX), rising(1), rising(2), rising(300)].map(|key| key.to_vec());
    write(&store, |tx| all.iter().for_each(|key| tx.put(&**key, key.clone())));
    let found = |range: std::ops::Range<Vec<u8>>, direction| -> Vec<Vec<u8>> {
        content(&store.snapshot(), range, direction).into_iter().map(|(key, _)| key).collect()
    };
    assert_eq!(found(everything(), Direction::Forward), all);
    assert!(found(everything(), Direction::Backward).iter().eq(all.iter().rev()));
    assert_eq!(found(all[1].clone()..all[3].clone(), Direction::Forward), all[1..3]);
    assert_eq!(found(all[3].clone()..everything().end, Direction::Forward), all[3..]);
    assert!(found(all[3].clone()..all[0].clone(), Direction::Forward).is_empty());
    write(&store, |tx| tx.delete(rising(2)));
    assert_eq!(found(Key::rising().prefix_range(), Direction::Forward), [&*all[2], &*all[4]]);
}

pub(super) fn any_bytes_are_keys_and_values(bed: Bed) {
    let store = bed.open();
    let large: Vec<u8> = (0..1_500_000u32).map(|number| (number % 251) as u8).collect();
    let long_key = vec![0xfe; 4000];
    let entries: [(&[u8], &[u8]); 5] =
        [(&[0], b""), (&[0, 0], &[0]), (&[0, 0xff], &[0xff; 3]), (&[1], &large), (&long_key, b"long")];
    write(&store, |tx| entries.iter().for_each(|(key, value)| tx.put(&**key, value.to_vec())));
    let expected = entries.map(|(key, value)| (key.to_vec(), value.to_vec()));
    assert!(content(&store.snapshot(), vec![0]..vec![0xff], Direction::Forward) == expected);
}
