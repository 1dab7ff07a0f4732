//! What a template says, read. Chains of operators are lists, so that only what is nested in the text is nested here.

use std::sync::Arc;

use crate::error::At;

/// What is rendered, in order.
pub(crate) type Block = Arc<[Node]>;

#[derive(Debug)]
pub(crate) enum Node {
    Text(Arc<str>),
    /// A reference behind so many backslashes.
    Reference(Reference, usize),
    Set(Reference, Expr),
    /// Conditions with their blocks, and what is rendered when none holds.
    If(Vec<(Expr, Block)>, Block),
    Foreach(Foreach),
    Break,
    Stop,
    Define(Arc<str>, Block),
    Evaluate(Expr, At),
    Call(Call),
}

#[derive(Debug)]
pub(crate) struct Foreach {
    pub(crate) name: Arc<str>,
    pub(crate) over: Expr,
    pub(crate) body: Block,
    pub(crate) at: At,
}

/// A call of a macro, which is looked up as it is rendered.
#[derive(Debug)]
pub(crate) struct Call {
    pub(crate) name: Arc<str>,
    pub(crate) arguments: Arc<[Expr]>,
    /// What stands between `#@name()` and its end.
    pub(crate) body: Option<Block>,
    /// What is rendered where there is no such macro.
    pub(crate) source: Arc<str>,
    pub(crate) at: At,
}

#[derive(Debug)]
pub(crate) struct Macro {
    pub(crate) name: Arc<str>,
    pub(crate) parameters: Vec<Arc<str>>,
    pub(crate) body: Block,
}

#[derive(Debug)]
pub(crate) struct Reference {
    pub(crate) name: Arc<str>,
    pub(crate) steps: Vec<Step>,
    /// Whether nothing is rendered where there is no value.
    pub(crate) quiet: bool,
    pub(crate) source: Arc<str>,
    pub(crate) at: At,
}

#[derive(Debug)]
pub(crate) enum Step {
    Property(Arc<str>),
    Method(Arc<str>, Vec<Expr>),
    Index(Expr),
}

#[derive(Debug)]
pub(crate) enum Expr {
    Null,
    Bool(bool),
    Int(i64),
    Decimal(f64),
    Text(Arc<str>),
    /// A text in double quotes, in which something is to be rendered.
    Rendered(Block),
    List(Vec<Expr>),
    Range(Box<(Expr, Expr)>),
    Map(Vec<(Expr, Expr)>),
    Reference(Box<Reference>),
    Not(Box<Expr>),
    Negative(Box<Expr>),
    /// The first operand, and the others with their operators, all of one precedence and taken from left to right.
    Chain(Box<Expr>, Vec<(Operator, Expr)>),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Operator {
    Or,
    And,
    Equal,
    Unequal,
    Less,
    Greater,
    AtMost,
    AtLeast,
    Plus,
    Minus,
    Times,
    Over,
    Modulo,
}

impl Operator {
    /// How strongly it binds, from zero.
    pub(crate) fn precedence(self) -> usize {
        match self {
            Operator::Or => 0,
            Operator::And => 1,
            Operator::Equal | Operator::Unequal => 2,
            Operator::Less | Operator::Greater | Operator::AtMost | Operator::AtLeast => 3,
            Operator::Plus | Operator::Minus => 4,
            Operator::Times | Operator::Over | Operator::Modulo => 5,
        }
    }
}
