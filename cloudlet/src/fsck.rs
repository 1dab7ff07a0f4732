//! `cloudlet fsck`: reads everything in a data folder, and names what is damaged.

use anyhow::{Context as _, Result, bail};
use store::blobs::Checked;
use store::{Direction, Durability, Options, Reads as _, Store, tuple};

use crate::cli::FsckFlags;
use crate::settings::data_folder;

/// Checks the data folder of a cloud that is stopped. Damage is an error, after all of it was named.
pub(crate) fn run(flags: FsckFlags) -> Result<()> {
    let data = data_folder(flags.data)?;
    if !data.join("format").exists() {
        bail!("{} is no data folder", data.display());
    }
    let store = Store::open(Options::folder(&data, Durability::Crash))?;
    let records = count_records(&store).context("the store is damaged")?;
    let checked = store.blobs().check().context("the store is damaged")?;
    store.close()?;
    println!("{records} records can be read");
    report(&checked)
}

/// Reads all there is in the store; its engine has checksums of its own.
fn count_records(store: &Store) -> Result<u64, store::Error> {
    let snapshot = store.snapshot();
    let mut entries = snapshot.scan(tuple::Key::new().prefix_range(), Direction::Forward);
    entries.try_fold(0, |count, entry| entry.map(|_| count + 1))
}

fn report(checked: &Checked) -> Result<()> {
    let Checked { values, files, bytes, damages, unreferenced } = checked;
    println!(
        "{} blobs were read, {files} of them in files: {bytes} bytes are as they were written",
        values + files
    );
    for file in unreferenced {
        println!("unreferenced: {file}, which goes at the next start");
    }
    for damage in damages {
        println!("damaged: blob {}: {}", damage.blob, damage.why);
        damage.owners.iter().for_each(|owner| println!("    it belongs to {owner}"));
    }
    if damages.is_empty() { Ok(()) } else { bail!("{} blobs are damaged", damages.len()) }
}
