//! What operations on backups refuse with, in AWS's words.

use std::fmt::Display;

use api_dynamodb as api;
use wire::{Fault, Timestamp, TimestampFormat};

use crate::errors;

pub(super) fn no_table(name: &str) -> Fault {
    api::error::table_not_found_exception(format!("Table not found: {name}"))
}

pub(super) fn no_backup(arn: &str) -> Fault {
    api::error::backup_not_found_exception(format!("Backup not found: {arn}"))
}

/// For what is no ARN of a backup.
pub(super) fn invalid_arn() -> Fault {
    errors::invalid("Invalid Backup ARN")
}

/// For the ARN of a backup where there are none.
pub(super) fn not_valid_arn() -> Fault {
    errors::invalid("BackupArn is not valid")
}

pub(super) fn denied() -> Fault {
    Fault::new("AccessDeniedException", 400, "Access is denied")
}

pub(super) fn invalid_request(what: impl Display) -> Fault {
    errors::invalid(format!("Invalid Request: {what}"))
}

pub(super) fn system_backup(arn: &str, expires_ms: i64) -> Fault {
    invalid_request(format_args!(
        "User is not allowed to delete the system backup with arn {arn}. It will automatically expire on {}",
        Timestamp(expires_ms).format(TimestampFormat::DateTime)
    ))
}
