//! What is not built is refused by name, in the same words everywhere: nothing pretends to have happened.

use wire::Fault;

/// The answer to a request for a part of an operation that nobody wrote.
#[must_use]
pub fn not_built(service: &str, what: &str) -> Fault {
    Fault::new("NotImplemented", 501, format!("{service}: {what} is not implemented."))
}

/// Refuses the first of these parameters that is there.
///
/// # Errors
/// [`not_built`], when one is.
pub fn refuse(service: &str, parameters: &[(&str, bool)]) -> Result<(), Fault> {
    match parameters.iter().find(|(_, is_there)| *is_there) {
        Some((name, _)) => Err(not_built(service, name)),
        None => Ok(()),
    }
}
