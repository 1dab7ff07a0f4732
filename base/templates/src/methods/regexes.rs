//! Regular expressions of Java, for `regex`, which takes linear time whatever the pattern is.
//!
//! What that has none of (looking around, references back, possessive repetition) throws. Classes such as `\w` are those of
//! ASCII, as Java's are.

use std::fmt::Write;
use std::iter::Peekable;
use std::str::Chars;

use regex::{Captures, Regex, RegexBuilder};

use crate::error::Thrown;
use crate::value::{Heap, Value};

/// How large a compiled pattern may be.
const PROGRAM_BYTES_MAX: usize = 1 << 18;
const PATTERN_BYTES_MAX: usize = 10_000;
/// What a search costs, however short.
const SEARCH_STEPS: usize = 20;
/// How many patterns are kept.
const KEPT_MAX: usize = 32;

pub(super) fn matches(text: &str, pattern: &str, heap: &mut Heap) -> Result<bool, Thrown> {
    Ok(compiled(text, &format!("^(?:{pattern})$"), heap)?.is_match(text))
}

/// Replaces the first matches, up to `count`.
pub(super) fn replace(
    text: &str,
    pattern: &str,
    by: &str,
    count: usize,
    heap: &mut Heap,
) -> Result<Value, Thrown> {
    let regex = compiled(text, pattern, heap)?;
    let parts = replacement(by, regex.captures_len())?;
    let mut result = String::new();
    let mut behind = 0;
    for found in regex.captures_iter(text).take(count) {
        let Some(whole) = found.get(0) else { continue };
        result.push_str(&text[behind..whole.start()]);
        heap.spend(parts.iter().map(|part| part.text(&found).len()).sum())?;
        for part in &parts {
            result.push_str(part.text(&found));
        }
        behind = whole.end();
    }
    result.push_str(&text[behind..]);
    heap.text(result)
}

/// Splits as Java does: with no limit, without empty texts at the end; a match of nothing at the start splits nothing.
pub(super) fn split(text: &str, pattern: &str, limit: i64, heap: &mut Heap) -> Result<Value, Thrown> {
    let regex = compiled(text, pattern, heap)?;
    let count_max = usize::try_from(limit).ok().filter(|limit| *limit > 0).unwrap_or(usize::MAX);
    let mut parts = Vec::new();
    let mut behind = 0;
    for found in regex.find_iter(text) {
        if parts.len() + 1 >= count_max {
            break;
        }
        if found.end() == 0 || (found.is_empty() && found.start() == text.len()) {
            continue;
        }
        parts.push(heap.text(&text[behind..found.start()])?);
        behind = found.end();
    }
    parts.push(heap.text(&text[behind..])?);
    if limit == 0 && parts.len() > 1 {
        let is_empty = |part: &Value| matches!(part, Value::Text(text) if text.is_empty());
        let kept = parts.iter().rposition(|part| !is_empty(part)).map_or(0, |last| last + 1);
        parts.truncate(kept);
    }
    heap.list(parts)
}

/// A pattern that is ready. To search a text may take as much as the pattern is long for each of its characters.
fn compiled(text: &str, pattern: &str, heap: &mut Heap) -> Result<Regex, Thrown> {
    if pattern.len() > PATTERN_BYTES_MAX {
        return Err(Thrown::new(format!("a pattern has more than {PATTERN_BYTES_MAX} bytes")));
    }
    heap.work((text.len() / 64).saturating_mul(pattern.len()).saturating_add(SEARCH_STEPS))?;
    if let Some(regex) = heap.regexes.get(pattern) {
        return Ok(regex.clone());
    }
    heap.work(100 + 10 * pattern.len())?;
    let built = RegexBuilder::new(&translated(pattern)).size_limit(PROGRAM_BYTES_MAX).build();
    let regex = built.map_err(|_| Thrown::new(format!("a pattern is not understood: {}", start(pattern))))?;
    if heap.regexes.len() < KEPT_MAX {
        heap.regexes.insert(pattern.to_owned(), regex.clone());
    }
    Ok(regex)
}

