//! Where routing rules lead.
//!
//! Follows "Configuring a webpage redirect" in S3's user guide.

use api_s3 as api;
use percent_encoding::{AsciiSet, CONTROLS, utf8_percent_encode};
use service::Visit;

use super::address::Wanted;

/// What a rule says may have its own `?` and `#`.
const LITERAL: &AsciiSet = &CONTROLS.add(b' ').add(b'"').add(b'<').add(b'>');
/// A key may not.
const KEY: &AsciiSet =
    &LITERAL.add(b'#').add(b'?').add(b'%').add(b'`').add(b'{').add(b'}').add(b'\\').add(b'^').add(b'|');

/// A key as a part of a path.
pub(super) fn encode(key: &str) -> String {
    utf8_percent_encode(key, KEY).to_string()
}

/// The rule of a website whose visitors all go elsewhere.
pub(super) fn all(target: &api::RedirectAllRequestsTo) -> api::RoutingRule {
    let redirect = api::Redirect {
        host_name: Some(target.host_name.clone()),
        protocol: target.protocol.clone(),
        ..Default::default()
    };
    api::RoutingRule { condition: None, redirect }
}

/// Whether a rule is for this key: before it is looked for, or after that ended with this error.
pub(super) fn applies(rule: &api::RoutingRule, key: &str, status: Option<u16>) -> bool {
    let condition = rule.condition.as_ref();
    let prefix = condition.and_then(|condition| condition.key_prefix_equals.as_deref());
    let code = condition.and_then(|condition| condition.http_error_code_returned_equals.as_deref());
    let is_code = match (code, status) {
        (None, None) => true,
        (Some(code), Some(status)) => code.parse() == Ok(status),
        _ => false,
    };
    is_code && prefix.is_none_or(|prefix| key.starts_with(prefix))
}

/// The status and the address to which a rule leads.
pub(super) fn to(rule: &api::RoutingRule, wanted: &Wanted, visit: &Visit) -> (u16, String) {
    let redirect = &rule.redirect;
    let status = redirect.http_redirect_code.as_deref().and_then(|code| code.parse().ok()).unwrap_or(301);
    let path = path(rule, &wanted.key);
    let query = if visit.query.is_empty() || path.contains(['?', '#']) {
        String::new()
    } else {
        format!("?{}", visit.query)
    };
    // In the same place, the website may be under a path.
    let base = if redirect.host_name.is_some() { "" } else { wanted.base.as_str() };
    let own = visit.endpoint.split("://").next().unwrap_or("http");
    let protocol = redirect.protocol.as_ref().map_or(own, api::Protocol::as_str);
    let host = redirect.host_name.as_deref().unwrap_or(&visit.host);
    (status, format!("{protocol}://{host}{base}/{path}{query}"))
}

fn path(rule: &api::RoutingRule, key: &str) -> String {
    let literal = |text: &str| utf8_percent_encode(text, LITERAL).to_string();
    let redirect = &rule.redirect;
    if let Some(key) = &redirect.replace_key_with {
        return literal(key);
    }
    let Some(replacement) = &redirect.replace_key_prefix_with else { return encode(key) };
    let prefix = rule.condition.as_ref().and_then(|condition| condition.key_prefix_equals.as_deref());
    let rest = key.strip_prefix(prefix.unwrap_or_default()).unwrap_or(key);
    literal(replacement) + &encode(rest)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rule(prefix: Option<&str>, code: Option<&str>, redirect: api::Redirect) -> api::RoutingRule {
        let condition = (prefix.is_some() || code.is_some()).then(|| api::Condition {
            key_prefix_equals: prefix.map(str::to_owned),
            http_error_code_returned_equals: code.map(str::to_owned),
        });
        api::RoutingRule { condition, redirect }
    }

    #[test]
    fn rules_are_for_keys_and_errors() {
        let plain = api::Redirect::default;
        assert!(applies(&rule(None, None, plain()), "x", None));
        assert!(applies(&rule(Some("docs/"), None, plain()), "docs/x", None));
        assert!(!applies(&rule(Some("docs/"), None, plain()), "docs", None));
        assert!(!applies(&rule(Some("docs/"), None, plain()), "docs/x", Some(404)));
        assert!(applies(&rule(Some("docs/"), Some("404"), plain()), "docs/x", Some(404)));
        assert!(!applies(&rule(Some("docs/"), Some("404"), plain()), "docs/x", Some(403)));
        assert!(!applies(&rule(None, Some("404"), plain()), "x", None));
    }

    #[test]
    fn keys_are_replaced_in_part_or_whole() {
        let prefix =
            |text: &str| api::Redirect { replace_key_prefix_with: Some(text.into()), ..Default::default() };
        assert_eq!(path(&rule(Some("docs/"), None, prefix("documents/")), "docs/a b?"), "documents/a%20b%3F");
        assert_eq!(path(&rule(None, Some("404"), prefix("#!/")), "deep/link"), "#!/deep/link");
        let whole =
            api::Redirect { replace_key_with: Some("error.html?from=here".into()), ..Default::default() };
        assert_eq!(path(&rule(Some("x"), None, whole), "x/y"), "error.html?from=here");
        assert_eq!(path(&rule(None, None, api::Redirect::default()), "grüße/x"), "gr%C3%BC%C3%9Fe/x");
    }
}
