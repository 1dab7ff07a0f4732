//! Where groups can be made: below the server's own, or beside it.
//!
//! The second version lets no group have both members and groups with limits, so where the server is in a group of its own,
//! such as a service's or a terminal's, those of functions stand beside it.

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::atomic::AtomicU64;

use super::{CONTROLLERS, Groups, Hierarchy, Version, remove_with_children, set};

/// What all groups of ours are called, before the server's process.
const PREFIX: &str = "cloudlet-";
/// How much of the processors all functions get together, as many others' processes for each.
const WEIGHT: usize = 4;

/// A mounted hierarchy.
#[derive(Debug, PartialEq, Eq)]
struct Mount {
    version: Version,
    /// What of it is mounted.
    root: PathBuf,
    point: PathBuf,
    /// Of the first version.
    controllers: Vec<String>,
}

impl Groups {
    /// Makes the group of all functions, wherever the system lets us. It blocks.
    pub(crate) fn make() -> Self {
        let read = |file: &str| fs::read_to_string(Path::new("/proc/self").join(file)).unwrap_or_default();
        let (mounts, own) = (mounts(&read("mountinfo")), memberships(&read("cgroup")));
        let mut missing = CONTROLLERS.to_vec();
        let mut hierarchies = Vec::new();
        for mount in &mounts {
            let wanted: Vec<_> = missing.iter().copied().filter(|one| mount.may_have(one)).collect();
            let made = mount.places(&own).into_iter().find_map(|place| mount.make_in(&place, &wanted));
            if let Some(hierarchy) = made {
                missing.retain(|controller| !hierarchy.controllers.contains(controller));
                hierarchies.push(hierarchy);
            }
        }
        Groups { hierarchies, missing, made: AtomicU64::new(0) }
    }
}

impl Mount {
    fn may_have(&self, controller: &str) -> bool {
        self.version == Version::Two || self.controllers.iter().any(|has| has == controller)
    }

    /// The folders below which groups may be made, the best first.
    fn places(&self, own: &BTreeMap<String, PathBuf>) -> Vec<PathBuf> {
        let key = self.controllers.first().map_or("", String::as_str);
        let Some(path) = own.get(key) else { return Vec::new() };
        // What is outside of what is mounted is out of reach, as in containers.
        let below = path.strip_prefix(&self.root).unwrap_or(Path::new(""));
        let group = self.point.join(below);
        let beside = group.parent().filter(|parent| parent.starts_with(&self.point)).map(Path::to_owned);
        [Some(group), beside].into_iter().flatten().collect()
    }

