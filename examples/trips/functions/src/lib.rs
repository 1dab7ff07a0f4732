//! What the functions share: how a trip is written, how it stands with one, and the configuration of their AWS clients.

use aws_config::{BehaviorVersion, SdkConfig};
use aws_sdk_dynamodb::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_dynamodb::types::AttributeValue;
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

/// The region, credentials and endpoint that the environment names.
pub async fn config() -> SdkConfig {
    let https = aws_smithy_http_client::Builder::new().tls_provider(Provider::Rustls(CryptoMode::Ring));
    aws_config::defaults(BehaviorVersion::latest()).http_client(https.build_https()).load().await
}

/// How it stands with a trip; none where there is no such trip.
pub async fn state_of(
    dynamodb: &aws_sdk_dynamodb::Client,
    table: &str,
    id: &str,
) -> Result<Option<String>, lambda_runtime::Error> {
    let get = dynamodb.get_item().table_name(table).consistent_read(true);
    let item = get.key("id", AttributeValue::S(id.into())).send().await?.item.unwrap_or_default();
    Ok(item.get("state").and_then(|state| state.as_s().ok()).cloned())
}

/// Whether the condition of a write held.
pub fn held<T, E, R>(written: Result<T, SdkError<E, R>>) -> Result<bool, lambda_runtime::Error>
where
    E: ProvideErrorMetadata + std::error::Error + Send + Sync + 'static,
    R: std::fmt::Debug + Send + Sync + 'static,
{
    match written {
        Ok(_) => Ok(true),
        Err(error) if error.code() == Some("ConditionalCheckFailedException") => Ok(false),
        Err(error) => Err(error.into()),
    }
}
