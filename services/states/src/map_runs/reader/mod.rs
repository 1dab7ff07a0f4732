//! Where the items of a map run are read from: an object of S3, the objects of a list, or those that a manifest names.
//!
//! All of it happens beside the runtime, one piece behind the other: whoever takes the items sets the pace, and no more of an
//! object is here than is being read.

mod manifest;
mod objects;
mod ranges;

use std::ops::ControlFlow;
use std::sync::Arc;

use api_s3 as s3;
use serde_json::{Value, json};
use service::Context;
use states_language::execution::Sourced;
use states_language::failure::names as errors;
use tokio::runtime::Handle;

use self::manifest::Manifest;
pub(super) use self::objects::told;
use self::objects::{Location, Objects};
use super::items::{Format, Item, parquet};
use super::said;

/// Why no items were read: the error's name, and what a human reads.
pub(super) type Unread = (String, String);

/// What a Map state says of its items.
pub(super) struct Reader {
    pub(super) context: Context,
    pub(super) resource: String,
    pub(super) config: Value,
    pub(super) arguments: Value,
}

impl Reader {
    /// Gives each item, until there are enough. It blocks, and must be on a thread where it may.
    ///
    /// # Errors
    /// Why they cannot be read.
    pub(super) fn read(
        &self,
        runtime: Handle,
        each: &mut dyn FnMut(Sourced) -> ControlFlow<()>,
    ) -> Result<(), Unread> {
        self.given(runtime, each).map_err(|cause| (errors::ITEM_READER.to_owned(), cause))
    }

    fn given(&self, runtime: Handle, each: &mut dyn FnMut(Sourced) -> ControlFlow<()>) -> Result<(), String> {
        let left = said::count(&self.config, "MaxItems")?.filter(|most| *most > 0).unwrap_or(u64::MAX);
        let owner = said::text(&self.arguments, "ExpectedBucketOwner")?;
        let objects = Objects { context: &self.context, runtime, owner };
        Reading { reader: self, objects, each, left }.read()
    }
}

/// What is read of the arguments of a reader of an object, or of a manifest.
const OF_OBJECTS: [&str; 4] = ["Bucket", "Key", "VersionId", "ExpectedBucketOwner"];
/// What is read of those of a reader of a list.
const OF_LISTS: [&str; 5] = ["Bucket", "Prefix", "Delimiter", "StartAfter", "ExpectedBucketOwner"];

struct Reading<'a> {
    reader: &'a Reader,
    objects: Objects<'a>,
    each: &'a mut dyn FnMut(Sourced) -> ControlFlow<()>,
    /// How many items are still wanted.
    left: u64,
}

impl Reading<'_> {
    fn read(&mut self) -> Result<(), String> {
        let config = &self.reader.config;
        match self.reader.resource.rsplit(':').next() {
            Some("getObject") => {
                said::only(&self.reader.arguments, &OF_OBJECTS)?;
                match Manifest::kind(config)? {
                    Some(kind) => self.manifest(kind),
                    None => self.object(&Format::of(config)?, &self.location()?),
                }
            }
            Some("listObjectsV2") => {
                said::only(&self.reader.arguments, &OF_LISTS)?;
                self.list()
            }
            _ => Err(format!("states: an ItemReader of {} is not implemented.", self.reader.resource)),
        }
    }

    fn required(&self, name: &str) -> Result<String, String> {
        let argument = said::text(&self.reader.arguments, name)?.map(str::to_owned);
        argument.ok_or_else(|| format!("The field '{name}' is required but was missing"))
    }

    fn location(&self) -> Result<Location, String> {
        let version_id = said::text(&self.reader.arguments, "VersionId")?.map(str::to_owned);
        Ok(Location { bucket: self.required("Bucket")?, key: self.required("Key")?, version_id })
    }

    fn manifest(&mut self, kind: Manifest) -> Result<(), String> {
        let at = self.location()?;
        let format = kind.format(&self.reader.config)?;
        let (format, files) = kind.files(&self.objects, &at, format)?;
        for file in files {
            if self.left == 0 {
                break;
            }
            self.object(&format, &file?)?;
        }
        Ok(())
    }

    /// Gives the items of an object.
    fn object(&mut self, format: &Format, at: &Location) -> Result<(), String> {
        let source = at.uri();
        let (left, each) = (&mut self.left, &mut *self.each);
        let mut take =
            |Item { key, value }: Item| take(left, each, Sourced { key, value, source: Arc::clone(&source) });
        if *format == Format::Parquet {
            return parquet::read(self.objects.ranges(at)?, &mut take);
        }
        format.read(&mut *self.objects.unpacked(at)?, &mut take)
    }

    /// Each object that is listed is an item, or has items.
    fn list(&mut self) -> Result<(), String> {
        let config = &self.reader.config;
        let format = match said::text(config, "Transformation")? {
            None | Some("NONE") => None,
            Some("LOAD_AND_FLATTEN") => Some(Format::of(config)?),
            Some(other) => {
                return Err(format!("The value '{other}' of the field 'Transformation' is not supported"));
            }
        };
        let bucket = self.required("Bucket")?;
        let source: Arc<str> = format!("S3://{bucket}").into();
        let mut continuation_token = None;
        while self.left > 0 {
            let page = self.page(&bucket, continuation_token)?;
            for object in page.contents.unwrap_or_default() {
                if self.left == 0 {
                    break;
                }
                match &format {
                    None => {
                        let (value, source) = (listed(&object), Arc::clone(&source));
                        let item = Sourced { key: None, value, source };
                        if take(&mut self.left, self.each, item).is_break() {
                            return Ok(());
                        }
                    }
                    // What stands for a folder has no items.
                    Some(_) if object.size == Some(0) => {}
                    Some(format) => {
                        let key = object.key.unwrap_or_default();
                        self.object(format, &Location { bucket: bucket.clone(), key, version_id: None })?;
                    }
                }
            }
            continuation_token = page.next_continuation_token;
            if continuation_token.is_none() {
                break;
            }
        }
        Ok(())
    }

    fn page(
        &self,
        bucket: &str,
        continuation_token: Option<String>,
    ) -> Result<s3::ListObjectsV2Output, String> {
        let argument =
            |name: &str| said::text(&self.reader.arguments, name).map(|text| text.map(str::to_owned));
        self.objects.call::<s3::ListObjectsV2>(s3::ListObjectsV2Input {
            bucket: bucket.to_owned(),
            prefix: argument("Prefix")?,
            delimiter: argument("Delimiter")?,
            start_after: argument("StartAfter")?,
            expected_bucket_owner: argument("ExpectedBucketOwner")?,
            continuation_token,
            ..Default::default()
        })
    }
}

/// Gives an item on, and says whether more are wanted.
fn take(left: &mut u64, each: &mut dyn FnMut(Sourced) -> ControlFlow<()>, item: Sourced) -> ControlFlow<()> {
    if each(item).is_break() {
        *left = 0;
    }
    *left = left.saturating_sub(1);
    if *left == 0 { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
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
