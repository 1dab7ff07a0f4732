//! The network of functions, as it was asked for: what cannot be had is said at the start, not when a function runs.

use std::path::Path;

use anyhow::{Context as _, Result};
use http_door::Server;
use runtime::{Endpoint, Network, Runtime};
use tokio::sync::mpsc;

use crate::settings::NetworkSetting;

/// Connections of functions that may wait to be served.
const VISITORS_MAX: usize = 64;

/// That network, and the server, which serves those in it as well.
pub(crate) async fn of_functions(
    wanted: NetworkSetting,
    work: &Path,
    port: u16,
    server: Server,
) -> Result<(Network, Server)> {
    if wanted == NetworkSetting::Host {
        return Ok((Network::Host, server));
    }
    let (visitors, connections) = mpsc::channel(VISITORS_MAX);
    let network = Network::None(Endpoint { port, visitors });
    let root = work.join("lambda/environments");
    let checked = Runtime::check_network(root, network.clone()).await;
    checked.context("functions cannot have a network of their own here (--function-network none)")?;
    Ok((network, server.and_those_apart(connections)))
}
