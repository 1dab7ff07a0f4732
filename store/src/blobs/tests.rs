//! Blobs that are written, referred to, let go, and left behind.

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

use super::*;
use crate::{Options, Store};

struct Bed {
    store: Store,
    blobs: Blobs,
    folder: tempfile::TempDir,
}

impl Bed {
    fn new(durability: Durability) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let blobs = Blobs::open(&folder.path().join("blobs"), durability).unwrap();
        Bed { store: Store::open(Options::memory()).unwrap(), blobs, folder }
    }

    async fn write(&self, number: u8, bytes: &[u8]) -> Written {
        let mut writing = self.blobs.create(BlobId([number; 16])).await.unwrap();
        for piece in bytes.chunks(1000) {
            writing.write_all(piece).await.unwrap();
        }
        writing.finish().await.unwrap()
    }

    fn refer(&self, written: &Written, reference: &str) {
        self.store.transact_now(|tx| self.blobs.refer(tx, written, reference.as_bytes())).unwrap();
    }

    fn release(&self, number: u8, reference: &str) {
        let release = |tx: &mut Transaction| {
            self.blobs.release(tx, BlobId([number; 16]), reference.as_bytes());
            Ok::<_, Error>(())
        };
        self.store.transact_now(release).unwrap();
    }

    async fn read(&self, number: u8, range: Range<u64>) -> Result<Vec<u8>, Error> {
        let mut bytes = Vec::new();
        self.blobs.read(BlobId([number; 16]), range).await?.read_to_end(&mut bytes).await.unwrap();
        Ok(bytes)
    }

    /// The files that are there.
    fn files(&self) -> Vec<String> {
        let folders = std::fs::read_dir(self.folder.path().join("blobs")).unwrap();
        let files = folders.flat_map(|folder| std::fs::read_dir(folder.unwrap().path()).unwrap());
        let mut names: Vec<_> = files.map(|file| file.unwrap().file_name().into_string().unwrap()).collect();
        names.sort_unstable();
        names
    }
}

#[tokio::test]
async fn what_goes_in_comes_out() {
    for durability in [Durability::Crash, Durability::Power] {
        let bed = Bed::new(durability);
        let bytes: Vec<u8> = (0..300_000u32).map(|number| (number % 251) as u8).collect();
        let written = bed.write(1, &bytes).await;
        bed.refer(&written, "me");
        let length = bed.blobs.length(&bed.store.snapshot(), written.id(), b"me").unwrap();
        assert_eq!(length, Some(300_000));
        assert!(bed.read(1, 0..u64::MAX).await.unwrap() == bytes);
        assert!(bed.read(1, 1000..2000).await.unwrap() == bytes[1000..2000]);
        assert_eq!(bed.read(1, 299_999..300_001).await.unwrap(), bytes[299_999..]);
        assert_eq!(bed.read(1, 300_000..400_000).await.unwrap(), b"");
        assert_eq!(bed.files(), ["01".repeat(16)]);
        assert!(bed.read(2, 0..1).await.is_err());
    }
}

#[tokio::test]
async fn what_is_in_use_is_never_swept() {
    let bed = Bed::new(Durability::Crash);
    let writing = bed.blobs.create(BlobId([1; 16])).await.unwrap();
    let whole = bed.write(2, b"whole").await;
    let referred = bed.write(3, b"referred").await;
    bed.refer(&referred, "me");
    drop(referred);
    assert_eq!(bed.blobs.sweep_all(&bed.store).unwrap(), 0);
    let finished = writing.finish().await.unwrap();
    bed.refer(&finished, "me");
    bed.refer(&whole, "me");
    drop((finished, whole));
    assert_eq!(bed.blobs.sweep_all(&bed.store).unwrap(), 0);
    assert_eq!(bed.files().len(), 3);
}

