//! The manifests of an export: one names its files, one says what it is; each has its MD5 beside it.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use checksums::Algorithm;
use names::ids;
use serde_json::json;
use service::{Context, Result};
use store::{Direction, Reads as _, record};
use wire::{Timestamp, TimestampFormat};

use super::file::Written;
use super::{Export, Range};
use crate::keys;

/// The versions of the format, with which AWS marks both types.
const FULL: &str = "2020-06-30";
const CHANGES: &str = "2023-08-01";

impl Export {
    /// Writes them all.
    pub(super) async fn write_manifests(&self, context: &Context, end: Timestamp) -> Result<()> {
        let files = self.files(context)?;
        self.put_with_sum(context, "manifest-files", files).await?;
        self.put_with_sum(context, "manifest-summary", self.summary_of(end)).await
    }

    async fn put_with_sum(&self, context: &Context, name: &str, text: String) -> Result<()> {
        let sum = STANDARD.encode(Algorithm::Md5.of(text.as_bytes()));
        self.put(context, self.object(&format!("{name}.json")), text.into_bytes()).await?;
        self.put(context, self.object(&format!("{name}.md5")), sum.into_bytes()).await?;
        Ok(())
    }

    fn files(&self, context: &Context) -> Result<String> {
        let mut lines = String::new();
        for entry in context.view().scan(keys::export_files(&self.id).prefix_range(), Direction::Forward) {
            let Written { items, md5, etag, key } = record::decode(&entry?.1)?;
            let line = json!({ "itemCount": items, "md5Checksum": md5, "etag": etag, "dataFileS3Key": key });
            lines += &format!("{line}\n");
        }
        Ok(lines)
    }

    fn summary_of(&self, end: Timestamp) -> String {
        let text = |moment: Timestamp| {
            let text = moment.format(TimestampFormat::DateTime);
            if moment.millis() % 1000 == 0 { text.replace('Z', ".000Z") } else { text }
        };
        let mut summary = json!({
            "version": FULL,
            "exportArn": self.arn().as_str(),
            "startTime": text(Timestamp(self.started_ms)),
            "endTime": text(end),
            "tableArn": self.table.arn().as_str(),
            "tableId": ids::uuid(self.table_id),
            "s3Bucket": self.to.bucket,
            "s3Prefix": self.to.prefix,
            "s3SseAlgorithm": self.to.encryption,
            "s3SseKmsKeyId": self.to.key_id,
            "manifestFilesS3Key": self.object("manifest-files.json"),
            "billedSizeBytes": self.billed_bytes(),
            "itemCount": self.progress.items,
            "outputFormat": self.format.name(),
        });
        match self.range {
            Range::Full { at_ms } => summary["exportTime"] = text(Timestamp(at_ms)).into(),
            Range::Changes { from_ms, to_ms, .. } => {
                summary["version"] = CHANGES.into();
                summary["exportFromTime"] = text(Timestamp(from_ms)).into();
                summary["exportToTime"] = text(Timestamp(to_ms)).into();
                summary["outputView"] = self.range.view().into();
                summary["exportType"] = self.range.kind().into();
            }
        }
        summary.to_string()
    }
}
