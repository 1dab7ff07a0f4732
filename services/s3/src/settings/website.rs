//! The website that a bucket is.

use api_s3 as api;
use service::{Result, Tx};
use wire::Fault;

use crate::bucket::Bucket;
use crate::errors;
use crate::setting::Setting;

const ROUTING_RULES_MAX: usize = 50;

impl Setting for api::WebsiteConfiguration {
    const KIND: &'static str = "website";

    fn check(&mut self, _: &Tx<'_>, _: &Bucket) -> Result<()> {
        if self.redirect_all_requests_to.is_some() {
            let is_alone = self.index_document.is_none()
                && self.error_document.is_none()
                && self.routing_rules.is_none();
            return if is_alone { Ok(()) } else { Err(errors::malformed_xml().into()) };
        }
        check_index(self.index_document.as_ref())?;
        let rules = self.routing_rules.as_deref().unwrap_or_default();
        if rules.len() > ROUTING_RULES_MAX {
            let message = format!(
                "{} routing rules provided, the number of routing rules in a website configuration is limited to {ROUTING_RULES_MAX}.",
                rules.len()
            );
            return Err(errors::invalid_request(message).into());
        }
        Ok(rules.iter().try_for_each(check_rule)?)
    }

    fn absent(bucket: &Bucket) -> Result<Self, Fault> {
        let message = "The specified bucket does not have a website configuration";
        Err(bucket.has_no("NoSuchWebsiteConfiguration", message))
    }
}

pub(crate) fn shown(setting: api::WebsiteConfiguration) -> api::GetBucketWebsiteOutput {
    let api::WebsiteConfiguration { redirect_all_requests_to, index_document, error_document, routing_rules } =
        setting;
    api::GetBucketWebsiteOutput { redirect_all_requests_to, index_document, error_document, routing_rules }
}

fn check_index(index: Option<&api::IndexDocument>) -> Result<(), Fault> {
    let Some(index) = index else {
        let message = "A value for IndexDocument Suffix must be provided if RedirectAllRequestsTo is empty";
        return Err(errors::argument(message, "IndexDocument", "null"));
    };
    if index.suffix.is_empty() || index.suffix.contains('/') {
        return Err(errors::argument(
            "The IndexDocument Suffix is not well formed",
            "IndexDocument",
            &index.suffix,
        ));
    }
    Ok(())
}

fn check_rule(rule: &api::RoutingRule) -> Result<(), Fault> {
    if let Some(condition) = &rule.condition {
        check_condition(condition)?;
    }
    let redirect = &rule.redirect;
    if *redirect == api::Redirect::default() {
        return Err(errors::malformed_xml());
    }
    if redirect.replace_key_prefix_with.is_some() && redirect.replace_key_with.is_some() {
        let message = "You can only define ReplaceKeyPrefix or ReplaceKey but not both.";
        return Err(errors::invalid_request(message));
    }
    match &redirect.http_redirect_code {
        Some(code) if code == "300" || !is_status(code, b"3") => Err(errors::invalid_request(format!(
            "The provided HTTP redirect code ({code}) is not valid. Valid codes are 3XX except 300."
        ))),
        _ => Ok(()),
    }
}

fn check_condition(condition: &api::Condition) -> Result<(), Fault> {
    match (&condition.http_error_code_returned_equals, &condition.key_prefix_equals) {
        (None, None) => Err(errors::invalid_request(
            "Condition cannot be empty. To redirect all requests without a condition, the condition element shouldn't be \
             present.",
        )),
        (Some(code), _) if !is_status(code, b"45") => Err(errors::invalid_request(format!(
            "The provided HTTP error code ({code}) is not valid. Valid codes are 4XX or 5XX."
        ))),
        _ => Ok(()),
    }
}

/// Three digits that begin with one of these.
fn is_status(code: &str, begins: &[u8]) -> bool {
    let code = code.as_bytes();
    code.len() == 3 && code.iter().all(u8::is_ascii_digit) && begins.contains(&code[0])
}
