//! One file of an export: lines, compressed, in an object whose name only its number tells.

use std::io::Write as _;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use checksums::Algorithm;
use expressions::value::item_size_bytes;
use flate2::Compression;
use flate2::write::GzEncoder;
use ring::digest::{SHA256, digest};
use serde::{Deserialize, Serialize};
use service::{Context, Result};
use wire::Fault;

use super::{Export, Format, Progress, Range};
use crate::transfer::told;

/// Where a file ends: after so many bytes of lines.
const FILE_BYTES: usize = 8 << 20;
const BASE32: &[u8; 32] = b"abcdefghijklmnopqrstuvwxyz234567";

/// What is noted of a file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Written {
    pub(super) items: i64,
    pub(super) md5: String,
    pub(super) etag: String,
    pub(super) key: String,
}

#[cfg(test)]
layouts::stays!(stored_export_file: Written);

/// Lines that are collected.
struct Lines {
    packed: GzEncoder<Vec<u8>>,
    bytes: usize,
}

impl Lines {
    fn add(&mut self, line: &[u8]) -> Result<(), Fault> {
        self.bytes += line.len() + 1;
        self.packed
            .write_all(line)
            .and_then(|()| self.packed.write_all(b"\n"))
            .map_err(|error| unexpected(&error))
    }
}

fn unexpected(error: &std::io::Error) -> Fault {
    Fault::new("InternalServerError", 500, error.to_string())
}

impl Export {
    /// Writes the next file, and says what it is and how far the export is then.
    pub(super) async fn write_file(&self, context: &Context) -> Result<(Written, Progress)> {
        let mut lines = Lines { packed: GzEncoder::new(Vec::new(), Compression::default()), bytes: 0 };
        let mut next = self.progress.clone();
        while lines.bytes < FILE_BYTES && !next.is_whole {
            self.collect(context, &mut lines, &mut next).await?;
        }
        let packed = lines.packed.finish().map_err(|error| unexpected(&error))?;
        let key = self.file_key(next.files);
        let md5 = STANDARD.encode(Algorithm::Md5.of(&packed));
        let etag = self.put(context, key.clone(), packed).await?;
        next.files += 1;
        Ok((Written { items: next.items - self.progress.items, md5, etag, key }, next))
    }

    /// Adds a piece.
    async fn collect(&self, context: &Context, lines: &mut Lines, next: &mut Progress) -> Result<()> {
        let done = next.done.take();
        match self.range {
            Range::Full { .. } => {
                let piece = context.transact(|tx| self.reading.piece(tx, done.as_deref())).await?;
                next.items += piece.items.len() as i64;
                next.done = piece.done;
                for (_, item) in piece.items {
                    next.bytes += item_size_bytes(&item) as i64;
                    lines.add(&self.line_of_item(item)?)?;
                }
            }
            Range::Changes { from_ms, with_old, .. } => {
                let read =
                    |tx: &mut service::Tx<'_>| self.reading.changed_piece(tx, from_ms, done.as_deref());
                let piece = context.transact(read).await?;
                next.items += piece.changes.len() as i64;
                next.done = piece.done;
                for changed in piece.changes {
                    let images = changed.old.iter().chain(&changed.new);
                    next.bytes += images.map(item_size_bytes).sum::<usize>() as i64;
                    lines.add(&self.line_of_change(changed, with_old)?)?;
                }
            }
        }
        next.is_whole = next.done.is_none();
        Ok(())
    }

    /// The key of a file's object.
    fn file_key(&self, number: u64) -> String {
        let of = [&self.id[..], &number.to_be_bytes()].concat();
        let digest = digest(&SHA256, &of);
        let letters = digest.as_ref().iter().take(26);
        let name: String = letters.map(|byte| char::from(BASE32[usize::from(byte % 32)])).collect();
        let ending = match self.format {
            Format::Json => "json",
            Format::Ion => "ion",
        };
        match self.range {
            Range::Full { .. } => self.object(&format!("data/{name}.{ending}.gz")),
            Range::Changes { .. } => self.behind_prefix(&format!("AWSDynamoDB/data/{name}.{ending}.gz")),
        }
    }

    /// Writes an object, and says its entity tag.
    pub(super) async fn put(&self, context: &Context, key: String, bytes: Vec<u8>) -> Result<String> {
        let encryption = match self.to.encryption.as_str() {
            "KMS" => "aws:kms",
            other => other,
        };
        let input = api_s3::PutObjectInput {
            bucket: self.to.bucket.clone(),
            key,
            body: bytes.into(),
            server_side_encryption: Some(encryption.into()),
            ssekms_key_id: self.to.key_id.clone(),
            expected_bucket_owner: self.to.owner.clone(),
            ..Default::default()
        };
        let put = context.call::<api_s3::PutObject>(input).await;
        let put = put.map_err(|fault| told("Amazon S3", "S3", context, &fault))?;
        Ok(put.e_tag.unwrap_or_default().trim_matches('"').to_owned())
    }
}
