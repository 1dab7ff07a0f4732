//! Renders a template: blocks and what stands in them.
//!
//! Every part that is looked at is a step, and how deep rendering goes is counted, so that it ends in bounded time and on a
//! bounded stack whatever macros do.

mod calls;
mod expression;
mod loops;
mod operators;
mod reference;

use std::collections::HashMap;
use std::sync::Arc;

pub(crate) use operators::{compare, equal};

use crate::ast::{Block, Expr, Macro, Node};
use crate::error::{At, Error, Thrown};
use crate::text::Writer;
use crate::value::Value;
use crate::{Context, Template};

/// How deep rendering goes: several times as deep as a text may be nested, since macros call macros. In a debug build,
/// where frames are largest, that takes less than a megabyte of stack.
const DEPTH_MAX: usize = 200;

pub(crate) fn render(template: &Template, context: &mut Context) -> Result<String, Error> {
    let mut machine = Machine::new(context);
    machine.add_macros(&template.macros);
    match machine.block(&template.block) {
        Ok(_) => Ok(machine.out.text),
        Err(thrown) => Err(thrown.at(machine.at)),
    }
}

/// What comes after a node.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Flow {
    On,
    Break,
    Stop,
}

struct Machine<'c> {
    context: &'c mut Context,
    out: Writer,
    /// How many texts that are being rendered will be values, and count as such.
    inner: usize,
    /// By their names: the macros of a template, and which of them.
    macros: HashMap<Arc<str>, (Arc<[Macro]>, usize)>,
    defines: HashMap<Arc<str>, Block>,
    frames: Vec<calls::Frame>,
    /// Whose parameters count. Arguments are evaluated where they were written, which is a frame further down.
    frame: Option<usize>,
    turns: Vec<loops::Turn>,
    depth: usize,
    /// Where the last reference was looked at, for errors.
    at: At,
}

impl<'c> Machine<'c> {
    fn new(context: &'c mut Context) -> Self {
        let out = Writer::new(context.limits.output_bytes);
        Machine {
            context,
            out,
            inner: 0,
            macros: HashMap::new(),
            defines: HashMap::new(),
            frames: Vec::new(),
            frame: None,
            turns: Vec::new(),
            depth: 0,
            at: At::START,
        }
    }

    /// The first macro of a name counts.
    fn add_macros(&mut self, macros: &Arc<[Macro]>) {
        for (index, found) in macros.iter().enumerate() {
            self.macros.entry(found.name.clone()).or_insert_with(|| (macros.clone(), index));
        }
    }

    fn enter(&mut self) -> Result<(), Thrown> {
        self.context.heap.work(1)?;
        if self.depth >= DEPTH_MAX {
            return Err(Thrown::new("the template goes too deep, or its macros call each other without end"));
        }
        self.depth += 1;
        Ok(())
    }

    fn block(&mut self, block: &[Node]) -> Result<Flow, Thrown> {
        self.enter()?;
        for node in block {
            let flow = self.node(node)?;
            if flow != Flow::On {
                self.depth -= 1;
                return Ok(flow);
            }
        }
        self.depth -= 1;
        Ok(Flow::On)
    }

    fn node(&mut self, node: &Node) -> Result<Flow, Thrown> {
        self.context.heap.work(1)?;
        match node {
            Node::Text(text) => self.push(text)?,
            Node::Reference(reference, slashes) => self.render_reference(reference, *slashes)?,
            Node::Set(target, value) => self.set(target, value)?,
            Node::If(branches, otherwise) => return self.conditions(branches, otherwise),
            Node::Foreach(foreach) => return self.foreach(foreach),
            Node::Break => return Ok(Flow::Break),
            Node::Stop => return Ok(Flow::Stop),
            Node::Define(name, block) => self.define(name, block),
            Node::Evaluate(text, at) => return self.evaluate(text, *at),
            Node::Call(call) => return self.call(call),
        }
        Ok(Flow::On)
    }

    fn conditions(&mut self, branches: &[(Expr, Block)], otherwise: &[Node]) -> Result<Flow, Thrown> {
        for (condition, block) in branches {
            if self.expr(condition)?.holds() {
                return self.block(block);
            }
        }
        self.block(otherwise)
    }

    fn define(&mut self, name: &Arc<str>, block: &Block) {
        self.context.variables.remove(name);
        self.defines.insert(name.clone(), block.clone());
    }

    /// What a block renders, as a text.
    fn rendered(&mut self, block: &[Node]) -> Result<Value, Thrown> {
        let bytes_max = self.context.limits.output_bytes;
        let out = std::mem::replace(&mut self.out, Writer::new(bytes_max));
        self.inner += 1;
        let flow = self.block(block);
        self.inner -= 1;
        let text = std::mem::replace(&mut self.out, out).text;
        flow?;
        self.context.heap.text(text)
    }

    fn push(&mut self, text: &str) -> Result<(), Thrown> {
        if self.inner > 0 {
            self.context.heap.spend(text.len())?;
        }
        self.out.push(text)
    }

    fn push_value(&mut self, value: &Value) -> Result<(), Thrown> {
        if self.inner == 0 {
            return self.out.value(value, &self.context.heap, 0);
        }
        let text = self.text_of(value)?;
        self.push(&text)
    }

    /// What a value renders as.
    fn text_of(&mut self, value: &Value) -> Result<Arc<str>, Thrown> {
        if let Value::Text(text) = value {
            return Ok(text.clone());
        }
        self.context.heap.text_of(value)
    }
}
