//! What an access point may be called, and its alias.
//!
//! Follows "Naming rules for Amazon S3 access points for general purpose buckets" and "Access point for general purpose buckets
//! aliases" in S3's user guide.

use service::Random;
use wire::Fault;

/// The end of all aliases, which no other name has.
pub(crate) const ALIAS_SUFFIX: &str = "-s3alias";
/// What an alias has of its access point's name at most.
const NAME_LENGTH_MAX: usize = 20;
const LETTERS: &[u8; 36] = b"abcdefghijklmnopqrstuvwxyz0123456789";

/// Refuses what no access point may be called.
pub(crate) fn check(name: &str) -> Result<(), Fault> {
    let is_letter =
        |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || matches!(byte, b'-' | b'.');
    if !(3..=50).contains(&name.len()) || !name.bytes().all(is_letter) {
        let fault = Fault::new("InvalidURI", 400, "Couldn't parse the specified URI.");
        return Err(fault.with_element("URI", format!("accesspoint/{name}")));
    }
    if name.contains('.') || name.starts_with('-') || name.ends_with('-') || name.ends_with(ALIAS_SUFFIX) {
        return Err(Fault::new("InvalidRequest", 400, "Your Amazon S3 AccessPoint name is invalid"));
    }
    Ok(())
}

/// A new alias, which nothing else has.
pub(crate) fn alias(name: &str, random: &Random) -> String {
    let begin = name.get(..NAME_LENGTH_MAX).unwrap_or(name);
    let letter = |byte: u8| char::from(LETTERS[usize::from(byte) % LETTERS.len()]);
    let middle: String = random.bytes::<34>().into_iter().map(letter).collect();
    format!("{begin}-{middle}{ALIAS_SUFFIX}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_those_of_hosts() {
        let code = |name: &str| check(name).err().map(|fault| fault.code);
        for name in ["abc", "0-a", "trips-2026", &"x".repeat(50)] {
            assert_eq!(code(name), None, "{name}");
        }
        for name in ["", "ab", &"x".repeat(51), "Trips", "my_trips", "a b", "a/b", "trïps"] {
            assert_eq!(code(name).as_deref(), Some("InvalidURI"), "{name}");
        }
        for name in ["a.b", "-ab", "ab-", "abc-s3alias"] {
            assert_eq!(code(name).as_deref(), Some("InvalidRequest"), "{name}");
        }
    }

    #[test]
    fn aliases_fit_where_buckets_stand() {
        let random = Random::seeded(1);
        let (short, long) = (alias("trips", &random), alias(&"x".repeat(50), &random));
        assert!(short.starts_with("trips-") && short.ends_with(ALIAS_SUFFIX));
        assert_eq!((short.len(), long.len()), (48, 63));
        assert_ne!(alias("trips", &random), short);
    }
}
