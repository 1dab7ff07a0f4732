//! The pinned package of API descriptions: the installed one when its version is right, else a downloaded wheel.
//!
//! Descriptions stand at `botocore/data/<service>/<apiVersion>/service-2.json`, compressed or not.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::Read;
use std::path::{Path, PathBuf};
use std::process::Command;

use flate2::read::GzDecoder;
use zip::ZipArchive;

use crate::error::{Error, Result};

/// More than ten times the largest description; a bigger one is not a description.
const DESCRIPTION_BYTES_MAX: u64 = 128 << 20;

/// Prints the version and the data folder of an installed package.
const LOCATE: &str =
    "import botocore, os; print(botocore.__version__); print(os.path.dirname(botocore.__file__))";

/// Where descriptions come from.
#[derive(Debug)]
pub(crate) struct Package {
    version: String,
    place: Place,
}

#[derive(Debug)]
enum Place {
    /// The package's own folder.
    Folder(PathBuf),
    /// A wheel, which is a zip file.
    Wheel(PathBuf),
}

impl Package {
    /// Finds the package in exactly this version; downloads it into `cache` when it is not installed.
    pub(crate) fn find(version: &str, cache: &Path) -> Result<Self> {
        let place = match installed(version) {
            Some(folder) => Place::Folder(folder),
            None => Place::Wheel(downloaded(version, cache)?),
        };
        Ok(Package { version: version.to_owned(), place })
    }

    /// The version of the descriptions.
    pub(crate) fn version(&self) -> &str {
        &self.version
    }

    /// The newest description of a service, as JSON.
    pub(crate) fn description(&self, service: &str) -> Result<Vec<u8>> {
        match &self.place {
            Place::Folder(folder) => from_folder(&folder.join("data").join(service), service),
            Place::Wheel(wheel) => from_wheel(wheel, service),
        }
    }
}

/// The folder of the installed package; `None` when it is absent or another version, which is no error.
fn installed(version: &str) -> Option<PathBuf> {
    let output = Command::new("python3").args(["-c", LOCATE]).output().ok()?;
    let text = String::from_utf8(output.stdout).ok()?;
    let mut lines = text.lines();
    (output.status.success() && lines.next() == Some(version)).then(|| lines.next().map(PathBuf::from))?
}

/// The wheel in the cache, downloaded when it is not there yet.
fn downloaded(version: &str, cache: &Path) -> Result<PathBuf> {
    let wheel = cache.join(format!("botocore-{version}-py3-none-any.whl"));
    if wheel.exists() {
        return Ok(wheel);
    }
    let failed = |why: String| Error::Program { program: "pip download".into(), why };
    let output = Command::new("python3")
        .args(["-m", "pip", "download", "--no-deps", "--only-binary", ":all:", "--dest"])
        .arg(cache)
        .arg(format!("botocore=={version}"))
        .output()
        .map_err(|error| failed(error.to_string()))?;
    if !output.status.success() {
        return Err(failed(String::from_utf8_lossy(&output.stderr).trim().to_owned()));
    }
    wheel.exists().then_some(wheel).ok_or_else(|| failed("succeeded, but brought no wheel".into()))
}

fn from_folder(folder: &Path, service: &str) -> Result<Vec<u8>> {
    let mut found = BTreeMap::new();
    for entry in fs::read_dir(folder).map_err(Error::file(folder))? {
        let version = entry.map_err(Error::file(folder))?.path();
        for file in ["service-2.json", "service-2.json.gz"].map(|name| version.join(name)) {
            if file.is_file() {
                found.insert(version.clone(), file);
            }
        }
    }
    // Versions are dates, so the last one in order is the newest.
    let (_, path) =
        found.pop_last().ok_or_else(|| Error::description(service, "it is not in the package"))?;
    let file = File::open(&path).map_err(Error::file(&path))?;
    read(&path, file)
}

fn from_wheel(wheel: &Path, service: &str) -> Result<Vec<u8>> {
    let file = File::open(wheel).map_err(Error::file(wheel))?;
    let mut archive = ZipArchive::new(file).map_err(|error| Error::content(wheel, error))?;
    let prefix = format!("botocore/data/{service}/");
    let newest = archive
        .file_names()
        .collect::<Result<Vec<_>, _>>()
        .map_err(|error| Error::content(wheel, error))?
        .into_iter()
        .filter(|name| name.starts_with(&prefix))
        .filter(|name| name.ends_with("/service-2.json") || name.ends_with("/service-2.json.gz"))
        .max()
        .map(|name| name.into_owned())
        .ok_or_else(|| Error::description(service, "it is not in the package"))?;
    let entry = archive.by_name(&newest).map_err(|error| Error::content(wheel, error))?;
    read(Path::new(&newest), entry)
}

/// Reads all of a description, decompressing it when its name ends in `gz`.
fn read(path: &Path, source: impl Read) -> Result<Vec<u8>> {
    let compressed = path.extension().is_some_and(|extension| extension == "gz");
    let plain: Box<dyn Read> = if compressed { Box::new(GzDecoder::new(source)) } else { Box::new(source) };
    let mut bytes = Vec::new();
    plain.take(DESCRIPTION_BYTES_MAX + 1).read_to_end(&mut bytes).map_err(Error::file(path))?;
    if bytes.len() as u64 > DESCRIPTION_BYTES_MAX {
        return Err(Error::content(path, "is too large for a description"));
    }
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use std::fs::{self, File};
    use std::io::Write;

    use flate2::Compression;
    use flate2::write::GzEncoder;
    use zip::ZipWriter;
    use zip::write::SimpleFileOptions;

    use super::{Package, Place};

    fn gzip(text: &str) -> Vec<u8> {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
        encoder.write_all(text.as_bytes()).unwrap();
        encoder.finish().unwrap()
    }

    #[test]
    fn the_newest_version_of_a_folder_is_read() {
        let temp = tempfile::tempdir().unwrap();
        let service = temp.path().join("data/x");
        fs::create_dir_all(service.join("2011-01-01")).unwrap();
        fs::create_dir_all(service.join("2012-01-01")).unwrap();
        fs::write(service.join("2011-01-01/service-2.json"), "old").unwrap();
        fs::write(service.join("2012-01-01/service-2.json.gz"), gzip("new")).unwrap();
        let package = Package { version: "1".into(), place: Place::Folder(temp.path().into()) };
        assert_eq!(package.description("x").unwrap(), b"new");
        assert!(package.description("y").is_err());
    }

    #[test]
    fn a_wheel_is_read_like_a_folder() {
        let temp = tempfile::tempdir().unwrap();
        let path = temp.path().join("a.whl");
        let mut writer = ZipWriter::new(File::create(&path).unwrap());
        for (name, bytes) in [
            ("botocore/data/x/2012-01-01/service-2.json", b"new".to_vec()),
            ("botocore/data/x/2011-01-01/service-2.json.gz", gzip("old")),
            ("botocore/data/x/2012-01-01/waiters-2.json", b"no".to_vec()),
            ("botocore/data/xy/2013-01-01/service-2.json", b"no".to_vec()),
        ] {
            writer.start_file(name, SimpleFileOptions::default()).unwrap();
            writer.write_all(&bytes).unwrap();
        }
        writer.finish().unwrap();
        let package = Package { version: "1".into(), place: Place::Wheel(path) };
        assert_eq!(package.description("x").unwrap(), b"new");
        assert!(package.description("y").unwrap_err().to_string().contains("not in the package"));
    }
}
