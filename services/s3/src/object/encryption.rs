//! By whose keys an object is encrypted: what its writer says, or else its bucket.
//!
//! KMS is not here yet, so an object says which key it has, and its bytes are as safe as the disk. Keys of customers are
//! another matter: [`sealed`](super::sealed).

use api_s3 as api;
use service::{Context, Result};
use store::Reads;

use super::customer_key::CustomerKey;
use super::version::Encryption;
use crate::bucket::Bucket;
use crate::{errors, setting};

/// What a writer says.
#[derive(Clone, Debug, Default)]
pub(crate) struct Wish {
    pub(crate) kind: Option<String>,
    pub(crate) key: Option<String>,
    pub(crate) has_bucket_key: Option<bool>,
    /// A key of its own.
    pub(crate) customers: Option<CustomerKey>,
}

/// How a new object is encrypted.
///
/// # Errors
/// For a kind that there is not, or a key that does not go with it.
pub(crate) fn of_new(
    reads: &impl Reads,
    context: &Context,
    bucket: &Bucket,
    wish: &Wish,
) -> Result<Encryption> {
    if let Some(key) = &wish.customers {
        check_customers(reads, bucket, wish)?;
        return Ok(Encryption::Customer(key.recognition(context.random().bytes())));
    }
    let has_bucket_key = wish.has_bucket_key.unwrap_or_default();
    match (wish.kind.as_deref(), &wish.key) {
        (None, None) => by_default(reads, bucket),
        (Some("AES256"), None) => Ok(Encryption::S3),
        (Some(kind @ ("aws:kms" | "aws:kms:dsse")), key) => {
            Ok(Encryption::Kms { kind: kind.to_owned(), key: key.clone(), has_bucket_key })
        }
        (Some("AES256") | None, Some(key)) => {
            let message = "Server Side Encryption with AWS KMS managed key requires HTTP header x-amz-server-side-encryption : \
                           aws:kms";
            let name = "x-amz-server-side-encryption-aws-kms-key-id";
            Err(errors::argument(message, name, key).into())
        }
        (Some(kind), _) => {
            let message = "The encryption method specified is not supported";
            Err(errors::argument(message, "x-amz-server-side-encryption", kind).into())
        }
    }
}

/// Refuses a key that comes beside another kind of encryption, or that the bucket does not take.
fn check_customers(reads: &impl Reads, bucket: &Bucket, wish: &Wish) -> Result<()> {
    if let Some(kind) = &wish.kind {
        let message = "Server Side Encryption with Customer provided key is incompatible with the encryption method specified";
        return Err(errors::argument(message, "x-amz-server-side-encryption", kind).into());
    }
    let rule = rule_of(reads, bucket)?;
    let blocked = rule.and_then(|rule| rule.blocked_encryption_types?.encryption_type).unwrap_or_default();
    let is_blocked = blocked.iter().any(|kind| kind.as_str() == "SSE-C");
    if is_blocked { Err(errors::access_denied().into()) } else { Ok(()) }
}

fn rule_of(reads: &impl Reads, bucket: &Bucket) -> Result<Option<api::ServerSideEncryptionRule>> {
    let setting = setting::find::<api::ServerSideEncryptionConfiguration>(reads, bucket)?;
    Ok(setting.and_then(|setting| setting.rules.into_iter().next()))
}

fn by_default(reads: &impl Reads, bucket: &Bucket) -> Result<Encryption> {
    let rule = rule_of(reads, bucket)?;
    let has_bucket_key = rule.as_ref().and_then(|rule| rule.bucket_key_enabled).unwrap_or_default();
    let default = rule.and_then(|rule| rule.apply_server_side_encryption_by_default);
    Ok(match default {
        Some(default) if default.sse_algorithm != api::ServerSideEncryption::Aes256 => Encryption::Kms {
            kind: default.sse_algorithm.as_str().to_owned(),
            key: default.kms_master_key_id,
            has_bucket_key,
        },
        _ => Encryption::S3,
    })
}

/// An output that tells how an object is encrypted.
pub(crate) trait TellsEncryption {
    fn tell_encryption(&mut self, encryption: &Encryption);
}

macro_rules! tells_encryption {
    ($($output:ident)*) => {$(
        impl TellsEncryption for api::$output {
            fn tell_encryption(&mut self, encryption: &Encryption) {
                match encryption {
                    Encryption::S3 => self.server_side_encryption = Some("AES256".into()),
                    Encryption::Kms { kind, key, has_bucket_key } => {
                        self.server_side_encryption = Some(kind.as_str().into());
                        self.ssekms_key_id = key.clone();
                        self.bucket_key_enabled = has_bucket_key.then_some(true);
                    }
                    // Only who brings the key hears of it.
                    Encryption::Customer(_) => {}
                }
            }
        }
    )*};
}

tells_encryption! {
    CompleteMultipartUploadOutput
    CopyObjectOutput
    CreateMultipartUploadOutput
    GetObjectOutput
    HeadObjectOutput
    PutObjectOutput
    UploadPartCopyOutput
    UploadPartOutput
}
