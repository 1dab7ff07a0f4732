//! What stands behind `WHERE`, as a condition on items.

use expressions::{Condition, Operand, Type, Value};

use super::Meaning;
use crate::{Error, Expr, Kind, Operator};

/// The functions that are conditions.
const FUNCTIONS: [&str; 5] =
    ["attribute_exists", "attribute_not_exists", "attribute_type", "begins_with", "contains"];

/// Types that `IS` asks for, and DynamoDB's names of them.
const TYPES: [(&str, Type); 9] = [
    ("NULL", Type::Null),
    ("BOOL", Type::Bool),
    ("BOOLEAN", Type::Bool),
    ("BLOB", Type::B),
    ("STRING", Type::S),
    ("NUMERIC", Type::N),
    ("STRUCT", Type::M),
    ("TUPLE", Type::M),
    ("LIST", Type::L),
];

impl Meaning<'_> {
    /// The condition that an expression is.
    ///
    /// # Errors
    /// When it is none, or one that DynamoDB does not have.
    pub fn condition(&self, expr: &Expr) -> Result<Condition, Error> {
        self.true_or_false(expr)?
            .ok_or_else(|| Error::new("WHERE clause must contain an expression that resolves to a boolean"))
    }

    /// The condition, if the expression is one.
    fn true_or_false(&self, expr: &Expr) -> Result<Option<Condition>, Error> {
        Ok(Some(match &expr.kind {
            Kind::All(all) => Condition::all(self.junction(all)?),
            Kind::Any(any) => Condition::any(self.junction(any)?),
            Kind::Not(inner) => {
                let inner = self.true_or_false(inner)?;
                let wrong = || Error::new("The argument to NOT must be a Type or Expression");
                inner.ok_or_else(wrong)?.negated()
            }
            Kind::Infix(Operator::Compare(comparator), left, right) => {
                Condition::compare(*comparator, self.operand(left)?, self.operand(right)?)?
            }
            Kind::Infix(operator, ..) => return Err(unsupported_operator(operator.symbol())),
            Kind::Between(operands) => {
                let [tested, lower, upper] = &**operands;
                Condition::between(self.operand(tested)?, self.operand(lower)?, self.operand(upper)?)?
            }
            Kind::In(tested, choices) => {
                Condition::within(self.operand(tested)?, self.operands(choices_of(choices)?)?)?
            }
            Kind::Is(tested, name) => self.is(tested, name)?,
            Kind::Call(function, arguments) if FUNCTIONS.contains(&function.as_str()) => {
                Condition::call(function, self.operands(arguments)?)?
            }
            Kind::Call(function, _) if function != "size" => return Err(unrecognized(expr, function)),
            _ => return Ok(None),
        }))
    }

    fn junction(&self, all: &[Expr]) -> Result<Vec<Condition>, Error> {
        let one = |expr| {
            let condition = self.true_or_false(expr)?;
            condition.ok_or_else(|| Error::new("The arguments to AND/OR must be Expressions"))
        };
        all.iter().map(one).collect()
    }

    fn operands(&self, all: &[Expr]) -> Result<Vec<Operand>, Error> {
        all.iter().map(|expr| self.operand(expr)).collect()
    }

    /// What a comparison or a function looks at; a condition is looked at for its truth.
    fn operand(&self, expr: &Expr) -> Result<Operand, Error> {
        match &expr.kind {
            Kind::Path(path) => Ok(Operand::path(path.clone())),
            Kind::Call(function, arguments) if function == "size" => {
                Ok(Operand::size(self.operands(arguments)?)?)
            }
            Kind::Missing => Err(Error::new("MISSING must be compared using IS operator")),
            _ => match self.true_or_false(expr)? {
                Some(condition) => Ok(Operand::truth(condition)),
                None => Ok(Operand::value(self.value(expr)?)),
            },
        }
    }

    fn is(&self, tested: &Expr, name: &str) -> Result<Condition, Error> {
        if !matches!(tested.kind, Kind::Path(_)) {
            return Err(Error::new(
                "The left hand side argument to IS must be a Variable Reference, Literal, or Path",
            ));
        }
        let tested = self.operand(tested)?;
        if name == "MISSING" {
            return Ok(Condition::call("attribute_not_exists", vec![tested])?);
        }
        let (_, kind) = TYPES.iter().find(|(known, _)| *known == name).ok_or_else(|| {
            Error::new(format!(
                "Unsupported data type for IS operator: {name}. Supported data types are [MISSING, NULL, BOOLEAN, BLOB, \
                 STRING, NUMERIC, STRUCT, TUPLE, LIST]"
            ))
        })?;
        let kind = Operand::value(Value::S(kind.name().to_owned()));
        Ok(Condition::call("attribute_type", vec![tested, kind])?)
    }
}

/// What `IN` chooses from.
fn choices_of(choices: &Expr) -> Result<&[Expr], Error> {
    match &choices.kind {
        Kind::List(all) | Kind::Bag(all) if !all.is_empty() => Ok(all),
        _ => Err(Error::new(
            "IN operator must have a left hand argument of type Variable Reference and right hand argument of type Seq with \
             at least one member",
        )),
    }
}

fn unsupported_operator(operator: &str) -> Error {
    Error::new(format!("Unsupported operator in Condition Expression. Operator: {operator}"))
}

/// The error of a function that there is not, or not here.
pub(super) fn unrecognized(expr: &Expr, function: &str) -> Error {
    Error::at(format_args!("Unrecognized function: {function}"), expr.at)
}
