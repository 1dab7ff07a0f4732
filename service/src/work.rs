//! Runs the services' background work, and starts it again when it fails.

use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::Duration;

use futures_util::FutureExt as _;
use tokio::task::JoinSet;

use crate::Cloud;

/// How long failed work rests before it starts again.
const REST: Duration = Duration::from_millis(200);

/// All background work of a process; dropping it stops the work, which is durable and goes on after the next start.
#[derive(Debug)]
pub struct Workers(#[allow(dead_code, reason = "held for its drop, which stops the tasks")] JoinSet<()>);

impl Workers {
    /// Starts the work of every service. Must be called within a tokio runtime.
    #[must_use]
    pub fn start(cloud: &Arc<Cloud>) -> Self {
        let mut tasks = JoinSet::new();
        for (service, index) in cloud
            .directory()
            .services()
            .flat_map(|service| (0..service.work.len()).map(move |index| (service.facts().name, index)))
        {
            tasks.spawn(keep_going(Arc::clone(cloud), service, index));
        }
        Workers(tasks)
    }
}

async fn keep_going(cloud: Arc<Cloud>, service: &'static str, index: usize) {
    let Some((name, work)) = cloud.directory().service(service).and_then(|service| service.work.get(index))
    else {
        return;
    };
    loop {
        match AssertUnwindSafe(work(Arc::clone(&cloud))).catch_unwind().await {
            Ok(Ok(())) => return,
            Ok(Err(error)) => {
                tracing::error!(service, work = name, %error, "background work failed; it starts again")
            }
            Err(_) => tracing::error!(service, work = name, "background work panicked; it starts again"),
        }
        tokio::time::sleep(REST).await;
    }
}
