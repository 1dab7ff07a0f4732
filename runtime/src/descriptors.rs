//! How many environments the process's file descriptors allow at once. Each holds some: pipes, a socket of the Runtime API.
//!
//! Where descriptors are few, invocations wait for their turn instead of failing halfway.

use nix::sys::resource::{Resource, getrlimit};
use tokio::sync::Semaphore;

/// What the server needs beside clients and functions: the store, listeners, event queues.
const KEPT: u64 = 24;
/// What one environment holds while it starts, which is when it holds the most.
const OF_AN_ENVIRONMENT: u64 = 10;

/// How many of these environments there is room for. Half of what is left is for the connections of clients.
pub(crate) fn environments(environments_max: usize) -> usize {
    let soft = getrlimit(Resource::RLIMIT_NOFILE).map_or(1024, |(soft, _)| soft);
    environments_max.min(fit(soft))
}

fn fit(descriptors: u64) -> usize {
    let environments = descriptors.saturating_sub(KEPT) / 2 / OF_AN_ENVIRONMENT;
    usize::try_from(environments.max(1)).unwrap_or(usize::MAX)
}

/// The turns of invocations: as many as there is room for, or no end of them where room is no question. Then the pool's
/// own limit, which is AWS's, is what counts.
pub(crate) fn turns(environments: usize, environments_max: usize) -> Semaphore {
    Semaphore::new(if environments < environments_max { environments } else { Semaphore::MAX_PERMITS })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn there_is_always_room_for_one() {
        for (descriptors, environments) in [(0, 1), (64, 2), (256, 11), (1024, 50), (65_536, 3275)] {
            assert_eq!(fit(descriptors), environments);
        }
        assert_eq!(environments(1), 1);
        assert_eq!(turns(2, 1000).available_permits(), 2);
        assert_eq!(turns(1000, 1000).available_permits(), Semaphore::MAX_PERMITS);
    }
}
