//! An object that is read here and there, as Parquet is: its blocks are fetched as they are needed, and few are kept.

use std::collections::VecDeque;
use std::io::{self, Read};
use std::sync::Arc;

use api_s3 as s3;
use bytes::{Buf as _, Bytes, BytesMut};
use parking_lot::Mutex;
use parquet::errors::ParquetError;
use parquet::file::reader::{ChunkReader, Length};
use service::Context;
use tokio::runtime::Handle;
use wire::Fault;

use super::objects::told;

const BLOCK_BYTES: u64 = 256 * 1024;
/// Blocks that are kept: columns are read beside each other.
const BLOCKS: usize = 64;

/// An object, by its ranges. It must stay as it is while it is read.
#[derive(Clone)]
pub(in super::super) struct Ranges(Arc<Inner>);

struct Inner {
    context: Context,
    runtime: Handle,
    input: s3::GetObjectInput,
    length: u64,
    /// The last ones first.
    blocks: Mutex<VecDeque<(u64, Bytes)>>,
}

impl Ranges {
    /// Finds out how long the object is, and which version of it is read.
    pub(super) fn open(
        context: Context,
        runtime: Handle,
        mut input: s3::GetObjectInput,
    ) -> Result<Self, String> {
        let first = s3::GetObjectInput { range: Some("bytes=0-0".into()), ..input.clone() };
        let output =
            runtime.block_on(context.call::<s3::GetObject>(first)).map_err(|fault| match &*fault.code {
                "InvalidRange" => "The object is no readable Parquet: it is empty".to_owned(),
                _ => told(&fault),
            })?;
        let range = output.content_range.unwrap_or_default();
        let length = range.rsplit('/').next().and_then(|length| length.parse().ok()).unwrap_or_default();
        input.if_match = output.e_tag;
        Ok(Ranges(Arc::new(Inner { context, runtime, input, length, blocks: Mutex::default() })))
    }

    /// What stands from there on, up to the end of a block.
    fn from(&self, start: u64) -> io::Result<Bytes> {
        if start >= self.0.length {
            return Ok(Bytes::new());
        }
        let number = start / BLOCK_BYTES;
        let offset = usize::try_from(start % BLOCK_BYTES).map_err(io::Error::other)?;
        let block = self.block(number)?;
        Ok(block.get(offset..).map(|rest| block.slice_ref(rest)).unwrap_or_default())
    }

    fn block(&self, number: u64) -> io::Result<Bytes> {
        let kept =
            self.0.blocks.lock().iter().find(|(kept, _)| *kept == number).map(|(_, block)| block.clone());
        if let Some(block) = kept {
            return Ok(block);
        }
        let block = self.fetch(number).map_err(|fault| io::Error::other(told(&fault)))?;
        let mut blocks = self.0.blocks.lock();
        blocks.push_front((number, block.clone()));
        blocks.truncate(BLOCKS);
        Ok(block)
    }

    fn fetch(&self, number: u64) -> Result<Bytes, Fault> {
        let (first, last) = (number * BLOCK_BYTES, (number + 1) * BLOCK_BYTES - 1);
        let input =
            s3::GetObjectInput { range: Some(format!("bytes={first}-{last}")), ..self.0.input.clone() };
        self.0.runtime.block_on(async {
            let mut body = self.0.context.call::<s3::GetObject>(input).await?.body;
            let mut block = BytesMut::new();
            while let Some(piece) = body.next().await? {
                block.extend_from_slice(&piece);
            }
            Ok(block.freeze())
        })
    }
}

impl Length for Ranges {
    fn len(&self) -> u64 {
        self.0.length
    }
}

impl ChunkReader for Ranges {
    type T = Tail;

    fn get_read(&self, start: u64) -> parquet::errors::Result<Tail> {
        Ok(Tail { ranges: self.clone(), at: start })
    }

    fn get_bytes(&self, start: u64, length: usize) -> parquet::errors::Result<Bytes> {
        // Nothing is set aside for what the object does not have.
        if start.saturating_add(length as u64) > self.0.length {
            return Err(ParquetError::EOF("the object has not so many bytes".to_owned()));
        }
        let mut whole = BytesMut::with_capacity(length);
        while whole.len() < length {
            let piece = self.from(start + whole.len() as u64)?;
            if piece.is_empty() {
                return Err(ParquetError::EOF("the object has not so many bytes".to_owned()));
            }
            whole.extend_from_slice(&piece[..piece.len().min(length - whole.len())]);
        }
        Ok(whole.freeze())
    }
}

/// What stands from a place on.
pub(in super::super) struct Tail {
    ranges: Ranges,
    at: u64,
}

impl Read for Tail {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let mut piece = self.ranges.from(self.at)?;
        let length = buffer.len().min(piece.len());
        piece.copy_to_slice(&mut buffer[..length]);
        self.at += length as u64;
        Ok(length)
    }
}
