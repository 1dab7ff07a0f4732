//! Whether a policy lets in the public.
//!
//! Follows "The meaning of 'public'" in S3's user guide: whoever allows something to everybody must fix, in a condition, one
//! of the things that tell callers apart.

use policy::{Document, Effect, Principal, Principals, Statement};

/// Condition keys, in lower case, that tell callers apart when they have fixed values.
const FIXING: [&str; 16] = [
    "aws:principalaccount",
    "aws:principalarn",
    "aws:principalorgid",
    "aws:principalorgpaths",
    "aws:principalservicename",
    "aws:sourceaccount",
    "aws:sourcearn",
    "aws:sourceip",
    "aws:sourceorgid",
    "aws:sourceowner",
    "aws:sourcevpc",
    "aws:sourcevpce",
    "aws:userid",
    "s3:dataaccesspointaccount",
    "s3:dataaccesspointarn",
    "s3:x-amz-server-side-encryption-aws-kms-key-id",
];

pub(super) fn is_public(document: &Document) -> bool {
    document.statements().iter().any(lets_in_public)
}

fn lets_in_public(statement: &Statement) -> bool {
    let is_open = |principal: &Principal| match principal {
        Principal::Everyone => true,
        Principal::Aws(name) => name.contains('*'),
        _ => false,
    };
    let names_all = match &statement.principals {
        Some(Principals::Only(list)) => list.iter().any(is_open),
        Some(Principals::AllBut(_)) => true,
        None => false,
    };
    statement.effect == Effect::Allow && names_all && !statement.conditions.iter().any(fixes)
}

fn fixes(condition: &policy::Condition) -> bool {
    let key = condition.key.to_ascii_lowercase();
    let name = condition.operator.test.name();
    let is_positive = !name.contains("Not") && name != "Null" && !condition.operator.if_exists;
    let is_fixed = |value: &String| match key.as_str() {
        "aws:sourceip" => !value.ends_with("/0"),
        // An ARN may leave open what it is of, as long as it says whose.
        "aws:sourcearn" | "aws:principalarn" => {
            value.split(':').nth(4).is_some_and(|account| !account.is_empty() && !account.contains('*'))
        }
        _ => !value.contains(['*', '?']) && !value.contains("${"),
    };
    is_positive && FIXING.contains(&key.as_str()) && condition.values.iter().all(is_fixed)
}

#[cfg(test)]
mod tests {
    use policy::Kind;

    use super::*;

    fn public(principal: &str, condition: &str) -> bool {
        let text = format!(
            r#"{{"Version":"2012-10-17","Statement":[{{"Effect":"Allow","Principal":{principal},"Action":"s3:GetObject",
                "Resource":"arn:aws:s3:::b/*"{condition}}}]}}"#
        );
        is_public(&Document::parse(Kind::Resource, &text).unwrap())
    }

    #[test]
    fn a_fixed_caller_is_not_the_public() {
        assert!(public("\"*\"", ""));
        assert!(public(r#"{"AWS":"*"}"#, ""));
        assert!(!public(r#"{"AWS":"arn:aws:iam::123456789012:root"}"#, ""));
        for (condition, expected) in [
            (r#"{"StringEquals":{"aws:SourceVpc":"vpc-1"}}"#, false),
            (r#"{"StringLike":{"aws:SourceVpc":"vpc-*"}}"#, true),
            (r#"{"StringNotEquals":{"aws:SourceVpc":"vpc-1"}}"#, true),
            (r#"{"IpAddress":{"aws:SourceIp":"10.0.0.0/8"}}"#, false),
            (r#"{"IpAddress":{"aws:SourceIp":"0.0.0.0/0"}}"#, true),
            (r#"{"ArnLike":{"aws:SourceArn":"arn:aws:sns:*:123456789012:*"}}"#, false),
            (r#"{"ArnLike":{"aws:SourceArn":"arn:aws:sns:*:*:*"}}"#, true),
            (r#"{"Bool":{"aws:SecureTransport":"true"}}"#, true),
        ] {
            assert_eq!(public("\"*\"", &format!(r#","Condition":{condition}"#)), expected, "{condition}");
        }
    }
}
