//! Tags of a bucket.

use std::collections::BTreeSet;

use api_s3 as api;
use names::tags;
use service::{Result, Tx};
use wire::Fault;

use crate::bucket::Bucket;
use crate::setting::Setting;

const TAGS_MAX: usize = 50;

impl Setting for api::Tagging {
    const KIND: &'static str = "tagging";

    fn check(&mut self, _: &Tx<'_>, _: &Bucket) -> Result<()> {
        if self.tag_set.len() > TAGS_MAX {
            let message = format!("Bucket tag count cannot be greater than {TAGS_MAX}");
            return Err(Fault::new("BadRequest", 400, message).into());
        }
        Ok(check(&self.tag_set)?)
    }

    fn absent(bucket: &Bucket) -> Result<Self, Fault> {
        Err(bucket.has_no("NoSuchTagSet", "The TagSet does not exist"))
    }
}

pub(crate) fn shown(setting: api::Tagging) -> api::GetBucketTaggingOutput {
    api::GetBucketTaggingOutput { tag_set: setting.tag_set }
}

/// Refuses tags that nothing can have.
pub(crate) fn check(set: &[api::Tag]) -> Result<(), Fault> {
    let mut seen = BTreeSet::new();
    for tag in set {
        let invalid =
            |message: &str| Fault::new("InvalidTag", 400, message).with_element("TagKey", tag.key.clone());
        match tags::check_key(&tag.key) {
            Err(tags::Error::ReservedPrefix { .. }) => {
                return Err(invalid("System tags cannot be added/updated by requester"));
            }
            Err(_) => return Err(invalid("The TagKey you have provided is invalid")),
            Ok(()) => {}
        }
        if tags::check_value(&tag.key, &tag.value).is_err() {
            let fault = Fault::new("InvalidTag", 400, "The TagValue you have provided is invalid");
            return Err(fault
                .with_element("TagKey", tag.key.clone())
                .with_element("TagValue", tag.value.clone()));
        }
        if !seen.insert(&tag.key) {
            return Err(invalid("Cannot provide multiple Tags with the same key"));
        }
    }
    Ok(())
}
