//! The grammar of statements, clause by clause.

use super::{Parser, is_keyword};
use crate::lexer::Kind as Word;
use crate::{
    Change, Delete, Error, Expr, Insert, Kind, Order, Projection, Returning, Select, Source, Statement,
    Update,
};

/// What a text is refused for that is something else than a statement.
fn no_statement() -> Error {
    Error::malformed("Expected data manipulation")
}

fn unsupported(clause: &str, parser: &Parser<'_>) -> Error {
    Error::at(format_args!("Unsupported clause: {clause}"), parser.place())
}

impl Parser<'_> {
    pub(super) fn statement(&mut self) -> Result<Statement, Error> {
        if self.take_keyword("SELECT") {
            self.select().map(Statement::Select)
        } else if self.take_keyword("INSERT") {
            self.insert().map(Statement::Insert)
        } else if self.take_keyword("UPDATE") {
            self.update().map(Statement::Update)
        } else if self.take_keyword("FROM") {
            self.update_from().map(Statement::Update)
        } else if self.take_keyword("DELETE") {
            self.delete().map(Statement::Delete)
        } else if self.is_keyword("EXISTS") && self.peek_second().text == "(" {
            self.advance();
            self.advance();
            self.expect_keyword("SELECT")?;
            let select = self.select()?;
            self.expect_symbol(")")?;
            Ok(Statement::Exists(select))
        } else {
            Err(no_statement())
        }
    }

    fn select(&mut self) -> Result<Select, Error> {
        if self.is_keyword("DISTINCT") {
            return Err(unsupported("DISTINCT", self));
        }
        if (self.is_keyword("VALUE") && self.peek_second().kind != Word::Symbol) || self.is_keyword("PIVOT") {
            return Err(Error::new("Select projection doesn't support value or pivot keywords"));
        }
        let projection = self.projection()?;
        self.expect_keyword("FROM")?;
        let source = self.source()?;
        if self.is_symbol(",") || self.is_keyword("JOIN") || self.is_keyword("CROSS") {
            return Err(Error::new("Only select from a single table or index is supported."));
        }
        self.no_alias()?;
        let filter = self.filter()?;
        for clause in ["GROUP", "HAVING", "LIMIT"] {
            if self.is_keyword(clause) {
                return Err(unsupported(clause, self));
            }
        }
        let mut order = Vec::new();
        if self.take_keyword("ORDER") {
            self.expect_keyword("BY")?;
            order = self.list(Parser::order)?;
        }
        if self.is_keyword("LIMIT") {
            return Err(unsupported("LIMIT", self));
        }
        Ok(Select { projection, source, filter, order })
    }

    fn projection(&mut self) -> Result<Projection, Error> {
        let mut paths = Vec::new();
        let mut is_all = false;
        self.list(|parser| {
            if parser.take_symbol("*") {
                is_all = true;
                return Ok(());
            }
            let wanted = parser.expression()?;
            parser.no_alias()?;
            match wanted.kind {
                Kind::Path(path) => paths.push(path),
                _ => return Err(Error::at("Unexpected path component", wanted.at)),
            }
            Ok(())
        })?;
        match (is_all, paths.is_empty()) {
            (true, true) => Ok(Projection::All),
            (true, false) => {
                Err(Error::new("Other attributes should not be present in the projection when '*' is used."))
            }
            (false, _) => Ok(Projection::Paths(paths)),
        }
    }

    /// `WHERE`, if it comes.
    fn filter(&mut self) -> Result<Option<Expr>, Error> {
        if self.take_keyword("WHERE") { self.expression().map(Some) } else { Ok(None) }
    }

    fn order(&mut self) -> Result<Order, Error> {
        let wanted = self.expression()?;
        let Kind::Path(by) = wanted.kind else {
            return Err(Error::at("Unexpected path component", wanted.at));
        };
        let is_descending = self.take_keyword("DESC");
        if !is_descending {
            self.take_keyword("ASC");
        }
        Ok(Order { by, is_descending })
    }

    fn insert(&mut self) -> Result<Insert, Error> {
        self.expect_keyword("INTO")?;
        let Source { table, index } = self.target()?;
        if index.is_some() {
            return Err(Error::new(
                "FROM clause may only contain a single table name in data manipulation statements",
            ));
        }
        let several = || {
            Error::new(
                "Unsupported operation: Inserting multiple items in a single statement is not supported, use \"INSERT INTO \
                 tableName VALUE item\" instead",
            )
        };
        if self.is_keyword("VALUES") || self.is_symbol("<<") {
            return Err(several());
        }
        if !self.take_keyword("VALUE") {
            return Err(Error::malformed("Unexpected token after expression"));
        }
        let item = self.expression()?;
        if self.is_keyword("RETURNING") {
            return Err(Error::new("RETURNING is not supported in INSERT"));
        }
        match item.kind {
            Kind::Map(_) | Kind::Parameter(_) => Ok(Insert { table, item }),
            Kind::List(_) | Kind::Bag(_) => Err(several()),
            _ => Err(Error::new(
                "Unsupported format in item expression. Please use struct format {...} to express item values for insert \
                 statement.",
            )),
        }
    }

    fn update(&mut self) -> Result<Update, Error> {
        let source = self.target()?;
        if !self.is_keyword("SET") && !self.is_keyword("REMOVE") {
            self.no_alias()?;
            return Err(no_statement());
        }
        let changes = self.changes()?;
        let filter = self.filter()?;
        Ok(Update { source, changes, filter, returning: self.returning()? })
    }

    /// The form in which the table and the condition come first.
    fn update_from(&mut self) -> Result<Update, Error> {
        let source = self.target()?;
        if !self.is_keyword("WHERE") && !self.is_keyword("SET") && !self.is_keyword("REMOVE") {
            self.no_alias()?;
        }
        let filter = self.filter()?;
        if !self.is_keyword("SET") && !self.is_keyword("REMOVE") {
            return Err(no_statement());
        }
        Ok(Update { source, filter, changes: self.changes()?, returning: self.returning()? })
    }

    fn changes(&mut self) -> Result<Vec<Change>, Error> {
        let mut changes = Vec::new();
        loop {
            if self.take_keyword("SET") {
                changes.extend(self.list(|parser| {
                    let path = parser.simple_path()?;
                    parser.expect_symbol("=")?;
                    Ok(Change::Set(path, parser.expression()?))
                })?);
            } else if self.take_keyword("REMOVE") {
                changes.push(Change::Remove(self.simple_path()?));
            } else {
                return Ok(changes);
            }
        }
    }

    fn delete(&mut self) -> Result<Delete, Error> {
        self.expect_keyword("FROM")?;
        let source = self.target()?;
        self.no_alias()?;
        let filter = self.filter()?;
        let returning = self.returning()?;
        match returning {
            None | Some(Returning::AllOld) => Ok(Delete { source, filter, returning }),
            Some(other) => Err(Error::new(format!(
                "Invalid returning clause: RETURNING {other}. Only RETURNING ALL OLD * is allowed in DELETE statements."
            ))),
        }
    }

    /// `RETURNING`, if it comes.
    fn returning(&mut self) -> Result<Option<Returning>, Error> {
        if !self.take_keyword("RETURNING") {
            return Ok(None);
        }
        let is_all = self.is_keyword("ALL");
        if !is_all && !self.is_keyword("MODIFIED") {
            return Err(Error::malformed("Expected ALL or MODIFIED in a returning element."));
        }
        self.advance();
        let is_old = self.is_keyword("OLD");
        if !is_old && !is_keyword(self.peek(), "NEW") {
            return Err(Error::malformed("Expected OLD or NEW in a returning element."));
        }
        self.advance();
        if !self.take_symbol("*") {
            return Err(Error::new(
                "Expected '*' after ( MODIFIED | ALL ) ( NEW | OLD ) in RETURNING clause",
            ));
        }
        if self.is_symbol(",") {
            return Err(Error::new("Invalid syntax with multiple returning elements in RETURNING clause"));
        }
        Ok(Some(match (is_all, is_old) {
            (true, true) => Returning::AllOld,
            (true, false) => Returning::AllNew,
            (false, true) => Returning::ModifiedOld,
            (false, false) => Returning::ModifiedNew,
        }))
    }
}
