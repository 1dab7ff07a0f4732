//! The root user's access key: one a data folder, made at the first start.
//!
//! It stands in `<data>/credentials`, in the form that the AWS CLI and SDKs read (`AWS_SHARED_CREDENTIALS_FILE`), and
//! readable by its owner alone.

use std::fs;
use std::io::Write as _;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};
use names::{Account, ids};
use service::{Credential, Random};

/// The name of the file in the data folder.
const FILE: &str = "credentials";

/// Where the root key of the data folder stands.
pub(crate) fn file(data: &Path) -> PathBuf {
    data.join(FILE)
}

/// Reads the root key of the data folder, if it has one.
pub(crate) fn read(data: &Path, account: Account) -> Result<Option<Credential>> {
    let path = file(data);
    if !path.exists() {
        return Ok(None);
    }
    let text = fs::read_to_string(&path).with_context(|| path.display().to_string())?;
    let root = parse(&text, account).with_context(|| format!("{} holds no access key", path.display()))?;
    Ok(Some(root))
}

/// Makes the root key of the data folder.
pub(crate) fn make_and_keep(data: &Path, account: Account, random: &Random) -> Result<Credential> {
    let path = file(data);
    let credential = make(account, random);
    let text = format!(
        "[default]\naws_access_key_id = {}\naws_secret_access_key = {}\n",
        credential.access_key_id, credential.secret_access_key
    );
    let partial = data.join("credentials.partial");
    fs::OpenOptions::new()
        .write(true)
        .create(true)
        .truncate(true)
        .mode(0o600)
        .open(&partial)
        .and_then(|mut file| file.write_all(text.as_bytes()).and_then(|()| file.sync_all()))
        .and_then(|()| fs::rename(&partial, &path))
        // So that a power cut does not take the key back that somebody already uses.
        .and_then(|()| fs::File::open(data)?.sync_all())
        .with_context(|| path.display().to_string())?;
    Ok(credential)
}

/// A fresh key of the root user.
pub(crate) fn make(account: Account, random: &Random) -> Credential {
    Credential::root(
        account,
        ids::access_key_id(account, random.bytes()),
        ids::secret_access_key(random.bytes()),
    )
}

fn parse(text: &str, account: Account) -> Option<Credential> {
    let value = |name: &str| {
        let mut pairs = text.lines().filter_map(|line| line.split_once('='));
        pairs.find(|(key, _)| key.trim() == name).map(|(_, value)| value.trim().to_owned())
    };
    Some(Credential::root(account, value("aws_access_key_id")?, value("aws_secret_access_key")?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_key_is_made_once_and_kept() {
        use std::os::unix::fs::PermissionsExt as _;
        let folder = tempfile::tempdir().unwrap();
        let random = Random::default();
        assert!(read(folder.path(), Account::ZERO).unwrap().is_none());
        let made = make_and_keep(folder.path(), Account::ZERO, &random).unwrap();
        let read = read(folder.path(), Account::ZERO).unwrap().unwrap();
        assert_eq!(made.access_key_id, read.access_key_id);
        assert_eq!(made.secret_access_key, read.secret_access_key);
        let mode = fs::metadata(folder.path().join(FILE)).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
    }
}
