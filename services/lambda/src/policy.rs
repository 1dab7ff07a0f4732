//! Resource policies of functions and of versions of layers: documents made of statements, which come and go by their ids.

use api_lambda as api;
use names::ids;
use serde::{Deserialize, Serialize};
use service::Random;
use wire::Fault;

use crate::keys::Id;

/// The largest policy, in bytes.
const POLICY_BYTES_MAX: usize = 20_480;

/// The statements of a policy, by their ids, in the order in which they were added.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Policy {
    statements: Vec<(String, String)>,
    /// Changes with every change.
    revision: Id,
}

#[cfg(test)]
layouts::stays!(stored_policy: Policy);

impl Policy {
    pub(crate) fn is_empty(&self) -> bool {
        self.statements.is_empty()
    }

    pub(crate) fn document(&self) -> String {
        let statements: Vec<&str> = self.statements.iter().map(|(_, statement)| statement.as_str()).collect();
        format!(r#"{{"Version":"2012-10-17","Id":"default","Statement":[{}]}}"#, statements.join(","))
    }

    pub(crate) fn revision_id(&self) -> String {
        ids::uuid(self.revision)
    }

    /// Whether it is as the client knows it.
    pub(crate) fn is_at(&self, revision_id: Option<&str>) -> bool {
        revision_id.is_none_or(|wanted| wanted == self.revision_id())
    }

    pub(crate) fn add(&mut self, id: &str, statement: &str, random: &Random) -> Result<(), Fault> {
        if self.statements.iter().any(|(known, _)| known == id) {
            let message = format!(
                "The statement id ({id}) provided already exists. Please provide a new statement id, or remove the \
                 existing statement."
            );
            return Err(api::error::resource_conflict_exception(message));
        }
        self.statements.push((id.to_owned(), statement.to_owned()));
        let size_bytes = self.document().len();
        if size_bytes > POLICY_BYTES_MAX {
            let message = format!(
                "The final policy size ({size_bytes}) is bigger than the limit ({POLICY_BYTES_MAX})."
            );
            return Err(api::error::policy_length_exceeded_exception(message));
        }
        self.revision = random.bytes();
        Ok(())
    }

    pub(crate) fn remove(&mut self, id: &str, random: &Random) -> Result<(), Fault> {
        let missing = || {
            let message = format!("Statement {id} is not found in resource policy.");
            api::error::resource_not_found_exception(message)
        };
        let at = self.statements.iter().position(|(known, _)| known == id).ok_or_else(missing)?;
        self.statements.remove(at);
        self.revision = random.bytes();
        Ok(())
    }
}
