//! One object of an import: its bytes as they come, and the entries that they are.

use std::collections::BTreeMap;

use expressions::Item;
use service::{Context, Result};

use super::Import;
use crate::formats::{Format, Packing, Reader, Unpacker, Wrong};
use crate::table::Table;
use crate::transfer::told;

/// An object that is read.
pub(super) struct Object {
    body: wire::Body,
    /// None once all was unpacked.
    unpacker: Option<Unpacker>,
    reader: Reader,
    /// What came out of it, in bytes.
    pub(super) bytes: i64,
}

impl Object {
    /// Opens the object of that key; none where it has gone since it was listed.
    pub(super) async fn open(
        context: &Context,
        import: &Import,
        format: &Format,
        key: &str,
    ) -> Result<Option<Self>> {
        let input = api_s3::GetObjectInput {
            bucket: import.from.bucket.clone(),
            key: key.to_owned(),
            expected_bucket_owner: import.from.owner.clone(),
            ..Default::default()
        };
        let packing = match import.from.packing.as_str() {
            "GZIP" => Packing::Gzip,
            "ZSTD" => Packing::Zstd,
            _ => Packing::None,
        };
        match context.call::<api_s3::GetObject>(input).await {
            Ok(found) => Ok(Some(Object {
                body: found.body,
                unpacker: Some(Unpacker::new(packing)),
                reader: Reader::new(format),
                bytes: 0,
            })),
            Err(fault) if fault.code == "NoSuchKey" => Ok(None),
            Err(fault) => Err(told("Amazon S3", "S3", context, &fault).into()),
        }
    }

    /// The next entries; none at the end.
    pub(super) async fn next(&mut self, context: &Context) -> Result<Option<Vec<Result<Item, Wrong>>>> {
        let Some(mut unpacker) = self.unpacker.take() else { return Ok(None) };
        let piece = self.body.next().await.map_err(|fault| told("Amazon S3", "S3", context, &fault))?;
        let (reader, bytes) = (&mut self.reader, &mut self.bytes);
        let each = |piece: &[u8]| {
            *bytes += piece.len() as i64;
            reader.push(piece);
        };
        let unpacked = match piece {
            Some(piece) => unpacker.push(&piece, each).map(|()| Some(unpacker)),
            None => unpacker.end(each).map(|()| None),
        };
        let wrong = match unpacked {
            Ok(Some(unpacker)) => {
                self.unpacker = Some(unpacker);
                None
            }
            Ok(None) => {
                self.reader.end();
                None
            }
            Err(error) => Some(Err(Wrong::Unreadable(error.to_string()))),
        };
        let mut entries = self.reader.take();
        entries.extend(wrong);
        if let Some(Err(Wrong::Unreadable(_))) = entries.last() {
            self.unpacker = None;
        }
        Ok(Some(entries))
    }
}

impl Import {
    /// What the objects are written in.
    pub(super) fn format(&self, table: &Table) -> Result<Format> {
        let options = self.options()?.and_then(|options| options.csv).unwrap_or_default();
        let kinds = table.definitions().into_iter();
        let kinds: BTreeMap<String, String> =
            kinds.map(|it| (it.attribute_name, it.attribute_type.to_string())).collect();
        Ok(match self.from.format.as_str() {
            "ION" => Format::Ion,
            "CSV" => Format::Csv {
                delimiter: options.delimiter.and_then(|text| text.bytes().next()).unwrap_or(b','),
                headers: options.header_list,
                kinds,
            },
            _ => Format::Json,
        })
    }
}
