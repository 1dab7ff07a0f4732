//! A disk that takes no more: whoever writes hears of it, and what was begun goes.
//!
//! The child is this test binary again, which may not write files of more than a megabyte.

use std::process::Command;

use super::*;

/// Set for the child.
const CHILD: &str = "CLOUDLET_BLOBS_FULL_CHILD";
/// Half of what a file may have.
const HALF: usize = 500_000;

#[test]
fn what_does_not_fit_leaves_nothing() {
    // In blocks of 512 bytes; without its signal, a write that goes beyond fails as on a full disk.
    let limited = "trap '' XFSZ; ulimit -f 2000; exec \"$0\" \"$@\"";
    let child = Command::new("sh")
        .args(["-c", limited])
        .arg(std::env::current_exe().unwrap())
        .args(["--exact", "blobs::tests::full::child", "--nocapture"])
        .env(CHILD, "1")
        .output()
        .unwrap();
    assert!(child.status.success(), "{}", String::from_utf8_lossy(&child.stderr));
    assert!(String::from_utf8_lossy(&child.stdout).contains("all is as it should be"));
}

/// Not a test by itself: what the limited process does.
#[tokio::test]
async fn child() {
    if std::env::var_os(CHILD).is_none() {
        return;
    }
    let store = Store::open(Options::memory()).unwrap();
    let blobs = store.blobs();
    for length in [2 * HALF, 4 * HALF, 20 * HALF] {
        let outcome = write(&blobs, id(1), length + HALF).await;
        assert!(matches!(outcome, Err(Error::Folder { .. })), "it was taken");
        assert_eq!(blobs.sweep_now().unwrap(), 1);
    }
    let written = write(&blobs, id(2), HALF).await.unwrap();
    let blob = store.transact_now(|tx| written.refer(tx)).unwrap();
    let reader = blobs.read(&[blob], 0..u64::MAX).await.unwrap().unwrap();
    assert_eq!(all(reader).await.unwrap(), bytes(HALF));
    println!("all is as it should be");
}

async fn write(blobs: &Blobs, id: BlobId, length: usize) -> Result<Written, Error> {
    let mut writing = blobs.create(id);
    for piece in bytes(length).chunks(100_000) {
        writing.write(Bytes::copy_from_slice(piece)).await?;
    }
    writing.finish().await
}
