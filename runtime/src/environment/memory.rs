//! How much memory an environment's processes have.
//!
//! Anonymous and shared memory counts, mapped files do not: the interpreter's pages are the host's cache. Functions are
//! measured while they run, and killed above their limit; `RLIMIT_DATA` stops what grows faster than this looks.

/// Resident memory, in bytes, of all processes that descend from the launcher. `None` where the system does not tell.
#[cfg(target_os = "linux")]
pub(crate) fn resident_bytes(launcher: u32) -> Option<u64> {
    // A process that ended meanwhile has no memory.
    Some(below(children(launcher)?).into_iter().filter_map(process_bytes).sum())
}

/// The processes that descend from the launcher, but for the first `levels` of them; none where the system does not tell.
#[cfg(target_os = "linux")]
pub(super) fn descendants(launcher: u32, levels: usize) -> Vec<u32> {
    let below_one = |all: Vec<u32>| all.into_iter().filter_map(children).flatten().collect();
    let first = (0..levels).fold(children(launcher).unwrap_or_default(), |all, _| below_one(all));
    below(first)
}

/// These processes and all that descend from them.
#[cfg(target_os = "linux")]
fn below(mut queue: Vec<u32>) -> Vec<u32> {
    /// More processes than a sandbox may have.
    const PROCESSES_MAX: usize = 2048;
    let mut next = 0;
    while next < queue.len() && next < PROCESSES_MAX {
        // A process that ended meanwhile has no children.
        queue.extend(children(queue[next]).unwrap_or_default());
        next += 1;
    }
    queue
}

#[cfg(target_os = "linux")]
fn children(process: u32) -> Option<Vec<u32>> {
    let mut all = Vec::new();
    for task in std::fs::read_dir(format!("/proc/{process}/task")).ok()?.flatten() {
        let list = std::fs::read_to_string(task.path().join("children")).ok()?;
        all.extend(list.split_whitespace().filter_map(|pid| pid.parse::<u32>().ok()));
    }
    Some(all)
}

#[cfg(target_os = "linux")]
fn process_bytes(process: u32) -> Option<u64> {
    let status = std::fs::read_to_string(format!("/proc/{process}/status")).ok()?;
    let sum = status
        .lines()
        .filter_map(|line| line.strip_prefix("RssAnon:").or_else(|| line.strip_prefix("RssShmem:")))
        .filter_map(|value| value.trim().strip_suffix(" kB")?.parse::<u64>().ok())
        .sum::<u64>();
    Some(sum * 1024)
}

#[cfg(not(target_os = "linux"))]
pub(crate) fn resident_bytes(_launcher: u32) -> Option<u64> {
    None
}

#[cfg(not(target_os = "linux"))]
pub(super) fn descendants(_launcher: u32, _levels: usize) -> Vec<u32> {
    Vec::new()
}
