//! Receipt handles: which receive of which message, sealed only by being unguessable.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use wire::Fault;

use crate::errors;
use crate::keys::Id;

/// First byte of a handle: its version.
const VERSION: u8 = 2;
const LEN: usize = 1 + 16 + 16 + 4 + 8;

/// What a receipt handle says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Handle {
    /// The contents that the message was received from.
    pub(crate) contents: Id,
    /// The message.
    pub(crate) message: Id,
    /// How often it had been received, this receive included: which receive it was.
    pub(crate) receives: u32,
    /// Where its index entry stood after this receive, in a standard queue.
    pub(crate) visible_at_ms: i64,
}

impl Handle {
    pub(crate) fn seal(&self) -> String {
        let mut bytes = Vec::with_capacity(LEN);
        bytes.push(VERSION);
        bytes.extend_from_slice(&self.contents);
        bytes.extend_from_slice(&self.message);
        bytes.extend_from_slice(&self.receives.to_be_bytes());
        bytes.extend_from_slice(&self.visible_at_ms.to_be_bytes());
        URL_SAFE_NO_PAD.encode(bytes)
    }

    pub(crate) fn open(text: &str) -> Result<Self, Fault> {
        Self::parse(text).ok_or_else(|| errors::bad_handle(text))
    }

    fn parse(text: &str) -> Option<Self> {
        let bytes = URL_SAFE_NO_PAD.decode(text).ok().filter(|bytes| bytes.len() == LEN)?;
        let (version, rest) = bytes.split_first()?;
        let (contents, rest) = rest.split_first_chunk()?;
        let (message, rest) = rest.split_first_chunk()?;
        let (receives, rest) = rest.split_first_chunk()?;
        let (visible_at, _) = rest.split_first_chunk()?;
        let handle = Handle {
            contents: *contents,
            message: *message,
            receives: u32::from_be_bytes(*receives),
            visible_at_ms: i64::from_be_bytes(*visible_at),
        };
        (*version == VERSION).then_some(handle)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_handle_comes_back_and_rubbish_does_not() {
        let handle =
            Handle { contents: [1; 16], message: [2; 16], receives: 7, visible_at_ms: 1_700_000_000_123 };
        let text = handle.seal();
        assert_eq!(Handle::open(&text).unwrap(), handle);
        for rubbish in ["", "abc", "ünïcode", &text[1..], &format!("{text}AA"), &text.replacen('A', "B", 1)]
        {
            assert_eq!(Handle::open(rubbish).unwrap_err().code, "ReceiptHandleIsInvalid", "{rubbish}");
        }
    }
}
