//! Where Java is installed: told by the file `release` that each JDK and JRE has, which takes no start of one.
//!
//! The runtime client for Java is compiled here, once, by whichever JDK there is: Java's class files of one version run in all
//! later ones, and no build of Cloudlet needs Java.

use std::io;
use std::path::{Path, PathBuf};
use std::process::Stdio;

use tokio::process::Command;

use super::search::{below, needs_showing};
use super::wanted::version;
use super::{Interpreter, sources};
use crate::Error;

/// Where systems put it.
const HOMES: [&str; 2] = ["/usr/lib/jvm", "/Library/Java/JavaVirtualMachines"];

/// The oldest version that the client is written for.
const LEVEL: &str = "11";

/// All that there are: of packs, of `JAVA_HOME`, of the PATH, and where systems put them.
pub(super) fn all(packs: &[PathBuf]) -> Vec<Interpreter> {
    let named = std::env::var_os("JAVA_HOME").map(PathBuf::from);
    let path = std::env::var_os("PATH").unwrap_or_default();
    let in_path = std::env::split_paths(&path).filter_map(|folder| folder.join("java").canonicalize().ok());
    let in_path = in_path.filter_map(|program| Some(program.parent()?.parent()?.to_owned()));
    let installed = HOMES.iter().flat_map(|folder| below(Some(Path::new(folder))));
    let mut found: Vec<Interpreter> = Vec::new();
    for home in packs.iter().cloned().chain(named).chain(in_path).chain(installed) {
        let java = at(&home).or_else(|| at(&home.join("Contents/Home")));
        found.extend(java.filter(|java| found.iter().all(|other| other.program != java.program)));
    }
    found
}

fn at(home: &Path) -> Option<Interpreter> {
    let program = home.join("bin/java").canonicalize().ok()?;
    let home = program.parent()?.parent()?;
    let release = std::fs::read_to_string(home.join("release")).ok()?;
    let version = major(&release)?;
    // Debian keeps settings in /etc, behind links.
    let settings = home.join("conf/net.properties").canonicalize().ok();
    let settings = settings.and_then(|file| Some(file.parent()?.to_owned()));
    let is_apart = |folder: &PathBuf| !folder.starts_with(home);
    let folders = [Some(home.to_owned()), settings.filter(is_apart)];
    let folders = folders.into_iter().flatten().filter(|folder| needs_showing(folder)).collect();
    Some(Interpreter { program: program.clone(), version, folders })
}

/// `JAVA_VERSION="17.0.15"` is 17, `"1.8.0_392"` is 8.
fn major(release: &str) -> Option<String> {
    let named = release.lines().find_map(|line| line.strip_prefix("JAVA_VERSION="))?.trim_matches('"');
    let mut parts = named.split(['.', '_', '-', '+']);
    let first = parts.next()?;
    let major = if first == "1" { parts.next()? } else { first };
    version(major).map(|_| major.to_owned())
}

/// Compiles the client into that folder, where it is not there yet: with the JDK of this interpreter, or with another.
pub(crate) async fn prepare(java: &Interpreter, packs: Option<&Path>, classes: &Path) -> Result<(), Error> {
    if is_prepared(classes) {
        return Ok(());
    }
    let others = all(&below(packs));
    let compiler = [java].into_iter().chain(&others).find_map(compiler_of).ok_or_else(|| {
        let program = java.program.display();
        Error::InterpreterNotFound(format!(
            "Java is here ({program}), but no compiler, which the runtime client for Java needs once; install a JDK"
        ))
    })?;
    compile(&compiler, classes)
        .await
        .map_err(Error::system(format!("the runtime client for Java, by {}", compiler.display())))
}

fn compiler_of(java: &Interpreter) -> Option<PathBuf> {
    let is_new_enough = version(&java.version) >= version(LEVEL);
    Some(java.program.with_file_name("javac")).filter(|javac| is_new_enough && javac.is_file())
}

fn is_prepared(classes: &Path) -> bool {
    std::fs::read(classes.join("digest")).is_ok_and(|digest| digest == sources::digest().as_bytes())
}

/// Beside the folder first, so that what is there is whole.
async fn compile(compiler: &Path, classes: &Path) -> io::Result<()> {
    let beside = classes.with_extension("new");
    let written = sources::write(&beside.join("sources"))?;
    // The fewest steps to class files: nobody debugs these.
    let output = Command::new(compiler)
        .args(["-J-XX:TieredStopAtLevel=1", "-J-XX:+UseSerialGC", "-proc:none", "-g:none", "-nowarn"])
        .args(["--release", LEVEL, "-encoding", "UTF-8", "-d"])
        .arg(&beside)
        .args(written)
        .stdin(Stdio::null())
        .kill_on_drop(true)
        .output()
        .await?;
    if !output.status.success() {
        return Err(io::Error::other(String::from_utf8_lossy(&output.stderr).into_owned()));
    }
    std::fs::remove_dir_all(beside.join("sources"))?;
    std::fs::write(beside.join("digest"), sources::digest())?;
    remove(classes)?;
    std::fs::rename(beside, classes)
}

pub(super) fn remove(folder: &Path) -> io::Result<()> {
    match std::fs::remove_dir_all(folder) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn releases_tell_their_version() {
        let of = |text: &str| major(&format!("IMPLEMENTOR=\"x\"\nJAVA_VERSION=\"{text}\"\n"));
        assert_eq!(of("17.0.15").as_deref(), Some("17"));
        assert_eq!(of("25").as_deref(), Some("25"));
        assert_eq!(of("1.8.0_392").as_deref(), Some("8"));
        assert_eq!(of("26-ea").as_deref(), Some("26"));
        assert_eq!(of("none"), None);
        assert_eq!(major("IMPLEMENTOR=\"x\""), None);
    }
}
