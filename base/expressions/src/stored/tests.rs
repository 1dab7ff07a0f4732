//! The stored form against serde's, and against damage.

use bytes::Bytes;
use proptest::prelude::*;

use super::{Corrupt, StoredItem, write};
use crate::value::tests::any_value;
use crate::value::{Item, Value, item_size_bytes};

fn written(item: &Item) -> Vec<u8> {
    let mut out = Vec::new();
    write(&mut out, item);
    out
}

fn read(bytes: Vec<u8>) -> Result<StoredItem, Corrupt> {
    StoredItem::read(Bytes::from(bytes))
}

fn any_item() -> impl Strategy<Value = Item> {
    prop::collection::btree_map(any::<String>(), any_value(), 0..20)
}

#[test]
fn long_texts_and_large_collections_have_long_heads() {
    let texts = [0, 31, 32, 255, 256, 65_535, 65_536].map(|length| Value::S("x".repeat(length)));
    let binaries = [0, 255, 256, 65_535, 65_536].map(|length| Value::B(vec![7; length].into()));
    let lists = [15, 16, 65_535, 65_536].map(|length| Value::L(vec![Value::Null; length]));
    let all = texts.into_iter().chain(binaries).chain(lists).enumerate();
    let item: Item = all.map(|(number, value)| (format!("{number}"), value)).collect();
    assert_eq!(written(&item), rmp_serde::to_vec(&item).unwrap());
    let stored = read(written(&item)).unwrap();
    assert_eq!((stored.item(), stored.size_bytes()), (Ok(item.clone()), item_size_bytes(&item)));
}

#[test]
fn attributes_are_found() {
    let list = Value::L(vec![Value::Bool(true), Value::N(7.into())]);
    let item = Item::from([("a".into(), list.clone()), ("bc".into(), Value::Null)]);
    let stored = read(written(&item)).unwrap();
    assert_eq!(stored.get("a"), Ok(Some(list)));
    assert_eq!(stored.get("bc"), Ok(Some(Value::Null)));
    assert_eq!(stored.get("b"), Ok(None));
}

#[test]
fn what_is_no_item_is_refused() {
    for bytes in ["", "\u{1}", "\u{0}"] {
        assert_eq!(read(bytes.into()), Err(Corrupt));
    }
    let item = Item::from([("a".into(), Value::S("b".into()))]);
    let with_more = [written(&item), vec![0]].concat();
    assert_eq!(read(with_more), Err(Corrupt));
    let deep = [vec![0x81, 0xa1, b'a'], [0x81, 0xa1, b'L', 0x91].repeat(100_000)].concat();
    assert_eq!(read(deep), Err(Corrupt));
    let mut no_text = written(&item);
    *no_text.last_mut().unwrap() = 0xff;
    assert_eq!(read(no_text), Err(Corrupt));
}

proptest! {
    #[test]
    fn items_come_back_in_the_form_that_serde_gives_them(item in any_item()) {
        let bytes = written(&item);
        prop_assert_eq!(&bytes, &rmp_serde::to_vec(&item).unwrap());
        let stored = read(bytes).unwrap();
        prop_assert_eq!(stored.size_bytes(), item_size_bytes(&item));
        for (name, value) in &item {
            let found = stored.get(name);
            prop_assert_eq!(found.as_ref(), Ok(&Some(value.clone())));
        }
        prop_assert_eq!(stored.item().unwrap(), item);
    }

    #[test]
    fn damaged_items_never_make_it_panic(
        item in any_item(),
        at in any::<prop::sample::Index>(),
        byte in any::<u8>(),
        cut in any::<bool>(),
    ) {
        let mut bytes = written(&item);
        let at = at.index(bytes.len());
        bytes[at] = byte;
        if cut {
            bytes.truncate(at);
        }
        if let Ok(stored) = read(bytes) {
            let item = stored.item().unwrap();
            // Unless a name stands there twice now.
            prop_assert!(item_size_bytes(&item) <= stored.size_bytes());
        }
    }

    #[test]
    fn numbers_are_shown_where_they_lie(digits in any::<i64>(), scale in -100i32..90, zeros in 0usize..10) {
        let text = format!("{digits}{}E{scale}", "0".repeat(zeros));
        let number: crate::Number = text.parse().unwrap();
        let mut form = Vec::new();
        number.to_sort_key(&mut form);
        let (read, rest) = crate::number::NumberForm::read(&form).unwrap();
        let mut shown = String::new();
        read.push_text(&mut shown);
        prop_assert_eq!(shown, number.to_string());
        prop_assert_eq!((read.size_bytes(), rest.len()), (number.size_bytes(), 0));
    }
}
