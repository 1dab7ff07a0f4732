//! The grammar of condition, filter and key condition expressions.
//!
//! A parenthesis may open a condition or an operand, which only what stands inside tells. Both are therefore read as
//! terms, and an operand that nothing compares is refused where it ends. Open parentheses are kept in a list and not
//! on the stack, which an expression full of them would exhaust.

use super::Parser;
use crate::ast::{Comparator, Condition, Operand};
use crate::lexer::Kind;

const KEYWORDS: [&str; 5] = ["BETWEEN", "IN", "AND", "OR", "NOT"];

/// How deep `AND`, `OR` and `NOT` may alternate. `AND` within `AND` does not count, nor do parentheses as such.
const LEVELS_MAX: usize = 64;

/// A condition and how many levels it has, or an operand that may become part of one.
enum Term<'a> {
    Condition(Condition<'a>, usize),
    Operand(Operand<'a>),
}

/// An open parenthesis, or the whole expression: what was read since, but for the term at hand.
struct Group<'a> {
    /// Index of the first token inside.
    start: usize,
    /// Conditions with `OR` between them.
    alternatives: Vec<Condition<'a>>,
    /// Conditions with `AND` between them, since the last `OR`.
    requirements: Vec<Condition<'a>>,
    /// How often `NOT` stands before the term at hand.
    negations: usize,
    /// Levels of the deepest alternative and of the deepest requirement.
    alternative_levels: usize,
    requirement_levels: usize,
}

/// Reads a condition.
pub(crate) fn parse(text: &str) -> Result<Condition<'_>, String> {
    let mut parser = Parser::new(text)?;
    let mut group = Group::new(0);
    let mut outer = Vec::new();
    loop {
        parser.openings(&mut group, &mut outer);
        let operand = parser.bare_operand(&KEYWORDS)?;
        let mut term = parser.comparison(Term::Operand(operand))?;
        // A term that nothing joins to a next one is the last of its group, which then is a term itself.
        while let Some(last) = parser.junction(&mut group, term)? {
            let whole = group.close(&parser, last)?;
            let Some(parent) = outer.pop() else {
                let condition = parser.condition(whole)?.0;
                parser.finish()?;
                return Ok(condition);
            };
            parser.closing(group.start)?;
            group = parent;
            term = parser.after_parenthesis(whole)?;
        }
    }
}

impl<'a> Group<'a> {
    fn new(start: usize) -> Self {
        Self {
            start,
            alternatives: Vec::new(),
            requirements: Vec::new(),
            negations: 0,
            alternative_levels: 0,
            requirement_levels: 0,
        }
    }

    /// Takes the term as one more condition that must hold.
    fn require(&mut self, parser: &Parser<'a>, term: Term<'a>) -> Result<(), String> {
        let (mut condition, mut levels) = parser.condition(term)?;
        for _ in 0..std::mem::take(&mut self.negations) {
            condition = Condition::Not(Box::new(condition));
            levels += 1;
        }
        match condition {
            Condition::And(inner) => {
                self.requirements.extend(inner);
                levels -= 1;
            }
            condition => self.requirements.push(condition),
        }
        self.requirement_levels = self.requirement_levels.max(levels);
        Ok(())
    }

    /// Makes what must hold one more alternative.
    fn finish_alternative(&mut self) {
        let mut levels = std::mem::take(&mut self.requirement_levels);
        match joined(std::mem::take(&mut self.requirements), Condition::And) {
            Some(Condition::Or(inner)) => {
                self.alternatives.extend(inner);
                levels -= 1;
            }
            condition => {
                levels += usize::from(matches!(condition, Some(Condition::And(_))));
                self.alternatives.extend(condition);
            }
        }
        self.alternative_levels = self.alternative_levels.max(levels);
    }

    /// All of the group, the last term of which is at hand.
    fn close(&mut self, parser: &Parser<'a>, term: Term<'a>) -> Result<Term<'a>, String> {
        if self.negations == 0 && self.requirements.is_empty() && self.alternatives.is_empty() {
            return Ok(term);
        }
        self.require(parser, term)?;
        self.finish_alternative();
        let whole = joined(std::mem::take(&mut self.alternatives), Condition::Or);
        let levels = self.alternative_levels + usize::from(matches!(whole, Some(Condition::Or(_))));
        if levels > LEVELS_MAX {
            return Err(format!("The expression is nested too deeply; nesting levels: {levels}"));
        }
        whole.map(|condition| Term::Condition(condition, levels)).ok_or_else(|| parser.syntax_error())
    }
}

