//! Where a statement goes on: which of its reads, and behind which item.

use names::PageTokens;
use ring::digest::{SHA256, digest};
use service::View;
use wire::Fault;

use super::Prepared;
use crate::errors;

const OPERATION: &str = "dynamodb:ExecuteStatement";
/// Bytes of what tells a statement from another one.
const MARK_BYTES: usize = 16;

/// A place in the reads of a statement.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Position {
    /// The number of the read.
    pub(super) read: usize,
    /// Where the last item of it that was read stands.
    pub(super) behind: Option<Vec<u8>>,
}

/// The tokens of one statement.
pub(super) struct Tokens<'a> {
    tokens: &'a PageTokens,
    mark: [u8; MARK_BYTES],
}

impl<'a> Tokens<'a> {
    pub(super) fn of(view: &'a View<'_>, prepared: &Prepared) -> Self {
        let scope = view.scope();
        let text = format!("{scope:?}\n{}\n{:?}", prepared.statement, prepared.parameters);
        let mut mark = [0; MARK_BYTES];
        mark.copy_from_slice(&digest(&SHA256, text.as_bytes()).as_ref()[..MARK_BYTES]);
        Tokens { tokens: &view.context.cloud.page_tokens, mark }
    }

    pub(super) fn seal(&self, position: &Position) -> String {
        let read = u32::try_from(position.read).unwrap_or(u32::MAX);
        let mut payload = [&self.mark[..], &read.to_be_bytes()].concat();
        if let Some(behind) = &position.behind {
            payload.push(1);
            payload.extend(behind);
        }
        self.tokens.seal(OPERATION, &payload)
    }

    pub(super) fn open(&self, token: Option<&str>) -> Result<Position, Fault> {
        let Some(token) = token else { return Ok(Position::default()) };
        let invalid = || errors::invalid("Invalid NextToken");
        let payload = self.tokens.open(OPERATION, token).map_err(|_| invalid())?;
        let (mark, rest) = payload.split_first_chunk::<MARK_BYTES>().ok_or_else(invalid)?;
        if *mark != self.mark {
            return Err(errors::invalid("NextToken does not match request"));
        }
        let (read, behind) = rest.split_first_chunk::<4>().ok_or_else(invalid)?;
        let behind = behind.split_first().map(|(_, behind)| behind.to_vec());
        Ok(Position { read: u32::from_be_bytes(*read) as usize, behind })
    }
}
