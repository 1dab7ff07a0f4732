//! How deep a text of Ion nests, before anybody reads it: ion-rs reads by recursion, and whoever writes a file could end the
//! process with a line of brackets.
//!
//! Brackets are all that is looked at, and where they are none: in texts, symbols and comments.

/// How many containers stand in one another at most. What is no Ion has some depth too.
pub(super) fn depth(text: &[u8]) -> usize {
    let (mut open, mut deepest) = (0_usize, 0);
    let mut rest = text;
    while let Some((first, behind)) = rest.split_first() {
        rest = match (first, behind) {
            (b'"', _) => behind_text(behind, b"\""),
            (b'\'', [b'\'', b'\'', long @ ..]) => behind_text(long, b"'''"),
            (b'\'', _) => behind_text(behind, b"'"),
            (b'/', [b'/', comment @ ..]) => behind_first(comment, b"\n"),
            (b'/', [b'*', comment @ ..]) => behind_first(comment, b"*/"),
            _ => behind,
        };
        match first {
            b'[' | b'{' | b'(' => open += 1,
            b']' | b'}' | b')' => open = open.saturating_sub(1),
            _ => {}
        }
        deepest = deepest.max(open);
    }
    deepest
}

/// What stands behind the first such end.
fn behind_first<'a>(text: &'a [u8], end: &[u8]) -> &'a [u8] {
    let place = text.windows(end.len()).position(|bytes| bytes == end);
    place.map_or(&[], |place| &text[place + end.len()..])
}

/// The same where a backslash takes the next character for itself.
fn behind_text<'a>(text: &'a [u8], end: &[u8]) -> &'a [u8] {
    let mut rest = text;
    loop {
        if let Some(behind) = rest.strip_prefix(end) {
            return behind;
        }
        rest = match rest {
            [b'\\', _, behind @ ..] | [_, behind @ ..] => behind,
            [] => return &[],
        };
    }
}

#[cfg(test)]
mod tests {
    use super::depth;

    #[test]
    fn brackets_count_where_they_are_some() {
        for (text, expected) in [
            ("", 0),
            ("{Item:{a:[1,2],b:(x)}}", 3),
            ("[][][]", 1),
            ("]]][[", 2),
            (r#"{a:"[[[\"[[["}"#, 1),
            (r#"{'[[[':1,"":2}"#, 1),
            ("{a:'''it's [[[ ''',b:[1]}", 2),
            ("{a:'''[[''' '''[['''}", 1),
            ("// [[[\\\n[1]", 1),
            ("/* [[[ */[[1]]", 2),
            ("{{aGk=}}", 2),
            ("\"[[[", 0),
            (r#""a\"#, 0),
        ] {
            assert_eq!(depth(text.as_bytes()), expected, "{text}");
        }
    }
}
