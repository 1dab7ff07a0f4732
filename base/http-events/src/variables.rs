//! Texts with variables in them: formats of access logs and answers of gateways.

/// A text with `$context.x`, `${stageVariables.x}` and the like replaced by what `lookup` says of their names; by nothing where it
/// says nothing.
#[must_use]
pub fn replaced(text: &str, lookup: &dyn Fn(&str) -> Option<String>) -> String {
    let mut made = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('$') {
        made.push_str(before);
        let braced = after.starts_with('{');
        let after = after.strip_prefix('{').unwrap_or(after);
        let is_name = |c: char| c.is_ascii_alphanumeric() || "._-".contains(c);
        let name = &after[..after.find(|c| !is_name(c)).unwrap_or(after.len())];
        let name = name.trim_end_matches(['.', '-']);
        rest = &after[name.len()..];
        if name.is_empty() {
            made.push_str(if braced { "${" } else { "$" });
            continue;
        }
        made.push_str(&lookup(name).unwrap_or_default());
        rest = if braced { rest.strip_prefix('}').unwrap_or(rest) } else { rest };
    }
    made.push_str(rest);
    made
}

#[cfg(test)]
mod tests {
    use super::replaced;

    #[test]
    fn variables_in_texts() {
        let lookup = |name: &str| match name {
            "context.error.message" => Some("no".to_owned()),
            "stageVariables.a" => Some("b".to_owned()),
            _ => None,
        };
        for (text, wanted) in [
            ("{\"m\":\"$context.error.message\"}", "{\"m\":\"no\"}"),
            ("$context.error.message. And $", "no. And $"),
            ("http://${stageVariables.a}.com/", "http://b.com/"),
            ("[$context.nothing]", "[]"),
            ("no variables", "no variables"),
            ("${", "${"),
        ] {
            assert_eq!(replaced(text, &lookup), wanted, "{text}");
        }
    }
}
