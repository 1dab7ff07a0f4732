//! One subscriber: what is to be told waits, and leaves in batches.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::Request;
use http_body_util::{BodyExt, Full};
use hyper_util::rt::TokioIo;
use parking_lot::Mutex;
use serde_json::json;
use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;
use tokio::sync::{Notify, watch};

use super::subscription::{Destination, Subscription};
use super::{Event, Source, Way};

/// How many batches may wait before events are dropped.
const BATCHES_MAX: usize = 4;

/// How often a batch is sent that is not taken, and how long is waited in between.
const TRIES: u32 = 5;
const PAUSE: Duration = Duration::from_millis(50);

pub(super) struct Subscriber {
    pub(super) name: String,
    pub(super) wish: Subscription,
    way: Arc<Way>,
    queue: Mutex<Queue>,
    news: Notify,
    ended: watch::Sender<bool>,
}

#[derive(Default)]
struct Queue {
    events: Vec<Arc<str>>,
    bytes: usize,
    dropped: u64,
    dropped_bytes: usize,
    hurries: bool,
}

impl Subscriber {
    pub(super) fn new(name: String, wish: Subscription, way: Arc<Way>) -> Self {
        let (queue, news, ended) = (Mutex::default(), Notify::new(), watch::Sender::new(false));
        Self { name, wish, way, queue, news, ended }
    }

    /// Notes an event, if it is one that was subscribed to.
    pub(super) fn put(&self, event: &Event) {
        let is_wanted = self.wish.sources.contains(&event.source)
            && (event.source != Source::Platform || self.wish.api.tells(event.kind, &self.wish.version));
        if !is_wanted {
            return;
        }
        let mut queue = self.queue.lock();
        if queue.bytes + event.text.len() > BATCHES_MAX * self.wish.bytes_max {
            queue.dropped += 1;
            queue.dropped_bytes += event.text.len();
            return;
        }
        queue.bytes += event.text.len();
        queue.events.push(event.text.clone());
        drop(queue);
        self.news.notify_one();
    }

    pub(super) fn hurry(&self) {
        self.queue.lock().hurries = true;
        self.news.notify_one();
    }

    pub(super) fn end(&self) {
        self.ended.send_replace(true);
    }

    /// Delivers until nothing is to be told any more.
    pub(super) async fn run(self: Arc<Self>) {
        let mut ended = self.ended.subscribe();
        tokio::select! {
            _ = ended.wait_for(|ended| *ended) => {}
            () = self.deliver() => {}
        }
    }

    async fn deliver(&self) {
        loop {
            while self.queue.lock().events.is_empty() {
                self.news.notified().await;
            }
            let full = async {
                while !self.is_due() {
                    self.news.notified().await;
                }
            };
            // Whichever comes first.
            let _ = tokio::time::timeout(Duration::from_millis(self.wish.timeout_ms), full).await;
            let batch = self.take();
            if let Err(error) = self.send(&batch).await {
                tracing::warn!(%error, extension = self.name, "an extension did not take its telemetry");
                let mut queue = self.queue.lock();
                queue.dropped += batch.len() as u64;
                queue.dropped_bytes += batch.iter().map(|event| event.len()).sum::<usize>();
            }
        }
    }

    fn is_due(&self) -> bool {
        let queue = self.queue.lock();
        queue.hurries || queue.events.len() >= self.wish.items_max || queue.bytes >= self.wish.bytes_max
    }

    /// The next batch, with what was dropped before it.
    fn take(&self) -> Vec<Arc<str>> {
        let mut queue = self.queue.lock();
        let mut bytes = 0;
        let fits = queue.events.iter().take(self.wish.items_max).take_while(|event| {
            bytes += event.len();
            bytes <= self.wish.bytes_max
        });
        // One that is larger than a batch goes by itself.
        let count = fits.count().max(1).min(queue.events.len());
        let mut batch: Vec<Arc<str>> = queue.events.drain(..count).collect();
        queue.bytes -= batch.iter().map(|event| event.len()).sum::<usize>();
        if queue.dropped > 0 && self.wish.sources.contains(&Source::Platform) {
            let record = json!({
                "reason": "Some logs were dropped because the consumer was too slow.",
                "droppedRecords": queue.dropped,
                "droppedBytes": queue.dropped_bytes,
            });
            batch.insert(0, Event::new(Source::Platform, "platform.logsDropped", &record).text);
            (queue.dropped, queue.dropped_bytes) = (0, 0);
        }
        batch
    }

    async fn send(&self, batch: &[Arc<str>]) -> io::Result<()> {
        let mut tried = 1;
        loop {
            match self.try_to_send(batch).await {
                Err(_) if tried < TRIES => tokio::time::sleep(PAUSE * tried).await,
                done => return done,
            }
            tried += 1;
        }
    }

    async fn try_to_send(&self, batch: &[Arc<str>]) -> io::Result<()> {
        match &self.wish.destination {
            Destination::Http { port, path } => {
                let body = format!("[{}]", batch.join(","));
                self.post(self.way.to(*port).await?, *port, path, body.into()).await
            }
            Destination::Tcp { port } => {
                let lines: String = batch.iter().map(|event| format!("{event}\n")).collect();
                self.way.to(*port).await?.write_all(lines.as_bytes()).await
            }
        }
    }

    async fn post(&self, stream: TcpStream, port: u16, path: &str, body: Bytes) -> io::Result<()> {
        let (mut sender, connection) =
            hyper::client::conn::http1::handshake(TokioIo::new(stream)).await.map_err(io::Error::other)?;
        let request = Request::post(path)
            .header("host", format!("sandbox.localdomain:{port}"))
            .header("content-type", "application/json")
            .body(Full::new(body))
            .map_err(io::Error::other)?;
        let answered = async {
            let answer = sender.send_request(request).await.map_err(io::Error::other)?;
            let status = answer.status();
            // Thrown away as it comes: it may be of any length.
            let mut body = answer.into_body();
            while let Some(piece) = body.frame().await {
                piece.map_err(io::Error::other)?;
            }
            drop(sender);
            Ok::<_, io::Error>(status)
        };
        let (answered, _) = tokio::join!(answered, connection);
        let status = answered?;
        if status.is_success() { Ok(()) } else { Err(io::Error::other(format!("it answered {status}"))) }
    }
}
