//! PartiQL: statements instead of requests.
//!
//! `base/partiql` reads a statement; here it meets its table. What it reads is read as by Query and Scan, and what it writes
//! becomes an [`Action`](crate::action::Action) under a condition, as in every other operation. `plan` finds out what a
//! condition says of keys, `select` reads, `write` writes, `batch` and `transaction` do many at once.
//!
//! Who may what depends on the statement, so each operation asks for itself (`rights`).

mod batch;
mod interval;
mod plan;
mod projected;
mod rights;
mod select;
mod token;
mod transaction;
mod write;

use api_dynamodb as api;
use expressions::Value;
use partiql::{Meaning, Statement};
use service::{Context, Result};
use wire::Fault;

pub(crate) use batch::execute as execute_batch;
pub(crate) use transaction::execute as execute_transaction;

use crate::{attribute, errors};

/// Why a statement is refused, as DynamoDB answers.
fn refused(error: partiql::Error) -> Fault {
    errors::invalid(error.message())
}

/// A statement with its parameters.
struct Prepared {
    statement: Statement,
    parameters: Vec<Value>,
}

impl Prepared {
    /// Reads the parameters, and then the statement.
    fn read(text: &str, parameters: Option<&[api::AttributeValue]>) -> Result<Self, Fault> {
        Prepared::with(text, Prepared::parameters(parameters)?)
    }

    fn parameters(parameters: Option<&[api::AttributeValue]>) -> Result<Vec<Value>, Fault> {
        let parameters = parameters.unwrap_or_default().iter().map(|parameter| {
            let value = attribute::value(parameter)?;
            expressions::value::check_depth([&value]).map_err(errors::of_expression)?;
            Ok::<_, Fault>(value)
        });
        parameters.collect()
    }

    fn with(text: &str, parameters: Vec<Value>) -> Result<Self, Fault> {
        let (statement, count) = partiql::parse(text).map_err(refused)?;
        Meaning::of(&parameters, count).map_err(refused)?;
        Ok(Prepared { statement, parameters })
    }

    fn meaning(&self) -> Result<Meaning<'_>, Fault> {
        Meaning::of(&self.parameters, self.parameters.len()).map_err(refused)
    }

    /// Whether it only reads.
    fn reads(&self) -> bool {
        matches!(self.statement, Statement::Select(_))
    }

    fn table(&self) -> &str {
        self.statement.source().0
    }
}

/// Statements that read and statements that write cannot be mixed.
fn mixed(what: &str) -> Fault {
    errors::invalid(format!("{what} must consist of either read statements or write statements, not both"))
}

/// What `EXISTS` is refused with that stands alone.
fn exists_alone() -> Fault {
    errors::invalid("EXISTS can only be used in ExecuteTransaction write requests.")
}

/// ExecuteStatement.
pub(crate) async fn execute(
    context: Context,
    input: api::ExecuteStatementInput,
) -> Result<api::ExecuteStatementOutput> {
    let prepared = Prepared::read(&input.statement, input.parameters.as_deref())?;
    rights::check(&context, &prepared.statement)?;
    match &prepared.statement {
        Statement::Select(wanted) => {
            let outcome = select::execute(&context.view(), &prepared, wanted, &input);
            context.cloud.store.settle().await;
            outcome
        }
        Statement::Exists(_) => Err(exists_alone().into()),
        _ => context.transact(|tx| write::execute(tx, &prepared, &input)).await,
    }
}
