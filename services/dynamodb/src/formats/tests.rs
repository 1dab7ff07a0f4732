//! What is written is read as it was, in any pieces and whatever it is packed in.

use std::collections::BTreeMap;
use std::io::Write as _;

use expressions::{Item, Value};
use proptest::prelude::*;
use store::Bytes;

use super::*;

fn number() -> impl Strategy<Value = expressions::Number> {
    ("-?[1-9][0-9]{0,37}", -80_i32..80)
        .prop_map(|(digits, scale)| format!("{digits}E{scale}").parse().unwrap())
}

fn value() -> impl Strategy<Value = Value> {
    let bytes = || any::<Vec<u8>>().prop_map(Bytes::from);
    let leaf = prop_oneof![
        any::<String>().prop_map(Value::S),
        number().prop_map(Value::N),
        bytes().prop_map(Value::B),
        any::<bool>().prop_map(Value::Bool),
        Just(Value::Null),
        prop::collection::btree_set(any::<String>(), 1..4).prop_map(Value::Ss),
        prop::collection::btree_set(number(), 1..4).prop_map(Value::Ns),
        prop::collection::btree_set(bytes(), 1..4).prop_map(Value::Bs),
    ];
    leaf.prop_recursive(4, 20, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::L),
            prop::collection::btree_map(any::<String>(), inner, 0..4).prop_map(Value::M),
        ]
    })
}

fn items() -> impl Strategy<Value = Vec<Item>> {
    prop::collection::vec(prop::collection::btree_map("\\PC{1,8}", value(), 1..4), 0..5)
}

/// The entries of a file that comes in pieces of that size.
fn read(format: &Format, packing: Packing, file: &[u8], size: usize) -> Vec<Result<Item, Wrong>> {
    let (mut reader, mut unpacker) = (Reader::new(format), Unpacker::new(packing));
    for piece in file.chunks(size) {
        unpacker.push(piece, |bytes| reader.push(bytes)).unwrap();
    }
    unpacker.end(|bytes| reader.push(bytes)).unwrap();
    reader.end();
    reader.take()
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]
    #[test]
    fn what_is_written_is_read(items in items(), size in 1_usize..3000) {
        let json = items.iter().map(|item| json::line([("Item", item.clone())]));
        let ion = items.iter().map(|item| ion::line(vec![("Item", ion::of_item(item))]).unwrap());
        let text = |lines: Vec<Vec<u8>>| lines.into_iter().flat_map(|line| [line, vec![b'\n']].concat()).collect::<Vec<_>>();
        for (format, text) in [(Format::Json, text(json.collect())), (Format::Ion, text(ion.collect()))] {
            let files = [
                (Packing::None, text.clone()),
                (Packing::Gzip, gzip(&text)),
                (Packing::Zstd, zstd::encode_all(&text[..], 1).unwrap()),
            ];
            for (packing, file) in files {
                let read = read(&format, packing, &file, size);
                let read: Vec<Item> = read.into_iter().map(|entry| entry.unwrap()).collect();
                prop_assert_eq!(&read, &items, "{:?} {:?} {}", format, packing, String::from_utf8_lossy(&text));
            }
        }
    }
}

#[test]
fn ion_is_written_as_in_the_guide() {
    let item = Item::from([
        ("Authors".to_owned(), Value::Ss(["Author1".to_owned(), "Author2".to_owned()].into())),
        ("Id".to_owned(), Value::N("103".parse().unwrap())),
        ("InPublication".to_owned(), Value::Bool(false)),
        ("PageCount".to_owned(), Value::N("600".parse().unwrap())),
        ("Price".to_owned(), Value::N("19.50".parse().unwrap())),
    ]);
    let line = String::from_utf8(ion::line(vec![("Item", ion::of_item(&item))]).unwrap()).unwrap();
    // Commas at the end of lists are Ion.
    let without_spaces = line.replacen(' ', "_", 1).replace(' ', "").replace(",]", "]").replace(",}", "}");
    let wanted = "$ion_1_0_{Item:{Authors:$dynamodb_SS::[\"Author1\",\"Author2\"],Id:103.,InPublication:false,\
                  PageCount:6d2,Price:19.5}}";
    assert_eq!(without_spaces, wanted);
}

fn csv(headers: Option<Vec<String>>) -> Format {
    Format::Csv { delimiter: b';', headers, kinds: BTreeMap::from([("id".to_owned(), "N".to_owned())]) }
}

fn row(id: &str, text: &str) -> Item {
    Item::from([
        ("id".to_owned(), Value::N(id.parse().unwrap())),
        ("text".to_owned(), Value::S(text.to_owned())),
    ])
}

#[test]
fn rows_are_items() {
    let file = "id;text\n1;a,b\r\n2;\"a;\"\"b\"\"\nc\"\n3;\n4;é";
    let wanted = [row("1", "a,b"), row("2", "a;\"b\"\nc"), row("3", ""), row("4", "é")];
    for size in 1..file.len() {
        let read = read(&csv(None), Packing::None, file.as_bytes(), size);
        assert_eq!(read.into_iter().map(Result::unwrap).collect::<Vec<_>>(), wanted);
    }
    let named = csv(Some(vec!["id".to_owned(), "text".to_owned()]));
    let read = read(&named, Packing::None, b"5;x\nno number;x\n6\n7;y", 3);
    assert_eq!(read.iter().filter_map(|entry| entry.as_ref().ok()).count(), 2);
    assert!(matches!(read[1..3], [Err(Wrong::Invalid(_)), Err(Wrong::Invalid(_))]), "{read:?}");
}

/// As the examples of exports have it.
#[test]
fn json_is_written_as_in_the_guide() {
    let item = |name: &str, value| Item::from([(name.to_owned(), value)]);
    let line = json::line([("Keys", item("a", Value::S("x".into()))), ("NewImage", item("b", Value::Null))]);
    assert_eq!(
        String::from_utf8(line).unwrap(),
        r#"{"Keys":{"a":{"S":"x"}},"NewImage":{"b":{"NULL":true}}}"#
    );
}

/// Whoever writes the file decides how deep it nests.
#[test]
fn what_nests_too_deeply_is_refused() {
    let deep = |open: &str, close: &str| {
        let depth = 100_000;
        [open.repeat(depth), close.repeat(depth)].concat()
    };
    let json = format!("{{\"Item\":{{\"a\":{}}}}}", deep("{\"L\":[", "]}"));
    let ion = format!("$ion_1_0 {{Item:{{a:{}}}}}", deep("[", "]"));
    for (format, line) in [(Format::Json, json), (Format::Ion, ion)] {
        let read = read(&format, Packing::None, line.as_bytes(), 4096);
        assert!(matches!(read[..], [Err(_)]), "{format:?}");
    }
}

#[test]
fn nothing_is_read_behind_what_is_unreadable() {
    let file =
        b"{\"Item\":{\"a\":{\"N\":\"x\"}}}\n\n{\"Item\":{\"a\":{\"S\":\"1\"}}}\n{broken\n{\"Item\":{}}\n";
    let read = read(&Format::Json, Packing::None, file, 7);
    assert!(matches!(read[..], [Err(Wrong::Invalid(_)), Ok(_), Err(Wrong::Unreadable(_))]), "{read:?}");
    for packing in [Packing::Gzip, Packing::Zstd] {
        let mut unpacker = Unpacker::new(packing);
        assert!(unpacker.push(file, |_| {}).is_err(), "{packing:?} of what is not packed");
        assert!(Unpacker::new(packing).end(|_| {}).is_ok(), "nothing is wrong with nothing");
    }
}
