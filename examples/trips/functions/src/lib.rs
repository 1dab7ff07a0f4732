//! What the functions share: how a trip is written, and the configuration of their AWS clients.

use aws_config::{BehaviorVersion, SdkConfig};
use aws_smithy_http_client::tls::{Provider, rustls_provider::CryptoMode};
use serde::{Deserialize, Serialize};

/// A trip that somebody wants to make.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Trip {
    /// Chosen by the traveller's client, so that the same request may come twice and still book once.
    pub id: String,
    pub traveller: String,
    pub from: String,
    pub to: String,
}

impl Trip {
    /// Whether nothing of it is empty.
    pub fn is_whole(&self) -> bool {
        [&self.id, &self.traveller, &self.from, &self.to].iter().all(|text| !text.trim().is_empty())
    }
}

/// The region, credentials and endpoint that the environment names.
pub async fn config() -> SdkConfig {
    let https = aws_smithy_http_client::Builder::new().tls_provider(Provider::Rustls(CryptoMode::Ring));
    aws_config::defaults(BehaviorVersion::latest()).http_client(https.build_https()).load().await
}