    /// The group of all functions in such a folder, if it can have any of the controllers.
    fn make_in(&self, place: &Path, wanted: &[&'static str]) -> Option<Hierarchy> {
        if wanted.is_empty() {
            return None;
        }
        remove_left(place);
        let folder = place.join(format!("{PREFIX}{}-{}", std::process::id(), uuid::Uuid::new_v4().simple()));
        fs::create_dir(&folder).ok()?;
        let controllers = match self.version {
            Version::One => wanted.to_vec(),
            Version::Two => enable(place, &folder, wanted),
        };
        let weighed = if controllers.contains(&"cpu") { self.weigh(&folder) } else { Ok(()) };
        let hierarchy = Hierarchy { version: self.version, folder, controllers };
        if hierarchy.controllers.is_empty() || weighed.is_err() {
            let _ = fs::remove_dir(&hierarchy.folder);
            return None;
        }
        Some(hierarchy)
    }

    /// Gives all functions together what they would have as so many processes.
    fn weigh(&self, folder: &Path) -> io::Result<()> {
        let processors = std::thread::available_parallelism().map_or(1, usize::from);
        let weight = WEIGHT * processors;
        match self.version {
            Version::One => set(&folder.join("cpu.shares"), &(1024 * weight).to_string()),
            Version::Two => set(&folder.join("cpu.weight"), &(100 * weight).min(10_000).to_string()),
        }
    }
}

/// Lets groups below a new one have what they can of the controllers.
fn enable(place: &Path, folder: &Path, wanted: &[&'static str]) -> Vec<&'static str> {
    let are_there = || {
        let there = fs::read_to_string(folder.join("cgroup.controllers")).unwrap_or_default();
        wanted.iter().copied().filter(|one| there.split_whitespace().any(|has| has == *one)).collect()
    };
    let allow = |folder: &Path, controller: &str| {
        set(&folder.join("cgroup.subtree_control"), &format!("+{controller}"))
    };
    let before: Vec<&str> = are_there();
    for controller in wanted.iter().filter(|one| !before.contains(one)) {
        // Refused where that is not ours to say, or where the place has members.
        let _ = allow(place, controller);
    }
    let there: Vec<&'static str> = are_there();
    there.into_iter().filter(|controller| allow(folder, controller).is_ok()).collect()
}

/// Removes groups of servers that were killed.
fn remove_left(place: &Path) {
    for entry in fs::read_dir(place).into_iter().flatten().flatten() {
        let name = entry.file_name();
        let server = name.to_str().and_then(|name| name.strip_prefix(PREFIX)?.split('-').next());
        let is_gone = server.is_some_and(|process| !Path::new("/proc").join(process).exists());
        if is_gone && let Err(error) = remove_with_children(&entry.path()) {
            tracing::debug!("{} is left: {error}", entry.path().display());
        }
    }
}

/// The mounted hierarchies, the first version's first: where that is mounted, it has the controllers.
fn mounts(mountinfo: &str) -> Vec<Mount> {
    let mut mounts: Vec<_> = mountinfo.lines().filter_map(mount).collect();
    mounts.sort_by_key(|mount| mount.version == Version::Two);
    mounts
}

/// Reads a line such as `30 24 0:27 / /sys/fs/cgroup/cpu rw shared:9 - cgroup cgroup rw,cpu`.
fn mount(line: &str) -> Option<Mount> {
    let (head, tail) = line.split_once(" - ")?;
    let mut head = head.split(' ').skip(3);
    let (root, point) = (head.next()?.into(), head.next()?.into());
    let mut tail = tail.split(' ');
    let version = match tail.next()? {
        "cgroup" => Version::One,
        "cgroup2" => return Some(Mount { version: Version::Two, root, point, controllers: Vec::new() }),
        _ => return None,
    };
    let controllers: Vec<_> = tail.nth(1)?.split(',').filter(|one| CONTROLLERS.contains(one)).collect();
    if controllers.is_empty() {
        return None;
    }
    Some(Mount { version, root, point, controllers: controllers.into_iter().map(str::to_owned).collect() })
}

/// This process's groups by controller; that of the second version has no name.
fn memberships(text: &str) -> BTreeMap<String, PathBuf> {
    let lines = text.lines().filter_map(|line| {
        let mut parts = line.splitn(3, ':').skip(1);
        Some((parts.next()?, parts.next()?))
    });
    let each =
        lines.flat_map(|(names, path)| names.split(',').map(move |name| (name.to_owned(), path.into())));
    each.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const MOUNTS: &str = "\
23 1 0:21 / /sys/fs/cgroup/unified rw,relatime - cgroup2 cgroup2 rw
24 1 0:22 / /sys/fs/cgroup/cpu,cpuacct rw,nosuid shared:9 - cgroup cgroup rw,cpu,cpuacct
25 1 0:23 /docker/x /sys/fs/cgroup/memory rw - cgroup cgroup rw,memory
26 1 0:24 / /sys/fs/cgroup/systemd rw - cgroup cgroup rw,name=systemd
27 1 0:25 / /tmp rw - tmpfs tmpfs rw
broken";

    #[test]
    fn hierarchies_and_groups_are_read_as_the_kernel_writes_them() {
        let mounts = mounts(MOUNTS);
        let points: Vec<_> = mounts.iter().map(|mount| mount.point.to_str().unwrap()).collect();
        assert_eq!(points, ["/sys/fs/cgroup/cpu,cpuacct", "/sys/fs/cgroup/memory", "/sys/fs/cgroup/unified"]);
        let own =
            memberships("4:memory:/docker/x/y\n2:cpu,cpuacct:/a:b\n0::/user.slice/app.scope\n\nnothing");
        let places: Vec<Vec<PathBuf>> = mounts.iter().map(|mount| mount.places(&own)).collect();
        assert_eq!(places[0][0], Path::new("/sys/fs/cgroup/cpu,cpuacct/a:b"));
        assert_eq!(places[1][0], Path::new("/sys/fs/cgroup/memory/y"));
        let beside = ["/sys/fs/cgroup/unified/user.slice/app.scope", "/sys/fs/cgroup/unified/user.slice"];
        assert_eq!(places[2], beside.map(PathBuf::from));
        assert!(mounts[0].places(&BTreeMap::new()).is_empty());
        let root = memberships("0::/");
        assert_eq!(mounts[2].places(&root), [Path::new("/sys/fs/cgroup/unified/")]);
        assert!(mounts[2].may_have("pids") && !mounts[1].may_have("cpu"));
    }

    #[test]
    fn where_nothing_may_be_made_nothing_is() {
        let folder = tempfile::tempdir().unwrap();
        let mount = &mounts(MOUNTS)[2];
        // A folder that is none of the kernel's has no controllers.
        assert!(mount.make_in(folder.path(), &["cpu"]).is_none());
        assert!(mount.make_in(&folder.path().join("missing"), &["cpu"]).is_none());
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);
    }
}
