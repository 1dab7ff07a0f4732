//! Control groups: each environment's share of the processors, by its memory as on AWS, and how many processes and how much
//! memory it may have at most.
//!
//! Both versions of the kernel's interface are spoken. What a system does not let us have is named, and done without: memory is
//! watched in any case, and resource limits hold for each process. Functions share the processors among themselves; how much
//! all of them get beside other programs does not depend on how small they are. See cgroups(7).

mod find;

use std::fs;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

use crate::environment::descendants;

/// A function of so much memory has one processor for itself, as the Lambda developer guide says.
const MB_OF_PROCESSOR: u64 = 1769;
/// Which file takes processes in.
const MEMBERS: &str = "cgroup.procs";
/// How often what is left of an environment is killed before its group is given up.
const KILLS_MAX: usize = 20;
/// How often processes are looked for that were started while others were taken in.
const LOOKS_MAX: usize = 8;
/// How long it is given to go.
const GOING: Duration = Duration::from_millis(10);

/// What groups can hold.
const CONTROLLERS: [&str; 3] = ["cpu", "memory", "pids"];

/// Which interface a hierarchy has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Version {
    One,
    Two,
}

/// What an environment may have.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Share {
    pub(crate) memory_mb: u64,
    /// Of files in memory.
    pub(crate) tmp_mb: u64,
    pub(crate) processes: u64,
}

/// The groups of one server: one for all of its functions, and below it one for each environment.
pub(crate) struct Groups {
    hierarchies: Vec<Hierarchy>,
    missing: Vec<&'static str>,
    made: AtomicU64,
}

/// One tree of groups.
struct Hierarchy {
    version: Version,
    /// That of all functions.
    folder: PathBuf,
    controllers: Vec<&'static str>,
}

/// The group of one environment.
pub(crate) struct Group {
    folders: Vec<PathBuf>,
    /// That of all goes last.
    _all: Arc<Groups>,
}

impl Groups {
    /// What cannot be shared out or limited here, as people call it; none when everything can.
    pub(crate) fn missing(&self) -> Option<String> {
        (!self.missing.is_empty()).then(|| self.missing.join(", "))
    }

    /// A group with this process in it, and with those that it has started meanwhile. It blocks: whoever is taken in while little
    /// else changes waits some ten milliseconds for the kernel, so nobody should wait for this.
    pub(crate) fn group(self: &Arc<Self>, share: Share, process: u32) -> io::Result<Group> {
        let number = self.made.fetch_add(1, Ordering::Relaxed);
        let mut group = Group { folders: Vec::new(), _all: Arc::clone(self) };
        for hierarchy in &self.hierarchies {
            let folder = hierarchy.folder.join(number.to_string());
            fs::create_dir(&folder)?;
            group.folders.push(folder.clone());
            for controller in &hierarchy.controllers {
                let (file, value) = share.setting(controller, hierarchy.version);
                set(&folder.join(file), &value.to_string())?;
            }
            take_in(&folder, process)?;
        }
        Ok(group)
    }
}

impl Drop for Groups {
    fn drop(&mut self) {
        for hierarchy in &self.hierarchies {
            if let Err(error) = remove_with_children(&hierarchy.folder) {
                tracing::debug!("{} is left: {error}", hierarchy.folder.display());
            }
        }
    }
}

impl Share {
    /// The file of a group, and what it is to hold.
    fn setting(self, controller: &str, version: Version) -> (&'static str, u64) {
        /// Of the launcher, and of what the kernel counts to the processes.
        const OURS_MB: u64 = 64;
        const MB: u64 = 1024 * 1024;
        let bytes = (self.memory_mb + self.tmp_mb + OURS_MB) * MB;
        match (controller, version) {
            ("cpu", Version::One) => ("cpu.shares", (1024 * self.memory_mb / MB_OF_PROCESSOR).max(2)),
            ("cpu", Version::Two) => ("cpu.weight", (100 * self.memory_mb / MB_OF_PROCESSOR).max(1)),
            ("memory", Version::One) => ("memory.limit_in_bytes", bytes),
            ("memory", Version::Two) => ("memory.max", bytes),
            _ => ("pids.max", self.processes),
        }
    }
}

impl Drop for Group {
    /// Where nobody could wait for its end: processes that are still going keep it, and the next server removes it.
    fn drop(&mut self) {
        self.kill();
        self.folders.retain(|folder| fs::remove_dir(folder).is_err());
    }
}

impl Group {
    /// Kills whoever is left, and removes the group.
    pub(crate) async fn remove(mut self) {
        for _ in 0..KILLS_MAX {
            self.folders.retain(|folder| fs::remove_dir(folder).is_err_and(|error| is_there(&error)));
            if self.folders.is_empty() {
                return;
            }
            self.kill();
            tokio::time::sleep(GOING).await;
        }
        tracing::warn!("the control groups {:?} cannot be removed", self.folders);
    }

