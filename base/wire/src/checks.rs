//! Constraints of the model, checked while an input is read, and worded as AWS words them.
//!
//! All violations of one input go into one message; the path of a value is only spelt out when it violates something.

use std::fmt::Write as _;

use crate::{Kind, Malformed, Member, Shape};

/// How deep an input may nest; beyond it no reader follows.
const DEPTH_MAX: usize = 128;
/// How many violations one message lists.
const VIOLATIONS_MAX: usize = 10;

/// One value that does not satisfy the model.
#[derive(Clone, Debug)]
pub struct Violation {
    /// The member of the input that it stands in, if in any.
    pub member: Option<&'static Member>,
    /// `'text'` or `null`.
    pub value: String,
    /// `messageAttributes.name.member.dataType`.
    pub path: String,
    /// `Member must not be null`.
    pub constraint: String,
}

/// What an input violates so far, and where in it the reader stands.
#[derive(Debug, Default)]
pub struct Checks {
    path: Vec<Segment>,
    /// The keys of maps on the path, one behind the other: most never show, so none has a text of its own.
    keys: String,
    depth: usize,
    violations: Vec<Violation>,
}

#[derive(Debug)]
enum Segment {
    Member(&'static Member),
    Index(usize),
    /// The key of a map: how long it is.
    Key(usize),
}

impl Checks {
    /// What was found.
    #[must_use]
    pub fn violations(&self) -> &[Violation] {
        &self.violations
    }

    /// The text of all violations together, or none when there are none.
    #[must_use]
    pub fn message(&self) -> Option<String> {
        let count = self.violations.len();
        if count == 0 {
            return None;
        }
        let mut text = format!("{count} validation error{} detected: ", if count == 1 { "" } else { "s" });
        for (index, violation) in self.violations.iter().enumerate() {
            let separator = if index == 0 { "" } else { "; " };
            let Violation { value, path, constraint, .. } = violation;
            let _ = write!(
                text,
                "{separator}Value {value} at '{path}' failed to satisfy constraint: {constraint}"
            );
        }
        Some(text)
    }

    pub(crate) fn enter_structure(&mut self) -> Result<(), Malformed> {
        self.depth += 1;
        if self.depth > DEPTH_MAX { Err(Malformed("The input is nested too deeply".into())) } else { Ok(()) }
    }

    pub(crate) fn leave_structure(&mut self) {
        self.depth -= 1;
    }

    pub(crate) fn enter_member(&mut self, member: &'static Member) {
        self.path.push(Segment::Member(member));
    }

    pub(crate) fn enter_index(&mut self, index: usize) {
        self.path.push(Segment::Index(index));
    }

    pub(crate) fn enter_key(&mut self, key: &str) {
        self.keys.push_str(key);
        self.path.push(Segment::Key(key.len()));
    }

    pub(crate) fn leave_member(&mut self) {
        if let Some(Segment::Key(length)) = self.path.pop() {
            self.keys.truncate(self.keys.len() - length);
        }
    }

    pub(crate) fn missing(&mut self, member: &'static Member) {
        if member.unchecked {
            return;
        }
        self.enter_member(member);
        self.note("null".into(), "Member must not be null".into());
        self.leave_member();
    }

    pub(crate) fn number(&mut self, shape: &'static Shape, value: f64) {
        let constraints = &shape.constraints;
        if constraints.max.is_some_and(|max| value > max) {
            let bound = constraints.max.unwrap_or_default();
            self.fail(
                shape,
                &value.to_string(),
                format!("Member must have value less than or equal to {bound}"),
            );
        }
        if constraints.min.is_some_and(|min| value < min) {
            let bound = constraints.min.unwrap_or_default();
            self.fail(
                shape,
                &value.to_string(),
                format!("Member must have value greater than or equal to {bound}"),
            );
        }
    }

    pub(crate) fn string(&mut self, shape: &'static Shape, value: &str) {
        for constraint in string_violations(shape, value) {
            self.fail(shape, value, constraint);
        }
    }

    pub(crate) fn map_key(&mut self, shape: &'static Shape, key: &str) {
        let violations = string_violations(shape, key);
        if !violations.is_empty() {
            let constraint = format!("Map keys must satisfy constraint: [{}]", violations.join(", "));
            self.fail(shape, key, constraint);
        }
    }

    pub(crate) fn blob(&mut self, shape: &'static Shape, len: usize) {
        for constraint in length_violations(shape, len) {
            self.fail(shape, &format!("java.nio.HeapByteBuffer[pos=0 lim={len} cap={len}]"), constraint);
        }
    }

    pub(crate) fn collection(&mut self, shape: &'static Shape, len: usize) {
        for constraint in length_violations(shape, len) {
            let value = match shape.kind {
                Kind::Map { .. } if len == 0 => "{}",
                Kind::Map { .. } => "{...}",
                _ if len == 0 => "[]",
                _ => "[...]",
            };
            self.fail(shape, value, constraint);
        }
    }

    /// `queueName`, `entries.1.member.id`, `attributes.Key.member`.
    fn spell(&self) -> String {
        let (mut text, mut keys) = (String::new(), self.keys.as_str());
        for segment in &self.path {
            if !text.is_empty() {
                text.push('.');
            }
            match segment {
                Segment::Member(member) => push_lower_first(&mut text, member.name),
                Segment::Index(index) => {
                    let _ = write!(text, "{}.member", index + 1);
                }
                Segment::Key(length) => {
                    let (key, rest) = keys.split_at(*length);
                    keys = rest;
                    let _ = write!(text, "{key}.member");
                }
            }
        }
        text
    }

    fn fail(&mut self, shape: &'static Shape, value: &str, constraint: String) {
        let shown = if shape.sensitive { "'***'".to_owned() } else { format!("'{value}'") };
        self.note(shown, constraint);
    }

    fn note(&mut self, value: String, constraint: String) {
        if self.path.iter().any(|segment| matches!(segment, Segment::Member(member) if member.unchecked)) {
            return;
        }
        if self.violations.len() < VIOLATIONS_MAX {
            let member = self.path.first().and_then(|segment| match segment {
                Segment::Member(member) => Some(*member),
                Segment::Index(_) | Segment::Key(_) => None,
            });
            self.violations.push(Violation { member, value, path: self.spell(), constraint });
        }
    }
}

fn push_lower_first(text: &mut String, name: &str) {
    let mut letters = name.chars();
    if let Some(first) = letters.next() {
        text.extend(first.to_lowercase());
        text.push_str(letters.as_str());
    }
}

fn string_violations(shape: &'static Shape, value: &str) -> Vec<String> {
    let constraints = &shape.constraints;
    let mut violations = Vec::new();
    if !constraints.values.is_empty() && !constraints.values.contains(&value) {
        violations.push(format!("Member must satisfy enum value set: [{}]", constraints.values.join(", ")));
    }
    if constraints.min.is_some() || constraints.max.is_some() {
        violations.extend(length_violations(shape, value.chars().count()));
    }
    if let Some(pattern) = constraints.pattern
        && !pattern.matches(value)
    {
        violations.push(format!("Member must satisfy regular expression pattern: {}", pattern.text));
    }
    violations
}

fn length_violations(shape: &'static Shape, len: usize) -> Vec<String> {
    let constraints = &shape.constraints;
    let len = len as f64;
    let mut violations = Vec::new();
    if let Some(max) = constraints.max
        && len > max
    {
        violations.push(format!("Member must have length less than or equal to {max}"));
    }
    if let Some(min) = constraints.min
        && len < min
    {
        violations.push(format!("Member must have length greater than or equal to {min}"));
    }
    violations
}