fn start(pattern: &str) -> String {
    pattern.chars().take(80).collect()
}

/// Java's pattern in the words of `regex`.
fn translated(pattern: &str) -> String {
    let mut result = String::with_capacity(pattern.len());
    let mut rest = pattern;
    while let Some(place) = rest.find('\\') {
        result.push_str(&rest[..place]);
        rest = &rest[place + 1..];
        if let Some(quoted) = rest.strip_prefix('Q') {
            let (literal, behind) = quoted.split_once("\\E").unwrap_or((quoted, ""));
            result.push_str(&regex::escape(literal));
            rest = behind;
            continue;
        }
        let Some(letter) = rest.chars().next() else {
            result.push('\\');
            break;
        };
        rest = &rest[letter.len_utf8()..];
        push_escaped(letter, &mut result);
    }
    result.push_str(rest);
    result
}

fn push_escaped(letter: char, result: &mut String) {
    match letter {
        'd' => result.push_str("[0-9]"),
        'D' => result.push_str("[^0-9]"),
        'w' => result.push_str("[0-9A-Za-z_]"),
        'W' => result.push_str("[^0-9A-Za-z_]"),
        's' => result.push_str(r"[\t\n\x0B\f\r ]"),
        'S' => result.push_str(r"[^\t\n\x0B\f\r ]"),
        'h' => result.push_str(r"[\t ]"),
        'Z' => result.push_str(r"\z"),
        // Writing to a text never fails.
        _ if letter.is_ascii_alphanumeric() => _ = write!(result, "\\{letter}"),
        _ if letter.is_ascii_punctuation() => _ = write!(result, r"\x{{{:x}}}", u32::from(letter)),
        _ => result.push(letter),
    }
}

/// A part of a replacement.
enum Part {
    Text(String),
    Group(usize),
    Named(String),
}

impl Part {
    fn text<'a>(&'a self, found: &'a Captures<'_>) -> &'a str {
        match self {
            Part::Text(text) => text,
            Part::Group(group) => found.get(*group).map_or("", |group| group.as_str()),
            Part::Named(name) => found.name(name).map_or("", |group| group.as_str()),
        }
    }
}

/// Java's replacement: `$1`, `${name}`, and backslashes before what is meant as it is.
fn replacement(by: &str, groups: usize) -> Result<Vec<Part>, Thrown> {
    let mut parts = Vec::new();
    let mut plain = String::new();
    let mut letters = by.chars().peekable();
    while let Some(letter) = letters.next() {
        match letter {
            '\\' => {
                let next = letters.next();
                plain.push(next.ok_or_else(|| Thrown::new("a replacement ends with a backslash"))?);
            }
            '$' => {
                parts.push(Part::Text(std::mem::take(&mut plain)));
                parts.push(group(&mut letters, groups)?);
            }
            _ => plain.push(letter),
        }
    }
    parts.push(Part::Text(plain));
    Ok(parts)
}

/// What a `$` names: as many digits as make a group that there is, or a name.
fn group(letters: &mut Peekable<Chars<'_>>, groups: usize) -> Result<Part, Thrown> {
    if letters.next_if_eq(&'{').is_some() {
        return Ok(Part::Named(letters.by_ref().take_while(|letter| *letter != '}').collect()));
    }
    let digit = |letter: &char| letter.to_digit(10).and_then(|digit| usize::try_from(digit).ok());
    let first = letters.next().as_ref().and_then(digit);
    let mut group = first.ok_or_else(|| Thrown::new("a replacement has a $ that names no group"))?;
    while let Some(next) = letters.peek().and_then(digit).filter(|next| group * 10 + next < groups) {
        group = group * 10 + next;
        letters.next();
    }
    if group >= groups {
        return Err(Thrown::new(format!("a replacement names group {group}, which is not there")));
    }
    Ok(Part::Group(group))
}
