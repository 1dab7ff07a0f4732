//! What is said on a connection, until it ends: messages come in and take routes, others send through it, and nothing may go on
//! for ever.

use std::sync::Arc;
use std::time::Duration;

use ::service::{Cloud, Entry, Order, Stopping, Wire};
use bytes::Bytes;
use futures_util::SinkExt as _;
use futures_util::stream::{FuturesUnordered, StreamExt as _};
use tokio::io::AsyncReadExt as _;
use tokio::time::timeout;
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::protocol::{CloseFrame, Role, WebSocketConfig};
use tokio_tungstenite::tungstenite::{Error, Message, Utf8Bytes};
use wire::Timestamp;

use super::call::Client;
use super::hear;

/// The largest message, in bytes.
pub(crate) const MESSAGE_BYTES_MAX: usize = 128 * 1024;
/// The largest frame of a client.
const FRAME_BYTES_MAX: usize = 32 * 1024;
/// How long nothing may be said.
const IDLE_MS_MAX: i64 = 10 * 60 * 1000;
/// How long a connection lives.
const LIFE_MS_MAX: i64 = 2 * 60 * 60 * 1000;
/// Messages of one client that are under way at once; it waits with the others.
const AT_ONCE_MAX: usize = 16;
/// How long a client may take to read what is sent.
const SEND_MAX: Duration = Duration::from_secs(30);
/// How long a client may take to say goodbye.
const GOODBYE_MAX: Duration = Duration::from_secs(1);
/// What is kept ready to read into: most connections are silent.
const READ_BYTES: usize = 2 * 1024;

/// Whose connection it is.
#[derive(Clone)]
pub(crate) struct Session {
    pub(crate) cloud: Arc<Cloud>,
    pub(crate) client: Arc<Client>,
}

type Socket = WebSocketStream<Wire>;
/// What messages that are under way answer.
type UnderWay = FuturesUnordered<std::pin::Pin<Box<dyn Future<Output = Option<String>> + Send>>>;

/// How a connection ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Ending {
    pub(crate) status: u16,
    pub(crate) reason: String,
    /// Who ended it has not said so yet: it was us.
    is_ours: bool,
}

impl Ending {
    fn ours(status: u16, reason: &str) -> Self {
        Ending { status, reason: reason.to_owned(), is_ours: true }
    }

    fn going_away() -> Self {
        Self::ours(1001, "Going away")
    }

    /// A client that is not there any more.
    fn lost() -> Self {
        Ending { status: 1006, reason: String::new(), is_ours: false }
    }

    fn theirs(frame: Option<CloseFrame>) -> Self {
        let (status, reason) = match frame {
            Some(frame) => (frame.code.into(), frame.reason.to_string()),
            None => (1005, "Client-side close frame status not set".to_owned()),
        };
        Ending { status, reason, is_ours: false }
    }

    fn of(error: &Error) -> Self {
        match error {
            Error::Capacity(_) => Self::ours(1009, "Message too big"),
            Error::Utf8(_) => Self::ours(1007, "Invalid payload data"),
            Error::Protocol(error) if !is_loss(error) => Self::ours(1002, "Protocol error"),
            _ => Self::lost(),
        }
    }
}

fn is_loss(error: &tokio_tungstenite::tungstenite::error::ProtocolError) -> bool {
    use tokio_tungstenite::tungstenite::error::ProtocolError;
    matches!(error, ProtocolError::ResetWithoutClosingHandshake)
}

/// All that is said on a connection.
pub(crate) async fn talk(session: Session, mut entry: Entry, wire: Wire, mut stopping: Stopping) {
    let config = WebSocketConfig::default()
        .read_buffer_size(READ_BYTES)
        .write_buffer_size(0)
        .max_message_size(Some(MESSAGE_BYTES_MAX))
        .max_frame_size(Some(FRAME_BYTES_MAX));
    let mut socket = WebSocketStream::from_raw_socket(wire, Role::Server, Some(config)).await;
    let mut under_way = UnderWay::new();
    let ending = converse(&session, &mut entry, &mut socket, &mut under_way, &mut stopping).await;
    // Nobody reaches it any more before anybody is told.
    drop(entry);
    if ending.is_ours {
        say_goodbye(&mut socket, &ending).await;
    }
    drop(socket);
    let finished = async { while under_way.next().await.is_some() {} };
    tokio::join!(finished, hear::disconnect(&session, ending));
}

