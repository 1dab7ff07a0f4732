//! From the names of a model to those of Rust: `MD5OfMessageBody` becomes `md5_of_message_body`, `SSEDescription`
//! becomes `SseDescription` and `SSE_DESCRIPTION`.

use std::collections::BTreeSet;

/// Words that are no identifiers, but are with `r#` before them.
const KEYWORDS: [&str; 48] = [
    "abstract", "as", "async", "await", "become", "box", "break", "const", "continue", "do", "dyn", "else",
    "enum", "extern", "false", "final", "fn", "for", "gen", "if", "impl", "in", "let", "loop", "macro",
    "match", "mod", "move", "mut", "override", "priv", "pub", "ref", "return", "static", "struct", "trait",
    "true", "try", "type", "typeof", "unsafe", "unsized", "use", "virtual", "where", "while", "yield",
];
/// Words that are no identifiers at all.
const RESERVED: [&str; 4] = ["self", "Self", "super", "crate"];

/// The name of a field, a function or a module.
pub(crate) fn snake(name: &str) -> String {
    let joined = words(name).join("_").to_lowercase();
    if KEYWORDS.contains(&joined.as_str()) {
        return format!("r#{joined}");
    }
    identifier(joined, "_", "n")
}

/// The name of a static.
pub(crate) fn shouting(name: &str) -> String {
    identifier(words(name).join("_").to_uppercase(), "_", "N")
}

/// The name of a type or of a variant.
pub(crate) fn pascal(name: &str) -> String {
    let mut joined = String::new();
    for word in words(name) {
        let ends_in_digit = joined.ends_with(|last: char| last.is_ascii_digit());
        if ends_in_digit && word.starts_with(|first: char| first.is_ascii_digit()) {
            joined.push('_');
        }
        let mut letters = word.chars();
        joined.extend(letters.next().map(|first| first.to_ascii_uppercase()));
        joined.push_str(&letters.as_str().to_lowercase());
    }
    identifier(joined, "Value", "N")
}

/// Mends what is no identifier yet: adds `suffix` to a reserved word, and `prefix` before a digit or to nothing.
fn identifier(name: String, suffix: &str, prefix: &str) -> String {
    match name.chars().next() {
        None => format!("{prefix}{suffix}"),
        Some(first) if first.is_ascii_digit() => format!("{prefix}{name}"),
        _ if RESERVED.contains(&name.as_str()) => name + suffix,
        _ => name,
    }
}

/// The words of a name: split at what is no letter or digit, before a capital that follows a small letter or a digit,
/// and before the last capital of several when a word follows (`KMSKey`); a plural or version stays (`ARNs`, `IPv6`).
fn words(name: &str) -> Vec<String> {
    let letters: Vec<char> = name.chars().collect();
    let mut words = vec![String::new()];
    for (index, letter) in letters.iter().enumerate() {
        if !letter.is_ascii_alphanumeric() {
            words.push(String::new());
            continue;
        }
        if begins_word(&letters, index) {
            words.push(String::new());
        }
        if let Some(word) = words.last_mut() {
            word.push(*letter);
        }
    }
    words.retain(|word| !word.is_empty());
    words
}

fn begins_word(letters: &[char], index: usize) -> bool {
    let before = index.checked_sub(1).and_then(|before| letters.get(before));
    let (Some(before), true) = (before, letters[index].is_ascii_uppercase()) else { return false };
    if !before.is_ascii_uppercase() {
        return true;
    }
    let small = |offset: usize| letters.get(index + offset).copied().filter(char::is_ascii_lowercase);
    let plural = small(1) == Some('s') && small(2).is_none();
    let version = small(1) == Some('v') && letters.get(index + 2).is_some_and(char::is_ascii_digit);
    small(1).is_some() && !plural && !version
}

/// Names that are in use already.
#[derive(Default)]
pub(crate) struct Taken(BTreeSet<String>);

impl Taken {
    /// `wanted`, or the first of `wanted2`, `wanted3`… that is free; takes it.
    pub(crate) fn take(&mut self, wanted: String) -> String {
        let free = if self.0.contains(&wanted) {
            (2..)
                .map(|number| format!("{wanted}{number}"))
                .find(|name| !self.0.contains(name))
                .unwrap_or_default()
        } else {
            wanted
        };
        self.0.insert(free.clone());
        free
    }

    /// Whether a name is in use.
    pub(crate) fn contains(&self, name: &str) -> bool {
        self.0.contains(name)
    }
}

#[cfg(test)]
mod tests {
    use super::{Taken, pascal, shouting, snake};

    #[test]
    fn fields_are_in_snake_case() {
        for (name, wanted) in [
            ("QueueUrl", "queue_url"),
            ("MD5OfMessageBody", "md5_of_message_body"),
            ("SSESpecification", "sse_specification"),
            ("KMSMasterKeyArn", "kms_master_key_arn"),
            ("AttributesToGet", "attributes_to_get"),
            ("tags", "tags"),
            ("SubnetIDs", "subnet_ids"),
            ("ARNs", "arns"),
            ("Ipv6AllowedForDualStack", "ipv6_allowed_for_dual_stack"),
            ("EnableIPv6", "enable_ipv6"),
            ("__listOf__string", "list_of_string"),
            ("S3Bucket", "s3_bucket"),
            ("NULL", "null"),
            ("Type", "r#type"),
            ("self", "self_"),
            ("x-amz-id", "x_amz_id"),
        ] {
            assert_eq!(snake(name), wanted);
        }
    }

    #[test]
    fn types_and_variants_are_in_pascal_case() {
        for (name, wanted) in [
            ("SSEDescription", "SseDescription"),
            ("SendMessageRequest", "SendMessageRequest"),
            ("PAY_PER_REQUEST", "PayPerRequest"),
            ("INDEXES", "Indexes"),
            ("x86_64", "X86_64"),
            ("python3.12", "Python3_12"),
            ("java8.al2", "Java8Al2"),
            ("lambda:invoke", "LambdaInvoke"),
            ("2012-10-17", "N2012_10_17"),
            ("self", "SelfValue"),
            ("*", "NValue"),
            ("L", "L"),
            ("NS", "Ns"),
        ] {
            assert_eq!(pascal(name), wanted);
        }
    }

    #[test]
    fn statics_shout() {
        assert_eq!(shouting("SendMessageRequest"), "SEND_MESSAGE_REQUEST");
        assert_eq!(shouting("__listOf__string"), "LIST_OF_STRING");
    }

    #[test]
    fn no_name_is_given_twice() {
        let mut taken = Taken::default();
        assert_eq!(["A", "A", "B", "A"].map(|name| taken.take(name.into())), ["A", "A2", "B", "A3"]);
    }
}
