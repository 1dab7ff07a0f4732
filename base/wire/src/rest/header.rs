//! Lists in headers: values with commas between them, quoted where a value has a comma or a quote of its own.

/// The values of a list of texts. Those that are quoted lose their quotes.
pub(super) fn split(text: &str) -> Vec<String> {
    let mut values = Vec::new();
    let mut rest = text.trim_start();
    while !rest.is_empty() {
        let (value, after) = match rest.strip_prefix('"').and_then(unquote) {
            Some((value, after)) => (value, after.split_once(',').map_or("", |(_, after)| after)),
            None => {
                let (value, after) = rest.split_once(',').unwrap_or((rest, ""));
                (value.trim().to_owned(), after)
            }
        };
        values.push(value);
        rest = after.trim_start();
    }
    values
}

/// The values of a list of moments such as `Tue, 09 Jan 2018 20:51:21 GMT`, which have one comma each.
pub(super) fn split_dates(text: &str) -> Vec<String> {
    let pieces: Vec<&str> = text.split(',').map(str::trim).collect();
    pieces.chunks(2).map(|date| date.join(", ")).collect()
}

/// A value of a list of texts, quoted where it must be.
pub(super) fn quoted(value: &str) -> String {
    if !value.contains([',', '"']) {
        return value.to_owned();
    }
    format!("\"{}\"", value.replace('\\', "\\\\").replace('"', "\\\""))
}

/// What stands before the closing quote, and what follows it; none when it never closes.
fn unquote(text: &str) -> Option<(String, &str)> {
    let mut value = String::new();
    let mut letters = text.char_indices();
    while let Some((at, letter)) = letters.next() {
        match letter {
            '"' => return Some((value, &text[at + 1..])),
            '\\' => value.push(letters.next()?.1),
            _ => value.push(letter),
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::{quoted, split, split_dates};

    #[test]
    fn commas_divide_unless_they_are_quoted() {
        assert_eq!(split("a, b,c"), ["a", "b", "c"]);
        assert_eq!(split(r#""a,b", "c\"\\" ,d"#), ["a,b", "c\"\\", "d"]);
        assert_eq!(split("\"never closed, b"), ["\"never closed", "b"]);
        assert_eq!(split(""), [""; 0]);
        let dates = "Tue, 09 Jan 2018 20:51:21 GMT, Wed, 10 Jan 2018 20:51:21 GMT";
        assert_eq!(split_dates(dates), ["Tue, 09 Jan 2018 20:51:21 GMT", "Wed, 10 Jan 2018 20:51:21 GMT"]);
    }

    proptest! {
        #[test]
        fn a_list_comes_back(values in proptest::collection::vec("[a-z,\"\\\\]{1,6}", 1..5)) {
            // A lone backslash means something in quotes alone.
            let written: Vec<String> = values.iter().map(|value| quoted(value)).collect();
            prop_assert_eq!(split(&written.join(", ")), values);
        }
    }
}
