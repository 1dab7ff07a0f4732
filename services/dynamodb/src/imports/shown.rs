//! Imports as the API shows them.

use api_dynamodb as api;
use names::{Arn, ids};
use service::Result;
use store::record;
use wire::Timestamp;

use super::{Import, complaints};

impl Import {
    fn status(&self) -> &'static str {
        match (self.ended_ms, &self.failure) {
            (None, _) => "IN_PROGRESS",
            (Some(_), None) => "COMPLETED",
            (Some(_), Some(_)) => "FAILED",
        }
    }

    fn source(&self) -> api::S3BucketSource {
        let owner = self.from.owner.clone().unwrap_or_else(|| self.scope().account.to_string());
        api::S3BucketSource {
            s3_bucket_owner: Some(owner),
            s3_bucket: self.from.bucket.clone(),
            s3_key_prefix: self.from.prefix.clone(),
        }
    }

    fn log_group(&self) -> String {
        Arn::in_scope("logs", self.scope(), format_args!("log-group:{}:*", complaints::GROUP)).to_string()
    }

    /// What the source's files are, as the request said.
    pub(super) fn options(&self) -> Result<Option<api::InputFormatOptions>> {
        let options = self.from.options.as_deref().map(wire::kept);
        Ok(options.transpose().map_err(|malformed| record::corrupt(&malformed))?)
    }

    pub(super) fn description(&self) -> Result<api::ImportTableDescription> {
        let creation = wire::kept(&self.creation).map_err(|malformed| record::corrupt(&malformed))?;
        Ok(api::ImportTableDescription {
            import_arn: Some(self.arn().to_string()),
            import_status: Some(self.status().into()),
            table_arn: Some(self.table.arn().to_string()),
            table_id: Some(ids::uuid(self.table_id)),
            client_token: self.token.clone(),
            s3_bucket_source: Some(self.source()),
            error_count: Some(self.counts.errors),
            cloud_watch_log_group_arn: Some(self.log_group()),
            input_format: Some(self.from.format.as_str().into()),
            input_format_options: self.options()?,
            input_compression_type: Some(self.from.packing.as_str().into()),
            table_creation_parameters: Some(creation),
            start_time: Some(Timestamp(self.started_ms)),
            end_time: self.ended_ms.map(Timestamp),
            processed_size_bytes: Some(self.counts.bytes),
            processed_item_count: Some(self.counts.processed),
            imported_item_count: Some(self.counts.imported),
            failure_code: self.failure.as_ref().map(|failure| failure.code.clone()),
            failure_message: self.failure.as_ref().map(|failure| failure.message.clone()),
        })
    }

    pub(super) fn summary(&self) -> api::ImportSummary {
        api::ImportSummary {
            import_arn: Some(self.arn().to_string()),
            import_status: Some(self.status().into()),
            table_arn: Some(self.table.arn().to_string()),
            s3_bucket_source: Some(self.source()),
            cloud_watch_log_group_arn: Some(self.log_group()),
            input_format: Some(self.from.format.as_str().into()),
            start_time: Some(Timestamp(self.started_ms)),
            end_time: self.ended_ms.map(Timestamp),
        }
    }
}
