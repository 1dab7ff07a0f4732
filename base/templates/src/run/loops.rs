//! `#foreach`, and the variables that tell a loop's body where it is.

use std::sync::Arc;

use super::{Flow, Machine};
use crate::ast::Foreach;
use crate::error::Thrown;
use crate::value::Value;

/// A turn of a loop that is being gone through.
pub(super) struct Turn {
    index: usize,
    count: usize,
}

impl Machine<'_> {
    pub(super) fn foreach(&mut self, foreach: &Foreach) -> Result<Flow, Thrown> {
        let over = self.expr(&foreach.over)?;
        self.at = foreach.at;
        let items = self.items(&over)?;
        let before = self.save(&foreach.name);
        self.turns.push(Turn { index: 0, count: items.len() });
        let flow = self.all_turns(foreach, items);
        self.turns.pop();
        self.restore(&foreach.name, before);
        flow
    }

    fn all_turns(&mut self, foreach: &Foreach, items: Vec<Value>) -> Result<Flow, Thrown> {
        for (index, item) in items.into_iter().enumerate() {
            if index >= self.context.limits.turns {
                self.at = foreach.at;
                let turns_max = self.context.limits.turns;
                return Err(Thrown::new(format!("#foreach has more than {turns_max} turns")));
            }
            if let Some(turn) = self.turns.last_mut() {
                turn.index = index;
            }
            self.assign(&foreach.name, item);
            match self.block(&foreach.body)? {
                Flow::On => {}
                Flow::Break => break,
                Flow::Stop => return Ok(Flow::Stop),
            }
        }
        Ok(Flow::On)
    }

    /// What a loop goes through: of a map, its values. What is changed meanwhile is not seen.
    fn items(&mut self, over: &Value) -> Result<Vec<Value>, Thrown> {
        let heap = &mut self.context.heap;
        let items: Vec<Value> = match over {
            Value::List(list) => heap.items(*list).to_vec(),
            Value::Map(map) => {
                heap.members(*map).into_iter().flatten().map(|(_, value)| value.clone()).collect()
            }
            _ => Vec::new(),
        };
        heap.work(items.len())?;
        heap.spend_values(items.len())?;
        Ok(items)
    }

    /// What `$foreach` and its older kin are, inside of a loop.
    pub(super) fn loop_variable(&self, name: &str) -> Option<Value> {
        let level = self.turns.len().checked_sub(1)?;
        match name {
            "foreach" => Some(Value::Loop(level)),
            "velocityCount" => self.of_loop(level, "count"),
            "velocityHasNext" => self.of_loop(level, "hasNext"),
            _ => None,
        }
    }

    pub(super) fn of_loop(&self, level: usize, name: &str) -> Option<Value> {
        let turn = self.turns.get(level)?;
        Some(match name {
            "index" => Value::count(turn.index),
            "count" => Value::count(turn.index + 1),
            "hasNext" => Value::Bool(turn.index + 1 < turn.count),
            "first" => Value::Bool(turn.index == 0),
            "last" => Value::Bool(turn.index + 1 == turn.count),
            "parent" => Value::Loop(level.checked_sub(1)?),
            "topmost" => Value::Loop(0),
            _ => return None,
        })
    }

    /// The same as methods: `hasNext()`, `isFirst()`, `getIndex()`.
    pub(super) fn loop_method(&self, level: usize, name: &str) -> Option<Value> {
        let property = match name {
            "getIndex" => "index",
            "getCount" => "count",
            "hasNext" | "getHasNext" => "hasNext",
            "isFirst" | "getFirst" => "first",
            "isLast" | "getLast" => "last",
            "getParent" => "parent",
            "getTopmost" => "topmost",
            _ => return None,
        };
        self.of_loop(level, property)
    }

    /// Gives a variable a value; a parameter of the macro at hand keeps it to the macro.
    pub(super) fn assign(&mut self, name: &Arc<str>, value: Value) {
        if self.assign_parameter(name, &value) {
            return;
        }
        self.defines.remove(name);
        self.context.variables.insert(name.clone(), value);
    }
}
