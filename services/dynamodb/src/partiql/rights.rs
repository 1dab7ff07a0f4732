//! Who may run a statement: IAM's action is that of the statement, and the resource its table or index.

use names::Arn;
use partiql::Statement;
use service::Context;
use wire::Fault;

use crate::table::Place;

/// Refuses a caller who may not.
pub(super) fn check(context: &Context, statement: &Statement) -> Result<(), Fault> {
    context.permit(&api_dynamodb::FACTS, action(statement), &|| vec![resource(context, statement)])
}

fn action(statement: &Statement) -> &'static str {
    match statement {
        Statement::Select(_) | Statement::Exists(_) => "PartiQLSelect",
        Statement::Insert(_) => "PartiQLInsert",
        Statement::Update(_) => "PartiQLUpdate",
        Statement::Delete(_) => "PartiQLDelete",
    }
}

fn resource(context: &Context, statement: &Statement) -> Arn {
    let (table, index) = statement.source();
    let place = Place::of(&context.scope(), table);
    match index {
        None => place.arn(),
        Some(index) => place.index_arn(index),
    }
}
