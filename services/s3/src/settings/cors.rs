//! Cross-origin requests that browsers may make.

use api_s3 as api;
use service::{Result, Tx};
use wire::Fault;

use crate::bucket::Bucket;
use crate::errors;
use crate::setting::Setting;

const RULES_MAX: usize = 100;
const ID_LENGTH_MAX: usize = 255;
const METHODS: [&str; 5] = ["GET", "PUT", "HEAD", "POST", "DELETE"];

impl Setting for api::CorsConfiguration {
    const KIND: &'static str = "cors";

    fn check(&mut self, _: &Tx<'_>, _: &Bucket) -> Result<()> {
        if self.cors_rules.is_empty() {
            return Err(errors::malformed_xml().into());
        }
        if self.cors_rules.len() > RULES_MAX {
            let message =
                format!("The number of CORS rules should not exceed allowed limit of {RULES_MAX} rules.");
            return Err(errors::invalid_request(message).into());
        }
        Ok(self.cors_rules.iter().try_for_each(check_rule)?)
    }

    fn absent(bucket: &Bucket) -> Result<Self, Fault> {
        Err(bucket.has_no("NoSuchCORSConfiguration", "The CORS configuration does not exist"))
    }
}

pub(crate) fn shown(setting: api::CorsConfiguration) -> api::GetBucketCorsOutput {
    api::GetBucketCorsOutput { cors_rules: Some(setting.cors_rules) }
}

fn check_rule(rule: &api::CorsRule) -> Result<(), Fault> {
    if rule.allowed_methods.is_empty() || rule.allowed_origins.is_empty() {
        return Err(errors::malformed_xml());
    }
    if rule.id.as_ref().is_some_and(|id| id.chars().count() > ID_LENGTH_MAX) {
        let message = format!("ID length should not exceed allowed limit of {ID_LENGTH_MAX}");
        return Err(errors::invalid_argument(message));
    }
    if let Some(method) = rule.allowed_methods.iter().find(|method| !METHODS.contains(&method.as_str())) {
        return Err(errors::invalid_request(format!(
            "Found unsupported HTTP method in CORS config. Unsupported method is {method}"
        )));
    }
    one_wildcard("AllowedOrigin", &rule.allowed_origins)?;
    one_wildcard("AllowedHeader", rule.allowed_headers.as_deref().unwrap_or_default())?;
    let mut exposed = rule.expose_headers.iter().flatten();
    match exposed.find(|header| header.contains('*')) {
        Some(header) => Err(errors::invalid_request(format!(
            "ExposeHeader \"{header}\" contains wildcard. We currently do not support wildcard for ExposeHeader."
        ))),
        None => Ok(()),
    }
}

fn one_wildcard(element: &str, texts: &[String]) -> Result<(), Fault> {
    match texts.iter().find(|text| text.matches('*').count() > 1) {
        Some(text) => {
            let message = format!("{element} \"{text}\" can not have more than one wildcard.");
            Err(errors::invalid_request(message))
        }
        None => Ok(()),
    }
}
