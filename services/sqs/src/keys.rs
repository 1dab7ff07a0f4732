//! What SQS stores, and where. Every key starts with `"sqs"`.
//!
//! | key | value |
//! |---|---|
//! | `"queue", account, region, name` | [`crate::queue::Queue`] |
//! | `"index", contents, visible at (ms), message id` | [`crate::message::Transit`] |
//! | `"lane", contents, tenant, visible at (ms), message id` | [`crate::message::Transit`], as in the index: see [`crate::fair`] |
//! | `"moved", contents, message id` | ms at which the entry stands, after a change of visibility |
//! | `"task", account, region, name, started at (ms), id` | a message move task of the queue of that name |
//! | `"deleted", account, region, name` | when the queue of that name was deleted (ms), where names rest after that |
//! | `"arrival", contents` | never written, only signalled: something may be received |
//!
//! A FIFO queue has, instead of the index and what moves along it:
//!
//! | key | value |
//! |---|---|
//! | `"slot", contents, group, sequence` | a message in its group |
//! | `"group", contents, group` | the group |
//! | `"ready", contents, available at (ms), group` | nothing: the group may be received from then on |
//! | `"sent", contents, group or nothing, deduplication id` | what was sent |
//! | `"attempt", contents, id` | what was received |
//! | `"memory", contents, until (ms), key` | nothing: the record at `key`, one of the last two, may go then |
//!
//! Bodies are [rising](Key::rising): `"sqs", message id, contents` has a [`crate::message::Body`], and a message id begins
//! with the moment when it was sent. Before they were, a body stood at `"body", contents, message id`; [`upgrade`] moves
//! those.
//!
//! `contents` is a random number that a queue gets when it is made, and again when it is purged: the old messages are
//! out of reach at once, and swept away in the background.

use names::Scope;
use service::{scope_and_name, scoped, tags};
use store::tuple::{Key, Parts};
use store::{Direction, Error, Reads as _, Store, Transaction, record};

use crate::fair::Tenant;
use crate::fifo;
use crate::queue::Address;

/// Sixteen random bytes.
pub(crate) type Id = [u8; 16];

fn of(kind: &str) -> Key {
    Key::new().str("sqs").str(kind)
}

pub(crate) fn queue(scope: &Scope, name: &str) -> Key {
    queues(scope).str(name)
}

pub(crate) fn deleted(scope: &Scope, name: &str) -> Key {
    scoped("sqs", "deleted", scope).str(name)
}

pub(crate) fn queues(scope: &Scope) -> Key {
    scoped("sqs", "queue", scope)
}

pub(crate) fn index(contents: &Id, visible_at_ms: i64, message: &Id) -> Key {
    index_at(contents, visible_at_ms).bytes(message)
}

pub(crate) fn index_at(contents: &Id, visible_at_ms: i64) -> Key {
    index_of(contents).i64(visible_at_ms)
}

pub(crate) fn index_of(contents: &Id) -> Key {
    of("index").bytes(contents)
}

pub(crate) fn lane_of(contents: &Id, tenant: Tenant) -> Key {
    of("lane").bytes(contents).u64(tenant.number())
}

pub(crate) fn lane(contents: &Id, tenant: Tenant, visible_at_ms: i64, message: &Id) -> Key {
    lane_of(contents, tenant).i64(visible_at_ms).bytes(message)
}

pub(crate) fn body(contents: &Id, message: &Id) -> Key {
    Key::rising().str("sqs").bytes(message).bytes(contents)
}

/// Moves what an earlier program has written to where it stands now.
pub(crate) fn upgrade(store: &Store) -> Result<(), Error> {
    move_bodies(store)?;
    tags::take_over(store, "queue", of("queue").prefix_range(), |key, queue| {
        let (scope, name) = scope_and_name(key)?;
        Ok(vec![(scope, Address { scope, name }.arn(), record::decode(queue)?)])
    })
}

