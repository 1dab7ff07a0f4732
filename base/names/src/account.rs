//! An AWS account id: twelve digits. Knows nothing of who owns it.

use std::fmt;
use std::str::FromStr;

use tinystr::{TinyAsciiStr, tinystr};

use crate::text::serde_as_text;

/// Digits in an account id.
const DIGITS: usize = 12;

/// The id of an AWS account: exactly twelve ASCII digits, kept inline and copied freely.
///
/// Follows "View AWS account identifiers" in the Account Management reference guide.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Account(TinyAsciiStr<DIGITS>);

/// A text that is no account id.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("an account id has exactly 12 digits")]
pub struct InvalidAccount;

impl Account {
    /// Account `000000000000`, the one that an unconfigured Cloudlet works in.
    pub const ZERO: Self = Self(tinystr!(12, "000000000000"));

    /// The twelve digits.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The id as a number below 10^12, as access key ids carry it.
    pub fn number(self) -> u64 {
        self.0.as_bytes().iter().fold(0, |number, digit| number * 10 + u64::from(digit - b'0'))
    }

    /// The account with this number, if it has no more than twelve digits.
    pub fn from_number(mut number: u64) -> Result<Self, InvalidAccount> {
        let mut digits = [b'0'; DIGITS];
        for digit in digits.iter_mut().rev() {
            *digit += (number % 10) as u8;
            number /= 10;
        }
        if number > 0 {
            return Err(InvalidAccount);
        }
        TinyAsciiStr::try_from_raw(digits).map(Self).map_err(|_| InvalidAccount)
    }
}

impl FromStr for Account {
    type Err = InvalidAccount;

    fn from_str(text: &str) -> Result<Self, InvalidAccount> {
        let digits = TinyAsciiStr::try_from_str(text).map_err(|_| InvalidAccount)?;
        let is_whole = text.len() == DIGITS && digits.is_ascii_numeric();
        if is_whole { Ok(Self(digits)) } else { Err(InvalidAccount) }
    }
}

impl fmt::Display for Account {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.pad(self.as_str())
    }
}

impl fmt::Debug for Account {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.as_str())
    }
}

serde_as_text!(Account);

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn only_twelve_digits_are_an_account() {
        let account: Account = "123456789012".parse().unwrap();
        assert_eq!((account.as_str(), format!("{account:?}")), ("123456789012", "123456789012".to_owned()));
        for wrong in ["", "12345678901", "1234567890123", "12345678901a", "１２３４", "-23456789012"] {
            assert_eq!(wrong.parse::<Account>(), Err(InvalidAccount), "{wrong}");
        }
    }

    #[test]
    fn serde_refuses_what_parsing_refuses() {
        assert_eq!(serde_json::to_string(&Account::ZERO).unwrap(), "\"000000000000\"");
        assert!(serde_json::from_str::<Account>("\"1\"").is_err());
        assert!(serde_json::from_str::<Account>("\"000000000001\"").is_ok());
    }

    proptest! {
        #[test]
        fn number_and_text_agree(number in 0..1_000_000_000_000_u64) {
            let account = Account::from_number(number).unwrap();
            prop_assert_eq!(account.number(), number);
            prop_assert_eq!(account.as_str(), format!("{number:012}"));
        }

        #[test]
        fn larger_numbers_are_no_account(number in 1_000_000_000_000_u64..) {
            prop_assert_eq!(Account::from_number(number), Err(InvalidAccount));
        }
    }
}
