//! The results of a map run in files of S3, with a manifest. They are written as they are read.

use api_s3 as s3;
use bytes::Bytes;
use futures_util::stream;
use serde_json::{Map, Value, json};
use service::{Context, Error, Result};
use tokio::sync::mpsc;
use wire::{Body, Fault};

use super::results::{Group, Results, Transformation};
use super::run::Run;
use super::{reader, said};

/// From how many bytes on a file gets no more results: an object has 5 GiB at most.
const FILE_BYTES_MAX: u64 = 5 << 30;
/// How much of that a page of results may be.
const PAGE_BYTES_MAX: u64 = 64 << 20;

/// Why results were not written: S3 has refused them, or there is something else.
pub(super) enum Unwritten {
    Refused(String),
    Failed(Error),
}

impl From<Error> for Unwritten {
    fn from(error: Error) -> Self {
        Unwritten::Failed(error)
    }
}

/// Where the files of a map run go.
pub(super) struct Files<'a> {
    /// As whom they are written.
    context: &'a Context,
    bucket: &'a str,
    /// Whose account the bucket must be.
    owner: Option<&'a str>,
    folder: String,
    transformation: Transformation,
    is_lines: bool,
}

impl<'a> Files<'a> {
    /// What a Map state says of them.
    ///
    /// # Errors
    /// What is wrong with that.
    pub(super) fn of(
        context: &'a Context,
        run: &Run,
        config: &Value,
        arguments: &'a Value,
    ) -> std::result::Result<Self, String> {
        said::only(arguments, &["Bucket", "Prefix", "ExpectedBucketOwner"])?;
        let transformation = Transformation::of(config, true)?;
        let is_lines = match said::text(config, "OutputType")? {
            Some("JSONL") => true,
            Some("JSON") | None => false,
            Some(other) => {
                return Err(format!("The value '{other}' of the field 'OutputType' is not supported"));
            }
        };
        let bucket =
            said::text(arguments, "Bucket")?.ok_or("The field 'Bucket' is required but was missing")?;
        let prefix = said::text(arguments, "Prefix")?.unwrap_or_default().trim_end_matches('/');
        let separator = if prefix.is_empty() { "" } else { "/" };
        let folder = format!("{prefix}{separator}{}", run.name);
        let owner = said::text(arguments, "ExpectedBucketOwner")?;
        Ok(Files { context, bucket, owner, folder, transformation, is_lines })
    }

    /// Writes all results, and gives what the Map state's result is.
    pub(super) async fn write(&self, run: &Run) -> std::result::Result<Value, Unwritten> {
        let mut files = Map::new();
        let is_there = |count: u64| count > 0;
        let pending = run.total.unwrap_or_default().saturating_sub(run.started);
        for (name, group, is_there) in [
            ("FAILED", Group::Failed, is_there(run.executions.not_succeeded() + run.pending)),
            ("PENDING", Group::Pending, is_there(pending)),
            ("SUCCEEDED", Group::Succeeded, is_there(run.executions.succeeded)),
        ] {
            let written = if is_there { self.group(run, name, group).await? } else { Vec::new() };
            files.insert(name.into(), written.into());
        }
        let arn = run.arn(&self.context.scope()).to_string();
        let manifest = json!({"DestinationBucket": self.bucket, "MapRunArn": arn, "ResultFiles": files});
        let key = format!("{}/manifest.json", self.folder);
        self.put(key.clone(), manifest.to_string().into()).await.map_err(refused)?;
        Ok(json!({"MapRunArn": arn, "ResultWriterDetails": {"Bucket": self.bucket, "Key": key}}))
    }

    /// Writes the results of one kind, and gives what the manifest says of them.
    async fn group(&self, run: &Run, name: &str, group: Group) -> std::result::Result<Vec<Value>, Unwritten> {
        let mut results = Results::new(self.context, run, group, self.transformation);
        let mut page = results.page()?;
        let mut written = Vec::new();
        while page.is_some() {
            let extension = if self.is_lines { "jsonl" } else { "json" };
            let key = format!("{}/{name}_{}.{extension}", self.folder, written.len());
            let (sender, receiver) = mpsc::channel(1);
            let (put, size) = tokio::join!(
                self.put(key.clone(), body(receiver)),
                self.file(&mut results, &mut page, sender)
            );
            // What S3 has refused was not read to its end.
            put.map_err(refused)?;
            let size = size?;
            written.push(json!({"Key": key, "Size": size}));
        }
        Ok(written)
    }

    /// Gives the bytes of one file, until all results are in it or it is full; and tells how many they are.
    async fn file(
        &self,
        results: &mut Results<'_>,
        page: &mut Option<Vec<Value>>,
        sender: mpsc::Sender<Bytes>,
    ) -> Result<u64> {
        let (mut size, mut is_first) = (0, true);
        while let Some(values) = page.take() {
            let text = self.text(values, &mut is_first);
            size += text.len() as u64;
            if sender.send(text.into()).await.is_err() {
                return Ok(size);
            }
            *page = results.page()?;
            if size > FILE_BYTES_MAX - PAGE_BYTES_MAX {
                break;
            }
        }
        if !self.is_lines {
            let end = if is_first { "[]" } else { "]" };
            size += end.len() as u64;
            // One that takes no more says itself why.
            let _ = sender.send(end.into()).await;
        }
        Ok(size)
    }

    fn text(&self, values: Vec<Value>, is_first: &mut bool) -> String {
        let mut text = String::new();
        for value in values {
            if !self.is_lines {
                text.push(if *is_first { '[' } else { ',' });
            }
            *is_first = false;
            text.push_str(&value.to_string());
            if self.is_lines {
                text.push('\n');
            }
        }
        text
    }

    async fn put(&self, key: String, body: Body) -> std::result::Result<(), Fault> {
        let input = s3::PutObjectInput {
            bucket: self.bucket.to_owned(),
            key,
            body,
            expected_bucket_owner: self.owner.map(str::to_owned),
            content_type: Some("application/json".into()),
            ..Default::default()
        };
        self.context.call::<s3::PutObject>(input).await.map(drop)
    }
}

/// Bytes as they come.
fn body(receiver: mpsc::Receiver<Bytes>) -> Body {
    let pieces = stream::unfold(receiver, |mut receiver| async move {
        receiver.recv().await.map(|piece| (Ok(piece), receiver))
    });
    Body::stream(None, pieces)
}

fn refused(fault: Fault) -> Unwritten {
    Unwritten::Refused(reader::told(&fault))
}
