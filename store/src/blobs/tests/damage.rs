//! Bytes that are not what was written: an error, and never other bytes.

use std::os::unix::fs::FileExt as _;

use super::blocks::{BLOCK_BYTES, SUM_BYTES};
use super::*;

const LENGTH: u64 = 4 * BLOCK_BYTES + 1000;

/// Turns over one bit.
fn damage(path: &Path, at: u64) {
    let file = std::fs::OpenOptions::new().read(true).write(true).open(path).unwrap();
    let mut byte = [0];
    file.read_exact_at(&mut byte, at).unwrap();
    file.write_all_at(&[byte[0] ^ 0x10], at).unwrap();
}

fn is_damaged<T>(outcome: Result<T, Error>) -> bool {
    match outcome {
        Ok(_) => false,
        Err(Error::Damaged { .. }) => true,
        Err(error) => panic!("{error}"),
    }
}

#[tokio::test]
async fn a_damaged_byte_is_found_by_every_range_of_its_block() {
    let bed = Bed::new();
    let blob = [bed.put(1, &bytes(LENGTH as usize)).await];
    // Of every block a byte of it, then one of its sum.
    for block in 0..5 {
        for at in [block * BLOCK_BYTES + 77, LENGTH + block * SUM_BYTES as u64 + 3] {
            damage(&bed.path(1), at);
            for other in 0..5 {
                let range = other * BLOCK_BYTES + 500..other * BLOCK_BYTES + 501;
                let read = bed.read(&blob, range.clone()).await;
                if other == block {
                    assert!(is_damaged(read));
                } else {
                    assert_eq!(read.unwrap().unwrap(), bytes(LENGTH as usize)[range.start as usize..][..1]);
                }
            }
            assert!(is_damaged(bed.read(&blob, 0..LENGTH).await));
            let checked = bed.blobs().check().unwrap();
            assert_eq!(checked.damages.len(), 1);
            assert!(checked.damages[0].why.contains(&format!("block {block} ")), "{checked:?}");
            // As it was.
            damage(&bed.path(1), at);
            assert_eq!(bed.blobs().check().unwrap().damages, []);
        }
    }
}

#[tokio::test]
async fn files_that_are_cut_off_swapped_or_missing() {
    let bed = Bed::new();
    let one = bed.put(1, &bytes(LENGTH as usize)).await;
    let two = bed.put(2, &bytes(LENGTH as usize)).await;
    let same = std::fs::read(bed.path(1)).unwrap();
    std::fs::copy(bed.path(2), bed.path(1)).unwrap();
    assert!(is_damaged(bed.read(std::slice::from_ref(&one), 0..1).await), "it is another blob's file");
    for length in [0, LENGTH as usize, same.len() - 1] {
        std::fs::write(bed.path(1), &same[..length]).unwrap();
        assert!(is_damaged(bed.read(std::slice::from_ref(&one), LENGTH - 1..LENGTH).await));
        assert_eq!(bed.blobs().check().unwrap().damages.len(), 1);
    }
    std::fs::remove_file(bed.path(1)).unwrap();
    assert!(is_damaged(bed.read(&[two, one], 0..u64::MAX).await));
    let checked = bed.blobs().check().unwrap();
    assert_eq!((checked.files, checked.bytes), (2, LENGTH));
    assert_eq!(checked.damages[0].why, "its file is missing");
}

#[tokio::test]
async fn a_check_names_who_has_what_is_damaged() {
    let bed = Bed::new();
    let large = bed.put(1, &bytes(LENGTH as usize)).await;
    let shared = bed.copy(&large, 2).unwrap();
    let small = bed.put(3, b"small").await;
    let whole = bed.put(4, b"whole").await;
    let put = |tx: &mut Transaction| {
        for (name, blob) in [("large", &large), ("shared", &shared), ("small", &small), ("whole", &whole)] {
            tx.put_record(Key::new().str("object").str(name), &(name, blob))?;
        }
        tx.put(value_key(id(3)), b"12345678small".to_vec());
        Ok::<_, Error>(())
    };
    bed.store.transact_now(put).unwrap();
    damage(&bed.path(1), LENGTH / 2);
    let unreferenced = id(9);
    std::fs::create_dir_all(path(bed.folder.path(), unreferenced).parent().unwrap()).unwrap();
    std::fs::write(path(bed.folder.path(), unreferenced), "of a process that was killed").unwrap();
    let checked = bed.blobs().check().unwrap();
    assert_eq!((checked.values, checked.files, checked.bytes), (2, 1, 5));
    assert_eq!(checked.unreferenced, [unreferenced]);
    let owners = |name: &str| format!("\"object\" \"{name}\"");
    let found: Vec<_> = checked.damages.iter().map(|damage| (damage.blob, damage.owners.clone())).collect();
    assert_eq!(found, [(id(3), vec![owners("small")]), (id(1), vec![owners("large"), owners("shared")])]);
    assert!(is_damaged(bed.read(std::slice::from_ref(&small), 0..1).await));
    assert!(is_damaged(bed.store.transact_now(|tx| small.copy(tx, id(7)))));
}