async fn converse(
    session: &Session,
    entry: &mut Entry,
    socket: &mut Socket,
    under_way: &mut UnderWay,
    stopping: &mut Stopping,
) -> Ending {
    let clock = &session.cloud.clock;
    loop {
        let dies_ms = entry.socket.connected_ms.saturating_add(LIFE_MS_MAX);
        let deadline = dies_ms.min(entry.socket.last_active_ms().saturating_add(IDLE_MS_MAX));
        let next = tokio::select! {
            () = stopping.told() => return Ending::going_away(),
            () = clock.sleep_until(Timestamp(deadline)) => return Ending::going_away(),
            Some(said) = under_way.next(), if !under_way.is_empty() => Next::Say(said),
            order = entry.orders.recv() => Next::Obey(order),
            heard = socket.next(), if under_way.len() < AT_ONCE_MAX => Next::Hear(heard),
        };
        // Before anybody can know of it, and move the clock.
        entry.socket.is_active(clock.now().millis());
        let outcome = match next {
            Next::Say(Some(said)) => send(socket, Message::text(said)).await,
            Next::Say(None) => Ok(()),
            Next::Obey(Some(Order::Send(data))) => send(socket, message(data)).await,
            Next::Obey(Some(Order::Close) | None) => Err(Ending::ours(1000, "Connection Closed Normally")),
            Next::Hear(Some(heard)) => take(session, socket, under_way, heard).await,
            Next::Hear(None) => Err(Ending::lost()),
        };
        if let Err(ending) = outcome {
            return ending;
        }
    }
}

/// What happens next on a connection.
enum Next {
    /// A message has come to its end, and its client is told that, if anything.
    Say(Option<String>),
    Obey(Option<Order>),
    Hear(Option<Result<Message, Error>>),
}

/// Takes what a client said.
async fn take(
    session: &Session,
    socket: &mut Socket,
    under_way: &mut UnderWay,
    heard: Result<Message, Error>,
) -> Result<(), Ending> {
    match heard {
        Ok(Message::Text(text)) => {
            under_way.push(Box::pin(hear::message(session.clone(), Bytes::from(text))));
            Ok(())
        }
        Ok(Message::Binary(_)) => Err(Ending::ours(1003, "Binary frames are not supported")),
        Ok(Message::Ping(_) | Message::Pong(_) | Message::Frame(_)) => Ok(()),
        Ok(Message::Close(frame)) => {
            // The answer to it leaves while the end is waited for.
            let _ = timeout(GOODBYE_MAX, async { while let Some(Ok(_)) = socket.next().await {} }).await;
            Err(Ending::theirs(frame))
        }
        Err(error) => Err(Ending::of(&error)),
    }
}

/// A text, where it is one.
fn message(data: Bytes) -> Message {
    match Utf8Bytes::try_from(data.clone()) {
        Ok(text) => Message::Text(text),
        Err(_) => Message::Binary(data),
    }
}

async fn send(socket: &mut Socket, message: Message) -> Result<(), Ending> {
    match timeout(SEND_MAX, socket.send(message)).await {
        Ok(Ok(())) => Ok(()),
        Ok(Err(error)) => {
            tracing::debug!(%error, "a message could not be sent");
            Err(Ending::lost())
        }
        Err(_) => Err(Ending::lost()),
    }
}

/// Says why a connection ends, and waits for the client's answer, but not for long. What a client still sends is read away: a
/// connection that is closed over it would lose what was said.
async fn say_goodbye(socket: &mut Socket, ending: &Ending) {
    let frame = CloseFrame { code: ending.status.into(), reason: ending.reason.as_str().into() };
    let is_readable = ending.status != 1009 && ending.status != 1002;
    let goodbye = async {
        if let Err(error) = socket.close(Some(frame)).await {
            return tracing::debug!(%error, "nobody heard that a connection ends");
        }
        if is_readable {
            while let Some(Ok(_)) = socket.next().await {}
        } else {
            let mut waste = [0; 4096];
            while socket.get_mut().read(&mut waste).await.is_ok_and(|read| read > 0) {}
        }
    };
    let _ = timeout(GOODBYE_MAX, goodbye).await;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn endings_have_their_numbers() {
        assert_eq!(Ending::theirs(None).status, 1005);
        let frame = CloseFrame { code: 4001.into(), reason: "done".into() };
        let ending = Ending::theirs(Some(frame));
        assert_eq!((ending.status, ending.reason.as_str(), ending.is_ours), (4001, "done", false));
        assert_eq!(Ending::of(&Error::ConnectionClosed).status, 1006);
        assert_eq!(Ending::of(&Error::Utf8(String::new())).status, 1007);
    }

    #[test]
    fn bytes_that_are_no_text_are_sent_as_they_are() {
        assert_eq!(message(Bytes::from_static("ü".as_bytes())), Message::text("ü"));
        assert_eq!(message(Bytes::from_static(b"\xff")), Message::binary(b"\xff".as_slice()));
    }
}