    /// Kills everything in it.
    fn kill(&self) {
        for folder in &self.folders {
            let members = fs::read_to_string(folder.join(MEMBERS)).unwrap_or_default();
            for member in members.lines().filter_map(|line| line.parse().ok()) {
                // One that has ended meanwhile needs no killing.
                let _ = kill(Pid::from_raw(member), Signal::SIGKILL);
            }
        }
    }
}

/// Takes in a process and all that descend from it. What those in the group start is in it.
fn take_in(folder: &Path, process: u32) -> io::Result<()> {
    let members = folder.join(MEMBERS);
    set(&members, &process.to_string()).or_else(unless_gone)?;
    let mut taken = Vec::new();
    for _ in 0..LOOKS_MAX {
        let mut found = descendants(process);
        found.retain(|one| !taken.contains(one));
        if found.is_empty() {
            break;
        }
        for one in &found {
            set(&members, &one.to_string()).or_else(unless_gone)?;
        }
        taken.append(&mut found);
    }
    Ok(())
}

/// A process that has ended meanwhile needs no group.
fn unless_gone(error: io::Error) -> io::Result<()> {
    if error.raw_os_error() == Some(libc::ESRCH) { Ok(()) } else { Err(error) }
}

/// Tells the kernel, in a file that it has made.
fn set(file: &Path, value: &str) -> io::Result<()> {
    fs::OpenOptions::new().write(true).open(file)?.write_all(value.as_bytes())
}

fn is_there(error: &io::Error) -> bool {
    error.kind() != io::ErrorKind::NotFound
}

fn remove_with_children(folder: &Path) -> io::Result<()> {
    for child in fs::read_dir(folder)? {
        let child = child?;
        if child.file_type()?.is_dir() {
            fs::remove_dir(child.path())?;
        }
    }
    fs::remove_dir(folder)
}

#[cfg(test)]
mod tests {
    use std::process::{Child, Command};

    use super::*;

    const SHARE: Share = Share { memory_mb: 512, tmp_mb: 512, processes: 100 };

    fn sleeper() -> Child {
        Command::new("sleep").arg("600").spawn().unwrap()
    }

    #[test]
    fn shares_are_by_memory() {
        let share = |memory_mb| Share { memory_mb, ..SHARE };
        assert_eq!(share(1769).setting("cpu", Version::One), ("cpu.shares", 1024));
        assert_eq!(share(3538).setting("cpu", Version::Two), ("cpu.weight", 200));
        assert_eq!(share(1).setting("cpu", Version::One), ("cpu.shares", 2));
        assert_eq!(SHARE.setting("memory", Version::Two), ("memory.max", 1088 << 20));
        assert_eq!(SHARE.setting("pids", Version::One), ("pids.max", 100));
    }

    #[tokio::test]
    async fn a_process_is_in_its_group_until_both_are_gone() {
        let groups = Arc::new(Groups::make());
        let mut sleeper = sleeper();
        let group = groups.group(SHARE, sleeper.id()).unwrap();
        assert_eq!(group.folders.is_empty(), groups.hierarchies.is_empty());
        for (folder, hierarchy) in group.folders.iter().zip(&groups.hierarchies) {
            assert_eq!(fs::read_to_string(folder.join(MEMBERS)).unwrap().trim(), sleeper.id().to_string());
            for controller in &hierarchy.controllers {
                let (file, value) = SHARE.setting(controller, hierarchy.version);
                assert_eq!(fs::read_to_string(folder.join(file)).unwrap().trim(), value.to_string());
            }
        }
        let controlled =
            groups.hierarchies.iter().map(|hierarchy| hierarchy.controllers.len()).sum::<usize>();
        assert_eq!(controlled + groups.missing.len(), CONTROLLERS.len());
        let (folders, is_grouped) = (group.folders.clone(), !groups.hierarchies.is_empty());
        let removed = tokio::spawn(group.remove());
        if is_grouped {
            let ended = tokio::task::spawn_blocking(move || sleeper.wait()).await.unwrap().unwrap();
            assert!(!ended.success(), "it was killed with its group");
        } else {
            sleeper.kill().unwrap();
            sleeper.wait().unwrap();
        }
        removed.await.unwrap();
        assert!(folders.iter().all(|folder| !folder.exists()));
        let folders: Vec<_> = groups.hierarchies.iter().map(|hierarchy| hierarchy.folder.clone()).collect();
        drop(groups);
        assert!(folders.iter().all(|folder| !folder.exists()));
    }
}
