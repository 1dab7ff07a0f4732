//! The process's file descriptors, and who may have how many: half are for clients' connections, half for functions.
//!
//! Where they are few, connections and invocations wait for their turn instead of failing halfway.

use std::num::NonZero;
use std::thread::available_parallelism;

use nix::sys::resource::{Resource, getrlimit, setrlimit};
use runtime::Network;

/// More than this are never needed.
const MAX: u64 = 65_536;
/// What the server needs beside clients and functions: the store's files, the listener, event queues, output.
const KEPT: u64 = 22;
/// What each processor's threads need for their event queues.
const KEPT_OF_A_PROCESSOR: u64 = 4;
/// What one environment of a function holds while it starts, which is when it holds the most: pipes, its Runtime API.
const OF_AN_ENVIRONMENT: u64 = 10;
/// What it holds beside that where it has a network of its own.
const OF_A_NETWORK: u64 = 2;
/// Nothing can be done with fewer.
const CONNECTIONS_MIN: u64 = 8;

/// As many as there are beside those that the server keeps.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Descriptors(u64);

/// Takes as many as the system lets this process have: shells often grant few at first.
pub(crate) fn raise() -> Descriptors {
    let raised = getrlimit(Resource::RLIMIT_NOFILE).and_then(|(soft, hard)| {
        let raised = soft.max(hard.min(MAX));
        setrlimit(Resource::RLIMIT_NOFILE, raised, hard).map(|()| raised)
    });
    let raised = raised.unwrap_or_else(|error| {
        tracing::debug!(%error, "the limit of file descriptors stays as it is");
        getrlimit(Resource::RLIMIT_NOFILE).map_or(1024, |(soft, _)| soft)
    });
    let processors = available_parallelism().map_or(1, NonZero::get) as u64;
    Descriptors::beside(raised, processors)
}

impl Descriptors {
    fn beside(all: u64, processors: u64) -> Self {
        Descriptors(all.saturating_sub(KEPT + KEPT_OF_A_PROCESSOR * processors))
    }

    /// How many connections of clients there is room for.
    pub(crate) fn for_connections(self) -> usize {
        usize::try_from((self.0 / 2).max(CONNECTIONS_MIN)).unwrap_or(usize::MAX)
    }

    /// How many environments of functions there is room for.
    pub(crate) fn for_environments(self, network: &Network) -> usize {
        let each = match network {
            Network::Host => OF_AN_ENVIRONMENT,
            Network::None(_) => OF_AN_ENVIRONMENT + OF_A_NETWORK,
        };
        usize::try_from((self.0 / 2 / each).max(1)).unwrap_or(usize::MAX)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn there_is_always_room_for_one() {
        for (all, processors, connections, environments) in
            [(0, 2, 8, 1), (64, 2, 17, 1), (84, 2, 27, 2), (256, 8, 101, 10), (65_536, 2, 32_753, 3275)]
        {
            let descriptors = Descriptors::beside(all, processors);
            assert_eq!(descriptors.for_connections(), connections, "{all}");
            assert_eq!(descriptors.for_environments(&Network::Host), environments, "{all}");
        }
    }
}
