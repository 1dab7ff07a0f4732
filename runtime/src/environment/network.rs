//! The network of a sandbox that has one of its own, as the server sees it: its doors, and ways to what listens inside.

use std::io;
use std::net::{Ipv4Addr, SocketAddr, TcpListener as Listener, UdpSocket as Datagrams};
use std::os::fd::OwnedFd;
use std::sync::Arc;

use tokio::net::{TcpListener, TcpSocket, TcpStream, UdpSocket};

use super::api::ACCEPT_PAUSE;
use super::lifeline::Lifeline;
use super::names;
use crate::options::Endpoint;
use crate::sandbox::Network;

/// Where the Runtime API is, as on AWS; beside it, should the cloud be there.
const API_PORT: u16 = 9001;

impl Network {
    pub(crate) fn with(endpoint: &Endpoint) -> Self {
        Self { api: if endpoint.port == API_PORT { API_PORT + 1 } else { API_PORT }, endpoint: endpoint.port }
    }
}

/// The sockets in that network which are the server's.
pub(super) struct Doors {
    pub(super) api: TcpListener,
    rest: Rest,
}

/// All but the Runtime API.
pub(super) struct Rest {
    endpoint: TcpListener,
    names: UdpSocket,
}

impl Doors {
    /// Takes what the launcher hands over when it has built the network.
    pub(super) async fn take(lifeline: &Lifeline) -> io::Result<Self> {
        let sockets: Result<[OwnedFd; 3], _> = lifeline.take().await?.try_into();
        let [api, endpoint, names] =
            sockets.map_err(|_| io::Error::other("the sandbox's network is not whole"))?;
        let names = Datagrams::from(names);
        names.set_nonblocking(true)?;
        let rest = Rest { endpoint: listener(endpoint)?, names: UdpSocket::from_std(names)? };
        Ok(Self { api: listener(api)?, rest })
    }

    pub(super) fn split(self) -> (TcpListener, Rest) {
        (self.api, self.rest)
    }
}

fn listener(socket: OwnedFd) -> io::Result<TcpListener> {
    let listener = Listener::from(socket);
    listener.set_nonblocking(true)?;
    TcpListener::from_std(listener)
}

impl Rest {
    /// Lets those inside ask for names, and shows their connections to the cloud.
    pub(super) async fn serve(self, endpoint: Endpoint) {
        tokio::join!(names::serve(self.names), lead(self.endpoint, endpoint));
    }
}

async fn lead(listener: TcpListener, endpoint: Endpoint) {
    loop {
        match listener.accept().await.and_then(|(stream, _)| stream.into_std()) {
            // A cloud that stops takes nobody in any more.
            Ok(stream) => match endpoint.visitors.send(stream).await {
                Ok(()) => {}
                Err(_) => return,
            },
            // The system is short of descriptors: it is tried again when some may have been closed.
            Err(_) => tokio::time::sleep(ACCEPT_PAUSE).await,
        }
    }
}

/// How what listens in a sandbox is reached.
pub(super) enum Way {
    /// Its network is the host's. It has that address, unless programs do without.
    Host(Ipv4Addr),
    /// Through a socket of its network.
    Inside(Arc<Lifeline>),
}

impl Way {
    pub(super) async fn to(&self, port: u16) -> io::Result<TcpStream> {
        match self {
            Way::Host(address) => match TcpStream::connect((*address, port)).await {
                Ok(stream) => Ok(stream),
                Err(_) => TcpStream::connect((Ipv4Addr::LOCALHOST, port)).await,
            },
            Way::Inside(lifeline) => {
                let socket = std::net::TcpStream::from(lifeline.socket().await?);
                socket.set_nonblocking(true)?;
                let address = SocketAddr::from((Ipv4Addr::LOCALHOST, port));
                TcpSocket::from_std_stream(socket).connect(address).await
            }
        }
    }
}
