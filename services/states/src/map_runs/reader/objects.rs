//! Objects of S3, read on a thread that may block: from their beginning, and unpacked where they are packed.

use std::io::{self, BufReader, Read};
use std::sync::Arc;

use api_s3 as s3;
use bytes::{Buf as _, Bytes};
use flate2::read::MultiGzDecoder;
use serde_json::Value;
use service::Context;
use tokio::runtime::Handle;
use wire::{Body, Fault, Operation};

use super::ranges::Ranges;

const GZIP: [u8; 2] = [0x1f, 0x8b];
const ZSTD: [u8; 4] = [0x28, 0xb5, 0x2f, 0xfd];
/// How large a manifest may be that is read as a whole.
const MANIFEST_BYTES_MAX: u64 = 64 << 20;

/// Which object.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Location {
    pub(super) bucket: String,
    pub(super) key: String,
    pub(super) version_id: Option<String>,
}

impl Location {
    /// As items are told where they come from.
    pub(super) fn uri(&self) -> Arc<str> {
        format!("S3://{}/{}", self.bucket, self.key).into()
    }
}

/// The objects that a role may read.
pub(super) struct Objects<'a> {
    pub(super) context: &'a Context,
    pub(super) runtime: Handle,
    /// Whose account buckets must be.
    pub(super) owner: Option<&'a str>,
}

impl Objects<'_> {
    /// Calls S3, and waits for the answer.
    pub(super) fn call<O: Operation>(&self, input: O::Input) -> Result<O::Output, String> {
        self.runtime.block_on(self.context.call::<O>(input)).map_err(|fault| told(&fault))
    }

    /// What asks for an object, or for a range of it.
    pub(super) fn input(&self, at: &Location) -> s3::GetObjectInput {
        s3::GetObjectInput {
            bucket: at.bucket.clone(),
            key: at.key.clone(),
            version_id: at.version_id.clone(),
            expected_bucket_owner: self.owner.map(str::to_owned),
            ..Default::default()
        }
    }

    /// An object from its beginning.
    fn plain(&self, at: &Location) -> Result<BufReader<Pulled>, String> {
        let body = self.call::<s3::GetObject>(self.input(at))?.body;
        Ok(BufReader::new(Pulled { body, runtime: self.runtime.clone(), piece: Bytes::new() }))
    }

    /// The same, unpacked: how it is packed shows in its first bytes.
    pub(super) fn unpacked(&self, at: &Location) -> Result<Box<dyn Read>, String> {
        let mut object = self.plain(at)?;
        let mut first = Vec::new();
        let read = object.by_ref().take(ZSTD.len() as u64).read_to_end(&mut first);
        read.map_err(|error| error.to_string())?;
        let (is_gzip, is_zstd) = (first.starts_with(&GZIP), first == ZSTD);
        let whole = Read::chain(io::Cursor::new(first), object);
        Ok(if is_gzip {
            Box::new(MultiGzDecoder::new(whole))
        } else if is_zstd {
            Box::new(zstd::stream::read::Decoder::new(whole).map_err(|error| error.to_string())?)
        } else {
            Box::new(whole)
        })
    }

    /// A manifest in JSON.
    pub(super) fn json(&self, at: &Location) -> Result<Value, String> {
        let manifest = self.plain(at)?.take(MANIFEST_BYTES_MAX);
        serde_json::from_reader(manifest).map_err(|error| format!("The manifest is no JSON: {error}"))
    }

    /// An object that is read here and there.
    pub(super) fn ranges(&self, at: &Location) -> Result<Ranges, String> {
        Ranges::open(self.context.clone(), self.runtime.clone(), self.input(at))
    }
}

/// A body whose pieces are waited for.
struct Pulled {
    body: Body,
    runtime: Handle,
    piece: Bytes,
}

impl Read for Pulled {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.piece.is_empty() {
            let next = self.runtime.block_on(self.body.next());
            self.piece = next.map_err(|fault| io::Error::other(told(&fault)))?.unwrap_or_default();
        }
        let length = buffer.len().min(self.piece.len());
        self.piece.copy_to_slice(&mut buffer[..length]);
        Ok(length)
    }
}

/// A refusal of S3, as a map run's failure tells it.
pub(in super::super) fn told(fault: &Fault) -> String {
    format!("{} (Service: S3, Status Code: {}, Error Code: {})", fault.message, fault.status, fault.code)
}
