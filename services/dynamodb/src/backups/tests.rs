//! Tables in memory that change while readers of one moment read them, against copies of what they were.

use std::collections::BTreeMap;
use std::sync::Arc;

use expressions::{Item, Value};
use names::{Account, Region, Scope};
use service::{Clock, Cloud, Context, Directory, Everyone, Random, Result};
use store::{Options, Store};

use super::history::Reading;
use crate::change::Change;
use crate::key;
use crate::table::{KeyPart, Table};

const KEYS: u32 = 700;

/// A table, what it is, and chance.
struct World {
    context: Context,
    table: Table,
    items: BTreeMap<Vec<u8>, Item>,
    chance: u32,
}

impl World {
    fn new(seed: u32) -> Self {
        let store = Store::open(Options::memory()).unwrap();
        let everyone = Box::new(Everyone { is_enforced: false });
        let (clock, random) = (Clock::default(), Random::default());
        let cloud = Cloud::new(store, clock, random, b"key", everyone, "http://localhost:1".into());
        let cloud: Arc<Cloud> = cloud.open(Directory::new(Vec::new()));
        cloud.clock.freeze();
        let scope = Scope::new(Account::ZERO, Region::US_EAST_1);
        let table = Table {
            scope,
            name: "table".into(),
            id: [7; 16],
            partition: KeyPart { name: "pk".into(), kind: "S".into() },
            sort: Some(KeyPart { name: "sk".into(), kind: "B".into() }),
            provisioned: None,
            protected: false,
            created_ms: 0,
            ttl: None,
            stream: None,
            indexes: Vec::new(),
            settings: Default::default(),
            policy: None,
            insights: Default::default(),
            global: None,
            history: None,
            restoring: None,
            is_importing: false,
        };
        let context = cloud.context_of("dynamodb", scope);
        World { context, table, items: BTreeMap::new(), chance: seed }
    }

    fn chance(&mut self, below: u32) -> u32 {
        self.chance = self.chance.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (self.chance >> 8) % below
    }

    /// Puts or deletes an item. Keys with zeros in them sort as they are.
    async fn change(&mut self) {
        let number = self.chance(KEYS);
        let sort = [&[0, 0xff, 0][..(number % 4).min(3) as usize], &number.to_be_bytes()[3..]].concat();
        let mut item = Item::from([
            ("pk".to_owned(), Value::S(format!("p{}", number % 3))),
            ("sk".to_owned(), Value::B(sort.into())),
        ]);
        let place = key::place(&self.table, &item);
        let value = self.chance(1000);
        item.insert("value".into(), Value::S(value.to_string()));
        let new = (value > 300).then_some(item);
        let rest = place[crate::keys::items(&self.table.id).len()..].to_vec();
        let old = match new.clone() {
            Some(new) => self.items.insert(rest, new),
            None => self.items.remove(&rest),
        };
        let (table, place, old, new) = (&self.table, &place, old.as_ref(), new.as_ref());
        let carry_out = |tx: &mut service::Tx<'_>| Change { table, place, old, new }.carry_out(tx);
        self.context.transact(carry_out).await.unwrap();
    }

    async fn begin(&mut self) -> Reading {
        let mut table = self.table.clone();
        let begin = |tx: &mut service::Tx<'_>| {
            let reading = Reading::begin(tx, &mut table, None);
            tx.put_record(table.place().key(), &table)?;
            Ok(reading)
        };
        let reading = self.context.transact(begin).await.unwrap();
        self.table = table;
        reading
    }

    async fn end(&mut self, reading: Reading) {
        let place = self.table.place().key();
        self.context.transact(|tx| reading.end(tx)).await.unwrap();
        let read = |tx: &mut service::Tx<'_>| -> Result<_> { Ok(store::Reads::get_record(&**tx, &place)?) };
        self.table = self.context.transact(read).await.unwrap().unwrap();
    }
}

/// One that reads.
struct Reader {
    reading: Reading,
    expected: BTreeMap<Vec<u8>, Item>,
    found: BTreeMap<Vec<u8>, Item>,
    done: Option<Vec<u8>>,
}

impl Reader {
    /// Reads the next piece; whether it was the last one.
    async fn step(&mut self, context: &Context) -> bool {
        let (reading, done) = (&self.reading, self.done.as_deref());
        let piece = context.transact(|tx| reading.piece(tx, done)).await.unwrap();
        self.found.extend(piece.items);
        self.done = piece.done;
        self.done.is_none()
    }
}

#[tokio::test]
async fn a_reader_sees_one_moment_while_items_change() {
    for seed in 0..6 {
        let mut world = World::new(seed);
        for _ in 0..KEYS {
            world.change().await;
        }
        let mut readers: Vec<Reader> = Vec::new();
        let mut seen = 0;
        while seen < 12 {
            if readers.len() < 3 && world.chance(30) == 0 {
                let reading = world.begin().await;
                let expected = world.items.clone();
                readers.push(Reader { reading, expected, found: BTreeMap::new(), done: None });
            }
            for _ in 0..world.chance(20) {
                world.change().await;
            }
            let at = world.chance(4) as usize;
            if let Some(reader) = readers.get_mut(at)
                && reader.step(&world.context).await
            {
                let Reader { reading, expected, found, .. } = readers.swap_remove(at);
                assert!(found == expected, "seed {seed}, reader {seen}");
                world.end(reading).await;
                seen += 1;
            }
            assert_eq!(world.table.history.is_some(), !readers.is_empty());
        }
    }
}
