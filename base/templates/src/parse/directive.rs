//! Directives: what follows a `#`.

use std::sync::Arc;

use super::{Draft, End, Parser};
use crate::ast::{Block, Call, Expr, Foreach, Macro, Node, Step};
use crate::error::{At, Error};

/// What only a directive of the language is called.
const DIRECTIVES: [&str; 13] = [
    "set", "if", "elseif", "else", "end", "foreach", "break", "stop", "macro", "define", "evaluate",
    "include", "parse",
];

impl Parser<'_> {
    /// Whether a directive of the language comes next, or a call of a macro.
    pub(super) fn is_directive(&self) -> bool {
        match head(self.rest()) {
            Some(head) => DIRECTIVES.contains(&head.name) || self.knows(head.name),
            None => false,
        }
    }

    fn knows(&self, name: &str) -> bool {
        self.macros.iter().any(|found| &*found.name == name)
    }

    /// Reads what a `#` begins, which may end the block. An escaped one is text, and so is what is no directive.
    pub(super) fn directive(&mut self, draft: &mut Draft, escaped: bool) -> Result<Option<End>, Error> {
        let (start, at) = (self.at, self.place());
        let Some(head) = head(self.rest()) else {
            draft.text.push_str(self.take(1));
            return Ok(None);
        };
        let source = self.take(head.length);
        if escaped {
            draft.text.push_str(source);
            return Ok(None);
        }
        match head.name {
            "end" => return Ok(Some(self.ended(End::Closed))),
            "else" => return Ok(Some(self.ended(End::Else))),
            "elseif" => return Ok(Some(End::Elseif)),
            "set" => self.set(draft)?,
            "macro" => self.define_macro(draft)?,
            name if DIRECTIVES.contains(&name) => {
                let node = self.of_language(name, at)?;
                draft.push(node);
            }
            name => self.call(draft, start, at, name, head.has_body)?,
        }
        Ok(None)
    }

    fn ended(&mut self, end: End) -> End {
        self.end_of_line();
        end
    }

    fn of_language(&mut self, name: &str, at: At) -> Result<Node, Error> {
        match name {
            "if" => self.conditions(at),
            "foreach" => self.foreach(at),
            "define" => self.define(at),
            "evaluate" => {
                self.open()?;
                let text = self.expression()?;
                self.close()?;
                self.looks.note_evaluation();
                Ok(Node::Evaluate(text, at))
            }
            "break" => self.scope().map(|()| Node::Break),
            "stop" => self.scope().map(|()| Node::Stop),
            _ => Err(Error::new(format!("#{name} is not for mapping templates"), at)),
        }
    }

    /// `#break` and `#stop` may name what they leave, or why.
    fn scope(&mut self) -> Result<(), Error> {
        if self.took("(") {
            self.expressions(")")?;
        }
        Ok(())
    }

    fn set(&mut self, draft: &mut Draft) -> Result<(), Error> {
        self.open()?;
        self.spaces();
        let target = self.reference()?;
        if let Some(Step::Method(..)) = target.steps.last() {
            return Err(Error::new("nothing can be assigned to a method", target.at));
        }
        self.spaces();
        self.expect("=")?;
        let value = self.expression()?;
        self.close()?;
        if draft.text.bytes().all(|byte| matches!(byte, b' ' | b'\t')) {
            draft.text.clear();
        }
        draft.push(Node::Set(target, value));
        Ok(())
    }

    fn conditions(&mut self, at: At) -> Result<Node, Error> {
        let mut branches = Vec::new();
        loop {
            self.open()?;
            let condition = self.expression()?;
            self.close()?;
            let (block, end) = self.block()?;
            branches.push((condition, block));
            match end {
                End::Elseif => {}
                End::Else => return Ok(Node::If(branches, self.body("#else", at)?)),
                End::Closed => return Ok(Node::If(branches, Arc::from([]))),
                End::Text => return Err(Error::new("#if has no #end", at)),
            }
        }
    }

    fn foreach(&mut self, at: At) -> Result<Node, Error> {
        self.open()?;
        self.spaces();
        let name = self.reference()?.name;
        self.spaces();
        self.expect("in")?;
        let over = self.expression()?;
        self.close()?;
        let body = self.body("#foreach", at)?;
        Ok(Node::Foreach(Foreach { name, over, body, at }))
    }

    fn define(&mut self, at: At) -> Result<Node, Error> {
        self.open()?;
        self.spaces();
        let name = self.reference()?.name;
        self.close()?;
        Ok(Node::Define(name, self.body("#define", at)?))
    }

    /// A macro is there wherever in the template it stands; the first of a name counts.
    fn define_macro(&mut self, draft: &mut Draft) -> Result<(), Error> {
        draft.flush();
        let at = self.place();
        self.open()?;
        self.spaces();
        let name = self.name()?;
        let mut parameters = Vec::new();
        self.separator();
        while self.is_reference() {
            parameters.push(self.reference()?.name);
            self.separator();
        }
        self.close()?;
        let body = self.body("#macro", at)?;
        if !self.knows(&name) {
            self.macros.push(Macro { name, parameters, body });
        }
        Ok(())
    }

    /// A call of a macro, which may come to be defined later. What is no call is text.
    fn call(
        &mut self,
        draft: &mut Draft,
        start: usize,
        at: At,
        name: &str,
        has_body: bool,
    ) -> Result<(), Error> {
        let (behind, nesting, known) = (self.at, self.nesting, self.known);
        let Some(arguments) = self.arguments() else {
            (self.at, self.nesting, self.known) = (behind, nesting, known);
            draft.text.push_str(&self.text[start..behind]);
            return Ok(());
        };
        let source = self.text[start..self.at].into();
        self.end_of_line();
        let body = if has_body { Some(self.body("a call with a body", at)?) } else { None };
        draft.push(Node::Call(Call { name: name.into(), arguments: arguments.into(), body, source, at }));
        Ok(())
    }

    /// What stands in the parentheses of a call; there may be blanks between arguments instead of commas.
    fn arguments(&mut self) -> Option<Vec<Expr>> {
        self.blanks();
        let mut list = Vec::new();
        if !self.took("(") {
            return None;
        }
        self.separator();
        while !self.took(")") {
            list.push(self.expression().ok()?);
            self.separator();
        }
        Some(list)
    }

    fn separator(&mut self) {
        self.spaces();
        self.took(",");
        self.spaces();
    }

    fn blanks(&mut self) {
        let rest = self.rest().trim_start_matches([' ', '\t']);
        self.at = self.text.len() - rest.len();
    }

    fn open(&mut self) -> Result<(), Error> {
        self.blanks();
        self.expect("(")
    }

    fn close(&mut self) -> Result<(), Error> {
        self.spaces();
        self.expect(")")?;
        self.end_of_line();
        Ok(())
    }

    /// A block that an `#end` ends.
    fn body(&mut self, what: &str, at: At) -> Result<Block, Error> {
        match self.block()? {
            (block, End::Closed) => Ok(block),
            (_, End::Text) => Err(Error::new(format!("{what} has no #end"), at)),
            (_, _) => Err(Error::new(format!("an #else in {what} has no #if"), at)),
        }
    }
}

/// How a directive begins: `#name`, `#{name}` or, with a body, `#@name`.
struct Head<'a> {
    name: &'a str,
    has_body: bool,
    length: usize,
}

fn head(text: &str) -> Option<Head<'_>> {
    let rest = text.strip_prefix('#')?;
    let (has_body, rest) = rest.strip_prefix('@').map_or((false, rest), |rest| (true, rest));
    let (formal, rest) = rest.strip_prefix('{').map_or((false, rest), |rest| (true, rest));
    if !rest.starts_with(|letter: char| letter.is_ascii_alphabetic() || letter == '_') {
        return None;
    }
    let end =
        rest.find(|letter: char| !letter.is_ascii_alphanumeric() && letter != '_').unwrap_or(rest.len());
    let (name, behind) = rest.split_at(end);
    let behind = if formal { behind.strip_prefix('}')? } else { behind };
    Some(Head { name, has_body, length: text.len() - behind.len() })
}
