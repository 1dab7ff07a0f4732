//! Accepts connections, tells TLS from plain by the first byte, and drains them when the process stops.
//!
//! The number of connections is bounded: when they run short, answers close their connection so that the next client gets its
//! turn.

use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::conn::auto;
use hyper_util::server::graceful::{GracefulShutdown, Watcher};
use parking_lot::Mutex;
use service::Stopping;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, mpsc};

use crate::door::Origin;
use crate::lanes::Lanes;
use crate::upgrade::Passing;
use crate::{Door, Tls};

/// No more connections than this, unless less are [asked for](Server::with_connections).
const CONNECTIONS_MAX: usize = 16_384;
/// How long a client may take to send its first byte, a TLS handshake, or a request's head.
const HEAD_TIMEOUT: Duration = Duration::from_secs(20);
/// How long open requests may go on after the process was told to stop.
const DRAIN_TIMEOUT: Duration = Duration::from_millis(1500);
/// The greatest head of a request.
const HEAD_BYTES_MAX: usize = 64 * 1024;
/// How long to rest when the system refuses to accept.
const ACCEPT_REST: Duration = Duration::from_millis(20);

/// A bound listener, not yet serving.
pub struct Server {
    listener: TcpListener,
    tls: Option<Arc<Tls>>,
    slots: Arc<Semaphore>,
    slots_max: usize,
    rest: fn(),
    apart: Option<mpsc::Receiver<std::net::TcpStream>>,
}

/// The address could not be listened on.
#[derive(Debug, thiserror::Error)]
#[error("cannot listen on {address}: {source}")]
pub struct BindError {
    address: SocketAddr,
    source: io::Error,
}

impl Server {
    /// Listens on `address`.
    ///
    /// # Errors
    /// When the port is taken or the address is not the machine's.
    pub async fn bind(address: SocketAddr, tls: Option<Arc<Tls>>) -> Result<Self, BindError> {
        let listener = TcpListener::bind(address).await.map_err(|source| BindError { address, source })?;
        let slots = Arc::new(Semaphore::new(CONNECTIONS_MAX));
        Ok(Server { listener, tls, slots, slots_max: CONNECTIONS_MAX, rest: || {}, apart: None })
    }

    /// Holds no more connections than this at once; others wait until one is closed.
    #[must_use]
    pub fn with_connections(mut self, max: usize) -> Self {
        self.slots_max = max.clamp(1, CONNECTIONS_MAX);
        self.slots = Arc::new(Semaphore::new(self.slots_max));
        self
    }

    /// Has each thread that serves call `rest` before it waits for something to do: the place for what may be put off while
    /// there is more to do.
    #[must_use]
    pub fn resting(mut self, rest: fn()) -> Self {
        self.rest = rest;
        self
    }

    /// Also serves connections that others have accepted, in networks apart from this machine's: those of functions.
    #[must_use]
    pub fn and_those_apart(mut self, connections: mpsc::Receiver<std::net::TcpStream>) -> Self {
        self.apart = Some(connections);
        self
    }

    /// Where it listens: the real port when 0 was asked for.
    ///
    /// # Errors
    /// When the system does not say.
    pub fn address(&self) -> io::Result<SocketAddr> {
        self.listener.local_addr()
    }

    /// Serves until `stop` completes, then lets open requests end.
    ///
    /// # Errors
    /// When there are no threads to serve with.
    pub async fn serve(mut self, door: Arc<Door>, stop: impl Future<Output = ()>) -> io::Result<()> {
        let lanes = Lanes::start(self.rest)?;
        let graceful = GracefulShutdown::new();
        let (stopper, stopping) = Stopping::new();
        let mut stop = std::pin::pin!(stop);
        loop {
            let accepted = tokio::select! {
                accepted = self.accept() => accepted,
                () = &mut stop => break,
            };
            match accepted {
                Ok(accepted) => {
                    let ends = Ends { watcher: graceful.watcher(), stopping: stopping.clone() };
                    lanes.run(self.conversation(accepted, Arc::clone(&door), ends));
                }
                Err(error) => {
                    tracing::debug!(%error, "a connection could not be accepted");
                    tokio::time::sleep(ACCEPT_REST).await;
                }
            }
        }
        drop((self.listener, self.apart, stopping));
        stopper.send_replace(true);
        let ended = async { tokio::join!(graceful.shutdown(), stopper.closed()) };
        if tokio::time::timeout(DRAIN_TIMEOUT, ended).await.is_err() {
            tracing::info!("stopped with requests still open");
        }
        Ok(())
    }

