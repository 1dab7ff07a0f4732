//! Exports as the API shows them.

use api_dynamodb as api;
use names::ids;
use wire::Timestamp;

use super::{Export, Format, Range};

/// What the least export of changes is billed for.
const CHANGES_BYTES_MIN: i64 = 10_000_000;

impl Format {
    pub(super) fn name(self) -> &'static str {
        match self {
            Format::Json => "DYNAMODB_JSON",
            Format::Ion => "ION",
        }
    }
}

impl Range {
    pub(super) fn kind(self) -> &'static str {
        match self {
            Range::Full { .. } => "FULL_EXPORT",
            Range::Changes { .. } => "INCREMENTAL_EXPORT",
        }
    }

    /// What is shown of each change.
    pub(super) fn view(self) -> Option<&'static str> {
        match self {
            Range::Full { .. } => None,
            Range::Changes { with_old: true, .. } => Some("NEW_AND_OLD_IMAGES"),
            Range::Changes { .. } => Some("NEW_IMAGE"),
        }
    }

    fn specification(self) -> Option<api::IncrementalExportSpecification> {
        let Range::Changes { from_ms, to_ms, .. } = self else { return None };
        Some(api::IncrementalExportSpecification {
            export_from_time: Some(Timestamp(from_ms)),
            export_to_time: Some(Timestamp(to_ms)),
            export_view_type: self.view().map(Into::into),
        })
    }
}

impl Export {
    fn status(&self) -> &'static str {
        match (self.ended_ms, &self.failure) {
            (None, _) => "IN_PROGRESS",
            (Some(_), None) => "COMPLETED",
            (Some(_), Some(_)) => "FAILED",
        }
    }

    pub(super) fn billed_bytes(&self) -> i64 {
        match self.range {
            Range::Full { .. } => self.progress.bytes,
            Range::Changes { .. } => self.progress.bytes.max(CHANGES_BYTES_MIN),
        }
    }

    pub(super) fn description(&self) -> api::ExportDescription {
        let whole = self.ended_ms.filter(|_| self.failure.is_none());
        let at_ms = match self.range {
            Range::Full { at_ms } => Some(at_ms),
            Range::Changes { .. } => None,
        };
        let is_full = at_ms.is_some();
        api::ExportDescription {
            export_arn: Some(self.arn().to_string()),
            export_status: Some(self.status().into()),
            start_time: Some(Timestamp(self.started_ms)),
            end_time: self.ended_ms.map(Timestamp),
            export_manifest: whole.map(|_| self.object("manifest-summary.json")),
            table_arn: Some(self.table.arn().to_string()),
            table_id: Some(ids::uuid(self.table_id)),
            export_time: at_ms.map(Timestamp),
            client_token: self.token.clone(),
            s3_bucket: Some(self.to.bucket.clone()),
            s3_bucket_owner: self.to.owner.clone(),
            s3_prefix: self.to.prefix.clone(),
            s3_sse_algorithm: Some(self.to.encryption.as_str().into()),
            s3_sse_kms_key_id: self.to.key_id.clone(),
            failure_code: self.failure.as_ref().map(|failure| failure.code.clone()),
            failure_message: self.failure.as_ref().map(|failure| failure.message.clone()),
            export_format: Some(self.format.name().into()),
            billed_size_bytes: whole.map(|_| self.billed_bytes()),
            item_count: whole.map(|_| self.progress.items),
            // AWS does not show that of a full one.
            export_type: (!is_full).then(|| self.range.kind().into()),
            incremental_export_specification: self.range.specification(),
        }
    }

    pub(super) fn summary(&self) -> api::ExportSummary {
        api::ExportSummary {
            export_arn: Some(self.arn().to_string()),
            export_status: Some(self.status().into()),
            export_type: Some(self.range.kind().into()),
        }
    }
}
