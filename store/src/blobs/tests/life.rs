//! From the first byte to the last reference.

use std::sync::atomic::Ordering;

use futures_util::FutureExt as _;

use super::*;
use crate::engine::Memory;
use crate::tests::faulty::{Faults, Faulty};

/// So many that they are in a file.
const LARGE: usize = INLINE_BYTES_MAX + 1;

#[tokio::test]
async fn what_goes_in_comes_out() {
    for durability in [Durability::Crash, Durability::Power] {
        let bed = Bed::at(durability);
        for (number, length) in (1..).zip([0, 1, INLINE_BYTES_MAX, LARGE, 3_000_000]) {
            let bytes = bytes(length);
            let blob = bed.put(number, &bytes).await;
            assert_eq!(blob.length(), length as u64);
            assert_eq!(bed.read(&[blob], 0..u64::MAX).await.unwrap().unwrap(), bytes);
        }
        assert_eq!(bed.files(), [id(4), id(5)]);
    }
}

#[tokio::test]
async fn in_memory_there_are_temporary_files() {
    let store = Store::open(Options::memory()).unwrap();
    let mut writing = store.blobs().create(id(1));
    writing.write(bytes(LARGE).into()).await.unwrap();
    let written = writing.finish().await.unwrap();
    let blob = store.transact_now(|tx| written.refer(tx)).unwrap();
    let reader = store.blobs().read(&[blob], 0..u64::MAX).await.unwrap().unwrap();
    assert_eq!(all(reader).await.unwrap(), bytes(LARGE));
}

#[tokio::test]
async fn records_keep_blobs() {
    let bed = Bed::new();
    let small = bed.put(1, b"small").await;
    let large = bed.put(2, &bytes(LARGE)).await;
    let shared = bed.copy(&large, 3).unwrap();
    let blobs = vec![small, large, shared];
    for record in [crate::record::encode(&blobs).unwrap(), crate::record::encode_compact(&blobs).unwrap()] {
        assert_eq!(crate::record::decode::<Vec<Blob>>(&record).unwrap(), blobs);
        assert_eq!(record.len(), 2 + 27 + 27 + 43);
    }
    assert!(crate::record::decode::<Blob>(b"\x01\xc4\x01\x00").is_err());
}

#[tokio::test]
async fn what_is_in_use_is_never_swept() {
    let bed = Bed::new();
    let mut writing = bed.blobs().create(id(1));
    writing.write(bytes(3 << 20).into()).await.unwrap();
    let whole = bed.write(2, &bytes(LARGE)).await;
    bed.put(3, &bytes(LARGE)).await;
    assert_eq!(bed.sweep_all(), 0);
    let finished = writing.finish().await.unwrap();
    bed.refer(&finished);
    bed.refer(&whole);
    drop((finished, whole));
    assert_eq!(bed.sweep_all(), 0);
    assert_eq!(bed.files(), [id(1), id(2), id(3)]);
}

#[tokio::test]
async fn what_is_given_up_is_swept() {
    let bed = Bed::new();
    let mut writing = bed.blobs().create(id(1));
    writing.write(bytes(3 << 20).into()).await.unwrap();
    drop(writing);
    drop(bed.write(2, &bytes(LARGE)).await);
    drop(bed.write(3, b"small").await);
    let mut swept = 0;
    // A thread may still be writing the first.
    while swept < 2 {
        swept += bed.blobs().sweep_now().unwrap();
        tokio::task::yield_now().await;
    }
    assert_eq!(bed.files(), []);
}

#[tokio::test]
async fn what_a_dead_process_left_is_swept() {
    let bed = Bed::new();
    bed.put(1, &bytes(LARGE)).await;
    bed.blobs().shared.files.create(id(2)).unwrap().append(&["half".into()]).unwrap();
    let stranger = bed.path(1).with_file_name("stranger");
    std::fs::write(&stranger, "not ours").unwrap();
    assert_eq!(bed.sweep_all(), 1);
    assert_eq!(bed.files(), [id(1)]);
    assert!(stranger.exists());
}

#[tokio::test]
async fn a_refused_transaction_leaves_nothing() {
    let bed = Bed::new();
    for (number, length) in [(1, 5), (2, LARGE)] {
        let written = bed.write(number, &bytes(length)).await;
        let refused = bed.store.transact_now(|tx| {
            written.refer(tx)?;
            Err::<(), _>(Error::Engine("of its own accord".into()))
        });
        refused.unwrap_err();
    }
    assert_eq!(bed.blobs().sweep_now().unwrap(), 1);
    assert_eq!(bed.blobs().check().unwrap(), Checked::default());
}

#[tokio::test]
async fn a_file_goes_with_its_last_reference() {
    let bed = Bed::new();
    let first = bed.put(1, &bytes(LARGE)).await;
    let second = bed.copy(&first, 2).unwrap();
    bed.release(&first);
    assert_eq!(bed.blobs().sweep_now().unwrap(), 0);
    assert!(bed.copy(&first, 3).is_none());
    assert!(bed.read(&[first], 0..9).await.unwrap().is_none());
    assert_eq!(bed.read(std::slice::from_ref(&second), 0..9).await.unwrap().unwrap(), bytes(9));
    let third = bed.copy(&second, 4).unwrap();
    bed.release(&second);
    bed.release(&third);
    assert_eq!(bed.blobs().sweep_now().unwrap(), 1);
    assert_eq!(bed.files(), []);
    assert_eq!(bed.blobs().sweep_now().unwrap(), 0);
}

