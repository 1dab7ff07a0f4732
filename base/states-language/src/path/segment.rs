//! The segments of a path, as they are written: names behind a dot, and what stands in brackets.
//!
//! Never looks into a filter: that is left to the library that evaluates it.

use super::Step;

/// One segment of a path.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Segment {
    Name(String),
    Index(i64),
    /// `..`, before another one.
    Deep,
    Wild,
    /// What stands in brackets, otherwise.
    Search(String),
    /// `.name()`
    Function(String),
}

impl Segment {
    /// Itself as a step to one place.
    pub(super) fn step(&self) -> Option<Step> {
        match self {
            Segment::Name(name) => Some(Step::Name(name.clone())),
            Segment::Index(index) => Some(Step::Index(*index)),
            _ => None,
        }
    }

    /// In how many ways it can come to one place, at most.
    pub(super) fn ways(&self) -> usize {
        match self {
            Segment::Deep => 100,
            Segment::Search(inside) => {
                let deep = u32::try_from(inside.matches("..").count()).unwrap_or(u32::MAX);
                (inside.matches(',').count() + 1).saturating_mul(100_usize.saturating_pow(deep))
            }
            _ => 1,
        }
    }

    /// Writes itself as RFC 9535 has it.
    pub(super) fn write(&self, text: &mut String) -> Result<(), String> {
        match self {
            Segment::Name(name) => text.push_str(&format!("[{}]", serde_json::Value::from(name.as_str()))),
            Segment::Index(index) => text.push_str(&format!("[{index}]")),
            Segment::Deep => text.push_str(".."),
            Segment::Wild => text.push_str("[*]"),
            Segment::Search(inside) => text.push_str(&format!("[{inside}]")),
            Segment::Function(_) => return Err("A function must be the end of a path.".into()),
        }
        Ok(())
    }
}

/// Reads all segments.
pub(super) fn read(mut rest: &str) -> Result<Vec<Segment>, String> {
    let mut segments = Vec::new();
    while !rest.is_empty() {
        if let Some(behind) = rest.strip_prefix("..") {
            segments.push(Segment::Deep);
            rest = if behind.starts_with('[') { behind } else { named(behind, &mut segments)? };
        } else if let Some(behind) = rest.strip_prefix('.') {
            rest = named(behind, &mut segments)?;
        } else if let Some(behind) = rest.strip_prefix('[') {
            let end = end_of(behind, &['['], &[']'], &[']']).ok_or("A bracket is not closed.")?;
            segments.push(bracket(behind[..end].trim()));
            rest = &behind[end + 1..];
        } else {
            return Err(format!("Unexpected characters '{rest}'."));
        }
    }
    Ok(segments)
}

/// Reads a name, a star or a function behind a dot.
fn named<'a>(rest: &'a str, segments: &mut Vec<Segment>) -> Result<&'a str, String> {
    let end = rest.find(['.', '[']).unwrap_or(rest.len());
    let (name, rest) = rest.split_at(end);
    segments.push(match name {
        "" => return Err("A name is missing behind a dot.".into()),
        "*" => Segment::Wild,
        name => match name.strip_suffix("()") {
            Some(name) => Segment::Function(name.to_owned()),
            None => Segment::Name(name.to_owned()),
        },
    });
    Ok(rest)
}

fn bracket(inside: &str) -> Segment {
    if inside == "*" {
        return Segment::Wild;
    }
    if let Ok(index) = inside.parse() {
        return Segment::Index(index);
    }
    match quoted(inside) {
        Some(name) => Segment::Name(name),
        None => Segment::Search(inside.to_owned()),
    }
}

/// The text between quotes, if there is nothing else. It has JSON's escapes; any other letter may be escaped as well.
fn quoted(inside: &str) -> Option<String> {
    let quote = inside.chars().next().filter(|quote| ['\'', '"'].contains(quote))?;
    let body = inside[1..].strip_suffix(quote)?;
    let mut json = String::from('"');
    let mut letters = body.chars();
    while let Some(letter) = letters.next() {
        match letter {
            '\\' => match letters.next()? {
                escaped @ ('b' | 'f' | 'n' | 'r' | 't' | 'u' | '/' | '"' | '\\') => {
                    json.extend(['\\', escaped]);
                }
                letter => json.push(letter),
            },
            letter if letter == quote => return None,
            '"' => json.push_str("\\\""),
            letter => json.push(letter),
        }
    }
    json.push('"');
    serde_json::from_str(&json).ok()
}

/// Where one of `ends` stands that is not in a quoted text, nor between one of `opens` and one of `closes`.
pub(crate) fn end_of(text: &str, opens: &[char], closes: &[char], ends: &[char]) -> Option<usize> {
    let (mut depth, mut quote, mut is_escaped) = (0_usize, None, false);
    for (place, letter) in text.char_indices() {
        match (quote, letter) {
            _ if is_escaped => is_escaped = false,
            (Some(_), '\\') => is_escaped = true,
            (Some(open), letter) if open == letter => quote = None,
            (Some(_), _) => {}
            (None, '\'' | '"') => quote = Some(letter),
            (None, letter) if depth == 0 && ends.contains(&letter) => return Some(place),
            (None, letter) if opens.contains(&letter) => depth += 1,
            (None, letter) if closes.contains(&letter) => depth = depth.saturating_sub(1),
            _ => {}
        }
    }
    None
}
