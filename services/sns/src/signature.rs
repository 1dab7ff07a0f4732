//! Signatures of what is delivered, by which receivers know that it comes from here, and the certificate that proves them.
//!
//! The key is made when the first signature is needed, and kept. What is signed, and how, is in "Verifying the signatures of
//! Amazon SNS messages" of the developer guide.

use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use ring::digest;
use rsa::{Digest, Key};
use serde::{Deserialize, Serialize};
use service::{Cloud, Result, Visit};
use store::{Reads as _, Transaction};
use tokio::sync::Mutex;
use wire::{Answer, Fault};

use crate::keys;

/// How paths of certificates begin and end.
const PATH: (&str, &str) = ("/SimpleNotificationService-", ".pem");
/// Only one key is made at once: the others would be for nothing.
static MAKING: Mutex<()> = Mutex::const_new(());

/// The attribute `SignatureVersion` of a topic.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Version {
    /// With SHA-1.
    #[default]
    One,
    /// With SHA-256.
    Two,
}

impl Version {
    /// As envelopes say it.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Version::One => "1",
            Version::Two => "2",
        }
    }
}

/// Who signs.
pub(crate) struct Signer {
    key: Key,
    certificate: String,
    path: String,
}

/// A signer as it is kept.
#[derive(Serialize, Deserialize)]
struct Kept {
    pkcs8: Vec<u8>,
    certificate: String,
}

#[cfg(test)]
layouts::stays!(stored_signer: Kept);

impl Signer {
    /// The signer of this cloud.
    pub(crate) async fn of(cloud: &Arc<Cloud>) -> Result<Arc<Self>> {
        if let Some(signer) = Self::find(cloud)? {
            return Ok(signer);
        }
        let _alone = MAKING.lock().await;
        if let Some(signer) = Self::find(cloud)? {
            return Ok(signer);
        }
        let kept = tokio::task::spawn_blocking(make).await.map_err(|panic| unusable(&panic))?;
        let kept = kept.map_err(|error| unusable(&error))?;
        cloud.store.transact(|tx: &mut Transaction| tx.put_record(keys::signer(), &kept)).await?;
        Self::find(cloud)?.ok_or_else(|| unusable(&"it is gone again").into())
    }

    fn find(cloud: &Cloud) -> Result<Option<Arc<Self>>> {
        cloud.store.transact_now(|tx: &mut Transaction| {
            let signer = tx.get_derived(&keys::signer(), |snapshot| {
                let kept = snapshot.get_record::<Kept>(&keys::signer())?;
                kept.map(Signer::open).transpose().map(|signer| signer.map(Arc::new))
            })?;
            Ok((*signer).clone())
        })
    }

    fn open(kept: Kept) -> Result<Self> {
        let key = Key::from_pkcs8(&kept.pkcs8).map_err(|error| unusable(&error))?;
        let digest = digest::digest(&digest::SHA256, kept.certificate.as_bytes());
        let name = hex::encode(digest.as_ref().get(..16).unwrap_or_default());
        let path = [PATH.0, &name, PATH.1].concat();
        Ok(Signer { key, certificate: kept.certificate, path })
    }

    /// Signs these fields, which must be in the order of their names. Base64.
    pub(crate) fn sign(&self, version: Version, fields: &[(&str, &str)]) -> Result<String> {
        let text: String = fields.iter().flat_map(|(name, value)| [*name, "\n", *value, "\n"]).collect();
        let digest = match version {
            Version::One => Digest::Sha1,
            Version::Two => Digest::Sha256,
        };
        let signature = self.key.sign(digest, text.as_bytes()).map_err(|error| unusable(&error))?;
        Ok(STANDARD.encode(signature))
    }

    /// Where the certificate is.
    pub(crate) fn certificate_url(&self, cloud: &Cloud) -> String {
        [&*cloud.outside.secure_endpoint, &self.path].concat()
    }
}

fn make() -> Result<Kept, rsa::Error> {
    let key = Key::generate()?;
    Ok(Kept { certificate: key.certificate("sns.amazonaws.com")?, pkcs8: key.pkcs8().to_vec() })
}

fn unusable(why: &dyn std::fmt::Display) -> Fault {
    tracing::error!(%why, "the key for signatures cannot be used");
    Fault::new("InternalError", 500, "The key for signatures cannot be used.")
}

/// Whether a path is that of a certificate.
pub(crate) fn is_certificate(_host: &str, path: &str) -> bool {
    path.strip_prefix(PATH.0).is_some_and(|name| name.ends_with(PATH.1))
}

/// Shows the certificate.
pub(crate) async fn show_certificate(cloud: Arc<Cloud>, visit: Visit) -> Answer {
    match Signer::of(&cloud).await {
        Ok(signer) if signer.path == visit.path => {
            Answer::text(200, "application/x-pem-file", signer.certificate.clone())
        }
        Ok(_) => Answer::text(404, "text/plain", "There is no such certificate.\n"),
        Err(error) => {
            tracing::error!(%error, "the certificate cannot be shown");
            Answer::text(500, "text/plain", "The certificate cannot be shown.\n")
        }
    }
}
