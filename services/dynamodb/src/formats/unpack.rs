//! Files without their compression, as their bytes come.

use std::io::{self, Write as _};

use flate2::write::MultiGzDecoder;
use zstd::stream::write::Decoder;

/// How many bytes are unpacked at once, because they may become many more.
const STEP_BYTES: usize = 1024;

/// How a file is compressed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Packing {
    None,
    Gzip,
    Zstd,
}

/// Unpacks one file.
pub(crate) enum Unpacker {
    None,
    /// Of a file of no bytes: nothing is wrong with it.
    Empty(Packing),
    Gzip(Box<MultiGzDecoder<Vec<u8>>>),
    Zstd(Box<Decoder<'static, Vec<u8>>>),
}

impl Unpacker {
    pub(crate) fn new(packing: Packing) -> Self {
        match packing {
            Packing::None => Unpacker::None,
            packing => Unpacker::Empty(packing),
        }
    }

    /// Gives what these bytes are, in pieces.
    ///
    /// # Errors
    /// When they are not compressed so.
    pub(crate) fn push(&mut self, bytes: &[u8], mut each: impl FnMut(&[u8])) -> io::Result<()> {
        if let (Unpacker::Empty(packing), false) = (&*self, bytes.is_empty()) {
            *self = match packing {
                Packing::Zstd => Unpacker::Zstd(Box::new(Decoder::new(Vec::new())?)),
                _ => Unpacker::Gzip(Box::new(MultiGzDecoder::new(Vec::new()))),
            };
        }
        for step in bytes.chunks(STEP_BYTES) {
            match self {
                Unpacker::None => each(step),
                Unpacker::Empty(_) => {}
                Unpacker::Gzip(decoder) => {
                    decoder.write_all(step)?;
                    each(&std::mem::take(decoder.get_mut()));
                }
                Unpacker::Zstd(decoder) => {
                    decoder.write_all(step)?;
                    decoder.flush()?;
                    each(&std::mem::take(decoder.get_mut()));
                }
            }
        }
        Ok(())
    }

    /// Gives what is left.
    ///
    /// # Errors
    /// When the file breaks off.
    pub(crate) fn end(self, each: impl FnOnce(&[u8])) -> io::Result<()> {
        match self {
            Unpacker::None | Unpacker::Empty(_) => {}
            Unpacker::Gzip(decoder) => each(&decoder.finish()?),
            Unpacker::Zstd(mut decoder) => {
                decoder.flush()?;
                each(&decoder.into_inner());
            }
        }
        Ok(())
    }
}