/// The conditions as one.
fn joined<'a>(
    mut conditions: Vec<Condition<'a>>,
    join: fn(Vec<Condition<'a>>) -> Condition<'a>,
) -> Option<Condition<'a>> {
    if conditions.len() > 1 { Some(join(conditions)) } else { conditions.pop() }
}

impl<'a> Parser<'a> {
    /// The term as a condition with its levels; a function call is one.
    fn condition(&self, term: Term<'a>) -> Result<(Condition<'a>, usize), String> {
        match term {
            Term::Condition(condition, levels) => Ok((condition, levels)),
            Term::Operand(Operand::Call(call)) => Ok((Condition::Call(call), 1)),
            Term::Operand(_) => Err(self.syntax_error()),
        }
    }

    /// `NOT` and opening parentheses before a term.
    fn openings(&mut self, group: &mut Group<'a>, outer: &mut Vec<Group<'a>>) {
        loop {
            if self.take_keyword("NOT") {
                self.operators += 1;
                group.negations += 1;
            } else if self.take_symbol("(") {
                outer.push(std::mem::replace(group, Group::new(self.at)));
            } else {
                return;
            }
        }
    }

    /// Takes `AND` or `OR`, if one of them is at hand, and gives the term to the group; otherwise gives it back.
    fn junction(&mut self, group: &mut Group<'a>, term: Term<'a>) -> Result<Option<Term<'a>>, String> {
        let and = self.is_keyword("AND");
        if !and && !self.is_keyword("OR") {
            return Ok(Some(term));
        }
        group.require(self, term)?;
        if !and {
            group.finish_alternative();
        }
        self.operators += 1;
        self.advance();
        Ok(None)
    }

    /// Takes the closing parenthesis of the group that starts at that token.
    fn closing(&mut self, start: usize) -> Result<(), String> {
        let end = self.at;
        self.expect_symbol(")")?;
        self.note_redundancy(start, end);
        Ok(())
    }

    /// What may follow a term in parentheses: the steps of a path, and a comparison.
    fn after_parenthesis(&mut self, mut term: Term<'a>) -> Result<Term<'a>, String> {
        if let Term::Operand(Operand::Path(path)) = &mut term {
            self.steps(path, &KEYWORDS)?;
        }
        self.comparison(term)
    }

    /// The term and what it is compared with, or only the term.
    fn comparison(&mut self, term: Term<'a>) -> Result<Term<'a>, String> {
        let operand = match term {
            Term::Operand(operand) => operand,
            condition => return Ok(condition),
        };
        let token = self.peek();
        let comparator = Comparator::from_symbol(token.text).filter(|_| token.kind == Kind::Symbol);
        let condition = if let Some(comparator) = comparator {
            self.advance();
            Condition::Compare { comparator, left: operand, right: self.operand(&KEYWORDS)? }
        } else if self.take_keyword("BETWEEN") {
            let lower = self.operand(&KEYWORDS)?;
            if !self.take_keyword("AND") {
                return Err(self.syntax_error());
            }
            Condition::Between { operand, lower, upper: self.operand(&KEYWORDS)? }
        } else if self.take_keyword("IN") {
            self.expect_symbol("(")?;
            let choices = self.list(|parser| parser.operand(&KEYWORDS))?;
            self.expect_symbol(")")?;
            Condition::In { operand, choices }
        } else {
            return Ok(Term::Operand(operand));
        };
        self.operators += 1;
        Ok(Term::Condition(condition, 1))
    }

    /// Notes when the tokens from `start` to before `end` are themselves nothing but parentheses around something.
    fn note_redundancy(&mut self, start: usize, end: usize) {
        let symbol = |at: usize| {
            self.tokens.get(at).filter(|token| token.kind == Kind::Symbol).map(|token| token.text)
        };
        if symbol(start) != Some("(") {
            return;
        }
        let mut open = 0usize;
        for at in start..end {
            match symbol(at) {
                Some("(") => open += 1,
                Some(")") => open -= 1,
                _ => {}
            }
            if open == 0 {
                self.redundant_parentheses |= at + 1 == end;
                return;
            }
        }
    }

    fn is_keyword(&self, keyword: &str) -> bool {
        self.peek().kind == Kind::Word && self.peek().text.eq_ignore_ascii_case(keyword)
    }
}
