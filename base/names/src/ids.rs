//! Identifiers in AWS's shapes, formatted from random bytes that the caller drew. Draws nothing itself, and promises no
//! uniqueness beyond that of the bytes.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use crate::Account;

/// RFC 4648 base32, in which AWS writes the tails of its unique ids.
const BASE32: &[u8; 32] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";

/// A version 4 UUID in lower case with hyphens, as request ids and message ids are written.
pub fn uuid(random: [u8; 16]) -> String {
    let id = uuid::Builder::from_random_bytes(random).into_uuid();
    id.hyphenated().encode_lower(&mut uuid::Uuid::encode_buffer()).to_owned()
}

/// What an IAM unique id names, told by its prefix.
///
/// Follows "Understanding unique ID prefixes" in the IAM user guide.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Kind {
    /// `AGPA`, a group.
    Group,
    /// `AIDA`, a user.
    User,
    /// `AIPA`, an instance profile.
    InstanceProfile,
    /// `ANPA`, a managed policy.
    Policy,
    /// `AROA`, a role.
    Role,
    /// `ASCA`, a server certificate.
    Certificate,
}

impl Kind {
    /// The four letters that ids of this kind begin with.
    pub fn prefix(self) -> &'static str {
        match self {
            Self::Group => "AGPA",
            Self::User => "AIDA",
            Self::InstanceProfile => "AIPA",
            Self::Policy => "ANPA",
            Self::Role => "AROA",
            Self::Certificate => "ASCA",
        }
    }
}

/// An IAM unique id: the prefix of its kind and 17 characters.
pub fn unique_id(kind: Kind, random: [u8; 11]) -> String {
    let mut text = String::with_capacity(21);
    text.push_str(kind.prefix());
    push_base32(&mut text, &random, 17);
    text
}

/// A long-term access key id: `AKIA` and 16 characters, which carry the account as AWS's own do.
pub fn access_key_id(account: Account, random: [u8; 10]) -> String {
    key_id("AKIA", account, random)
}

/// A temporary access key id: `ASIA` and 16 characters, which carry the account as AWS's own do.
pub fn temporary_access_key_id(account: Account, random: [u8; 10]) -> String {
    key_id("ASIA", account, random)
}

/// A secret access key: 40 characters of base64.
pub fn secret_access_key(random: [u8; 30]) -> String {
    STANDARD.encode(random)
}

/// The account that an `AKIA` or `ASIA` key id carries; `None` for any other text.
///
/// The 16 characters are 80 bits: a set bit, the account's number in 40 bits, 39 bits by chance.
pub fn account_of_access_key_id(id: &str) -> Option<Account> {
    let tail = id.strip_prefix("AKIA").or_else(|| id.strip_prefix("ASIA"))?;
    if tail.len() != 16 {
        return None;
    }
    let mut bits: u128 = 0;
    for byte in tail.bytes() {
        bits = bits << 5 | BASE32.iter().position(|letter| *letter == byte)? as u128;
    }
    let is_marked = bits >> 79 == 1;
    let number = (bits >> 39) as u64 & ((1 << 40) - 1);
    is_marked.then(|| Account::from_number(number).ok())?
}

fn key_id(prefix: &str, account: Account, random: [u8; 10]) -> String {
    let chance = random.iter().fold(0_u128, |bits, byte| bits << 8 | u128::from(*byte)) & ((1 << 39) - 1);
    let bits = 1 << 79 | u128::from(account.number()) << 39 | chance;
    let [_, _, _, _, _, _, tail @ ..] = bits.to_be_bytes();
    let mut text = String::with_capacity(20);
    text.push_str(prefix);
    push_base32(&mut text, &tail, 16);
    text
}

/// Appends the first `length` base32 characters of the bytes, five bits each.
fn push_base32(text: &mut String, bytes: &[u8], length: usize) {
    let bits = bytes.iter().flat_map(|byte| (0..8).rev().map(move |bit| byte >> bit & 1));
    let mut value = 0_usize;
    for (at, bit) in bits.take(length * 5).enumerate() {
        value = value << 1 | usize::from(bit);
        if at % 5 == 4 {
            text.push(char::from(BASE32[value & 31]));
            value = 0;
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn shapes_are_those_of_aws() {
        assert_eq!(uuid([0xff; 16]), "ffffffff-ffff-4fff-bfff-ffffffffffff");
        assert_eq!(unique_id(Kind::Role, [0; 11]), "AROAAAAAAAAAAAAAAAAAA");
        assert_eq!(unique_id(Kind::User, [0xff; 11]), "AIDA77777777777777777");
        assert_eq!(secret_access_key([0; 30]).len(), 40);
    }

    /// A key id published with its account in write-ups of the encoding.
    #[test]
    fn a_published_key_id_gives_its_account() {
        let account = account_of_access_key_id("ASIAQNZGKIQY56JQ7WML").unwrap();
        assert_eq!(account.as_str(), "029608264753");
    }

    /// The bits in the order in which the documentation of [`account_of_access_key_id`] has them, and no others.
    #[test]
    fn key_ids_end_with_what_chance_gave() {
        let id = |random| temporary_access_key_id("029608264753".parse().unwrap(), random);
        assert_eq!(id([0xff; 10]), "ASIAQNZGKIQY77777777");
        assert_eq!(id([0; 10]), "ASIAQNZGKIQYQAAAAAAA");
        assert_eq!(id([9, 9, 9, 9, 9, 0x80, 0x11, 0x22, 0x33, 0x44]), "ASIAQNZGKIQYQAISEM2E");
    }

    #[test]
    fn other_texts_carry_no_account() {
        for id in [
            "",
            "test",
            "AKIAIOSFODNN7EXAMPLE",
            "AKIA",
            "AKIA7777777777777777",
            "AKIAQNZGKIQY56JQ7WM1",
            "AKIAé",
        ] {
            assert_eq!(account_of_access_key_id(id), None, "{id}");
        }
    }

    proptest! {
        #[test]
        fn key_ids_carry_their_account(number in 0..1_000_000_000_000_u64, random in any::<[u8; 10]>()) {
            let account = Account::from_number(number).unwrap();
            for id in [access_key_id(account, random), temporary_access_key_id(account, random)] {
                prop_assert_eq!(id.len(), 20);
                prop_assert_eq!(account_of_access_key_id(&id), Some(account));
            }
        }

        #[test]
        fn no_text_panics(id in "(AKIA)?\\PC{0,20}") {
            let _ = account_of_access_key_id(&id);
        }
    }
}