fn move_bodies(store: &Store) -> Result<(), Error> {
    const PIECE: usize = 100;
    let old = of("body").prefix_range();
    while store.transact_now(|tx| {
        let bodies = tx.scan(old.clone(), Direction::Forward).take(PIECE).collect::<Result<Vec<_>, _>>()?;
        for (key, value) in &bodies {
            let mut parts = Parts::new(key);
            parts.str()?;
            parts.str()?;
            let contents = parts.bytes()?;
            tx.put(Key::rising().str("sqs").bytes(parts.bytes()?).bytes(contents), value.clone());
            tx.delete(&**key);
        }
        Ok::<_, Error>(!bodies.is_empty())
    })? {}
    Ok(())
}

/// Deletes the body with the record in which its message stands in a queue that is gone.
pub(crate) fn delete_body(tx: &mut Transaction, key: &[u8], value: &[u8]) -> service::Result<()> {
    let mut parts = Parts::new(key);
    parts.str()?;
    let (kind, contents) = (parts.str()?, parts.bytes()?);
    let message = match &*kind {
        "index" | "lane" => place_of(key).map(|(_, message)| message),
        "slot" => Some(fifo::message_of(value)?),
        _ => None,
    };
    if let (Some(message), Ok(contents)) = (message, Id::try_from(&*contents)) {
        tx.delete(body(&contents, &message));
    }
    Ok(())
}

pub(crate) fn moved(contents: &Id, message: &Id) -> Key {
    of("moved").bytes(contents).bytes(message)
}

pub(crate) fn arrival(contents: &Id) -> Key {
    of("arrival").bytes(contents)
}

pub(crate) fn tasks(source: &Address) -> Key {
    let Address { scope, name } = source;
    scoped("sqs", "task", scope).str(name)
}

pub(crate) fn task(source: &Address, started_ms: i64, id: &Id) -> Key {
    tasks(source).i64(started_ms).bytes(id)
}

/// Everything that belongs to `contents` but its bodies, of a standard queue or a FIFO queue.
pub(crate) fn all_of(contents: &Id, is_fifo: bool) -> Vec<Key> {
    let kinds: &[&str] = match is_fifo {
        true => &["slot", "group", "ready", "sent", "attempt", "memory"],
        false => &["index", "lane", "moved"],
    };
    kinds.iter().map(|kind| of(kind).bytes(contents)).collect()
}

pub(crate) fn slots_of_all(contents: &Id) -> Key {
    of("slot").bytes(contents)
}

pub(crate) fn slots(contents: &Id, group: &str) -> Key {
    slots_of_all(contents).str(group)
}

pub(crate) fn slot(contents: &Id, group: &str, sequence: u64) -> Key {
    slots(contents, group).u64(sequence)
}

pub(crate) fn group(contents: &Id, group: &str) -> Key {
    of("group").bytes(contents).str(group)
}

pub(crate) fn ready_of(contents: &Id) -> Key {
    of("ready").bytes(contents)
}

pub(crate) fn ready(contents: &Id, available_ms: i64, group: &str) -> Key {
    ready_of(contents).i64(available_ms).str(group)
}

pub(crate) fn sent(contents: &Id, group: &str, deduplication: &str) -> Key {
    of("sent").bytes(contents).str(group).str(deduplication)
}

pub(crate) fn attempt(contents: &Id, id: &str) -> Key {
    of("attempt").bytes(contents).str(id)
}

pub(crate) fn memories(contents: &Id) -> Key {
    of("memory").bytes(contents)
}

pub(crate) fn memory(contents: &Id, until_ms: i64, key: &[u8]) -> Key {
    memories(contents).i64(until_ms).bytes(key)
}

/// The parts of a key behind its kind and contents.
fn tail_of(key: &[u8]) -> Result<Parts<'_>, Error> {
    let mut parts = Parts::new(key);
    parts.str()?;
    parts.str()?;
    parts.bytes()?;
    Ok(parts)
}

/// The number in a key of [`slot`].
pub(crate) fn sequence_of(key: &[u8]) -> Result<u64, Error> {
    let mut parts = tail_of(key)?;
    parts.str()?;
    parts.u64()
}

