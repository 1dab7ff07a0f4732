//! A body that need not be here as a whole: the payload of an operation that streams, and what an answer carries.
//!
//! Nothing here waits for a socket: where the pieces of a stream come from is its [`Source`]'s affair.

use std::fmt;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use bytes::Bytes;
use checksums::{Algorithm, Sums};
use futures_util::Stream;
use parking_lot::Mutex;

use crate::{Checks, Decode, Encode, Fault, Malformed, Reader, Shape, Writer};

/// Bytes that are here, or that come piece by piece.
///
/// What a client sends is proved only at its end: until [`Body::next`] has given nothing, none of it may count, and what was
/// made of it must be undone when there is an error instead.
pub struct Body {
    length: Option<u64>,
    claimed: Option<Algorithm>,
    /// The lock is never waited for: it lets a body be shown to several threads, and be taken out of an output or a message
    /// that others only look at.
    rest: Mutex<Rest>,
}

/// What was not taken yet, and the checksums of what was.
#[derive(Default)]
struct Rest {
    pieces: Pieces,
    sums: Sums,
}

#[derive(Default)]
enum Pieces {
    Whole(Bytes),
    Stream(Box<dyn Source>),
    #[default]
    None,
}

/// Where the pieces of a stream come from.
pub trait Source: Send {
    /// The next piece; nothing at the end. It is not called again after that, or after an error.
    fn poll_piece(&mut self, context: &mut Context<'_>) -> Poll<Option<Result<Bytes, Fault>>>;

    /// All has come, and these are the checksums of it that somebody wanted.
    ///
    /// # Errors
    /// What is wrong with the whole.
    fn end(&mut self, sums: &Sums) -> Result<(), Fault> {
        let _ = sums;
        Ok(())
    }
}

/// A source that has nothing to say about the whole.
struct Plain<S>(Pin<Box<S>>);

impl<S: Stream<Item = Result<Bytes, Fault>> + Send> Source for Plain<S> {
    fn poll_piece(&mut self, context: &mut Context<'_>) -> Poll<Option<Result<Bytes, Fault>>> {
        self.0.as_mut().poll_next(context)
    }
}

impl Body {
    /// A stream, with its length where that is known: whoever sends it promises so many bytes, and breaks off when there are
    /// more or less.
    pub fn stream(
        length: Option<u64>,
        pieces: impl Stream<Item = Result<Bytes, Fault>> + Send + 'static,
    ) -> Self {
        Self::of_source(length, Plain(Box::pin(pieces)))
    }

    /// A stream from a source that has the last word about it.
    pub fn of_source(length: Option<u64>, source: impl Source + 'static) -> Self {
        let rest = Rest { pieces: Pieces::Stream(Box::new(source)), sums: Sums::default() };
        Body { length, claimed: None, rest: Mutex::new(rest) }
    }

    /// The same with the algorithm of the checksum that its client sent.
    #[must_use]
    pub fn claiming(self, claimed: Option<Algorithm>) -> Self {
        Body { claimed, ..self }
    }

    /// How many bytes it had before the first was taken; none where only its end tells.
    #[must_use]
    pub fn length(&self) -> Option<u64> {
        self.length
    }

    /// All of it, where it is here and nothing was taken yet.
    #[must_use]
    pub fn whole(&self) -> Option<Bytes> {
        match &self.rest.lock().pieces {
            Pieces::Whole(bytes) => Some(bytes.clone()),
            Pieces::Stream(_) | Pieces::None => None,
        }
    }

    /// The same without a copy, or else the body as it is.
    ///
    /// # Errors
    /// The body, where it streams or something was taken already.
    pub fn into_whole(mut self) -> Result<Bytes, Self> {
        match &mut self.rest.get_mut().pieces {
            Pieces::Whole(bytes) => Ok(std::mem::take(bytes)),
            Pieces::Stream(_) | Pieces::None => Err(self),
        }
    }

