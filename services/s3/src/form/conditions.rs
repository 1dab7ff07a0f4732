//! Whether a form is what its policy says.

use std::ops::RangeInclusive;

use serde_json::{Value, json};
use service::Form;
use wire::Fault;

use super::policy::{Condition, Policy};

/// Fields that no condition need speak of.
const FREE: [&str; 5] = ["awsaccesskeyid", "file", "policy", "signature", "x-amz-signature"];
const IGNORED: &str = "x-ignore-";

/// Checks a form, and says how long its file may be. `key` is that of the object, with the name of the file in it.
///
/// # Errors
/// `AccessDenied`, with the condition that fails or the field that no condition speaks of.
pub(super) fn check(
    policy: &Policy,
    form: &Form,
    bucket: &str,
    key: &str,
) -> Result<RangeInclusive<u64>, Fault> {
    let mut sizes = 0..=u64::MAX;
    for condition in &policy.conditions {
        let value = |name: &str| match name {
            "bucket" => Some(bucket),
            "key" => Some(key),
            name => form.field(name),
        };
        match condition {
            Condition::Is(name, wanted) if value(name) == Some(wanted.as_str()) => {}
            Condition::Begins(name, wanted) if value(name).is_some_and(|value| value.starts_with(wanted)) => {
            }
            Condition::Length(min, max) => {
                sizes = *sizes.start().max(min)..=*sizes.end().min(max);
            }
            failed => return Err(denied(&format!("Policy Condition failed: {}", shown(failed)))),
        }
    }
    match form.fields.iter().map(|(name, _)| name.to_ascii_lowercase()).find(|name| !is_covered(policy, name))
    {
        Some(name) => Err(denied(&format!("Extra input fields: {name}"))),
        None => Ok(sizes),
    }
}

fn is_covered(policy: &Policy, name: &str) -> bool {
    let speaks_of_it = |condition: &Condition| match condition {
        Condition::Is(field, _) | Condition::Begins(field, _) => field == name,
        Condition::Length(..) | Condition::Never(_) => false,
    };
    FREE.contains(&name) || name.starts_with(IGNORED) || policy.conditions.iter().any(speaks_of_it)
}

/// As S3 writes it, whatever form it had: with a space behind each comma.
fn shown(condition: &Condition) -> String {
    let json = match condition {
        Condition::Is(name, value) => json!(["eq", format!("${name}"), value]),
        Condition::Begins(name, value) => json!(["starts-with", format!("${name}"), value]),
        Condition::Length(min, max) => json!(["content-length-range", min, max]),
        Condition::Never(json) => json.clone(),
    };
    let parts: Vec<String> = json.as_array().into_iter().flatten().map(Value::to_string).collect();
    format!("[{}]", parts.join(", "))
}

fn denied(why: &str) -> Fault {
    Fault::new("AccessDenied", 403, format!("Invalid according to Policy: {why}"))
}
