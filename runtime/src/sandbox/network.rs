//! The network of a sandbox that has one of its own: loopback alone, with sockets in it that are the server's.
//!
//! A socket belongs for ever to the network in which it was made. So those that are made here, and handed to the server
//! through the lifeline, are doors from this network to the server, and the only ones: there is no other interface.

use std::io::{self, IoSlice};
use std::net::{Ipv4Addr, TcpListener, UdpSocket};
use std::os::fd::{AsRawFd, RawFd};

use nix::errno::Errno;
use nix::sys::socket::{
    AddressFamily, ControlMessage, MsgFlags, SockFlag, SockProtocol, SockType, sendmsg, socket,
};

use super::namespaces::explain;
use super::{NETWORK_SOCKETS, Network, system};

/// Where names are asked for.
const NAMES_PORT: u16 = 53;

/// Builds the network of this process's namespace, and hands over what the server serves in it.
pub(super) fn build(network: &Network) -> io::Result<()> {
    let names = UdpSocket::bind((Ipv4Addr::UNSPECIFIED, 0))?;
    system::raise_loopback(&names).map_err(|error| explain("the sandbox's loopback network", error))?;
    let listen = |port: u16| {
        TcpListener::bind((Ipv4Addr::LOCALHOST, port))
            .map_err(|error| explain(&format!("port {port} of the sandbox's network"), error))
    };
    let (api, endpoint) = (listen(network.api)?, listen(network.endpoint)?);
    let names = UdpSocket::bind((Ipv4Addr::LOCALHOST, NAMES_PORT))
        .map_err(|error| explain("names of the sandbox's network", error))?;
    let sockets: [RawFd; NETWORK_SOCKETS] = [api.as_raw_fd(), endpoint.as_raw_fd(), names.as_raw_fd()];
    hand_over(&sockets).map_err(|error| explain("handing over the sandbox's network", error))
}

/// Hands a socket to the server, by which it can reach what listens in this network.
pub(super) fn hand_over_socket() {
    let made = socket(AddressFamily::Inet, SockType::Stream, SockFlag::SOCK_CLOEXEC, SockProtocol::Tcp);
    // Without one, the server hears that there is none, and waits for nothing.
    let sockets: Vec<RawFd> = made.iter().map(AsRawFd::as_raw_fd).collect();
    // A server that cannot be told is gone; then the lifeline ends this process.
    let _ = hand_over(&sockets);
}

fn hand_over(sockets: &[RawFd]) -> io::Result<()> {
    let rights = [ControlMessage::ScmRights(sockets)];
    let rights = &rights[..usize::from(!sockets.is_empty())];
    let lifeline = io::stdin().as_raw_fd();
    loop {
        match sendmsg::<()>(lifeline, &[IoSlice::new(b"S")], rights, MsgFlags::empty(), None) {
            Err(Errno::EINTR) => {}
            sent => return Ok(sent.map(drop)?),
        }
    }
}
