//! Numbers against DynamoDB's limits and texts, and their laws.

use proptest::prelude::*;

use super::*;

fn number(text: &str) -> Number {
    text.parse().unwrap()
}

fn refusal(text: &str) -> String {
    text.parse::<Number>().unwrap_err().to_string()
}

#[test]
fn canonical_text() {
    let nines = "9.9999999999999999999999999999999999999E+125";
    for (text, canonical) in [
        ("0", "0"),
        ("-0", "0"),
        ("0e500", "0"),
        ("0042.1200", "42.12"),
        ("+7", "7"),
        (".5", "0.5"),
        ("5.", "5"),
        ("1.5E2", "150"),
        ("1e-3", "0.001"),
        ("-0.10", "-0.1"),
        ("100.5", "100.5"),
        ("12345678901234567890123456789012345678", "12345678901234567890123456789012345678"),
    ] {
        assert_eq!(number(text).to_string(), canonical, "{text}");
    }
    assert_eq!(number("1E125").to_string(), format!("1{}", "0".repeat(125)));
    assert_eq!(number("1E-130").to_string(), format!("0.{}1", "0".repeat(129)));
    assert_eq!(number(nines).to_string(), format!("{}{}", "9".repeat(38), "0".repeat(88)));
}

#[test]
fn refusals() {
    assert_eq!(refusal(""), "The parameter cannot be converted to a numeric value");
    for text in
        ["a", "1a", "-", ".", "1e", "1e+", "0x1", " 1", "1 ", "1.2.3", "--1", "NaN", "Infinity", "٣", "1_0"]
    {
        assert_eq!(refusal(text), format!("The parameter cannot be converted to a numeric value: {text}"));
    }
    let too_precise = "Attempting to store more than 38 significant digits in a Number";
    assert_eq!(refusal("123456789012345678901234567890123456789"), too_precise);
    assert_eq!(refusal("1.00000000000000000000000000000000000001"), too_precise);
    let overflow = "Number overflow. Attempting to store a number with magnitude larger than supported range";
    assert_eq!(refusal("1E126"), overflow);
    assert_eq!(refusal("-1E999999999"), overflow);
    assert_eq!(refusal(&"9".repeat(127)), overflow);
    let underflow =
        "Number underflow. Attempting to store a number with magnitude smaller than supported range";
    assert_eq!(refusal("1E-131"), underflow);
}

#[test]
fn sizes() {
    for (text, bytes) in [
        ("0", 1),
        ("-0", 1),
        ("1", 2),
        ("12", 2),
        ("123", 3),
        ("12345678901234567890123456789012345678", 20),
        ("100", 2),
        ("1010", 3),
        ("0.0000001", 2),
        ("1E125", 2),
        ("1E-100", 2),
        ("1.5", 3),
        ("1.234", 4),
        ("3.14159", 5),
        ("123456", 4),
        ("100.5", 4),
        ("0.15", 2),
        ("-42", 3),
    ] {
        assert_eq!(number(text).size_bytes(), bytes, "{text}");
    }
}

#[test]
fn arithmetic_at_the_limits() {
    let sum = |left: &str, right: &str| number(left).add(&number(right)).map(|sum| sum.to_string());
    assert_eq!(sum("0.1", "0.2"), Ok("0.3".into()));
    assert_eq!(sum("99999999999999999999999999999999999999", "1"), Ok(format!("1{}", "0".repeat(38))));
    assert_eq!(sum("1E38", "-1"), Ok("9".repeat(38)));
    assert!(sum("1E39", "-1").unwrap_err().message().contains("38 significant digits"));
    assert!(sum("1E125", "1E-130").unwrap_err().message().contains("38 significant digits"));
    assert!(sum("9.9E125", "9.9E125").unwrap_err().message().starts_with("Number overflow"));
    assert_eq!(number("3").subtract(&number("3")), Ok(Number::ZERO));
    assert_eq!(Number::ZERO.subtract(&number("3")), Ok(number("-3")));
    assert_eq!(Number::from(1200), number("1200"));
}

