//! Reading calls of intrinsic functions.
//!
//! Never evaluates one. Calls nest ten deep, as AWS lets them.

use serde_json::Value;

use super::{Argument, Call, function};
use crate::path::Path;
use crate::path::segment::end_of;

const DEPTH_MAX: usize = 10;

/// Reads a text that is one call.
pub(super) fn call(text: &str) -> Result<Call, String> {
    let mut reader = Reader { rest: text };
    let call = reader.call(0)?;
    reader.skip();
    if reader.rest.is_empty() { Ok(call) } else { Err(format!("Unexpected '{}'", reader.rest)) }
}

struct Reader<'a> {
    rest: &'a str,
}

impl Reader<'_> {
    fn skip(&mut self) {
        self.rest = self.rest.trim_start();
    }

    fn eat(&mut self, letter: char) -> bool {
        self.skip();
        let rest = self.rest.strip_prefix(letter);
        self.rest = rest.unwrap_or(self.rest);
        rest.is_some()
    }

    fn call(&mut self, depth: usize) -> Result<Call, String> {
        if depth == DEPTH_MAX {
            return Err(format!("Functions are nested more than {DEPTH_MAX} deep"));
        }
        self.skip();
        let end = self.rest.find('(').ok_or("A '(' is missing")?;
        let (name, behind) = self.rest.split_at(end);
        let (function, least, most) =
            function(name.trim_end()).ok_or_else(|| format!("There is no function '{name}'"))?;
        self.rest = &behind[1..];
        let arguments = self.arguments(depth)?;
        if !(least..=most).contains(&arguments.len()) {
            return Err(format!("Invalid number of arguments for '{name}'"));
        }
        Ok(Call { function, arguments })
    }

    fn arguments(&mut self, depth: usize) -> Result<Vec<Argument>, String> {
        let mut arguments = Vec::new();
        if self.eat(')') {
            return Ok(arguments);
        }
        loop {
            self.skip();
            arguments.push(self.argument(depth)?);
            if self.eat(')') {
                return Ok(arguments);
            }
            if !self.eat(',') {
                return Err("A ',' or ')' is missing".into());
            }
        }
    }

    fn argument(&mut self, depth: usize) -> Result<Argument, String> {
        match self.rest.chars().next() {
            Some('\'') => self.text(),
            Some('$') => self.path(),
            Some('S') => self.call(depth + 1).map(Argument::Call),
            _ => self.constant(),
        }
    }

    /// A text between single quotes. A backslash takes what follows it for itself.
    fn text(&mut self) -> Result<Argument, String> {
        let (mut text, mut written) = (String::new(), String::new());
        let mut letters = self.rest.char_indices().skip(1);
        while let Some((place, letter)) = letters.next() {
            match letter {
                '\'' => {
                    self.rest = &self.rest[place + 1..];
                    return Ok(Argument::Text(text, written));
                }
                '\\' => {
                    let (_, taken) = letters.next().ok_or("A text is not closed")?;
                    if taken != '\'' {
                        written.push('\\');
                    }
                    text.push(taken);
                    written.push(taken);
                }
                letter => {
                    text.push(letter);
                    written.push(letter);
                }
            }
        }
        Err("A text is not closed".into())
    }

    fn path(&mut self) -> Result<Argument, String> {
        let (path, rest) = self.rest.split_at(path_end(self.rest));
        self.rest = rest;
        Path::parse(path.trim_end()).map(Argument::Path)
    }

    fn constant(&mut self) -> Result<Argument, String> {
        let end = self.rest.find([',', ')']).unwrap_or(self.rest.len());
        let (word, rest) = self.rest.split_at(end);
        let value: Value =
            serde_json::from_str(word.trim_end()).map_err(|_| format!("'{word}' is no argument"))?;
        self.rest = rest;
        match value {
            Value::Array(_) | Value::Object(_) | Value::String(_) => Err(format!("'{word}' is no argument")),
            value => Ok(Argument::Constant(value)),
        }
    }
}

/// Where a path ends: at a comma or a bracket that it has not opened itself.
fn path_end(text: &str) -> usize {
    end_of(text, &['[', '('], &[']', ')'], &[',', ')']).unwrap_or(text.len())
}
