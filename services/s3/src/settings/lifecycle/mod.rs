//! When objects expire, and when they move to other classes.
//!
//! Kept as it is shown, because the least size of objects that move stands in a header and not in the configuration.

mod actions;
mod rule;

use std::collections::BTreeSet;

use api_s3 as api;
use service::{Result, Tx};
use wire::Fault;

use crate::bucket::Bucket;
use crate::setting::{self, Setting};
use crate::{errors, lifecycle};

const RULES_MAX: usize = 1000;
const ID_LENGTH_MAX: usize = 255;

impl Setting for api::GetBucketLifecycleConfigurationOutput {
    const KIND: &'static str = "lifecycle";

    fn check(&mut self, tx: &Tx<'_>, _: &Bucket) -> Result<()> {
        let rules = self.rules.get_or_insert_default();
        if rules.is_empty() {
            return Err(errors::malformed_xml().into());
        }
        if rules.len() > RULES_MAX {
            let message = format!(
                "The number of lifecycle rules must not exceed the allowed limit of {RULES_MAX} rules"
            );
            return Err(errors::invalid_request(message).into());
        }
        for rule in rules.iter_mut() {
            // Rules without a name get one.
            rule.id.get_or_insert_with(|| tx.random().uuid());
            rule::check(rule)?;
        }
        Ok(check_ids(rules)?)
    }

    fn absent(bucket: &Bucket) -> Result<Self, Fault> {
        let message = "The lifecycle configuration does not exist";
        Err(bucket.has_no("NoSuchLifecycleConfiguration", message))
    }
}

pub(crate) fn put(
    tx: &mut Tx<'_>,
    input: &api::PutBucketLifecycleConfigurationInput,
) -> Result<api::PutBucketLifecycleConfigurationOutput> {
    let Some(asked) = &input.lifecycle_configuration else { return Err(errors::malformed_xml().into()) };
    let least_size = input
        .transition_default_minimum_object_size
        .clone()
        .unwrap_or(api::TransitionDefaultMinimumObjectSize::AllStorageClasses128K);
    let setting = api::GetBucketLifecycleConfigurationOutput {
        rules: Some(asked.rules.clone()),
        transition_default_minimum_object_size: Some(least_size.clone()),
    };
    let mut output: api::PutBucketLifecycleConfigurationOutput = setting::put(tx, input, &setting)?;
    output.transition_default_minimum_object_size = Some(least_size);
    let (now_ms, nonce) = (tx.now.millis(), tx.random().bytes());
    lifecycle::begin(tx, &input.bucket, now_ms, &nonce)?;
    Ok(output)
}

fn check_ids(rules: &[api::LifecycleRule]) -> Result<(), Fault> {
    let mut seen = BTreeSet::new();
    for id in rules.iter().filter_map(|rule| rule.id.as_ref()) {
        if id.chars().count() > ID_LENGTH_MAX {
            let message = format!("ID length should not exceed allowed limit of {ID_LENGTH_MAX}");
            return Err(errors::invalid_argument(message));
        }
        if !seen.insert(id) {
            return Err(errors::invalid_argument(
                "Rule ID must be unique. Found same ID for one or more rules",
            ));
        }
    }
    Ok(())
}
