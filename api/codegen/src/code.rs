//! Rust text that grows line by line, indented by its blocks.

/// Rust text under construction.
#[derive(Default)]
pub(crate) struct Code {
    text: String,
    depth: usize,
}

impl Code {
    /// One line.
    pub(crate) fn line(&mut self, line: impl AsRef<str>) {
        for _ in 0..self.depth {
            self.text.push_str("    ");
        }
        self.text.push_str(line.as_ref());
        self.text.push('\n');
    }

    /// `head {`, what `body` writes, `}`.
    pub(crate) fn block(&mut self, head: impl AsRef<str>, body: impl FnOnce(&mut Code)) {
        self.enclosed(format!("{} {{", head.as_ref()), "}", body);
    }

    /// `first`, what `body` writes (indented), `last`.
    pub(crate) fn enclosed(&mut self, first: impl AsRef<str>, last: &str, body: impl FnOnce(&mut Code)) {
        self.line(first);
        self.depth += 1;
        body(self);
        self.depth -= 1;
        self.line(last);
    }

    /// All of it.
    pub(crate) fn text(self) -> String {
        self.text
    }
}

/// An optional text as a Rust expression.
pub(crate) fn optional(text: Option<&str>) -> String {
    text.map_or_else(|| "None".to_owned(), |text| format!("Some({text:?})"))
}
