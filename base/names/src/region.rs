//! Regions and the partitions they belong to. Knows the shape of a region's name, not which regions exist.

use std::fmt;
use std::str::FromStr;

use tinystr::{TinyAsciiStr, tinystr};

use crate::text::serde_as_text;

/// Longest name of a region in bytes; the longest in use has 15.
const LENGTH_MAX: usize = 31;

/// A region such as `eu-west-1`: at least two words of lower-case letters and a number, joined by hyphens.
///
/// Kept inline (32 bytes) and copied freely.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Region(TinyAsciiStr<LENGTH_MAX>);

/// A text that cannot be the name of a region.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a region is written as in us-east-1")]
pub struct InvalidRegion;

impl Region {
    /// `us-east-1`, where global services keep their endpoint.
    pub const US_EAST_1: Self = Self(tinystr!(31, "us-east-1"));

    /// The name.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The partition that this region belongs to, told by its prefix as the SDKs' `partitions.json` tells it.
    pub fn partition(&self) -> Partition {
        Partition::of(self.as_str())
    }
}

/// Whether the words are letters and the last part is a number, as in `us-gov-west-1`.
fn has_shape(name: &[u8]) -> bool {
    let Some(dash) = name.iter().rposition(|byte| *byte == b'-') else { return false };
    let (words, number) = (&name[..dash], &name[dash + 1..]);
    let is_number = matches!(number.len(), 1 | 2) && number.iter().all(u8::is_ascii_digit);
    let is_word = |word: &[u8]| !word.is_empty() && word.iter().all(u8::is_ascii_lowercase);
    is_number && words.contains(&b'-') && words.split(|byte| *byte == b'-').all(is_word)
}

impl FromStr for Region {
    type Err = InvalidRegion;

    fn from_str(name: &str) -> Result<Self, InvalidRegion> {
        let text = TinyAsciiStr::try_from_str(name).map_err(|_| InvalidRegion)?;
        if has_shape(name.as_bytes()) { Ok(Self(text)) } else { Err(InvalidRegion) }
    }
}

impl fmt::Display for Region {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.pad(self.as_str())
    }
}

impl fmt::Debug for Region {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.as_str())
    }
}

serde_as_text!(Region);

/// A set of regions with its own ARN prefix and DNS suffix.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Partition {
    /// Commercial regions.
    Aws,
    /// China.
    AwsCn,
    /// AWS GovCloud (US).
    AwsUsGov,
    /// AWS Top Secret.
    AwsIso,
    /// AWS Secret.
    AwsIsoB,
    /// Isolated regions of Europe.
    AwsIsoE,
    /// Isolated regions, F.
    AwsIsoF,
    /// European Sovereign Cloud.
    AwsEusc,
}

impl Partition {
    const ALL: [Self; 8] = [
        Self::Aws,
        Self::AwsCn,
        Self::AwsUsGov,
        Self::AwsIso,
        Self::AwsIsoB,
        Self::AwsIsoE,
        Self::AwsIsoF,
        Self::AwsEusc,
    ];

    fn of(region: &str) -> Self {
        let words = region.split_once('-').map(|(first, rest)| (first, rest.split('-').next().unwrap_or("")));
        match words {
            Some(("cn", _)) => Self::AwsCn,
            Some(("us", "gov")) => Self::AwsUsGov,
            Some(("us", "iso")) => Self::AwsIso,
            Some(("us", "isob")) => Self::AwsIsoB,
            Some(("eu", "isoe")) => Self::AwsIsoE,
            Some(("us", "isof")) => Self::AwsIsoF,
            Some(("eusc", _)) => Self::AwsEusc,
            _ => Self::Aws,
        }
    }

    /// The second part of the partition's ARNs.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Aws => "aws",
            Self::AwsCn => "aws-cn",
            Self::AwsUsGov => "aws-us-gov",
            Self::AwsIso => "aws-iso",
            Self::AwsIsoB => "aws-iso-b",
            Self::AwsIsoE => "aws-iso-e",
            Self::AwsIsoF => "aws-iso-f",
            Self::AwsEusc => "aws-eusc",
        }
    }

    /// The partition with this name, if there is one.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|partition| partition.as_str() == name)
    }
}

impl fmt::Display for Partition {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.pad(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn partitions_follow_the_prefix() {
        for (region, partition) in [
            ("us-east-1", "aws"),
            ("ap-southeast-7", "aws"),
            ("cn-northwest-1", "aws-cn"),
            ("us-gov-west-1", "aws-us-gov"),
            ("us-iso-east-1", "aws-iso"),
            ("us-isob-east-1", "aws-iso-b"),
            ("eu-isoe-west-1", "aws-iso-e"),
            ("us-isof-south-1", "aws-iso-f"),
            ("eusc-de-east-1", "aws-eusc"),
        ] {
            let parsed: Region = region.parse().unwrap();
            assert_eq!((format!("{parsed:?}"), parsed.partition().as_str()), (region.to_owned(), partition));
            assert_eq!(Partition::from_name(partition), Some(parsed.partition()));
        }
    }

    #[test]
    fn other_shapes_are_no_region() {
        let long = format!("us-{}-1", "a".repeat(40));
        for wrong in
            ["", "us", "us-1", "us-east", "us-east-", "US-east-1", "us--1", "us-east-123", "us/east-1", &long]
        {
            assert_eq!(wrong.parse::<Region>(), Err(InvalidRegion), "{wrong}");
        }
    }

    proptest! {
        #[test]
        fn any_text_is_kept_or_refused(text in "\\PC{0,40}") {
            if let Ok(region) = text.parse::<Region>() {
                prop_assert_eq!(region.as_str(), text);
            }
        }

        #[test]
        fn order_is_that_of_the_text(left in "[a-z]{2}-[a-z]{1,9}-[0-9]", right in "[a-z]{2}-[a-z]{1,9}-[0-9]") {
            let parsed = (left.parse::<Region>().unwrap(), right.parse::<Region>().unwrap());
            prop_assert_eq!(parsed.0.cmp(&parsed.1), left.cmp(&right));
        }
    }
}
