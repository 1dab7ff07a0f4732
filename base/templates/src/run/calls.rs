//! Macros, whose arguments are evaluated anew wherever their names stand, and `#evaluate`.

use std::collections::HashMap;
use std::sync::Arc;

use super::{Flow, Machine};
use crate::ast::{Block, Call, Expr};
use crate::error::{At, Thrown};
use crate::parse;
use crate::value::Value;

/// What the body of a call is known as in its macro.
const BODY: &str = "bodyContent";

/// A macro that is being rendered.
pub(super) struct Frame {
    parameters: HashMap<Arc<str>, Argument>,
    body: Option<Block>,
    caller: Option<usize>,
}

#[derive(Clone)]
pub(super) enum Argument {
    /// As it was written, the how many-th of the call.
    Written(Arc<[Expr]>, usize),
    /// None was given.
    Missing,
    /// What the macro has made of it.
    Own(Value),
}

/// What a variable was before a loop took its name.
pub(super) enum Saved {
    Parameter(Argument),
    Variable(Option<Value>),
}

impl Machine<'_> {
    pub(super) fn call(&mut self, call: &Call) -> Result<Flow, Thrown> {
        self.at = call.at;
        let Some((macros, index)) = self.macros.get(&call.name).cloned() else {
            self.push(&call.source)?;
            return call.body.as_ref().map_or(Ok(Flow::On), |body| self.block(body));
        };
        let argument = |index| match call.arguments.get(index) {
            Some(_) => Argument::Written(call.arguments.clone(), index),
            None => Argument::Missing,
        };
        let names = macros[index].parameters.iter().cloned().enumerate();
        let parameters = names.map(|(index, name)| (name, argument(index))).collect();
        let caller = self.frame;
        self.frames.push(Frame { parameters, body: call.body.clone(), caller });
        self.frame = Some(self.frames.len() - 1);
        let flow = self.block(&macros[index].body);
        self.frames.pop();
        self.frame = caller;
        Ok(if flow? == Flow::Stop { Flow::Stop } else { Flow::On })
    }

    /// The value of a parameter of the macro at hand, if it has one of that name.
    pub(super) fn parameter(&mut self, name: &str) -> Result<Option<Value>, Thrown> {
        let Some(frame) = self.frame.and_then(|frame| self.frames.get(frame)) else { return Ok(None) };
        let caller = frame.caller;
        match frame.parameters.get(name).cloned() {
            Some(Argument::Own(value)) => Ok(Some(value)),
            Some(Argument::Missing) => Ok(Some(Value::Null)),
            Some(Argument::Written(written, index)) => {
                self.as_of(caller, |machine| machine.expr(&written[index])).map(Some)
            }
            None if name == BODY => match frame.body.clone() {
                Some(body) => self.as_of(caller, |machine| machine.rendered(&body)).map(Some),
                None => Ok(None),
            },
            None => Ok(None),
        }
    }

    fn as_of<T>(&mut self, frame: Option<usize>, what: impl FnOnce(&mut Self) -> T) -> T {
        let own = std::mem::replace(&mut self.frame, frame);
        let result = what(self);
        self.frame = own;
        result
    }

    /// How an argument was written, which is what is shown when it has no value.
    pub(super) fn written(&self, name: &str) -> Option<Arc<str>> {
        match self.frames.get(self.frame?)?.parameters.get(name)? {
            Argument::Written(written, index) => match written.get(*index)? {
                Expr::Reference(reference) => Some(reference.source.clone()),
                _ => None,
            },
            _ => None,
        }
    }

    pub(super) fn assign_parameter(&mut self, name: &str, value: &Value) -> bool {
        let frame = self.frame.and_then(|frame| self.frames.get_mut(frame));
        let Some(argument) = frame.and_then(|frame| frame.parameters.get_mut(name)) else { return false };
        *argument = Argument::Own(value.clone());
        true
    }

    pub(super) fn save(&self, name: &str) -> Saved {
        let frame = self.frame.and_then(|frame| self.frames.get(frame));
        match frame.and_then(|frame| frame.parameters.get(name)) {
            Some(argument) => Saved::Parameter(argument.clone()),
            None => Saved::Variable(self.context.variables.get(name).cloned()),
        }
    }

    pub(super) fn restore(&mut self, name: &Arc<str>, saved: Saved) {
        match saved {
            Saved::Parameter(argument) => {
                if let Some(frame) = self.frame.and_then(|frame| self.frames.get_mut(frame)) {
                    frame.parameters.insert(name.clone(), argument);
                }
            }
            Saved::Variable(Some(value)) => {
                self.context.variables.insert(name.clone(), value);
            }
            Saved::Variable(None) => {
                self.context.variables.remove(name);
            }
        }
    }

    /// Renders a text as a template, with the variables at hand.
    pub(super) fn evaluate(&mut self, text: &Expr, at: At) -> Result<Flow, Thrown> {
        let text = self.expr(text)?;
        self.at = at;
        let Value::Text(text) = text else { return Ok(Flow::On) };
        self.context.heap.work(text.len())?;
        let (block, macros, _) =
            parse::template(&text).map_err(|error| Thrown::new(format!("in #evaluate, {error}")))?;
        self.add_macros(&macros.into());
        let flow = self.block(&block)?;
        Ok(if flow == Flow::Stop { Flow::Stop } else { Flow::On })
    }
}
