//! Reads the text of a template: text, comments and escapes. What follows a `$` or a `#` has its own files.
//!
//! Knows how deep a template is nested, and never goes deeper: all who walk what it read stay within their stacks.
//!
//! Blanks are those of Velocity 1.7, whose guide AWS names as the language of its templates: the end of a line right behind a
//! directive is left out, and what indents a `#set` when only a directive or nothing stands before it.

mod cursor;
mod directive;
mod expression;
mod literal;
mod reference;

use std::sync::Arc;

use crate::ast::{Block, Macro, Node};
use crate::error::{At, Error};
use crate::looks::Looks;

/// How deep blocks, expressions and texts in quotes may be nested.
pub(crate) const NESTING_MAX: usize = 48;

/// What a text says, with the macros that it defines and what it may look at.
pub(crate) fn template(text: &str) -> Result<(Block, Vec<Macro>, Looks), Error> {
    let mut parser = Parser::new(text, At::START, 0);
    let block = parser.whole()?;
    Ok((block, parser.macros, parser.looks))
}

/// A place in a text that is being read.
struct Parser<'a> {
    text: &'a str,
    at: usize,
    /// A place whose line is known: at most here, unless something was tried in vain.
    known: (usize, At),
    origin: At,
    nesting: usize,
    macros: Vec<Macro>,
    looks: Looks,
}

/// What a block ends with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum End {
    Text,
    Else,
    Elseif,
    Closed,
}

/// What a block is made of so far. Text is kept apart, because a `#set` may take its indentation away.
#[derive(Default)]
struct Draft {
    nodes: Vec<Node>,
    text: String,
}

impl Draft {
    fn push(&mut self, node: Node) {
        self.flush();
        self.nodes.push(node);
    }

    fn flush(&mut self) {
        if !self.text.is_empty() {
            self.nodes.push(Node::Text(std::mem::take(&mut self.text).into()));
        }
    }

    fn done(mut self) -> Block {
        self.flush();
        Arc::from(self.nodes)
    }
}

impl Parser<'_> {
    fn whole(&mut self) -> Result<Block, Error> {
        let start = self.place();
        match self.block()? {
            (block, End::Text) => Ok(block),
            (_, _) => Err(Error::new("an #end or #else without its beginning", start)),
        }
    }

    /// Reads up to the end of the text, or to what ends the block, which is taken.
    fn block(&mut self) -> Result<(Block, End), Error> {
        self.enter()?;
        let mut draft = Draft::default();
        let end = loop {
            let plain = self.rest().find(['$', '#', '\\']).unwrap_or(self.rest().len());
            draft.text.push_str(self.take(plain));
            match self.peek() {
                None => break End::Text,
                Some('$') => self.dollar(&mut draft, 0)?,
                Some('#') => {
                    if let Some(end) = self.hash(&mut draft, 0)? {
                        break end;
                    }
                }
                _ => {
                    if let Some(end) = self.backslashes(&mut draft)? {
                        break end;
                    }
                }
            }
        };
        self.nesting -= 1;
        Ok((draft.done(), end))
    }

    /// Backslashes mean something before a reference or a directive alone.
    fn backslashes(&mut self, draft: &mut Draft) -> Result<Option<End>, Error> {
        let count = self.rest().len() - self.rest().trim_start_matches('\\').len();
        let slashes = self.take(count).to_owned();
        match self.peek() {
            Some('$') if self.is_reference() => self.dollar(draft, count).map(|()| None),
            Some('#') if self.is_directive() => {
                draft.text.push_str(&slashes[..count / 2]);
                self.hash(draft, count)
            }
            _ => {
                draft.text.push_str(&slashes);
                Ok(None)
            }
        }
    }

    fn dollar(&mut self, draft: &mut Draft, slashes: usize) -> Result<(), Error> {
        if self.is_reference() {
            let reference = self.reference()?;
            draft.push(Node::Reference(reference, slashes));
            return Ok(());
        }
        draft.text.push_str(self.take(1));
        // `$\!x` is how `$!x` is written.
        let count = self.rest().len() - self.rest().trim_start_matches('\\').len();
        if count > 0 && self.rest()[count..].starts_with('!') {
            draft.text.push_str(&self.take(count)[1..]);
            draft.text.push_str(self.take(1));
        }
        Ok(())
    }

    fn hash(&mut self, draft: &mut Draft, slashes: usize) -> Result<Option<End>, Error> {
        if self.rest().starts_with("##") {
            draft.flush();
            let end = self.rest().find('\n').map_or(self.rest().len(), |end| end + 1);
            self.take(end);
            return Ok(None);
        }
        if self.rest().starts_with("#*") {
            draft.flush();
            self.until("*#", "a comment")?;
            return Ok(None);
        }
        if self.rest().starts_with("#[[") {
            self.take(3);
            let inside = self.until("]]#", "a part that is not to be read")?;
            draft.text.push_str(inside);
            return Ok(None);
        }
        self.directive(draft, slashes % 2 == 1)
    }
}
