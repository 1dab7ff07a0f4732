//! Floating-point numbers as texts: where they are no JSON numbers, NaN and the infinities have names.

/// The text of a number whose digits are `digits`.
pub(crate) fn text(value: f64, digits: impl FnOnce() -> String) -> String {
    match value {
        value if value.is_nan() => "NaN".to_owned(),
        f64::INFINITY => "Infinity".to_owned(),
        f64::NEG_INFINITY => "-Infinity".to_owned(),
        _ => digits(),
    }
}
