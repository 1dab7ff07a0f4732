//! Where the items of a map run are read from: an object of S3, a list of objects, or the objects of an inventory.

use std::io::Read as _;

use api_s3 as s3;
use bytes::BytesMut;
use flate2::read::MultiGzDecoder;
use serde_json::{Value, json};
use service::Context;
use states_language::failure::names as errors;
use wire::Fault;

use super::items::{Format, Header};

/// How large an object may be, as it is and unpacked: its items are all held at once.
const OBJECT_BYTES_MAX: usize = 64 << 20;

/// Why no items were read: the error's name, and what a human reads.
pub(crate) type Unread = (String, String);

/// Reads the items of a map run.
///
/// # Errors
/// When there are none to be read from there.
pub(crate) async fn read(
    context: &Context,
    resource: &str,
    config: &Value,
    arguments: &Value,
) -> Result<Vec<Value>, Unread> {
    let most = config["MaxItems"].as_u64().filter(|most| *most > 0);
    let most = most.and_then(|most| usize::try_from(most).ok()).unwrap_or(usize::MAX);
    let reading = Reading { context, arguments, most };
    let read = match resource.rsplit(':').next() {
        Some("getObject") if config["InputType"] == "MANIFEST" => reading.inventory(config).await,
        Some("getObject") => reading.object(config).await,
        Some("listObjectsV2") => reading.objects(config).await,
        _ => Err(format!("states: an ItemReader of {resource} is not implemented.")),
    };
    read.map_err(|cause| (errors::ITEM_READER.to_owned(), cause))
}

struct Reading<'a> {
    context: &'a Context,
    arguments: &'a Value,
    most: usize,
}

impl Reading<'_> {
    fn argument(&self, name: &str) -> Option<String> {
        self.arguments[name].as_str().map(str::to_owned)
    }

    fn required(&self, name: &str) -> Result<String, String> {
        self.argument(name).ok_or_else(|| format!("The field '{name}' is required but was missing"))
    }

    async fn object(&self, config: &Value) -> Result<Vec<Value>, String> {
        let format = Format::of(config)?;
        let (bucket, key) = (self.required("Bucket")?, self.required("Key")?);
        let bytes = self.bytes(bucket, key, self.argument("VersionId")).await?;
        format.items(&bytes, self.most)
    }

    /// Each object that is listed is an item, or has items.
    async fn objects(&self, config: &Value) -> Result<Vec<Value>, String> {
        let is_loaded = match config["Transformation"].as_str() {
            None | Some("NONE") => false,
            Some("LOAD_AND_FLATTEN") => true,
            Some(other) => return Err(format!("states: the Transformation {other} is not implemented.")),
        };
        let format = if is_loaded { Some(Format::of(config)?) } else { None };
        let mut items = Vec::new();
        let mut continuation_token = None;
        loop {
            let page = self.page(continuation_token).await?;
            for object in page.contents.unwrap_or_default() {
                let wanted = self.most - items.len();
                match &format {
                    None => items.push(listed(&object)),
                    Some(format) => {
                        let bytes = self
                            .bytes(self.required("Bucket")?, object.key.unwrap_or_default(), None)
                            .await?;
                        items.extend(format.items(&bytes, wanted)?);
                    }
                }
                if items.len() >= self.most {
                    return Ok(items);
                }
            }
            continuation_token = page.next_continuation_token;
            if continuation_token.is_none() {
                return Ok(items);
            }
        }
    }

    async fn page(&self, continuation_token: Option<String>) -> Result<s3::ListObjectsV2Output, String> {
        let input = s3::ListObjectsV2Input {
            bucket: self.required("Bucket")?,
            prefix: self.argument("Prefix"),
            delimiter: self.argument("Delimiter"),
            start_after: self.argument("StartAfter"),
            expected_bucket_owner: self.argument("ExpectedBucketOwner"),
            continuation_token,
            ..Default::default()
        };
        self.context.call::<s3::ListObjectsV2>(input).await.map_err(|fault| told(&fault))
    }

    /// The objects that an inventory of S3 names, each with the columns of the inventory.
    async fn inventory(&self, config: &Value) -> Result<Vec<Value>, String> {
        if config["ManifestType"].as_str().is_some_and(|kind| kind != "S3_INVENTORY") {
            return Err(format!("states: a manifest of {} is not implemented.", config["ManifestType"]));
        }
        let bucket = self.required("Bucket")?;
        let manifest = self.bytes(bucket.clone(), self.required("Key")?, self.argument("VersionId")).await?;
        let manifest: Value =
            serde_json::from_slice(&manifest).map_err(|_| "The manifest is no JSON".to_owned())?;
        if manifest["fileFormat"] != "CSV" {
            return Err(format!("states: an inventory in {} is not implemented.", manifest["fileFormat"]));
        }
        let columns = manifest["fileSchema"].as_str().unwrap_or_default();
        let header = Header::Given(columns.split(',').map(|name| name.trim().to_owned()).collect());
        let format = Format::Csv { delimiter: b',', header };
        let mut items = Vec::new();
        for file in manifest["files"].as_array().into_iter().flatten() {
            let key = file["key"].as_str().unwrap_or_default();
            let bytes = unpacked(&self.bytes(bucket.clone(), key.to_owned(), None).await?)?;
            items.extend(format.items(&bytes, self.most - items.len())?);
            if items.len() >= self.most {
                break;
            }
        }
        Ok(items)
    }

    async fn bytes(
        &self,
        bucket: String,
        key: String,
        version_id: Option<String>,
    ) -> Result<BytesMut, String> {
        let expected_bucket_owner = self.argument("ExpectedBucketOwner");
        let input =
            s3::GetObjectInput { bucket, key, version_id, expected_bucket_owner, ..Default::default() };
        let output = self.context.call::<s3::GetObject>(input).await;
        let mut body = output.map_err(|fault| told(&fault))?.body;
        let mut whole = BytesMut::new();
        while let Some(piece) = body.next().await.map_err(|fault| told(&fault))? {
            if whole.len() + piece.len() > OBJECT_BYTES_MAX {
                return Err(too_large());
            }
            whole.extend_from_slice(&piece);
        }
        Ok(whole)
    }
}

/// An object as an item.
fn listed(object: &s3::Object) -> Value {
    json!({
        "Etag": object.e_tag,
        "Key": object.key,
        "LastModified": object.last_modified.map(|moment| moment.secs()),
        "Size": object.size,
        "StorageClass": object.storage_class.as_ref().map(s3::ObjectStorageClass::as_str),
    })
}

fn unpacked(packed: &[u8]) -> Result<Vec<u8>, String> {
    let mut bytes = Vec::new();
    let most = OBJECT_BYTES_MAX as u64 + 1;
    let read = MultiGzDecoder::new(packed).take(most).read_to_end(&mut bytes);
    match read {
        Ok(length) if length > OBJECT_BYTES_MAX => Err(too_large()),
        Ok(_) => Ok(bytes),
        Err(error) => Err(format!("A file of the inventory is not packed as gzip: {error}")),
    }
}

fn too_large() -> String {
    format!("states: an ItemReader of more than {} MB is not implemented.", OBJECT_BYTES_MAX >> 20)
}

fn told(fault: &Fault) -> String {
    format!("{} (Service: S3, Status Code: {}, Error Code: {})", fault.message, fault.status, fault.code)
}
