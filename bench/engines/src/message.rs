//! Messages as SQS stores them: a body at an id that rises with time, and an entry in an index ordered by the moment from
//! which the message may be received (`services/sqs/src/keys.rs`).

use anyhow::Result;

use crate::engine::Engine;

const BODY_BYTES: usize = 1100;
const ENTRY_BYTES: usize = 60;
const ID_BYTES: usize = 16;

/// Makes bytes that no compression shortens much, so that no engine gains by what the values are.
pub(crate) struct Random(u64);

impl Random {
    pub(crate) fn new(seed: u64) -> Self {
        Random(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1)
    }

    pub(crate) fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0.wrapping_mul(0x2545_f491_4f6c_dd1d)
    }

    fn bytes(&mut self, count: usize) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(count + 8);
        while bytes.len() < count {
            bytes.extend_from_slice(&self.next().to_le_bytes());
        }
        bytes.truncate(count);
        bytes
    }
}

/// What messages hold.
pub(crate) struct Content {
    body: Vec<u8>,
    entry: Vec<u8>,
}

impl Content {
    pub(crate) fn new(seed: u64) -> Self {
        let mut random = Random::new(seed);
        Content { body: random.bytes(BODY_BYTES), entry: random.bytes(ENTRY_BYTES) }
    }

    /// Content that differs from the one before, so that blocks of many bodies do not compress.
    pub(crate) fn renew(&mut self, random: &mut Random) {
        for chunk in self.body.chunks_exact_mut(8) {
            chunk.copy_from_slice(&random.next().to_le_bytes());
        }
    }
}

/// One queue's keys.
pub(crate) struct Queue {
    body: Vec<u8>,
    index: Vec<u8>,
}

impl Queue {
    pub(crate) fn new(contents: u8) -> Self {
        let of = |kind: &[u8]| [b"\x02sqs\0\x02", kind, b"\0\x01", &[contents; ID_BYTES], b"\0"].concat();
        Queue { body: of(b"body"), index: of(b"index") }
    }

    pub(crate) fn body(&self, message: u64) -> Vec<u8> {
        [&self.body[..], &id(message)].concat()
    }

    fn entry(&self, visible_at_ms: u64, message: u64) -> Vec<u8> {
        [&self.index[..], &visible_at_ms.to_be_bytes(), &id(message)].concat()
    }

    /// The start of the index.
    pub(crate) fn start(&self) -> &[u8] {
        &self.index
    }

    /// Two puts.
    pub(crate) fn send(
        &self,
        engine: &dyn Engine,
        now_ms: u64,
        message: u64,
        content: &Content,
    ) -> Result<()> {
        let (body, entry) = (self.body(message), self.entry(now_ms, message));
        engine.write(&[(&body, Some(&content.body)), (&entry, Some(&content.entry))])
    }

    /// As many messages as are given, in one write.
    pub(crate) fn send_all(
        &self,
        engine: &dyn Engine,
        now_ms: u64,
        messages: impl Iterator<Item = u64>,
        contents: &[Content],
    ) -> Result<()> {
        let keys = messages.map(|message| (self.body(message), self.entry(now_ms, message)));
        let keys: Vec<_> = keys.collect();
        let mut writes = Vec::with_capacity(keys.len() * 2);
        for ((body, entry), content) in keys.iter().zip(contents.iter().cycle()) {
            writes.push((&body[..], Some(&content.body[..])));
            writes.push((&entry[..], Some(&content.entry[..])));
        }
        engine.write(&writes)
    }

    /// Finds the first message that is visible, reads it, and moves its entry to when it is visible again.
    pub(crate) fn receive(
        &self,
        engine: &dyn Engine,
        from: &[u8],
        now_ms: u64,
        visible_again_ms: u64,
    ) -> Result<Option<Received>> {
        let until = self.entry(now_ms + 1, 0);
        let mut head = None;
        engine.scan(from, &mut |key, value| {
            if key < &until[..] {
                head = Some((key.to_vec(), value.to_vec()));
            }
            false
        })?;
        let Some((key, value)) = head else { return Ok(None) };
        let id = &key[key.len() - ID_BYTES..];
        let body = [&self.body[..], id].concat();
        anyhow::ensure!(engine.get(&body)? == Some(BODY_BYTES), "the body of a message is missing");
        let moved = [&self.index[..], &visible_again_ms.to_be_bytes(), id].concat();
        engine.write(&[(&key, None), (&moved, Some(&value))])?;
        Ok(Some(Received { head: key, entry: moved, body }))
    }
}

/// A message at work.
pub(crate) struct Received {
    /// Where its entry stood: before this the index is empty.
    pub(crate) head: Vec<u8>,
    entry: Vec<u8>,
    body: Vec<u8>,
}

impl Received {
    /// Two deletions.
    pub(crate) fn delete(&self, engine: &dyn Engine) -> Result<()> {
        engine.write(&[(&self.entry, None), (&self.body, None)])
    }
}

/// A number that rises, then what stands for the random part.
fn id(message: u64) -> [u8; ID_BYTES] {
    let mut id = [0; ID_BYTES];
    id[..8].copy_from_slice(&message.to_be_bytes());
    id[8..].copy_from_slice(&Random::new(message).next().to_be_bytes());
    id
}