#[test]
fn sort_keys_that_nothing_writes_are_not_numbers() {
    let keys: [&[u8]; 9] = [
        &[],
        &[0],
        &[4],
        &[3],
        &[3, 130],
        &[3, 130, 0],
        &[3, 130, 2, 0],
        &[3, 130, 11, 1, 0],
        &[3, 130, 101, 0],
    ];
    for key in keys {
        assert_eq!(Number::from_sort_key(key), None, "{key:?}");
    }
    assert_eq!(Number::from_sort_key(&[2, 9]), Some((Number::ZERO, &[9][..])));
}

/// Numbers of every length and magnitude.
fn any_number() -> impl Strategy<Value = Number> {
    let digits = (0u32..=38, any::<u128>()).prop_map(|(count, raw)| raw % 10u128.pow(count));
    (any::<bool>(), digits, -130i32..=88).prop_map(|(negative, digits, scale)| {
        Number::canonical(negative, digits, scale).unwrap_or(Number::ZERO)
    })
}

/// Numbers close to each other, so that comparisons and differences are not decided by the first digit alone.
fn near_number() -> impl Strategy<Value = Number> {
    (-2000i32..2000, -3i32..3)
        .prop_map(|(value, scale)| Number::canonical(value < 0, value.unsigned_abs().into(), scale).unwrap())
}

fn one_number() -> impl Strategy<Value = Number> {
    prop_oneof![any_number(), near_number()]
}

proptest! {
    #[test]
    fn text_round_trips(value in one_number()) {
        prop_assert_eq!(value.to_string().parse::<Number>(), Ok(value));
    }

    #[test]
    fn sort_keys_round_trip(value in one_number(), tail in any::<Vec<u8>>()) {
        let mut key = Vec::new();
        value.to_sort_key(&mut key);
        prop_assert!(key.len() <= sort_key::SORT_KEY_BYTES_MAX);
        key.extend(&tail);
        prop_assert_eq!(Number::from_sort_key(&key), Some((value, &tail[..])));
    }

    #[test]
    fn sort_keys_sort_as_numbers_do(left in one_number(), right in one_number()) {
        let key = |value: Number| { let mut key = Vec::new(); value.to_sort_key(&mut key); key };
        prop_assert_eq!(key(left).cmp(&key(right)), left.cmp(&right));
    }

    #[test]
    fn order_follows_the_difference(left in one_number(), right in one_number()) {
        if let Ok(difference) = left.subtract(&right) {
            prop_assert_eq!(difference.cmp(&Number::ZERO), left.cmp(&right));
        }
    }

    #[test]
    fn addition_commutes_and_undoes_itself(left in one_number(), right in one_number()) {
        let sum = left.add(&right);
        prop_assert_eq!(&sum, &right.add(&left));
        if let Ok(sum) = sum {
            prop_assert_eq!(sum.subtract(&right), Ok(left));
        }
    }

    #[test]
    fn any_text_is_read_or_refused(text in "[-+]?[0-9]{0,45}[.]?[0-9]{0,45}([eE][-+]?[0-9]{1,12})?") {
        if let Ok(value) = text.parse::<Number>() {
            prop_assert_eq!(value.to_string().parse::<Number>(), Ok(value));
        }
    }

    #[test]
    fn any_key_is_read_or_refused(key in any::<Vec<u8>>()) {
        if let Some((value, rest)) = Number::from_sort_key(&key) {
            let mut written = Vec::new();
            value.to_sort_key(&mut written);
            prop_assert_eq!(&key[..key.len() - rest.len()], &written[..]);
        }
    }

    #[test]
    fn whole_numbers(whole in any::<u64>()) {
        prop_assert_eq!(Number::from(whole), whole.to_string().parse().unwrap());
    }
}
