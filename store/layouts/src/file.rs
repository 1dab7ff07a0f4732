//! `stored.txt`: every layout that a crate's records have ever had, one sample a line. It is only ever appended to.

use std::fs::OpenOptions;
use std::io::{ErrorKind, Write as _};
use std::path::{Path, PathBuf};

/// Set to `append`, tests append what is new instead of failing.
const VARIABLE: &str = "CLOUDLET_STORED";

/// The file of one crate, as it was when it was opened.
pub(crate) struct Stored {
    path: PathBuf,
    lines: Vec<Line>,
    appends: bool,
}

/// A sample of a version of a record's layout.
struct Line {
    name: String,
    version: u32,
    sample: usize,
    bytes: Vec<u8>,
}

impl Stored {
    pub(crate) fn open(folder: &Path) -> Self {
        let appends = std::env::var_os(VARIABLE).is_some_and(|value| value == "append");
        Self::read(folder.join("stored.txt"), appends)
    }

    pub(crate) fn read(path: PathBuf, appends: bool) -> Self {
        let text = match std::fs::read_to_string(&path) {
            Err(why) if why.kind() == ErrorKind::NotFound => String::new(),
            text => text.unwrap_or_else(|why| panic!("{}: {why}", path.display())),
        };
        let read = |line: &str| {
            Line::read(line).unwrap_or_else(|| panic!("{}: {line} is no layout", path.display()))
        };
        let lines =
            text.lines().filter(|line| !line.is_empty() && !line.starts_with('#')).map(read).collect();
        Stored { path, lines, appends }
    }

    /// All that was ever written of that name, each with its version and sample.
    pub(crate) fn all_of(&self, name: &str) -> impl Iterator<Item = (String, Vec<u8>)> {
        let own = self.lines.iter().filter(move |line| line.name == name);
        own.map(|line| (format!("{}.{}", line.version, line.sample), line.bytes.clone()))
    }

    /// The latest version of that name, and its samples.
    pub(crate) fn latest_of(&self, name: &str) -> Option<(u32, Vec<&[u8]>)> {
        let own = || self.lines.iter().filter(|line| line.name == name);
        let version = own().map(|line| line.version).max()?;
        Some((version, own().filter(|line| line.version == version).map(|line| &*line.bytes).collect()))
    }

    /// Fails unless these are the samples of the latest version of that name, or appends them.
    pub(crate) fn compare(&self, name: &str, samples: &[Vec<u8>]) {
        let latest = self.latest_of(name);
        if latest.as_ref().is_some_and(|(_, known)| known == samples) {
            return;
        }
        let version = latest.map_or(0, |(version, _)| version) + 1;
        let lines: String = samples
            .iter()
            .enumerate()
            .map(|(at, bytes)| format!("{name} {version}.{at} {}\n", bytes.escape_ascii()))
            .collect();
        assert!(
            self.appends,
            "{name} has a layout that {} does not know. If that is meant, and what is stored already is still understood, \
             append it with {VARIABLE}=append:\n{lines}",
            self.path.display()
        );
        let file = OpenOptions::new().create(true).append(true).open(&self.path);
        // One write: the tests of a crate run beside each other.
        let outcome = file.and_then(|mut file| file.write_all(lines.as_bytes()));
        outcome.unwrap_or_else(|why| panic!("{}: {why}", self.path.display()));
    }
}

impl Line {
    fn read(line: &str) -> Option<Self> {
        let (name, rest) = line.split_once(' ')?;
        let (label, text) = rest.split_once(' ')?;
        let (version, sample) = label.split_once('.')?;
        let (version, sample) = (version.parse().ok()?, sample.parse().ok()?);
        Some(Line { name: name.to_owned(), version, sample, bytes: unescape(text)? })
    }
}

/// What `escape_ascii` has made into text.
fn unescape(text: &str) -> Option<Vec<u8>> {
    let mut bytes = Vec::new();
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        bytes.push(match byte {
            b'\\' => match rest.next()? {
                b't' => b'\t',
                b'r' => b'\r',
                b'n' => b'\n',
                b'x' => {
                    let digits = [rest.next()?, rest.next()?];
                    u8::from_str_radix(std::str::from_utf8(&digits).ok()?, 16).ok()?
                }
                quoted @ (b'\\' | b'\'' | b'"') => quoted,
                _ => return None,
            },
            byte => byte,
        });
    }
    Some(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_come_back_from_their_text() {
        let all: Vec<u8> = (0..=255).collect();
        assert_eq!(unescape(&all.escape_ascii().to_string()), Some(all));
        for text in ["\\", "\\x1", "\\xzz", "\\q"] {
            assert_eq!(unescape(text), None, "{text}");
        }
    }
}
