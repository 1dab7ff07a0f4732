//! Statements as texts again: names always in quotes, and parentheses around whatever has operators.

use std::fmt::{self, Display, Formatter};

use expressions::{Path, Step};

use crate::{Change, Expr, Kind, Projection, Returning, Select, Source, Statement};

/// What stands in quotes; a quote in it is written twice.
struct Quoted<'a>(&'a str, char);

impl Display for Quoted<'_> {
    fn fmt(&self, formatter: &mut Formatter<'_>) -> fmt::Result {
        let Quoted(text, quote) = self;
        write!(formatter, "{quote}{}{quote}", text.replace(*quote, &format!("{quote}{quote}")))
    }
}

/// A path as statements have it.
struct Written<'a>(&'a Path);

impl Display for Written<'_> {
    fn fmt(&self, formatter: &mut Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}", Quoted(self.0.attribute(), '"'))?;
        for step in self.0.steps() {
            match step {
                Step::Name(name) => write!(formatter, ".{}", Quoted(name, '"'))?,
                Step::Index(index) => write!(formatter, "[{index}]")?,
            }
        }
        Ok(())
    }
}

/// Several with something between.
fn joined<T>(
    formatter: &mut Formatter<'_>,
    all: &[T],
    between: &str,
    one: impl Fn(&mut Formatter<'_>, &T) -> fmt::Result,
) -> fmt::Result {
    for (number, each) in all.iter().enumerate() {
        if number > 0 {
            formatter.write_str(between)?;
        }
        one(formatter, each)?;
    }
    Ok(())
}

/// An operand of an operator.
fn operand(formatter: &mut Formatter<'_>, expr: &Expr) -> fmt::Result {
    match expr.kind {
        Kind::Infix(..)
        | Kind::Between(_)
        | Kind::In(..)
        | Kind::Is(..)
        | Kind::All(_)
        | Kind::Any(_)
        | Kind::Not(_) => {
            write!(formatter, "({expr})")
        }
        _ => write!(formatter, "{expr}"),
    }
}

struct Operand<'a>(&'a Expr);

impl Display for Operand<'_> {
    fn fmt(&self, formatter: &mut Formatter<'_>) -> fmt::Result {
        operand(formatter, self.0)
    }
}

impl Display for Expr {
    fn fmt(&self, formatter: &mut Formatter<'_>) -> fmt::Result {
        let mut several = |open: &str, all: &[Expr], close: &str| {
            formatter.write_str(open)?;
            joined(formatter, all, ", ", |formatter, one| write!(formatter, "{one}"))?;
            formatter.write_str(close)
        };
        match &self.kind {
            Kind::List(all) => several("[", all, "]"),
            Kind::Bag(all) => several("<<", all, ">>"),
            Kind::Call(name, arguments) => several(&format!("{name}("), arguments, ")"),
            Kind::Map(members) => {
                formatter.write_str("{")?;
                joined(formatter, members, ", ", |formatter, (key, value)| {
                    write!(formatter, "{key}: {value}")
                })?;
                formatter.write_str("}")
            }
            Kind::Path(path) => Written(path).fmt(formatter),
            Kind::Text(text) => Quoted(text, '\'').fmt(formatter),
            Kind::Number(text) => formatter.write_str(text),
            Kind::Bool(value) => write!(formatter, "{value}"),
            Kind::Null => formatter.write_str("NULL"),
            Kind::Missing => formatter.write_str("MISSING"),
            Kind::Ion(text) => write!(formatter, "`{text}`"),
            Kind::Parameter(_) => formatter.write_str("?"),
            Kind::Infix(operator, left, right) => {
                write!(formatter, "{} {} {}", Operand(left), operator.symbol(), Operand(right))
            }
            Kind::Between(operands) => {
                let [tested, lower, upper] = &**operands;
                write!(formatter, "{} BETWEEN {} AND {}", Operand(tested), Operand(lower), Operand(upper))
            }
            Kind::In(tested, choices) => write!(formatter, "{} IN {}", Operand(tested), Operand(choices)),
            Kind::Is(tested, name) => write!(formatter, "{} IS {name}", Operand(tested)),
            Kind::All(all) => joined(formatter, all, " AND ", operand),
            Kind::Any(any) => joined(formatter, any, " OR ", operand),
            Kind::Not(inner) => write!(formatter, "NOT {}", Operand(inner)),
        }
    }
}

impl Display for Source {
    fn fmt(&self, formatter: &mut Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}", Quoted(&self.table, '"'))?;
        match &self.index {
            Some(index) => write!(formatter, ".{}", Quoted(index, '"')),
            None => Ok(()),
        }
    }
}

impl Display for Returning {
    fn fmt(&self, formatter: &mut Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::AllOld => "ALL OLD *",
            Self::AllNew => "ALL NEW *",
            Self::ModifiedOld => "MODIFIED OLD *",
            Self::ModifiedNew => "MODIFIED NEW *",
        })
    }
}

impl Display for Select {
    fn fmt(&self, formatter: &mut Formatter<'_>) -> fmt::Result {
        formatter.write_str("SELECT ")?;
        match &self.projection {
            Projection::All => formatter.write_str("*")?,
            Projection::Paths(paths) => {
                joined(formatter, paths, ", ", |formatter, path| Written(path).fmt(formatter))?;
            }
        }
        write!(formatter, " FROM {}", self.source)?;
        filter(formatter, self.filter.as_ref())?;
        if !self.order.is_empty() {
            formatter.write_str(" ORDER BY ")?;
        }
        joined(formatter, &self.order, ", ", |formatter, order| {
            let direction = if order.is_descending { "DESC" } else { "ASC" };
            write!(formatter, "{} {direction}", Written(&order.by))
        })
    }
}

fn filter(formatter: &mut Formatter<'_>, filter: Option<&Expr>) -> fmt::Result {
    filter.map_or(Ok(()), |filter| write!(formatter, " WHERE {filter}"))
}

fn returning(formatter: &mut Formatter<'_>, returning: Option<Returning>) -> fmt::Result {
    returning.map_or(Ok(()), |returning| write!(formatter, " RETURNING {returning}"))
}

impl Display for Statement {
    fn fmt(&self, formatter: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Self::Select(select) => write!(formatter, "{select}"),
            Self::Exists(select) => write!(formatter, "EXISTS({select})"),
            Self::Insert(insert) => {
                write!(formatter, "INSERT INTO {} VALUE {}", Quoted(&insert.table, '"'), insert.item)
            }
            Self::Update(update) => {
                write!(formatter, "UPDATE {}", update.source)?;
                for change in &update.changes {
                    match change {
                        Change::Set(path, value) => write!(formatter, " SET {} = {value}", Written(path))?,
                        Change::Remove(path) => write!(formatter, " REMOVE {}", Written(path))?,
                    }
                }
                filter(formatter, update.filter.as_ref())?;
                returning(formatter, update.returning)
            }
            Self::Delete(delete) => {
                write!(formatter, "DELETE FROM {}", delete.source)?;
                filter(formatter, delete.filter.as_ref())?;
                returning(formatter, delete.returning)
            }
        }
    }
}
