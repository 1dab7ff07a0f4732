//! Names of the model in words, as AWS's SDK for Java writes them: `DBInstance` is `DbInstance`.

/// The name in words that begin with a capital each, as Java's names of classes do.
#[must_use]
pub fn pascal(name: &str) -> String {
    let mut text = String::with_capacity(name.len());
    let mut is_first = true;
    let letters: Vec<char> = name.chars().collect();
    for (at, &letter) in letters.iter().enumerate() {
        if !letter.is_ascii_alphanumeric() {
            is_first = true;
            continue;
        }
        if is_first || begins_word(&letters, at) {
            text.push(letter.to_ascii_uppercase());
        } else {
            text.push(letter.to_ascii_lowercase());
        }
        is_first = false;
    }
    text
}

/// Whether a word begins there: at a capital, unless it goes on with an acronym; behind a number; at a version.
fn begins_word(letters: &[char], at: usize) -> bool {
    let Some(last) = at.checked_sub(1).and_then(|at| letters.get(at)) else { return true };
    let (letter, next) = (letters[at], letters.get(at + 1).copied().unwrap_or(' '));
    let is_capital = letter.is_ascii_uppercase();
    let ends_acronym = next.is_ascii_lowercase() && !is_version(letters, at + 1);
    is_version(letters, at)
        || (is_capital && last.is_ascii_lowercase() && next.is_ascii_alphanumeric())
        || (is_capital && last.is_ascii_uppercase() && ends_acronym)
        || (letter.is_ascii_alphabetic() && last.is_ascii_digit())
}

/// Whether a version begins there: a V of the other case than what is before it, and a number.
fn is_version(letters: &[char], at: usize) -> bool {
    let Some([before @ .., letter, next]) = letters.get(at.saturating_sub(2)..=at + 1) else { return false };
    let all = |is: fn(&char) -> bool| before.len() == 2 && !before.iter().any(is);
    next.is_ascii_digit()
        && match letter {
            'v' => all(char::is_ascii_lowercase),
            'V' => all(char::is_ascii_uppercase),
            _ => false,
        }
}

#[cfg(test)]
mod tests {
    use super::pascal;

    #[test]
    fn acronyms_are_words_like_others() {
        for (name, expected) in [
            ("DynamoDB", "DynamoDb"),
            ("SQS", "Sqs"),
            ("S3", "S3"),
            ("S3 Control", "S3Control"),
            ("EC2", "Ec2"),
            ("ApiGatewayV2", "ApiGatewayV2"),
            ("SESv2", "SesV2"),
            ("CloudWatch Logs", "CloudWatchLogs"),
            ("Resource Groups Tagging API", "ResourceGroupsTaggingApi"),
            ("identitystore", "Identitystore"),
            ("ETag", "ETag"),
            ("MD5OfMessageBody", "Md5OfMessageBody"),
            ("SSEKMSKeyId", "SsekmsKeyId"),
            ("DBInstanceIdentifier", "DbInstanceIdentifier"),
            ("restApiId", "RestApiId"),
            ("ACL", "Acl"),
            ("S", "S"),
            ("", ""),
            ("ünïcode", "NCode"),
        ] {
            assert_eq!(pascal(name), expected, "{name}");
        }
    }
}
