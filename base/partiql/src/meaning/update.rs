//! `SET` and `REMOVE`, as an update of an item.

use expressions::{Assigned, Path, Term, Update, Updates};

use super::Meaning;
use super::condition::unrecognized;
use crate::{Change, Error, Expr, Kind, Operator};

impl Meaning<'_> {
    /// The update that changes make.
    ///
    /// # Errors
    /// When a value is none, a function is unknown, or two of them change the same.
    pub fn update(&self, changes: &[Change]) -> Result<Update, Error> {
        let mut updates = Updates::default();
        for change in changes {
            match change {
                Change::Remove(path) => updates.remove(path.clone()),
                Change::Set(path, value) => self.set(&mut updates, path, value)?,
            }
        }
        Ok(updates.finish()?)
    }

    fn set(&self, updates: &mut Updates, path: &Path, value: &Expr) -> Result<(), Error> {
        match &value.kind {
            Kind::Call(function, arguments) if function == "set_add" || function == "set_delete" => {
                let elements = self.elements(path, value, function, arguments)?;
                match function.as_str() {
                    "set_add" => updates.add(path.clone(), elements)?,
                    _ => updates.delete(path.clone(), elements)?,
                }
            }
            Kind::Infix(Operator::Plus, left, right) => {
                updates.set(path.clone(), Assigned::sum(self.term(left)?, self.term(right)?)?);
            }
            Kind::Infix(Operator::Minus, left, right) => {
                updates.set(path.clone(), Assigned::difference(self.term(left)?, self.term(right)?)?);
            }
            _ => updates.set(path.clone(), self.term(value)?.into()),
        }
        Ok(())
    }

    /// The set that `set_add` and `set_delete` take.
    fn elements(
        &self,
        path: &Path,
        call: &Expr,
        function: &str,
        arguments: &[Expr],
    ) -> Result<expressions::Value, Error> {
        let function = function.to_ascii_uppercase();
        let [changed, elements] = arguments else {
            return Err(Error::at(format_args!("{function} must have exactly two arguments"), call.at));
        };
        if !matches!(&changed.kind, Kind::Path(changed) if changed == path) {
            let problem = format!("The first argument to {function} must equal the assignment value");
            return Err(Error::at(problem, call.at));
        }
        let problem = format!("The second argument to {function} must be a value with type SET");
        let wrong = || Error::at(problem, changed.at);
        if !matches!(elements.kind, Kind::Bag(_) | Kind::Parameter(_)) {
            return Err(wrong());
        }
        let elements = self.value(elements)?;
        if elements.kind().is_set() { Ok(elements) } else { Err(wrong()) }
    }

    fn term(&self, expr: &Expr) -> Result<Term, Error> {
        let unsupported = |operator: &str| {
            Err(Error::new(format!("Unsupported operator in Update Expression. Operator: {operator}")))
        };
        match &expr.kind {
            Kind::Path(path) => Ok(Term::path(path.clone())),
            Kind::Call(function, arguments) => match (function.as_str(), &arguments[..]) {
                ("list_append", [first, second]) => {
                    Ok(Term::list_append(self.term(first)?, self.term(second)?)?)
                }
                ("if_not_exists", [path, otherwise]) => {
                    Ok(Term::if_not_exists(self.term(path)?, self.term(otherwise)?)?)
                }
                ("list_append" | "if_not_exists", _) => Err(Error::new(format!(
                    "Incorrect number of operands for operator or function; operator or function: {function}, number of \
                     operands: {}",
                    arguments.len()
                ))),
                _ => Err(unrecognized(expr, function)),
            },
            Kind::Is(..) => Err(Error::new("IS operator is not supported in update expressions")),
            Kind::Infix(operator, ..) => unsupported(operator.symbol()),
            Kind::Between(_) => unsupported("BETWEEN"),
            Kind::In(..) => unsupported("IN"),
            Kind::All(_) => unsupported("AND"),
            Kind::Any(_) => unsupported("OR"),
            Kind::Not(_) => unsupported("NOT"),
            _ => self.value(expr).map(Term::value),
        }
    }
}
