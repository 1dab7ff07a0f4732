//! Lists of exports and imports: the newest first, in pages.

use service::{Result, View};
use store::tuple::Key;
use store::{Bytes, Direction, Reads as _};
use wire::Fault;

use crate::errors;

/// Entries of a page that asks for no number.
const PAGE: i32 = 10;
/// AWS's tokens are so long at least, in bytes, and a multiple of this.
const TOKEN_BYTES_MIN: usize = 56;
const TOKEN_BYTES_STEP: usize = 8;

/// A page of what stands behind a key, from its end, and the token of the next one.
pub(crate) fn page<T>(
    view: &View<'_>,
    (operation, all): (&'static str, Key),
    (token, limit): (Option<&str>, Option<i32>),
    mut show: impl FnMut(Bytes) -> Result<Option<T>>,
) -> Result<(Vec<T>, Option<String>)> {
    let limit = usize::try_from(limit.unwrap_or(PAGE)).unwrap_or_default();
    let mut range = all.prefix_range();
    if let Some(token) = token {
        range.end = [Vec::from(all.clone()), open(view, operation, token)?, vec![0]].concat().min(range.end);
    }
    let mut shown = Vec::new();
    for entry in view.scan(range, Direction::Backward) {
        let (key, record) = entry?;
        let Some(entry) = show(record)? else { continue };
        if shown.len() == limit {
            let rest = key.get(all.len()..).unwrap_or_default();
            return Ok((shown, Some(seal(view, operation, rest))));
        }
        shown.push(entry);
    }
    Ok((shown, None))
}

fn seal(view: &View<'_>, operation: &str, rest: &[u8]) -> String {
    let mut token = view.context.cloud.page_tokens.seal(operation, rest).into_bytes();
    token.resize(token.len().max(TOKEN_BYTES_MIN).next_multiple_of(TOKEN_BYTES_STEP), 0);
    hex::encode(token)
}

fn open(view: &View<'_>, operation: &str, token: &str) -> Result<Vec<u8>, Fault> {
    let opened = || {
        let text = String::from_utf8(hex::decode(token).ok()?).ok()?;
        view.context.cloud.page_tokens.open(operation, text.trim_end_matches('\0')).ok()
    };
    let invalid = || errors::invalid(format!("Invalid Request: Provided nextToken is invalid: {token}"));
    opened().ok_or_else(invalid)
}