#[tokio::test]
async fn a_value_goes_with_its_blob() {
    let bed = Bed::new();
    let first = bed.put(1, b"small").await;
    let second = bed.copy(&first, 2).unwrap();
    bed.release(&first);
    assert!(bed.copy(&first, 3).is_none());
    assert!(bed.read(&[first], 0..9).await.unwrap().is_none());
    assert_eq!(bed.read(std::slice::from_ref(&second), 0..9).await.unwrap().unwrap(), b"small");
    bed.release(&second);
    assert_eq!(bed.blobs().check().unwrap(), Checked::default());
}

#[tokio::test]
async fn a_reader_finishes_whatever_happens() {
    let bed = Bed::new();
    let parts =
        [bed.put(1, &bytes(3 << 20)).await, bed.put(2, b"small").await, bed.put(3, &bytes(LARGE)).await];
    let reader = bed.blobs().read(&parts, 0..u64::MAX).await.unwrap().unwrap();
    parts.iter().for_each(|part| bed.release(part));
    assert_eq!(bed.blobs().sweep_now().unwrap(), 0);
    assert!(bed.read(&parts, 0..1).await.unwrap().is_none(), "nobody begins to read it any more");
    assert_eq!(all(reader).await.unwrap(), [bytes(3 << 20), b"small".to_vec(), bytes(LARGE)].concat());
    assert_eq!(bed.blobs().sweep_now().unwrap(), 2);
    assert_eq!(bed.files(), []);
}

#[tokio::test]
async fn a_reset_leaves_no_files() {
    let bed = Bed::new();
    bed.put(1, &bytes(LARGE)).await;
    bed.store.reset().unwrap();
    assert_eq!(bed.blobs().sweep_now().unwrap(), 1);
    assert_eq!(bed.files(), []);
}

#[tokio::test]
async fn at_power_only_what_is_synced_is_finished() {
    let bed = Bed::at(Durability::Power);
    let mut writing = bed.blobs().create(id(1));
    writing.write(bytes(3 << 20).into()).await.unwrap();
    while bed.files().is_empty() {
        tokio::task::yield_now().await;
    }
    let blobs = bed.folder.path().join("blobs");
    std::fs::rename(&blobs, bed.folder.path().join("elsewhere")).unwrap();
    // Its bytes can still be written, but not its name.
    assert!(matches!(writing.finish().await, Err(Error::Folder { .. })), "nothing can refer to it");
}

#[tokio::test]
async fn at_crash_it_is_synced_soon_or_the_store_fails() {
    let bed = Bed::new();
    let mut writing = bed.blobs().create(id(1));
    writing.write(bytes(3 << 20).into()).await.unwrap();
    while bed.files().is_empty() {
        tokio::task::yield_now().await;
    }
    std::fs::rename(bed.folder.path().join("blobs"), bed.folder.path().join("elsewhere")).unwrap();
    writing.finish().await.unwrap();
    let put = |tx: &mut Transaction| {
        tx.put(Key::new().str("k"), "");
        Ok::<_, Error>(())
    };
    while bed.store.transact(put).await.is_ok() {
        tokio::task::yield_now().await;
    }
}

/// Writers refer, copy and release while readers read and the sweeper is at work: in the end there is what is referred to,
/// and nothing else.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn the_sweeper_and_others_agree() {
    let bed = Arc::new(Bed::new());
    let sweeper = tokio::spawn({
        let blobs = bed.blobs();
        async move { blobs.sweep().await }
    });
    let mut writers = tokio::task::JoinSet::new();
    for number in 0..60 {
        let bed = Arc::clone(&bed);
        writers.spawn(async move {
            let expected = vec![number; LARGE];
            let first = bed.put(number, &expected).await;
            bed.blobs().shared.holds.doubt_all();
            let second = bed.copy(&first, 100 + number).unwrap();
            let reader = bed.blobs().read(std::slice::from_ref(&first), 0..9999).await.unwrap().unwrap();
            bed.release(&first);
            assert_eq!(
                bed.read(std::slice::from_ref(&second), 0..u64::MAX).await.unwrap().unwrap(),
                expected
            );
            if number % 2 == 0 {
                bed.release(&second);
                assert!(bed.read(&[second], 0..1).await.unwrap().is_none());
            }
            assert_eq!(all(reader).await.unwrap(), expected[..9999]);
        });
    }
    while let Some(done) = writers.join_next().await {
        done.unwrap();
    }
    let odd: Vec<_> = (0..60).filter(|number| number % 2 == 1).map(id).collect();
    let deadline = std::time::Instant::now() + std::time::Duration::from_secs(20);
    while bed.files() != odd && std::time::Instant::now() < deadline {
        tokio::task::yield_now().await;
    }
    assert_eq!(bed.files(), odd);
    sweeper.abort();
}

/// What a crash may still undo takes no file along: the record that comes back needs it.
#[tokio::test]
async fn files_go_once_their_release_is_on_the_disk() {
    let faults = Arc::new(Faults::default());
    let engine = Faulty { engine: Box::new(Memory::default()), faults: Arc::clone(&faults) };
    let store = Store::on(Box::new(engine), Some(Durability::Crash));
    let blobs = store.blobs();
    let mut writing = blobs.create(id(1));
    writing.write(bytes(LARGE).into()).await.unwrap();
    let written = writing.finish().await.unwrap();
    let blob = store.transact_now(|tx| written.refer(tx)).unwrap();
    drop(written);
    faults.syncs.store(true, Ordering::Relaxed);
    // Committed, and not yet handed over.
    let release = |tx: &mut Transaction| {
        blob.release(tx);
        Ok::<_, Error>(())
    };
    assert!(store.transact(release).now_or_never().is_none());
    assert!(blobs.sweep_now().is_err());
    assert!(blobs.shared.files.open(id(1)).unwrap().is_some(), "the file is gone");
}
