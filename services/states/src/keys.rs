//! What Step Functions stores, and where. Every key starts with `"states"`.
//!
//! | key | value |
//! |---|---|
//! | `"machine", account, region, name` | [`crate::machine::Machine`] |
//! | `"revision", machine id, revision id` | [`crate::machine::Revision`] |

use names::Scope;
use service::scoped;
use store::tuple::Key;

/// Sixteen random bytes.
pub(crate) type Id = [u8; 16];

fn of(kind: &str) -> Key {
    Key::new().str("states").str(kind)
}

pub(crate) fn machines(scope: &Scope) -> Key {
    scoped("states", "machine", scope)
}

pub(crate) fn machine(scope: &Scope, name: &str) -> Key {
    machines(scope).str(name)
}

pub(crate) fn revisions(machine: &Id) -> Key {
    of("revision").bytes(machine)
}

pub(crate) fn revision(machine: &Id, revision: &Id) -> Key {
    revisions(machine).bytes(revision)
}

/// Everything of a machine but its own record.
pub(crate) fn all_of(machine: &Id) -> [Key; 1] {
    [revisions(machine)]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_stay() {
        let scope = Scope::new(names::Account::ZERO, "us-east-1".parse().unwrap());
        let id = [1; 16];
        let keys = [("machine", machine(&scope, "m")), ("revision", revision(&id, &id))];
        layouts::keys_stay(env!("CARGO_MANIFEST_DIR"), &keys);
    }
}
