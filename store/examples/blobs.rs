//! What blobs cost: processor time and time of writing and reading them, beside plain files. Run it optimised, with a folder on
//! the disk that is meant:
//!
//!     cargo run --release -p cloudlet-store --example blobs -- /var/tmp

use std::io::{Read as _, Write as _};
use std::path::{Path, PathBuf};
use std::time::Instant;

use bytes::Bytes;
use cloudlet_store::{Blob, BlobId, Durability, Error, Options, Store, Transaction};
use futures_util::TryStreamExt as _;
use tokio::runtime::Runtime;

/// What a connection gives at once.
const PIECE_BYTES: usize = 64 << 10;
const LARGE_BYTES: usize = 64 << 20;

type Result<T> = std::result::Result<T, Box<dyn std::error::Error>>;

fn main() -> Result<()> {
    let parent = std::env::args_os().nth(1).map_or_else(std::env::temp_dir, PathBuf::from);
    let folder = tempfile::tempdir_in(parent)?;
    plain_files(folder.path())?;
    let store = Store::open(Options::folder(&folder.path().join("data"), Durability::Crash))?;
    let runtime = tokio::runtime::Builder::new_current_thread().build()?;
    for (length, count) in [(LARGE_BYTES, 10), (4 << 20, 100), (256 << 10, 1000), (64 << 10, 4000)] {
        blobs(&runtime, &store, length, count)?;
    }
    for length in [32 << 10, 16 << 10, 4 << 10, 1 << 10] {
        blobs(&runtime, &store, length, 10_000)?;
    }
    Ok(())
}

/// The least that it can cost: pieces of a megabyte, nothing proved.
fn plain_files(folder: &Path) -> Result<()> {
    let path = folder.join("plain");
    let piece = vec![7; 1 << 20];
    measure("plain files, written", LARGE_BYTES, 10, |_| {
        let mut file = std::fs::File::create(&path)?;
        (0..LARGE_BYTES / piece.len()).try_for_each(|_| file.write_all(&piece))?;
        Ok(())
    })?;
    measure("plain files, read", LARGE_BYTES, 10, |_| {
        let mut file = std::fs::File::open(&path)?;
        let mut bytes = vec![0; piece.len()];
        (0..LARGE_BYTES / piece.len()).try_for_each(|_| file.read_exact(&mut bytes))?;
        Ok(())
    })
}

fn blobs(runtime: &Runtime, store: &Store, length: usize, count: usize) -> Result<()> {
    let piece = Bytes::from(vec![7; length.min(PIECE_BYTES)]);
    let mut list = Vec::new();
    measure("blobs, written", length, count, |number| {
        list.push(runtime.block_on(put(store, length, number, &piece))?);
        Ok(())
    })?;
    measure("blobs, read", length, count, |number| {
        runtime.block_on(get(store, &list[number]))?;
        Ok(())
    })?;
    measure("blobs, released", length, count, |number| {
        runtime.block_on(store.transact(|tx| {
            list[number].release(tx);
            Ok::<_, Error>(())
        }))?;
        Ok(())
    })
}

async fn put(store: &Store, length: usize, number: usize, piece: &Bytes) -> std::result::Result<Blob, Error> {
    let id = BlobId::new(((length as u64) << 32) | number as u64, (number as u64).to_be_bytes());
    let mut writing = store.blobs().create(id);
    for _ in 0..length / piece.len() {
        writing.write(piece.clone()).await?;
    }
    let written = writing.finish().await?;
    store.transact(|tx: &mut Transaction| written.refer(tx)).await
}

async fn get(store: &Store, blob: &Blob) -> std::result::Result<(), Error> {
    let reader = store.blobs().read(std::slice::from_ref(blob), 0..u64::MAX).await?;
    let mut reader = reader.ok_or_else(|| Error::Engine("it was released".into()))?;
    while reader.try_next().await?.is_some() {}
    Ok(())
}

/// Does it so many times, and prints what once costs.
fn measure(what: &str, length: usize, times: usize, mut once: impl FnMut(usize) -> Result<()>) -> Result<()> {
    let (begun, used) = (Instant::now(), processor_seconds()?);
    (0..times).try_for_each(&mut once)?;
    let (used, took) = (processor_seconds()? - used, begun.elapsed().as_secs_f64());
    let each = |seconds: f64| seconds / times as f64 * 1e6;
    println!("{what:<24} {length:>9} bytes: {:>9.1} µs of processor, {:>9.1} µs", each(used), each(took));
    Ok(())
}

/// What all threads have used until now.
fn processor_seconds() -> Result<f64> {
    let used = rustix::time::clock_gettime(rustix::time::ClockId::ProcessCPUTime);
    Ok(used.tv_sec as f64 + used.tv_nsec as f64 / 1e9)
}
