//! The Velocity Template Language, as mapping templates of API Gateway speak it.
//!
//! A template is parsed once and rendered many times, each time with a [`Context`]: the values of its variables, and the
//! limits within which it must stay. [`gateway`] has the variables that API Gateway gives its templates.
//!
//! ```
//! use cloudlet_templates::{Context, Limits, Template, Value};
//!
//! let template = Template::parse("#foreach($n in [1..3])$n#if($foreach.hasNext), #end#end and $who")?;
//! let mut context = Context::new(Limits::default());
//! context.set("who", Value::from("you"));
//! assert_eq!(template.render(&mut context)?, "1, 2, 3 and you");
//! # Ok::<(), cloudlet_templates::Error>(())
//! ```
//!
//! Pure: never reads a store, a clock or a file, and calls nothing of the host but what it was given. Follows the user guide of
//! Velocity 1.7, which AWS refers to, and takes from 2.x what cannot be mistaken for anything of 1.7 (`null`). A template
//! that goes on for ever, or makes too much, ends with an [`Error`]; none takes more than its part of the stack.

mod ast;
mod error;
pub mod gateway;
mod looks;
mod methods;
mod parse;
mod run;
mod text;
mod value;

use std::sync::Arc;

use foldhash::HashMap;

pub use error::{At, Error, Thrown};
pub use value::{Heap, List, Map, Members, Object, Value};

/// A template that was read.
#[derive(Clone, Debug)]
pub struct Template {
    block: ast::Block,
    macros: Arc<[ast::Macro]>,
    looks: looks::Looks,
}

/// What an evaluation may use.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Bytes that are rendered.
    pub output_bytes: usize,
    /// Bytes of all values that are made on the way.
    pub memory_bytes: usize,
    /// Parts of the template that are looked at, and work that methods do.
    pub steps: usize,
    /// Turns of one `#foreach`.
    pub turns: usize,
}

impl Default for Limits {
    /// A loop of a mapping template may have a thousand turns, by API Gateway's quotas. The others are ours: several
    /// times what the largest body and template need.
    fn default() -> Self {
        Self { output_bytes: 10 << 20, memory_bytes: 64 << 20, steps: 1_000_000, turns: 1000 }
    }
}

/// What a template is rendered with, and what it left behind.
#[derive(Debug)]
pub struct Context {
    /// Where lists and maps lie.
    pub heap: Heap,
    variables: HashMap<Arc<str>, Value>,
    limits: Limits,
}

impl Context {
    /// A context without variables.
    #[must_use]
    pub fn new(limits: Limits) -> Self {
        Self { heap: Heap::new(&limits), variables: HashMap::default(), limits }
    }

    /// Gives a variable its value.
    pub fn set(&mut self, name: &str, value: Value) {
        self.variables.insert(name.into(), value);
    }

    /// The value of a variable.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&Value> {
        self.variables.get(name)
    }
}

impl Template {
    /// Reads a template.
    ///
    /// # Errors
    /// When the text is none, or nested too deeply.
    pub fn parse(text: &str) -> Result<Self, Error> {
        let (block, macros, looks) = parse::template(text)?;
        Ok(Self { block, macros: macros.into(), looks })
    }

    /// Whether it may look at the variable of that name: one that is not mentioned need not be made.
    #[must_use]
    pub fn mentions(&self, variable: &str) -> bool {
        self.looks.has(variable)
    }

    /// Whether it may look at that member of the variable: whoever makes the variable may leave the others out.
    #[must_use]
    pub fn mentions_member(&self, variable: &str, member: &str) -> bool {
        self.looks.has_member(variable, member)
    }

    /// The texts with which it may call a method of the variable; none where it may call it with anything.
    #[must_use]
    pub fn texts_for(&self, variable: &str, method: &str) -> Option<Vec<&str>> {
        self.looks.texts_for(variable, method)
    }

    /// Renders the template. Variables that it sets, and changes of values, stay in the context.
    ///
    /// # Errors
    /// When a method throws, or a limit is reached.
    pub fn render(&self, context: &mut Context) -> Result<String, Error> {
        run::render(self, context)
    }
}

#[cfg(test)]
mod tests;
