//! Travellers: each sends a trip until it is acknowledged.

use std::sync::Arc;
use std::time::Duration;

use http_body_util::{BodyExt as _, Full};
use hyper::{Method, Request, StatusCode, body::Bytes};
use hyper_util::client::legacy::{Client, connect::HttpConnector};
use hyper_util::rt::TokioExecutor;
use serde_json::json;
use tokio::sync::{Semaphore, mpsc};

use crate::front::Front;

/// Travellers who wait for an answer at the same time.
const AT_ONCE: usize = 4;
/// How long a traveller waits before sending the same trip again.
const AGAIN_AFTER: Duration = Duration::from_millis(100);
/// How long a traveller waits for an answer.
const PATIENCE: Duration = Duration::from_secs(10);

/// Bookings under way.
pub struct Bookings {
    acknowledgements: mpsc::Receiver<String>,
    acknowledged: Vec<String>,
}

impl Bookings {
    /// Sends so many travellers to the front.
    pub fn begin(front: &Arc<Front>, count: usize) -> Self {
        let (sender, acknowledgements) = mpsc::channel(count);
        let client = Client::builder(TokioExecutor::new()).build_http();
        let turn = Arc::new(Semaphore::new(AT_ONCE));
        for number in 1..=count {
            let (client, front, sender, turn) =
                (client.clone(), Arc::clone(front), sender.clone(), Arc::clone(&turn));
            tokio::spawn(async move {
                let _turn = turn.acquire().await;
                let id = format!("trip-{number:03}");
                while !book(&client, &front, &id).await {
                    tokio::time::sleep(AGAIN_AFTER).await;
                }
                let _ = sender.send(id).await;
            });
        }
        Bookings { acknowledgements, acknowledged: Vec::new() }
    }

    /// Waits for one more acknowledgement.
    pub async fn next(&mut self) {
        self.acknowledged.extend(self.acknowledgements.recv().await);
    }

    /// How many were acknowledged up to now.
    pub fn acknowledged(&self) -> usize {
        self.acknowledged.len()
    }

    /// The ids of the trips that were acknowledged.
    pub fn ids(self) -> Vec<String> {
        self.acknowledged
    }
}

/// Whether the front acknowledged the trip.
async fn book(client: &Client<HttpConnector, Full<Bytes>>, front: &Front, id: &str) -> bool {
    let trip = json!({ "id": id, "traveller": "Ada", "from": "London", "to": "Zürich" });
    let request = Request::builder()
        .method(Method::POST)
        .uri(format!("{}/trips", front.address))
        .header("content-type", "application/json")
        .header("authorization", format!("Bearer {}", front.token))
        .header("x-api-key", &front.key)
        .body(Full::from(trip.to_string()));
    let Ok(request) = request else { return false };
    let answer = async {
        let answer = client.request(request).await.ok()?;
        let status = answer.status();
        answer.into_body().collect().await.ok()?;
        Some(status)
    };
    let status = tokio::time::timeout(PATIENCE, answer).await.ok().flatten();
    matches!(status, Some(StatusCode::CREATED | StatusCode::OK))
}
