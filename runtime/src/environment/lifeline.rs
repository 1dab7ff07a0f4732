//! The launcher's lifeline as the server holds it: orders go down, sockets of the sandbox's own network come up.

use std::io::{self, IoSliceMut};
use std::os::fd::{AsRawFd, FromRawFd, OwnedFd, RawFd};
use std::os::unix::net::UnixStream as Pair;
use std::process::Stdio;

use nix::cmsg_space;
use nix::sys::socket::{ControlMessageOwned, MsgFlags, Shutdown, recvmsg, shutdown};
use tokio::io::Interest;
use tokio::net::UnixStream;

use crate::sandbox::{NETWORK_SOCKETS, Order};

/// The server's end. Cutting it, or dropping it, ends the launcher and everything that it started.
pub(crate) struct Lifeline {
    stream: UnixStream,
    /// Held by whoever waits for an answer.
    asking: tokio::sync::Mutex<()>,
}

impl Lifeline {
    /// Makes it, with the launcher's end.
    pub(crate) fn make() -> io::Result<(Self, Stdio)> {
        let (ours, theirs) = Pair::pair()?;
        ours.set_nonblocking(true)?;
        let stream = UnixStream::from_std(ours)?;
        Ok((Self { stream, asking: tokio::sync::Mutex::default() }, Stdio::from(OwnedFd::from(theirs))))
    }

    pub(super) async fn send(&self, mut bytes: &[u8]) -> io::Result<()> {
        while !bytes.is_empty() {
            let sent =
                self.stream.async_io(Interest::WRITABLE, || Ok(nix::unistd::write(&self.stream, bytes)?));
            bytes = &bytes[sent.await?..];
        }
        Ok(())
    }

    pub(super) fn order(&self, order: Order) {
        // A byte always finds room. A launcher that has gone needs no orders.
        let _ = nix::unistd::write(&self.stream, &[order as u8]);
    }

    pub(super) fn cut(&self) {
        // An error means that the other end has gone.
        let _ = shutdown(self.stream.as_raw_fd(), Shutdown::Both);
    }

    /// Takes the sockets that the launcher hands over next.
    pub(super) async fn take(&self) -> io::Result<Vec<OwnedFd>> {
        self.stream.async_io(Interest::READABLE, || receive(self.stream.as_raw_fd())).await
    }

    /// A socket of the sandbox's own network. One is as good as another, so it does not matter who asked for which.
    pub(super) async fn socket(&self) -> io::Result<OwnedFd> {
        let _asking = self.asking.lock().await;
        self.order(Order::Socket);
        let mut sockets = self.take().await?;
        sockets.pop().ok_or_else(|| io::Error::other("the sandbox could not make a socket"))
    }
}

/// No program that is started has what was received.
#[cfg(target_os = "linux")]
const RECEIVED: MsgFlags = MsgFlags::MSG_CMSG_CLOEXEC;
/// Nothing is received where there are no sandboxes.
#[cfg(not(target_os = "linux"))]
const RECEIVED: MsgFlags = MsgFlags::empty();

#[allow(unsafe_code, reason = "descriptors that were received are owned by whoever received them")]
fn receive(lifeline: RawFd) -> io::Result<Vec<OwnedFd>> {
    let (mut byte, mut rights) = ([0], cmsg_space!([RawFd; NETWORK_SOCKETS]));
    let mut parts = [IoSliceMut::new(&mut byte)];
    let message = recvmsg::<()>(lifeline, &mut parts, Some(&mut rights), RECEIVED)?;
    if message.bytes == 0 {
        return Err(io::ErrorKind::UnexpectedEof.into());
    }
    let mut sockets = Vec::new();
    for part in message.cmsgs()? {
        if let ControlMessageOwned::ScmRights(descriptors) = part {
            // SAFETY: the kernel has just made them for this process, and nobody else knows them.
            sockets.extend(descriptors.into_iter().map(|one| unsafe { OwnedFd::from_raw_fd(one) }));
        }
    }
    Ok(sockets)
}
