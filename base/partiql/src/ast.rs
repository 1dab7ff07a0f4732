//! Statements as they are written: literals are texts, parameters are numbers of question marks, and functions may be
//! unknown or misused.
//!
//! Printed and parsed again, a statement is the same but for the places where things stand.

use std::fmt;

use expressions::{Comparator, Path};

/// Where something stands in a statement: its line and column, from 1, and its length, in characters.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct At {
    /// The line, from 1.
    pub line: usize,
    /// The column, from 1.
    pub column: usize,
    /// The length of its first token.
    pub length: usize,
}

impl fmt::Display for At {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}:{}:{}", self.line, self.column, self.length)
    }
}

/// A statement.
#[derive(Clone, Debug, PartialEq)]
pub enum Statement {
    /// Reads items.
    Select(Select),
    /// Puts an item that is not there yet.
    Insert(Insert),
    /// Changes an item that is there.
    Update(Update),
    /// Deletes an item.
    Delete(Delete),
    /// Asks, in a transaction, whether an item is as the statement wants it.
    Exists(Select),
}

/// A table, or an index of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Source {
    /// The table's name.
    pub table: String,
    /// The index's name.
    pub index: Option<String>,
}

/// `SELECT`.
#[derive(Clone, Debug, PartialEq)]
pub struct Select {
    /// What is wanted of items.
    pub projection: Projection,
    /// Where they are.
    pub source: Source,
    /// Which ones.
    pub filter: Option<Expr>,
    /// In which order.
    pub order: Vec<Order>,
}

/// What is wanted of items.
#[derive(Clone, Debug, PartialEq)]
pub enum Projection {
    /// All attributes.
    All,
    /// The values at these paths.
    Paths(Vec<Path>),
}

/// An attribute to sort by.
#[derive(Clone, Debug, PartialEq)]
pub struct Order {
    /// The attribute.
    pub by: Path,
    /// Whether the greatest comes first.
    pub is_descending: bool,
}

/// `INSERT`.
#[derive(Clone, Debug, PartialEq)]
pub struct Insert {
    /// Where to.
    pub table: String,
    /// The item: a map, or a parameter that is one.
    pub item: Expr,
}

/// `UPDATE`.
#[derive(Clone, Debug, PartialEq)]
pub struct Update {
    /// The table.
    pub source: Source,
    /// What becomes of the item.
    pub changes: Vec<Change>,
    /// Which item, and what must hold for it.
    pub filter: Option<Expr>,
    /// What is to be returned.
    pub returning: Option<Returning>,
}

/// A change of an item.
#[derive(Clone, Debug, PartialEq)]
pub enum Change {
    /// Gives a path a value.
    Set(Path, Expr),
    /// Removes what is at a path.
    Remove(Path),
}

/// `DELETE`.
#[derive(Clone, Debug, PartialEq)]
pub struct Delete {
    /// The table.
    pub source: Source,
    /// Which item, and what must hold for it.
    pub filter: Option<Expr>,
    /// Whether the item is to be returned: all of it, as it was.
    pub returning: Option<Returning>,
}

/// What a write returns.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "the names are those of the language")]
pub enum Returning {
    AllOld,
    AllNew,
    ModifiedOld,
    ModifiedNew,
}

/// An expression, and where it stands.
#[derive(Clone, Debug, PartialEq)]
pub struct Expr {
    /// Where its first token stands; for operators, the operator.
    pub at: At,
    /// What it is.
    pub kind: Kind,
}

/// What an expression is.
#[derive(Clone, Debug, PartialEq)]
pub enum Kind {
    /// A document path.
    Path(Path),
    /// A text.
    Text(String),
    /// A number as it is written, with its sign.
    Number(String),
    /// True or false.
    Bool(bool),
    /// Null.
    Null,
    /// What is not there.
    Missing,
    /// A literal of Amazon Ion, which DynamoDB does not take.
    Ion(String),
    /// A parameter: the how manieth question mark, from 0.
    Parameter(usize),
    /// A list.
    List(Vec<Expr>),
    /// A set.
    Bag(Vec<Expr>),
    /// A map.
    Map(Vec<(Expr, Expr)>),
    /// A function, in lower case, and its arguments.
    Call(String, Vec<Expr>),
    /// An operator between two operands.
    Infix(Operator, Box<Expr>, Box<Expr>),
    /// `tested BETWEEN lower AND upper`.
    Between(Box<[Expr; 3]>),
    /// `tested IN choices`.
    In(Box<Expr>, Box<Expr>),
    /// `tested IS type`, with the type in upper case.
    Is(Box<Expr>, String),
    /// All of these must hold.
    All(Vec<Expr>),
    /// One of these must hold.
    Any(Vec<Expr>),
    /// The opposite.
    Not(Box<Expr>),
}

/// An operator between two operands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Operator {
    /// Compares.
    Compare(Comparator),
    /// Adds.
    Plus,
    /// Subtracts.
    Minus,
    /// One that DynamoDB refuses.
    Other(&'static str),
}

impl Operator {
    /// As it is written.
    #[must_use]
    pub fn symbol(self) -> &'static str {
        match self {
            Self::Compare(comparator) => comparator.symbol(),
            Self::Plus => "+",
            Self::Minus => "-",
            Self::Other(symbol) => symbol,
        }
    }
}

impl Expr {
    /// Shows the expression and all inside it, in the order of the text.
    pub fn walk<'e>(&'e self, look: &mut dyn FnMut(&'e Expr)) {
        look(self);
        match &self.kind {
            Kind::List(all) | Kind::Bag(all) | Kind::Call(_, all) | Kind::All(all) | Kind::Any(all) => {
                all.iter().for_each(|expr| expr.walk(look));
            }
            Kind::Map(members) => members.iter().for_each(|(key, value)| {
                key.walk(look);
                value.walk(look);
            }),
            Kind::Between(operands) => operands.iter().for_each(|expr| expr.walk(look)),
            Kind::Infix(_, left, right) | Kind::In(left, right) => {
                left.walk(look);
                right.walk(look);
            }
            Kind::Is(inner, _) | Kind::Not(inner) => inner.walk(look),
            _ => {}
        }
    }
}

impl Statement {
    /// The table that it is about, and the index, if it names one.
    #[must_use]
    pub fn source(&self) -> (&str, Option<&str>) {
        let source = match self {
            Self::Select(select) | Self::Exists(select) => &select.source,
            Self::Insert(insert) => return (&insert.table, None),
            Self::Update(update) => &update.source,
            Self::Delete(delete) => &delete.source,
        };
        (&source.table, source.index.as_deref())
    }
}
