//! Random transactions, shrunk to the smallest that fail: each store is an ordered map.

use std::collections::BTreeMap;

use proptest::prelude::*;

use super::{Bed, collected, content, everything, key, keys};
use crate::{Direction, Error};

#[derive(Clone, Debug)]
enum Step {
    Put(u8, u8),
    Delete(u8),
    Commit,
    Abandon,
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        4 => (0u8..20, any::<u8>()).prop_map(|(key, value)| Step::Put(key, value)),
        2 => (0u8..20).prop_map(Step::Delete),
        1 => Just(Step::Commit),
        1 => Just(Step::Abandon),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(30))]

    /// Transactions of random steps: each sees its own writes in order and against it, and only committed ones stay.
    #[test]
    fn a_store_is_an_ordered_map(steps in prop::collection::vec(step(), 1..120)) {
        for bed in [Bed::memory(), Bed::crash()] {
            let store = bed.open();
            let mut model: BTreeMap<Vec<u8>, Vec<u8>> = BTreeMap::new();
            for transaction in steps.split_inclusive(|step| matches!(step, Step::Commit | Step::Abandon)) {
                let mut changed = model.clone();
                let outcome = store.transact_now(|tx| {
                    for step in transaction {
                        match step {
                            Step::Put(number, value) => {
                                tx.put(key((*number).into()), vec![*value]);
                                changed.insert(key((*number).into()).into(), vec![*value]);
                            }
                            Step::Delete(number) => {
                                tx.delete(key((*number).into()));
                                changed.remove(&Vec::from(key((*number).into())));
                            }
                            Step::Commit => {}
                            Step::Abandon => return Err(Error::Failed("abandoned".into())),
                        }
                    }
                    let expected: Vec<_> = changed.clone().into_iter().collect();
                    assert_eq!(content(tx, everything(), Direction::Forward), expected);
                    let against: Vec<_> = expected.into_iter().rev().collect();
                    assert_eq!(content(tx, everything(), Direction::Backward), against);
                    Ok(())
                });
                if outcome.is_ok() {
                    model = changed;
                }
                let expected: Vec<_> = model.clone().into_iter().collect();
                prop_assert_eq!(content(&store.snapshot(), everything(), Direction::Forward), expected);
            }
        }
    }

    /// A queue that is filled and emptied in random order gives what a plain scan gives.
    #[test]
    fn the_head_of_a_queue_is_never_missed(steps in prop::collection::vec((any::<bool>(), 0u64..12), 1..150)) {
        for bed in [Bed::memory(), Bed::crash()] {
            let store = bed.open();
            for (put, number) in &steps {
                store.transact_now(|tx| {
                    let first = tx.scan_head(keys()).next().transpose()?;
                    match first {
                        _ if *put => tx.put(key(*number), vec![]),
                        Some((first, _)) => tx.delete(&*first),
                        None => {}
                    }
                    Ok::<_, Error>(())
                }).unwrap();
                let (by_head, by_scan) = store.transact_now(|tx| {
                    let by_head = collected(tx.scan_head(keys()));
                    Ok::<_, Error>((by_head, collected(tx.scan_unchecked(keys(), Direction::Forward))))
                }).unwrap();
                prop_assert_eq!(by_head, by_scan);
            }
        }
    }
}
