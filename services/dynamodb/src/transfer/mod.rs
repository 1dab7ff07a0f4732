//! What exports to S3 and imports from it have in common: their ARNs, their lists, for whom they call other services, why they
//! fail, and that they are forgotten.
//!
//! Formats of files, and what becomes of tables, are never here.

mod asker;
mod failure;
pub(crate) mod forget;
mod list;

use api_dynamodb as api;
use names::{Arn, Scope};
use service::{Result as Outcome, Tx};
use store::tuple::Key;
use store::{Bytes, Direction};
use wire::Fault;

pub(crate) use self::asker::Asker;
pub(crate) use self::failure::{Failure, told};
pub(crate) use self::list::page;
use crate::errors;

/// How long the tokens of requests are remembered.
pub(crate) const TOKEN_MS: i64 = 8 * 3_600_000;

/// What the ARNs of one kind are called, and who there is none of.
pub(crate) struct Kind {
    /// `export`.
    pub(crate) name: &'static str,
    pub(crate) title: &'static str,
    /// How many an account may have at once in a region.
    pub(crate) at_once_max: usize,
    pub(crate) not_found: fn(String) -> Fault,
}

impl Kind {
    /// The ARN of one.
    pub(crate) fn arn(&self, scope: &Scope, table: &str, label: &str) -> Arn {
        Arn::in_scope("dynamodb", scope, format_args!("table/{table}/{}/{label}", self.name))
    }

    /// The table and the label in an ARN.
    pub(crate) fn read<'a>(&self, scope: &Scope, arn: &'a str) -> Result<(&'a str, &'a str), Fault> {
        let parsed = arn.parse::<Arn>().ok().filter(|arn| arn.service() == "dynamodb");
        let resource = arn.splitn(6, ':').nth(5).and_then(|resource| resource.strip_prefix("table/"));
        let parts = resource.and_then(|resource| resource.split_once('/'));
        let named =
            parts.and_then(|(table, rest)| Some((table, rest.strip_prefix(self.name)?.strip_prefix('/')?)));
        let (Some(parsed), Some(named)) = (parsed, named) else {
            return Err(errors::invalid(format!("Invalid {} ARN", self.title)));
        };
        if parsed.account() != Some(scope.account) {
            return Err(denied());
        }
        if parsed.region() != Some(scope.region) {
            return Err(self.missing(&format!("Invalid {} arn", self.name)));
        }
        Ok(named)
    }

    /// For the ARN of none.
    pub(crate) fn no_such(&self, arn: &str) -> Fault {
        self.missing(&format!("{} not found: {arn}", self.title))
    }

    fn missing(&self, what: &str) -> Fault {
        (self.not_found)(format!("{} not found: {what}", self.title))
    }

    /// Refuses one more, where as many of those behind a key are not over.
    pub(crate) fn check_number(
        &self,
        tx: &Tx<'_>,
        all: &Key,
        is_open: impl Fn(&Bytes) -> Outcome<bool>,
    ) -> Outcome<()> {
        let mut open = 0;
        for entry in tx.scan_unchecked(all.prefix_range(), Direction::Forward) {
            open += usize::from(is_open(&entry?.1)?);
        }
        if open < self.at_once_max {
            return Ok(());
        }
        let (max, name) = (self.at_once_max, self.name);
        let message = format!("Subscriber limit exceeded: There is a limit of {max} concurrent {name}s");
        Err(api::error::limit_exceeded_exception(message).into())
    }

    /// What AWS says of a token that came with another request before.
    pub(crate) fn conflict(&self) -> String {
        format!("{} conflict: Duplicate request detected with conflicting parameters", self.title)
    }
}

/// For what belongs to another account.
pub(crate) fn denied() -> Fault {
    Fault::new("AccessDeniedException", 400, "Access is denied")
}

/// Whom tokens belong to.
pub(crate) fn owner(scope: &Scope) -> String {
    [scope.account.as_str(), "\n", scope.region.as_str()].concat()
}
