//! How objects are encrypted whose writers do not say.

use api_s3 as api;
use service::{Result, Tx};
use wire::Fault;

use crate::bucket::Bucket;
use crate::errors;
use crate::setting::Setting;

impl Setting for api::ServerSideEncryptionConfiguration {
    const KIND: &'static str = "encryption";

    fn check(&mut self, _: &Tx<'_>, _: &Bucket) -> Result<()> {
        let [rule] = self.rules.as_mut_slice() else { return Err(errors::malformed_xml().into()) };
        let default = rule.apply_server_side_encryption_by_default.get_or_insert_with(with_own_keys);
        let is_kms = match default.sse_algorithm.as_str() {
            "AES256" => false,
            "aws:kms" | "aws:kms:dsse" => true,
            _ => return Err(errors::malformed_xml().into()),
        };
        if default.kms_master_key_id.is_some() && !is_kms {
            let message = "a KMSMasterKeyID is not applicable if the default sse algorithm is not aws:kms or aws:kms:dsse";
            return Err(errors::invalid_argument(message)
                .with_element("ArgumentName", "ApplyServerSideEncryptionByDefault")
                .into());
        }
        rule.bucket_key_enabled.get_or_insert(false);
        Ok(())
    }

    /// Every bucket encrypts, with S3's own keys where nothing else is set.
    fn absent(_: &Bucket) -> Result<Self, Fault> {
        let rule = api::ServerSideEncryptionRule {
            apply_server_side_encryption_by_default: Some(with_own_keys()),
            bucket_key_enabled: Some(false),
            ..Default::default()
        };
        Ok(Self { rules: vec![rule] })
    }
}

pub(crate) fn shown(setting: api::ServerSideEncryptionConfiguration) -> api::GetBucketEncryptionOutput {
    api::GetBucketEncryptionOutput { server_side_encryption_configuration: Some(setting) }
}

fn with_own_keys() -> api::ServerSideEncryptionByDefault {
    api::ServerSideEncryptionByDefault { sse_algorithm: "AES256".into(), kms_master_key_id: None }
}
