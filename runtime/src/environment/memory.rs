//! How much memory an environment's processes have.
//!
//! Anonymous and shared memory counts, mapped files do not: the interpreter's pages are the host's cache. Functions are
//! measured while they run, and killed above their limit; `RLIMIT_DATA` stops what grows faster than this looks.

/// Resident memory, in bytes, of all processes that descend from the launcher. `None` where the system does not tell.
#[cfg(target_os = "linux")]
pub(crate) fn resident_bytes(launcher: u32) -> Option<u64> {
    /// More processes than a sandbox may have.
    const PROCESSES_MAX: usize = 2048;
    let mut queue = children(launcher)?;
    let mut total = 0;
    let mut next = 0;
    while next < queue.len() && next < PROCESSES_MAX {
        let process = queue[next];
        next += 1;
        // A process that ended meanwhile has neither memory nor children.
        total += process_bytes(process).unwrap_or(0);
        queue.extend(children(process).unwrap_or_default());
    }
    Some(total)
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