#[tokio::test]
async fn what_a_dead_process_left_is_swept() {
    let bed = Bed::new(Durability::Crash);
    let mut writing = bed.blobs.create(BlobId([1; 16])).await.unwrap();
    writing.write_all(b"half").await.unwrap();
    writing.flush().await.unwrap();
    let whole = bed.write(2, b"whole, and not referred to").await;
    let referred = bed.write(3, b"referred").await;
    bed.refer(&referred, "me");
    assert_eq!(bed.files().len(), 3);
    // Another process knows nothing of what this one holds.
    let blobs = Blobs::open(&bed.folder.path().join("blobs"), Durability::Crash).unwrap();
    assert_eq!(blobs.sweep_all(&bed.store).unwrap(), 2);
    assert_eq!(bed.files(), ["03".repeat(16)]);
    drop((writing, whole, referred));
}

#[tokio::test]
async fn what_is_given_up_is_swept() {
    let bed = Bed::new(Durability::Crash);
    drop(bed.blobs.create(BlobId([1; 16])).await.unwrap());
    drop(bed.write(2, b"whole").await);
    assert_eq!(bed.blobs.sweep_all(&bed.store).unwrap(), 2);
    assert_eq!(bed.files(), [""; 0]);
}

#[tokio::test]
async fn a_blob_goes_with_its_last_reference() {
    let bed = Bed::new(Durability::Crash);
    let written = bed.write(1, b"bytes").await;
    bed.refer(&written, "one");
    let share = |other: &'static str, reference: &'static str| {
        let share = |tx: &mut Transaction| {
            bed.blobs.refer_too(tx, BlobId([1; 16]), other.as_bytes(), reference.as_bytes())
        };
        bed.store.transact_now(share).unwrap()
    };
    assert!(share("one", "two"));
    assert!(!share("nobody", "three"));
    bed.release(1, "one");
    // It is looked at once for each release, until it is held by nobody.
    assert_eq!(bed.blobs.sweep_round(&bed.store).unwrap(), 1);
    bed.release(1, "two");
    assert_eq!(bed.blobs.sweep_round(&bed.store).unwrap(), 0, "its writer holds it");
    drop(written);
    let mut reader = bed.blobs.read(BlobId([1; 16]), 0..5).await.unwrap();
    assert_eq!(bed.blobs.sweep_round(&bed.store).unwrap(), 1);
    assert_eq!(bed.blobs.sweep_round(&bed.store).unwrap(), 0);
    assert_eq!(bed.files(), [""; 0]);
    assert!(!share("two", "four"));
    let mut bytes = Vec::new();
    reader.read_to_end(&mut bytes).await.unwrap();
    assert_eq!(bytes, b"bytes", "who had begun to read goes on");
}

/// Writers refer and release while the sweeper is at work: in the end there is what is referred to, and nothing else.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn the_sweeper_and_writers_agree() {
    let bed = Arc::new(Bed::new(Durability::Crash));
    let sweeper = tokio::spawn({
        let bed = Arc::clone(&bed);
        async move { bed.blobs.sweep_released(&bed.store).await }
    });
    let all = tokio::spawn({
        let bed = Arc::clone(&bed);
        async move {
            loop {
                bed.blobs.sweep_all(&bed.store).unwrap();
                tokio::task::yield_now().await;
            }
        }
    });
    let mut writers = tokio::task::JoinSet::new();
    for number in 0..60 {
        let bed = Arc::clone(&bed);
        writers.spawn(async move {
            let written = bed.write(number, &[number; 3000]).await;
            bed.refer(&written, "one");
            drop(written);
            let share = |tx: &mut Transaction| bed.blobs.refer_too(tx, BlobId([number; 16]), b"one", b"two");
            assert!(bed.store.transact_now(share).unwrap());
            bed.release(number, "one");
            assert_eq!(bed.read(number, 0..9999).await.unwrap(), [number; 3000]);
            if number % 2 == 0 {
                bed.release(number, "two");
            }
        });
    }
    while let Some(done) = writers.join_next().await {
        done.unwrap();
    }
    let deadline = std::time::Instant::now() + std::time::Duration::from_secs(20);
    while bed.files().len() > 30 && std::time::Instant::now() < deadline {
        tokio::task::yield_now().await;
    }
    let odd: Vec<_> =
        (0..60u8).filter(|number| number % 2 == 1).map(|number| BlobId([number; 16]).to_string()).collect();
    assert_eq!(bed.files(), odd);
    sweeper.abort();
    all.abort();
}
