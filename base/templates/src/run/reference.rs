//! References: their values, what they render, and assignments to them.

use std::sync::Arc;

use super::Machine;
use crate::ast::{Expr, Reference, Step};
use crate::error::Thrown;
use crate::methods;
use crate::value::Value;

impl Machine<'_> {
    /// Renders a reference. Before one that has a value, two backslashes are one, and a single one makes it text; before one
    /// that has none, they are all text.
    pub(super) fn render_reference(&mut self, reference: &Reference, slashes: usize) -> Result<(), Thrown> {
        let value = self.reference(reference)?;
        if value.is_null() && (slashes > 0 || !reference.quiet) {
            self.push(&"\\".repeat(slashes))?;
            let written = if reference.steps.is_empty() { self.written(&reference.name) } else { None };
            return self.push(written.as_deref().unwrap_or(&reference.source));
        }
        if slashes > 0 {
            self.push(&"\\".repeat(slashes / 2))?;
        }
        if slashes % 2 == 1 {
            return self.push(&reference.source);
        }
        match value {
            Value::Null => Ok(()),
            value => self.push_value(&value),
        }
    }

    pub(super) fn reference(&mut self, reference: &Reference) -> Result<Value, Thrown> {
        self.up_to(reference, &reference.steps)
    }

    /// The value after the first steps of a reference.
    fn up_to(&mut self, reference: &Reference, steps: &[Step]) -> Result<Value, Thrown> {
        self.at = reference.at;
        let mut value = self.variable(&reference.name)?;
        for step in steps {
            if value.is_null() {
                return Ok(value);
            }
            value = self.step(reference, &value, step)?;
        }
        Ok(value)
    }

    fn variable(&mut self, name: &Arc<str>) -> Result<Value, Thrown> {
        if let Some(value) = self.parameter(name)? {
            return Ok(value);
        }
        if let Some(value) = self.loop_variable(name) {
            return Ok(value);
        }
        match self.defines.get(name).cloned() {
            Some(block) => self.rendered(&block),
            None => Ok(self.context.variables.get(name).cloned().unwrap_or_default()),
        }
    }

    fn step(&mut self, reference: &Reference, value: &Value, step: &Step) -> Result<Value, Thrown> {
        self.context.heap.work(1)?;
        match step {
            Step::Property(name) => match value {
                Value::Loop(level) => Ok(self.of_loop(*level, name).unwrap_or_default()),
                _ => methods::property(value, name, &mut self.context.heap),
            },
            Step::Method(name, arguments) => {
                let arguments = self.exprs(arguments)?;
                self.at = reference.at;
                match value {
                    Value::Loop(level) => Ok(self.loop_method(*level, name).unwrap_or_default()),
                    _ => methods::call(value, name, &arguments, &mut self.context.heap),
                }
            }
            Step::Index(index) => {
                let index = self.expr(index)?;
                self.at = reference.at;
                methods::at_index(value, &index, &mut self.context.heap)
            }
        }
    }

    /// Assigns. What has no value is not assigned: the target keeps what it has.
    pub(super) fn set(&mut self, target: &Reference, value: &Expr) -> Result<(), Thrown> {
        let value = self.expr(value)?;
        if value.is_null() {
            return Ok(());
        }
        let Some((last, steps)) = target.steps.split_last() else {
            self.assign(&target.name, value);
            return Ok(());
        };
        let owner = self.up_to(target, steps)?;
        match last {
            Step::Property(name) => {
                methods::set_property(&owner, name.clone(), value, &mut self.context.heap)
            }
            Step::Index(index) => {
                let index = self.expr(index)?;
                self.at = target.at;
                methods::set_at_index(&owner, &index, value, &mut self.context.heap)
            }
            Step::Method(..) => Ok(()),
        }
    }
}