/// The moment and the group in a key of [`ready`].
pub(crate) fn group_of(key: &[u8]) -> Result<(i64, String), Error> {
    let mut parts = tail_of(key)?;
    Ok((parts.i64()?, parts.str()?.into_owned()))
}

/// The moment and the other key in a key of [`memory`].
pub(crate) fn memory_of(key: &[u8]) -> Result<(i64, Vec<u8>), Error> {
    let mut parts = tail_of(key)?;
    Ok((parts.i64()?, parts.bytes()?.into_owned()))
}

/// The moment and the message in a key of [`index`] or of [`lane`].
pub(crate) fn place_of(key: &[u8]) -> Option<(i64, Id)> {
    let mut parts = Parts::new(key);
    parts.str().ok()?;
    let kind = parts.str().ok()?;
    parts.bytes().ok()?;
    if kind == "lane" {
        parts.u64().ok()?;
    }
    let at_ms = parts.i64().ok()?;
    Some((at_ms, parts.bytes().ok()?.as_ref().try_into().ok()?))
}

#[cfg(test)]
mod tests {
    use store::{Options, Store};

    use super::*;

    fn write(store: &Store, body: impl Fn(&mut Transaction)) {
        let written: Result<(), Error> = store.transact_now(|tx| {
            body(tx);
            Ok(())
        });
        written.unwrap();
    }

    #[test]
    fn bodies_of_an_earlier_program_are_where_they_belong() {
        let store = Store::open(Options::memory()).unwrap();
        let id = |number: u8| -> Id { [number; 16] };
        write(&store, |tx| {
            for number in 0..250 {
                tx.put(of("body").bytes(id(number % 3)).bytes(id(number)), vec![number]);
            }
        });
        for _ in 0..2 {
            upgrade(&store).unwrap();
            let now = store.snapshot();
            for number in 0..250 {
                let found = now.get(&body(&id(number % 3), &id(number))).unwrap();
                assert_eq!(found.as_deref(), Some(&[number][..]));
            }
            assert!(now.scan(of("body").prefix_range(), Direction::Forward).next().is_none());
        }
    }

    #[test]
    fn a_body_goes_with_the_record_of_its_message() {
        let store = Store::open(Options::memory()).unwrap();
        let (contents, message) = ([1; 16], [2; 16]);
        let slot = fifo::a_slot(message);
        for (key, value) in [
            (index(&contents, 7, &message), Vec::new()),
            (lane(&contents, Tenant::of("g"), 7, &message), Vec::new()),
            (self::slot(&contents, "g", 1), slot),
        ] {
            write(&store, |tx| tx.put(body(&contents, &message), vec![1]));
            write(&store, |tx| delete_body(tx, &key, &value).unwrap());
            assert!(store.snapshot().get(&body(&contents, &message)).unwrap().is_none());
        }
        write(&store, |tx| delete_body(tx, &group(&contents, "g"), &[]).unwrap());
    }

    #[test]
    fn keys_stay() {
        let scope = Scope::new(names::Account::ZERO, "us-east-1".parse().unwrap());
        let id = [1; 16];
        let keys = [
            ("queue", queue(&scope, "q")),
            ("deleted", deleted(&scope, "q")),
            ("index", index(&id, 7, &id)),
            ("lane", lane(&id, Tenant::of("g"), 7, &id)),
            ("body", body(&id, &id)),
            ("moved", moved(&id, &id)),
            ("task", task(&Address { scope, name: "q".into() }, 7, &id)),
            ("slot", slot(&id, "g", 7)),
            ("group", group(&id, "g")),
            ("ready", ready(&id, 7, "g")),
            ("sent", sent(&id, "g", "d")),
            ("attempt", attempt(&id, "a")),
            ("memory", memory(&id, 7, b"key")),
        ];
        layouts::keys_stay(env!("CARGO_MANIFEST_DIR"), &keys);
    }
}