    /// The next piece, which is never empty; nothing at the end, when all that its client claimed of the body is proved.
    ///
    /// # Errors
    /// When the body breaks off, or is not what its client claimed.
    pub async fn next(&mut self) -> Result<Option<Bytes>, Fault> {
        std::future::poll_fn(|context| self.rest.get_mut().poll_piece(context)).await.transpose()
    }

    /// Has a checksum computed while the pieces pass; to be called before the first is taken.
    pub fn want(&mut self, algorithm: Algorithm) {
        self.rest.get_mut().sums.want(algorithm);
    }

    /// Whether somebody wants it, or the client claimed it.
    #[must_use]
    pub fn wants(&mut self, algorithm: Algorithm) -> bool {
        self.rest.get_mut().sums.wants(algorithm)
    }

    /// A checksum that was wanted, or that the client claimed; known after the end.
    #[must_use]
    pub fn checksum(&mut self, algorithm: Algorithm) -> Option<&[u8]> {
        self.rest.get_mut().sums.get(algorithm)
    }

    /// The algorithm of the checksum that the client sent, in a header or a trailer, if it sent one beside `Content-MD5`.
    #[must_use]
    pub fn claimed(&self) -> Option<Algorithm> {
        self.claimed
    }

    /// Takes what is in it and leaves nothing: for readers and writers, which see it among other members.
    #[must_use]
    pub fn take(&self) -> Body {
        let rest = std::mem::take(&mut *self.rest.lock());
        Body { length: self.length, claimed: self.claimed, rest: Mutex::new(rest) }
    }
}

impl Rest {
    fn poll_piece(&mut self, context: &mut Context<'_>) -> Poll<Option<Result<Bytes, Fault>>> {
        let piece = match &mut self.pieces {
            Pieces::Stream(source) => ready!(poll_full(source.as_mut(), context)),
            Pieces::Whole(bytes) if bytes.is_empty() => None,
            Pieces::Whole(bytes) => Some(Ok(std::mem::take(bytes))),
            Pieces::None => return Poll::Ready(None),
        };
        Poll::Ready(match piece {
            Some(Ok(piece)) => {
                self.sums.update(&piece);
                Some(Ok(piece))
            }
            Some(Err(fault)) => {
                self.pieces = Pieces::None;
                Some(Err(fault))
            }
            None => self.end().err().map(Err),
        })
    }

    fn end(&mut self) -> Result<(), Fault> {
        self.sums.finish();
        match std::mem::take(&mut self.pieces) {
            Pieces::Stream(mut source) => source.end(&self.sums),
            Pieces::Whole(_) | Pieces::None => Ok(()),
        }
    }
}

/// The next piece that is not empty.
fn poll_full(source: &mut dyn Source, context: &mut Context<'_>) -> Poll<Option<Result<Bytes, Fault>>> {
    loop {
        match ready!(source.poll_piece(context)) {
            Some(Ok(piece)) if piece.is_empty() => {}
            piece => return Poll::Ready(piece),
        }
    }
}

impl Stream for Body {
    type Item = Result<Bytes, Fault>;

    fn poll_next(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        self.get_mut().rest.get_mut().poll_piece(context)
    }
}

/// No bytes.
impl Default for Body {
    fn default() -> Self {
        Bytes::new().into()
    }
}

impl<T: Into<Bytes>> From<T> for Body {
    fn from(bytes: T) -> Self {
        let bytes = bytes.into();
        let length = Some(bytes.len() as u64);
        Body {
            length,
            claimed: None,
            rest: Mutex::new(Rest { pieces: Pieces::Whole(bytes), ..Rest::default() }),
        }
    }
}

/// Shows its length, and nothing of what is in it.
impl fmt::Debug for Body {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Body").field("length", &self.length).finish_non_exhaustive()
    }
}

impl Decode for Body {
    fn decode(shape: &'static Shape, reader: &mut dyn Reader, _: &mut Checks) -> Result<Self, Malformed> {
        reader.stream(shape)
    }
}

