//! Documents that IAM accepts, and each refusal in its words.

use proptest::prelude::*;

use super::*;

fn identity(statement: &str) -> String {
    format!(r#"{{"Version":"2012-10-17","Statement":{statement}}}"#)
}

fn refusal(kind: Kind, text: &str) -> String {
    Document::parse(kind, text)
        .map(|document| format!("accepted {document:?}"))
        .unwrap_or_else(|e| e.to_string())
}

#[test]
fn a_whole_document_is_typed_and_kept() {
    let text = r#" {"Version": "2012-10-17", "Id": "x", "Statement": [
        {"Sid": "A1", "Effect": "Allow", "Action": ["sqs:Send*", "*"], "Resource": "arn:aws:sqs:*:*:q-${aws:username}",
         "Condition": {"ForAllValues:StringLikeIfExists": {"aws:TagKeys": ["a*", "b"]}, "Bool": {"aws:SecureTransport": true}}},
        {"Effect": "Deny", "NotAction": "iam:*", "NotResource": ["*"]}]}"#;
    let document = Document::parse(Kind::Identity, text).unwrap();
    assert_eq!((document.text(), document.version(), document.id()), (text, Version::V2012, Some("x")));
    let [first, second] = document.statements() else { panic!("two statements") };
    assert_eq!((first.sid.as_deref(), first.effect), (Some("A1"), Effect::Allow));
    assert_eq!(first.actions, Patterns::Only(vec!["sqs:Send*".to_owned(), "*".to_owned()]));
    let values: Vec<_> = first.conditions.iter().map(|condition| condition.values.join(",")).collect();
    assert!(values.contains(&"a*,b".to_owned()) && values.contains(&"true".to_owned()));
    assert_eq!(second.actions, Patterns::AllBut(vec!["iam:*".to_owned()]));
    assert_eq!(second.resources, Some(Patterns::AllBut(vec!["*".to_owned()])));
    assert_eq!(serde_json::to_value(&document).unwrap(), text);
}