    async fn accept(&mut self) -> io::Result<Accepted> {
        let slot = Arc::clone(&self.slots).acquire_owned().await.map_err(io::Error::other)?;
        let (stream, ip, is_apart) = tokio::select! {
            accepted = self.listener.accept() => {
                let (stream, peer) = accepted?;
                // Its lane has another event loop than this one.
                (stream.into_std()?, peer.ip(), false)
            }
            // There is nothing but loopback in such a network.
            stream = next(&mut self.apart) => (stream, Ipv4Addr::LOCALHOST.into(), true),
        };
        stream.set_nodelay(true)?;
        Ok(Accepted { stream, origin: Origin { ip, secure: false, is_apart }, slot })
    }

    /// All that is said on a connection.
    fn conversation(
        &self,
        accepted: Accepted,
        door: Arc<Door>,
        ends: Ends,
    ) -> impl Future<Output = ()> + Send + 'static {
        let tls = self.tls.clone();
        let pressure = Pressure { slots: Arc::clone(&self.slots), few: self.slots_max / 8 };
        let Accepted { stream, origin, slot } = accepted;
        async move {
            let _slot = slot;
            let stream = match TcpStream::from_std(stream) {
                Ok(stream) => stream,
                Err(error) => return tracing::debug!(%error, "a connection was lost"),
            };
            match opening(&stream).await {
                Some(Opening::Plain) => converse(TokioIo::new(stream), origin, door, pressure, ends).await,
                Some(Opening::Tls) => {
                    let Some(tls) = tls else { return };
                    match tokio::time::timeout(HEAD_TIMEOUT, tls.acceptor().accept(stream)).await {
                        Ok(Ok(stream)) => {
                            let origin = Origin { secure: true, ..origin };
                            converse(TokioIo::new(stream), origin, door, pressure, ends).await;
                        }
                        Ok(Err(error)) => tracing::debug!(%error, "a TLS handshake failed"),
                        Err(_) => tracing::debug!("a TLS handshake took too long"),
                    }
                }
                None => {}
            }
        }
    }
}

/// The next connection from a network apart. Where there are none, it never comes.
async fn next(apart: &mut Option<mpsc::Receiver<std::net::TcpStream>>) -> std::net::TcpStream {
    loop {
        match apart {
            Some(connections) => match connections.recv().await {
                Some(stream) => return stream,
                None => *apart = None,
            },
            None => std::future::pending().await,
        }
    }
}

/// A connection, its other end, and its right to be there.
struct Accepted {
    stream: std::net::TcpStream,
    origin: Origin,
    slot: OwnedSemaphorePermit,
}

/// How a conversation hears that it is to end: requests, and what came of them where that is no longer HTTP.
struct Ends {
    watcher: Watcher,
    stopping: Stopping,
}

/// Whether connections are about to run out.
struct Pressure {
    slots: Arc<Semaphore>,
    few: usize,
}

impl Pressure {
    fn is_high(&self) -> bool {
        self.slots.available_permits() <= self.few
    }
}

enum Opening {
    Plain,
    Tls,
}

/// Looks at the first byte without taking it: 0x16 opens a TLS handshake, and no HTTP request.
async fn opening(stream: &TcpStream) -> Option<Opening> {
    let mut first = [0];
    match tokio::time::timeout(HEAD_TIMEOUT, stream.peek(&mut first)).await {
        Ok(Ok(1)) if first == [0x16] => Some(Opening::Tls),
        Ok(Ok(1)) => Some(Opening::Plain),
        _ => None,
    }
}

async fn converse<S>(stream: TokioIo<S>, origin: Origin, door: Arc<Door>, pressure: Pressure, ends: Ends)
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let mut builder = auto::Builder::new(TokioExecutor::new());
    builder
        .http1()
        // Answers are small: to copy one costs less than to write it in two parts.
        .writev(false)
        .timer(TokioTimer::new())
        .header_read_timeout(HEAD_TIMEOUT)
        .max_buf_size(HEAD_BYTES_MAX * 4);
    builder.http2().timer(TokioTimer::new()).max_header_list_size(HEAD_BYTES_MAX as u32);
    let passed = Arc::new(Mutex::new(None));
    let service = service_fn(|request| {
        let (door, passed) = (Arc::clone(&door), Arc::clone(&passed));
        let close = pressure.is_high();
        async move {
            let mut response = door.answer(request, origin).await;
            if let Some(passing) = response.extensions_mut().remove::<Passing>() {
                *passed.lock() = Some(passing);
            } else if close && response.version() < http::Version::HTTP_2 {
                response
                    .headers_mut()
                    .insert(http::header::CONNECTION, http::HeaderValue::from_static("close"));
            }
            Ok::<_, std::convert::Infallible>(response)
        }
    });
    // What HTTP needs goes with it, where something else follows.
    let connection = Box::pin(ends.watcher.watch(builder.serve_connection_with_upgrades(stream, service)));
    if let Err(error) = connection.await {
        tracing::debug!(%error, "a connection ended early");
    }
    let passing = passed.lock().take();
    if let Some(passing) = passing {
        passing.begin(ends.stopping).await;
    }
}