impl Encode for Body {
    fn encode(&self, shape: &'static Shape, writer: &mut dyn Writer) {
        writer.stream(shape, self);
    }
}

#[cfg(test)]
mod tests {
    use std::collections::VecDeque;

    use futures_util::FutureExt as _;
    use futures_util::stream::{iter, pending};
    use proptest::prelude::*;

    use super::*;

    /// Gives pieces, and says at the end whether their CRC-32 is the right one.
    struct Checked(VecDeque<Bytes>, Vec<u8>);

    impl Source for Checked {
        fn poll_piece(&mut self, _: &mut Context<'_>) -> Poll<Option<Result<Bytes, Fault>>> {
            Poll::Ready(self.0.pop_front().map(Ok))
        }

        fn end(&mut self, sums: &Sums) -> Result<(), Fault> {
            let is_right = sums.get(Algorithm::Crc32) == Some(&self.1);
            if is_right { Ok(()) } else { Err(Fault::new("BadDigest", 400, "")) }
        }
    }

    fn now<T>(future: impl Future<Output = T>) -> T {
        future.now_or_never().expect("nothing to wait for")
    }

    fn read(body: &mut Body) -> Result<Vec<u8>, Fault> {
        let mut whole = Vec::new();
        while let Some(piece) = now(body.next())? {
            assert!(!piece.is_empty());
            whole.extend_from_slice(&piece);
        }
        Ok(whole)
    }

    #[test]
    fn a_whole_body_is_one_piece() {
        let mut body = Body::from("123456789");
        body.want(Algorithm::Crc32);
        assert_eq!((body.length(), body.whole().unwrap()), (Some(9), Bytes::from("123456789")));
        assert_eq!(read(&mut body).unwrap(), b"123456789");
        assert_eq!(body.checksum(Algorithm::Crc32), Some(&[0xcb, 0xf4, 0x39, 0x26][..]));
        assert_eq!(now(body.next()).unwrap(), None);
        assert_eq!(read(&mut Body::default()).unwrap(), b"");
    }

    #[test]
    fn an_error_is_the_last_that_comes() {
        let pieces = [Ok(Bytes::from("a")), Err(Fault::new("IncompleteBody", 400, "")), Ok(Bytes::from("b"))];
        let mut body = Body::stream(Some(2), iter(pieces));
        assert_eq!(now(body.next()).unwrap().unwrap(), "a");
        assert_eq!(now(body.next()).unwrap_err().code, "IncompleteBody");
        assert_eq!(now(body.next()).unwrap(), None);
    }

    #[test]
    fn what_is_taken_is_gone() {
        let body = Body::stream(None, iter([Ok(Bytes::from("a"))])).claiming(Some(Algorithm::Sha1));
        let mut taken = body.take();
        assert_eq!((taken.length(), taken.claimed()), (None, Some(Algorithm::Sha1)));
        assert_eq!(read(&mut taken).unwrap(), b"a");
        assert_eq!(read(&mut body.take()).unwrap(), b"");
        assert!(Body::stream(None, pending()).next().now_or_never().is_none());
    }

    proptest! {
        #[test]
        fn sources_have_the_last_word(pieces in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..9), 0..9), lie in any::<bool>()) {
            let whole = pieces.concat();
            let checksum = if lie { vec![0; 3] } else { Algorithm::Crc32.of(&whole) };
            let pieces = pieces.into_iter().map(Bytes::from).collect();
            let mut body = Body::of_source(None, Checked(pieces, checksum));
            body.want(Algorithm::Crc32);
            body.want(Algorithm::Md5);
            let outcome = read(&mut body);
            let md5 = Algorithm::Md5.of(&whole);
            prop_assert_eq!(body.checksum(Algorithm::Md5), Some(md5.as_slice()));
            match outcome {
                Ok(read) => prop_assert!(read == whole && !lie),
                Err(fault) => prop_assert!(fault.code == "BadDigest" && lie),
            }
        }
    }
}
