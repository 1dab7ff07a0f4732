//! Evaluates expressions.

use std::sync::Arc;

use super::{Machine, operators};
use crate::ast::{Expr, Operator};
use crate::error::Thrown;
use crate::value::{Members, Value};

impl Machine<'_> {
    pub(super) fn expr(&mut self, expr: &Expr) -> Result<Value, Thrown> {
        self.enter()?;
        let value = match expr {
            Expr::Null => Value::Null,
            Expr::Bool(value) => Value::Bool(*value),
            Expr::Int(number) => Value::Int(*number),
            Expr::Decimal(number) => Value::Decimal(*number),
            Expr::Text(text) => Value::Text(text.clone()),
            Expr::Rendered(block) => self.rendered(block)?,
            Expr::List(items) => {
                let items = self.exprs(items)?;
                self.context.heap.list(items)?
            }
            Expr::Range(ends) => self.range(&ends.0, &ends.1)?,
            Expr::Map(members) => self.map(members)?,
            Expr::Reference(reference) => self.reference(reference)?,
            Expr::Not(operand) => Value::Bool(!self.expr(operand)?.holds()),
            Expr::Negative(operand) => operators::negative(&self.expr(operand)?),
            Expr::Chain(first, others) => self.chain(first, others)?,
        };
        self.depth -= 1;
        Ok(value)
    }

    pub(super) fn exprs(&mut self, exprs: &[Expr]) -> Result<Vec<Value>, Thrown> {
        exprs.iter().map(|expr| self.expr(expr)).collect()
    }

    fn chain(&mut self, first: &Expr, others: &[(Operator, Expr)]) -> Result<Value, Thrown> {
        let mut value = self.expr(first)?;
        let mut left = first;
        for (operator, right) in others {
            value = match operator {
                Operator::Or => Value::Bool(value.holds() || self.expr(right)?.holds()),
                Operator::And => Value::Bool(value.holds() && self.expr(right)?.holds()),
                Operator::Plus => {
                    let other = self.expr(right)?;
                    self.plus((value, left), (other, right))?
                }
                _ => {
                    let other = self.expr(right)?;
                    operators::apply(*operator, &value, &other, &mut self.context.heap)?
                }
            };
            left = right;
        }
        Ok(value)
    }

    /// Adds numbers. With a text it joins texts; what has no value is there as it was written.
    fn plus(&mut self, left: (Value, &Expr), right: (Value, &Expr)) -> Result<Value, Thrown> {
        if !matches!(left.0, Value::Text(_)) && !matches!(right.0, Value::Text(_)) {
            return operators::apply(Operator::Plus, &left.0, &right.0, &mut self.context.heap);
        }
        let (left, right) = (self.or_written(left)?, self.or_written(right)?);
        self.context.heap.spend(left.len() + right.len())?;
        self.context.heap.text(format!("{left}{right}"))
    }

    fn or_written(&mut self, (value, expr): (Value, &Expr)) -> Result<Arc<str>, Thrown> {
        match expr {
            Expr::Reference(reference) if value.is_null() => Ok(reference.source.clone()),
            _ => self.text_of(&value),
        }
    }

    /// Whole numbers from the first to the last, which may be less.
    fn range(&mut self, first: &Expr, last: &Expr) -> Result<Value, Thrown> {
        let (Value::Int(first), Value::Int(last)) = (self.expr(first)?, self.expr(last)?) else {
            return Ok(Value::Null);
        };
        let count = usize::try_from(first.abs_diff(last)).unwrap_or(usize::MAX).saturating_add(1);
        self.context.heap.work(count)?;
        self.context.heap.spend_values(count)?;
        let items = if first <= last {
            (first..=last).map(Value::Int).collect()
        } else {
            (last..=first).rev().map(Value::Int).collect()
        };
        self.context.heap.list(items)
    }

    fn map(&mut self, members: &[(Expr, Expr)]) -> Result<Value, Thrown> {
        let mut map =
            Members::with_capacity_and_hasher(members.len(), foldhash::fast::RandomState::default());
        for (key, value) in members {
            let key = self.expr(key)?;
            let key = self.text_of(&key)?;
            map.insert(key, self.expr(value)?);
        }
        self.context.heap.map(map)
    }
}
