//! Runs the services' background work, and starts it again when it fails.

use std::fmt::Display;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::Duration;

use futures_util::FutureExt as _;
use tokio::task::JoinSet;

use crate::{Cloud, Lease};

/// How long failed work rests before it starts again: longer and longer while it fails at once, as it does when the
/// store has failed.
const REST: Duration = Duration::from_millis(200);
const REST_MAX: Duration = Duration::from_secs(10);
/// How long a process that stopped answering keeps its work from others, where several share a store.
const LEASE: Duration = Duration::from_secs(10);

/// All background work of a process; dropping it stops the work, which is durable and goes on after the next start.
#[derive(Debug)]
pub struct Workers(JoinSet<()>);

impl Workers {
    /// Starts the work of every service, in a process that has its store for itself: the lock of its data folder is its
    /// lease. Must be called within a tokio runtime.
    #[must_use]
    pub fn start(cloud: &Arc<Cloud>) -> Self {
        let mut workers = Self::spawn(cloud, None);
        let blobs = cloud.store.blobs();
        workers.0.spawn(keep_going("store", "blobs", move || {
            let blobs = blobs.clone();
            async move { blobs.sweep().await }
        }));
        workers
    }

    /// The same in one of several processes on one store: each piece of work is done by whoever has its [`Lease`].
    /// `owner` is a name that no other process has.
    #[must_use]
    pub fn share(cloud: &Arc<Cloud>, owner: Arc<str>) -> Self {
        Self::spawn(cloud, Some(owner))
    }

    fn spawn(cloud: &Arc<Cloud>, owner: Option<Arc<str>>) -> Self {
        let mut tasks = JoinSet::new();
        for (service, index) in cloud
            .directory()
            .services()
            .flat_map(|service| (0..service.work.len()).map(move |index| (service.facts().name, index)))
        {
            tasks.spawn(keep_working(Arc::clone(cloud), owner.clone(), service, index));
        }
        Workers(tasks)
    }
}

async fn keep_working(cloud: Arc<Cloud>, owner: Option<Arc<str>>, service: &'static str, index: usize) {
    let Some((name, work)) = cloud.directory().service(service).and_then(|service| service.work.get(index))
    else {
        return;
    };
    let once = || async {
        match &owner {
            None => work(Arc::clone(&cloud)).await,
            Some(owner) => {
                let lease = Lease::new(service, name);
                lease.hold(&cloud, owner, LEASE, |_| work(Arc::clone(&cloud))).await
            }
        }
    };
    keep_going(service, name, once).await;
}

/// Does it until it ends well.
async fn keep_going<W, E>(service: &'static str, name: &str, once: impl Fn() -> W)
where
    W: Future<Output = Result<(), E>>,
    E: Display,
{
    let mut rest = REST;
    loop {
        let begun = tokio::time::Instant::now();
        match AssertUnwindSafe(once()).catch_unwind().await {
            Ok(Ok(())) => return,
            Ok(Err(error)) => {
                tracing::error!(service, work = name, %error, "background work failed; it starts again")
            }
            Err(_) => tracing::error!(service, work = name, "background work panicked; it starts again"),
        }
        rest = if begun.elapsed() > REST_MAX { REST } else { rest };
        tokio::time::sleep(rest).await;
        rest = (rest * 2).min(REST_MAX);
    }
}

/// A process on that store, for tests.
#[cfg(test)]
pub(crate) fn test_cloud(store: &store::Store, services: Vec<crate::Service>) -> Arc<Cloud> {
    let (clock, random) = (crate::Clock::default(), crate::Random::default());
    let everyone = Box::new(crate::Everyone { is_enforced: false });
    let cloud = Cloud::new(store.clone(), clock, random, b"key", everyone, "http://localhost:1".into());
    cloud.open(crate::Directory::new(services))
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use store::{Options, Store};
    use wire::ServiceFacts;

    use super::{Workers, test_cloud};
    use crate::Service;

    static FACTS: ServiceFacts = ServiceFacts::plain("s", &[]);

    #[tokio::test]
    async fn shared_work_is_done_by_one_process_and_goes_on_when_that_fails() {
        let store = Store::open(Options::memory()).unwrap();
        let (told, mut tells) = tokio::sync::mpsc::unbounded_channel();
        let process = |name: &'static str| {
            let told = told.clone();
            let starts = AtomicUsize::new(0);
            let service = Service::new(&FACTS).work("work", move |_| {
                told.send(name).unwrap();
                let fails = starts.fetch_add(1, Ordering::Relaxed) == 0;
                async move {
                    if fails {
                        return Err(crate::operation::internal("as told").into());
                    }
                    std::future::pending().await
                }
            });
            Workers::share(&test_cloud(&store, vec![service]), name.into())
        };
        let _one = process("one");
        assert_eq!(tells.recv().await, Some("one"));
        // The first one has failed, or will: its lease is given back, and the second one's turn comes.
        let _two = process("two");
        while tells.recv().await != Some("two") {}
    }
}
