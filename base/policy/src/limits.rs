//! Sizes that IAM allows. Names them; enforcing them is the operations' part, since each has its own error.
//!
//! Follows "IAM and AWS STS quotas" in the IAM user guide.

/// Longest text that any operation accepts, in bytes.
pub const TEXT_SIZE_MAX: usize = 131_072;
/// All inline policies of a user together, in characters without white space.
pub const USER_INLINE_SIZE_MAX: usize = 2048;
/// All inline policies of a role together, in characters without white space.
pub const ROLE_INLINE_SIZE_MAX: usize = 10_240;
/// All inline policies of a group together, in characters without white space.
pub const GROUP_INLINE_SIZE_MAX: usize = 5120;
/// A managed policy, in characters without white space.
pub const MANAGED_SIZE_MAX: usize = 6144;
/// A role's trust policy, in characters without white space.
pub const TRUST_SIZE_MAX: usize = 2048;
/// A session policy passed to STS, in characters.
pub const SESSION_SIZE_MAX: usize = 2048;

/// A document's size as IAM counts it: characters that are not white space.
pub fn size(text: &str) -> usize {
    text.chars().filter(|character| !character.is_whitespace()).count()
}