#[test]
fn broken_grammar_is_a_syntax_error() {
    for text in [
        "",
        "[]",
        "{}",
        r#"{"Version":"2012-10-17","Statement":[]}"#,
        r#"{"Version":"2012-10-17","Statement":"x"}"#,
        r#"{"Version":"2013","Statement":{"Effect":"Allow","Action":"a:b","Resource":"*"}}"#,
        &identity(r#"{"Action":"a:b","Resource":"*"}"#),
        &identity(r#"{"Effect":"Maybe","Action":"a:b","Resource":"*"}"#),
        &identity(r#"{"Effect":"Allow","Action":"a:b","NotAction":"a:c","Resource":"*"}"#),
        &identity(r#"{"Effect":"Allow","Action":5,"Resource":"*"}"#),
        &identity(r#"{"Effect":"Allow","Action":"a:b","Resource":"*","Extra":1}"#),
        &identity(r#"{"Effect":"Allow","Action":"a:b","Resource":"*","Condition":{"Like":{"a":"b"}}}"#),
        &identity(r#"{"Effect":"Allow","Action":"a:b","Resource":"*","Condition":{"Bool":{"a":{}}}}"#),
        &" ".repeat(limits::TEXT_SIZE_MAX + 1),
    ] {
        assert_eq!(refusal(Kind::Identity, text), "Syntax errors in policy.", "{text}");
    }
}

#[test]
fn identity_policies_are_refused_in_the_words_of_iam() {
    let old = r#"{"Statement":{"Effect":"Allow","Action":"a:b","Resource":"*"}}"#;
    assert_eq!(refusal(Kind::Identity, old), "Policy document must be version 2012-10-17 or greater.");
    for (statement, expected) in [
        (r#"{"Effect":"allow","Action":"a:b","Resource":"*"}"#, "The policy failed legacy parsing"),
        (
            r#"{"Effect":"Allow","Action":"a:b","Resource":"*","Condition":{"DateEquals":{"a":"soon"}}}"#,
            "The policy failed legacy parsing",
        ),
        (
            r#"[{"Sid":"A","Effect":"Allow","Action":"a:b","Resource":"*"},{"Sid":"A","Effect":"Allow","Action":"a:b","Resource":"*"}]"#,
            "Statement IDs (SID) in a single policy must be unique.",
        ),
        (r#"{"Effect":"Allow","Resource":"*"}"#, "Policy statement must contain actions."),
        (r#"{"Effect":"Allow","Action":[],"Resource":"*"}"#, "Policy statement must contain actions."),
        (r#"{"Effect":"Allow","Action":"a:b"}"#, "Policy statement must contain resources."),
        (
            r#"{"Effect":"Allow","Action":"a:b","Resource":"*","Principal":"*"}"#,
            "Policy document should not specify a principal.",
        ),
        (
            r#"{"Effect":"Allow","Action":"ab","Resource":"*"}"#,
            "Actions/Conditions must be prefaced by a vendor, e.g., iam, sdb, ec2, etc.",
        ),
        (
            r#"{"Effect":"Allow","Action":"a:b:c","Resource":"*"}"#,
            "Actions/Condition can contain only one colon.",
        ),
        (r#"{"Effect":"Allow","Action":"a b:c","Resource":"*"}"#, "Vendor a b is not valid"),
    ] {
        assert_eq!(refusal(Kind::Identity, &identity(statement)), expected, "{statement}");
    }
}

#[test]
fn resources_are_arns() {
    let iam_paths = "IAM resource path must either be \"*\" or start with user/, federated-user/, role/, group/, \
                     instance-profile/, mfa/, server-certificate/, policy/, sms-mfa/, saml-provider/, oidc-provider/, \
                     report/, access-report/.";
    for (resource, expected) in [
        ("queue", "Resource queue must be in ARN format or \"*\"."),
        ("arn", "Resource arn must be in ARN format or \"*\"."),
        ("arn:azure:s3:::b", "Partition \"azure\" is not valid for resource \"arn:azure:s3:::b\"."),
        ("arn:azure:", "Partition \"azure\" is not valid for resource \"arn:azure:*:*:*:*\"."),
        ("arn:azure::x", "Partition \"azure\" is not valid for resource \"arn:azure::x:*:*\"."),
        ("arn:azure:s3", "Partition \"azure\" is not valid for resource \"arn:azure:s3:*:*:*\"."),
        ("arn:azure", "Partition \"azure\" is not valid for resource \"arn:azure:*:*:*:*\"."),
        ("arn:aws", "Resource vendor must be fully qualified and cannot contain regexes."),
        ("arn:aws:*:::x", "Resource vendor must be fully qualified and cannot contain regexes."),
        ("arn:aws::::x", "The policy failed legacy parsing"),
        ("arn:aws:s3::b", "The policy failed legacy parsing"),
        ("arn:aws:s3:us-east-1::b", "Resource arn:aws:s3:us-east-1::b can not contain region information."),
        ("arn:aws:iam:x::role/r", "IAM resource arn:aws:iam:x::role/r cannot contain region information."),
        ("arn:aws:iam::000000000000:root", iam_paths),
    ] {
        let text = identity(&format!(r#"{{"Effect":"Allow","Action":"a:b","Resource":["*","{resource}"]}}"#));
        assert_eq!(refusal(Kind::Identity, &text), expected);
    }
}

#[test]
fn resources_of_iam_and_s3_have_rules_of_their_own() {
    for resource in [
        "arn:aws:iam::000000000000:*",
        "arn:aws:iam::000000000000:role/r",
        "arn:aws:s3:us-east-1:000000000000:accesspoint/a",
        "arn:aws:s3:::bucket",
        "arn:aws:s3:::accesspoint/a",
        "arn:aws:sqs:us-east-1:000000000000:q",
    ] {
        let text = identity(&format!(r#"{{"Effect":"Allow","Action":"a:b","Resource":"{resource}"}}"#));
        assert!(Document::parse(Kind::Identity, &text).is_ok(), "{resource}");
    }
}

#[test]
fn a_label_has_letters_and_digits_where_iam_keeps_it() {
    let text = r#"{"Version":"2012-10-17","Statement":{"Sid":"a b","Effect":"Allow","Principal":"*","Action":"sts:AssumeRole"}}"#;
    let expected = "Statement IDs (SID) must be alpha-numeric. Check that your input satisfies the regular expression \
                    [0-9A-Za-z]*";
    assert_eq!(refusal(Kind::Trust, text), expected);
    let of_resource = text.replace("\"Action\"", "\"Resource\":\"q\",\"Action\"");
    assert!(Document::parse(Kind::Resource, &of_resource).is_ok());
}

#[test]
fn a_text_may_be_as_long_as_the_limit() {
    let text = identity(r#"{"Effect":"Allow","Action":"a:b","Resource":"*"}"#);
    let longest = format!("{text}{}", " ".repeat(limits::TEXT_SIZE_MAX - text.len()));
    let document = Document::parse(Kind::Identity, &longest).unwrap();
    assert!(format!("{document:?}").starts_with("Document(\"{"), "{document:?}");
}

#[test]
fn trust_policies_say_who_may_assume() {
    let lambda = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":"lambda.amazonaws.com"},"Action":"sts:AssumeRole"}]}"#;
    let document = Document::parse(Kind::Trust, lambda).unwrap();
    let principals = document.statements()[0].principals.as_ref().unwrap().list();
    assert_eq!(principals, [Principal::Service("lambda.amazonaws.com".to_owned())]);
    for (from, to, expected) in [
        ("Version", "Verison", "Unknown field Verison"),
        ("[{", "{", "This policy contains invalid Json"),
        (r#""Principal":{"Service":"lambda.amazonaws.com"},"#, "", "Missing required field Principal"),
        (r#"{"Service":"lambda.amazonaws.com"}"#, "{}", "Missing required field Principal cannot be empty!"),
        ("lambda.amazonaws.com", "lambda", "Invalid principal in policy: \"SERVICE\":\"lambda\""),
        (
            r#""Service":"lambda.amazonaws.com""#,
            r#""AWS":"arn:aws:iam::12:role/r""#,
            "Invalid principal in policy: \"AWS\":\"arn:aws:iam::12:role/r\"",
        ),
        ("\"Principal\"", "\"NotPrincipal\"", "Allow with NotPrincipal is not allowed."),
        ("sts:AssumeRole", "s3:GetObject", "AssumeRole policy may only specify STS AssumeRole actions."),
        ("\"Action\"", "\"Resource\":\"*\",\"Action\"", "Has prohibited field Resource"),
        ("\"Action\"", "\"NotResource\":\"*\",\"Action\"", "AssumeRole policy must not contain resources."),
        ("\"Allow\"", "\"allow\"", "Invalid effect: allow"),
        ("2012-10-17", "2013", "The policy must contain a valid version string"),
        ("\"Action\"", "\"Condition\":{\"Like\":{\"a\":\"b\"}},\"Action\"", "Invalid Condition type : Like"),
    ] {
        assert_eq!(refusal(Kind::Trust, &lambda.replace(from, to)), expected);
    }
    let empty = r#"{"Version":"2012-10-17","Statement":[]}"#;
    assert_eq!(refusal(Kind::Trust, empty), "Could not parse the policy: Statement is empty!");
}

#[test]
fn principals_have_their_forms() {
    for (kind, value, is_valid) in [
        ("AWS", "*", true),
        ("AWS", "123456789012", true),
        ("AWS", "arn:aws:iam::123456789012:root", true),
        ("AWS", "arn:aws:sts::123456789012:assumed-role/r/s", true),
        ("AWS", "AROAEXAMPLEEXAMPLE123", true),
        ("AWS", "arn:aws:iam::123456789012:user/ada", true),
        ("AWS", "arn:aws:iam::cloudfront:user/CloudFront Origin Access Identity X", true),
        ("AWS", "arn:aws:iam::cloudfront:root", false),
        ("AWS", "arn:aws:iam::aws:user/ada", false),
        ("AWS", "arn:aws:iam:us-east-1:123456789012:root", false),
        ("AWS", "AIDA12345678", false),
        ("AWS", "AGPAEXAMPLEEXAMPLE123", false),
        ("AWS", "AIDAexampleexample123", false),
        ("AWS", "arn:aws:iam::123456789012:role/", false),
        ("AWS", "arn:aws:iam::123456789012:*", false),
        ("Federated", "arn:aws:iam::123456789012:oidc-provider/token.example.com", true),
        ("Federated", "cognito-identity.amazonaws.com", true),
        ("Federated", "*", true),
        ("Federated", "nobody", false),
        ("Federated", "arn:aws:iam::123456789012:role/r", false),
        ("Federated", "arn:aws:sqs:us-east-1:123456789012:saml-provider/x", false),
        ("Service", "lambda.amazonaws.com", true),
        ("Service", "lambda", false),
        ("Service", "lambda..com", false),
        ("Service", &format!("{}.com", "l".repeat(252)), false),
        ("CanonicalUser", &"a1".repeat(32), true),
        ("CanonicalUser", "a1", false),
        ("CanonicalUser", &"xy".repeat(32), false),
        ("Robot", "x", false),
    ] {
        let text = format!(
            r#"{{"Statement":{{"Effect":"Allow","Principal":{{"{kind}":["{value}"]}},"Action":"sqs:*","Resource":"q"}}}}"#
        );
        assert_eq!(Document::parse(Kind::Resource, &text).is_ok(), is_valid, "{kind} {value}");
    }
}

#[test]
fn sizes_do_not_count_white_space() {
    assert_eq!(limits::size(" { \"a\" :\n 1 }"), 7);
}

proptest! {
    #[test]
    fn no_text_panics(text in "\\PC{0,80}") {
        for kind in [Kind::Identity, Kind::Trust, Kind::Resource] {
            let _ = refusal(kind, &text);
        }
    }

    #[test]
    fn no_element_panics(
        action in "[a-z*:\\- ]{0,12}", resource in "(arn:)?[a-z0-9*:/é]{0,20}", operator in "(For(All|Any)Values?:)?(Date|String)Equals(IfExists)?",
        value in "[0-9TZ:+.é-]{0,24}", principal in "(arn:aws:iam:)?[a-z0-9:/*.]{0,20}",
    ) {
        let body = format!(
            r#""Effect":"Deny","Action":"{action}","Resource":"{resource}","Condition":{{"{operator}":{{"k":"{value}"}}}}"#
        );
        let _ = refusal(Kind::Identity, &identity(&format!("{{{body}}}")));
        let text = identity(&format!(r#"{{{body},"Principal":{{"AWS":"{principal}"}}}}"#));
        if let Ok(document) = Document::parse(Kind::Resource, &text) {
            prop_assert_eq!(document.text(), text);
            prop_assert_eq!(document.statements().len(), 1);
        }
    }
}
