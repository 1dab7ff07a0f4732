//! Rows of Parquet as items: each an object with a member for each column.

use std::ops::ControlFlow;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use parquet::data_type::Decimal;
use parquet::file::reader::{ChunkReader, FileReader as _, SerializedFileReader};
use parquet::record::{Field, Row};
use serde_json::{Map, Number, Value};
use wire::{Timestamp, TimestampFormat};

use super::{ITEM_BYTES_MAX, Taker, too_large};

const DAY_MS: i64 = 86_400_000;

/// Reads the rows of a file, a page of each column at a time.
///
/// # Errors
/// When it is no such file.
pub(in super::super) fn read<C: ChunkReader + 'static>(chunks: C, take: Taker<'_>) -> Result<(), String> {
    let unreadable = |error| format!("The object is no readable Parquet: {error}");
    let file = SerializedFileReader::new(chunks).map_err(unreadable)?;
    for row in file.get_row_iter(None).map_err(unreadable)? {
        let item = object(row.map_err(unreadable)?);
        if item.to_string().len() > ITEM_BYTES_MAX {
            return Err(too_large());
        }
        if let ControlFlow::Break(()) = take(item.into()) {
            break;
        }
    }
    Ok(())
}

fn object(row: Row) -> Value {
    row.into_columns().into_iter().map(|(name, field)| (name, value(field))).collect::<Map<_, _>>().into()
}

/// A field as JSON. Moments and dates are as ISO 8601 has them, decimals are texts, and bytes are so as base64.
fn value(field: Field) -> Value {
    match field {
        Field::Null => Value::Null,
        Field::Bool(is) => is.into(),
        Field::Byte(number) => number.into(),
        Field::Short(number) => number.into(),
        Field::Int(number) => number.into(),
        Field::Long(number) => number.into(),
        Field::UByte(number) => number.into(),
        Field::UShort(number) => number.into(),
        Field::UInt(number) => number.into(),
        Field::ULong(number) => number.into(),
        Field::Float16(number) => real(f64::from(number.to_f32())),
        Field::Float(number) => shortest(number),
        Field::Double(number) => real(number),
        Field::Decimal(decimal) => plain(&decimal).into(),
        Field::Str(text) => text.into(),
        Field::Bytes(bytes) => STANDARD.encode(bytes.data()).into(),
        Field::Date(days) => date(i64::from(days) * DAY_MS).into(),
        Field::TimeMillis(ms) => time(i64::from(ms) * 1000).into(),
        Field::TimeMicros(us) => time(us).into(),
        Field::TimestampMillis(ms) => moment(ms).into(),
        Field::TimestampMicros(us) => moment(us.div_euclid(1000)).into(),
        Field::Group(row) => object(row),
        Field::ListInternal(list) => list.elements().iter().cloned().map(value).collect(),
        Field::MapInternal(map) => {
            let member = |(name, field): &(Field, Field)| (member_name(name), value(field.clone()));
            map.entries().iter().map(member).collect::<Map<_, _>>().into()
        }
    }
}

fn member_name(name: &Field) -> String {
    match value(name.clone()) {
        Value::String(text) => text,
        other => other.to_string(),
    }
}

/// What is no number is none in JSON.
fn real(number: f64) -> Value {
    Number::from_f64(number).map_or(Value::Null, Value::Number)
}

/// A number of single precision, with no more digits than it has.
fn shortest(number: f32) -> Value {
    number.to_string().parse().map_or(Value::Null, real)
}

fn moment(ms: i64) -> String {
    Timestamp(ms).format(TimestampFormat::DateTime)
}

fn date(ms: i64) -> String {
    moment(ms).split('T').next().unwrap_or_default().to_owned()
}

fn time(us: i64) -> String {
    let (seconds, us) = (us.div_euclid(1_000_000), us.rem_euclid(1_000_000));
    format!("{:02}:{:02}:{:02}.{us:06}", seconds / 3600, seconds / 60 % 60, seconds % 60)
}

/// A decimal in plain digits. Its bytes are a number in two's complement, the largest first.
fn plain(decimal: &Decimal) -> String {
    let bytes = decimal.data();
    if bytes.len() > 16 {
        return STANDARD.encode(bytes);
    }
    let filling = if bytes.first().is_some_and(|first| first & 0x80 != 0) { 0xff } else { 0 };
    let mut whole = [filling; 16];
    whole[16 - bytes.len()..].copy_from_slice(bytes);
    let number = i128::from_be_bytes(whole);
    let scale = usize::try_from(decimal.scale()).unwrap_or_default();
    if scale == 0 {
        return number.to_string();
    }
    let sign = if number < 0 { "-" } else { "" };
    let digits = format!("{:0>width$}", number.unsigned_abs().to_string(), width = scale + 1);
    let (whole, part) = digits.split_at(digits.len() - scale);
    format!("{sign}{whole}.{part}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_are_json() {
        let decimal =
            |bytes: &[u8], scale| Field::Decimal(Decimal::from_bytes(bytes.to_vec().into(), 9, scale));
        for (field, expected) in [
            (Field::Float(0.1), "0.1"),
            (Field::Double(f64::NAN), "null"),
            (decimal(&[0x01, 0x00], 2), "\"2.56\""),
            (decimal(&[0xff], 2), "\"-0.01\""),
            (decimal(&[0x7f], 0), "\"127\""),
            (Field::Date(-1), "\"1969-12-31\""),
            (Field::TimestampMicros(1_500_000), "\"1970-01-01T00:00:01.500Z\""),
            (Field::TimeMillis(3_661_001), "\"01:01:01.001000\""),
            (Field::Bytes(vec![0, 255].into()), "\"AP8=\""),
        ] {
            assert_eq!(value(field).to_string(), expected);
        }
    }

    #[test]
    fn what_is_no_file_is_told() {
        let wrong = read(bytes::Bytes::from_static(b"PAR1"), &mut |_| ControlFlow::Continue(()));
        assert!(wrong.unwrap_err().contains("Parquet"));
    }
}
