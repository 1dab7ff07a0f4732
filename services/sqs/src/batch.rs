//! What all batches share: how many entries there may be, and what their ids are.

use api_sqs::BatchResultErrorEntry;
use api_sqs::error;
use wire::Fault;

/// Entries of one batch.
const ENTRIES_MAX: usize = 10;

/// Refuses a batch that is empty, too long, or whose ids do not tell its entries apart.
pub(crate) fn check<'a>(entry_shape: &str, ids: impl Iterator<Item = &'a str> + Clone) -> Result<(), Fault> {
    let count = ids.clone().count();
    if count == 0 {
        let message = format!("There should be at least one {entry_shape} in the request.");
        return Err(error::empty_batch_request(message));
    }
    if count > ENTRIES_MAX {
        let message =
            format!("Maximum number of entries per request are {ENTRIES_MAX}. You have sent {count}.");
        return Err(error::too_many_entries_in_batch_request(message));
    }
    let mut seen = Vec::with_capacity(count);
    for id in ids {
        if !names::is_plain(id, "-_", 1..=80) {
            return Err(error::invalid_batch_entry_id(
                "A batch entry id can only contain alphanumeric characters, hyphens and underscores. It can be at most \
                 80 letters long.",
            ));
        }
        if seen.contains(&id) {
            return Err(error::batch_entry_ids_not_distinct(format!("Id {id} repeated.")));
        }
        seen.push(id);
    }
    Ok(())
}

/// The answer for an entry that failed while others did not.
pub(crate) fn failed(id: &str, fault: &Fault) -> BatchResultErrorEntry {
    BatchResultErrorEntry {
        id: id.to_owned(),
        sender_fault: fault.is_sender(),
        code: fault.query_code.as_deref().unwrap_or(&fault.code).to_owned(),
        message: Some(fault.message.clone()),
    }
}

/// Carries out each entry; a client's error fails its entry alone, the store's fails the whole.
pub(crate) fn each<E, S>(
    entries: &[E],
    id: impl Fn(&E) -> &str,
    mut carry_out: impl FnMut(&E) -> service::Result<S>,
) -> service::Result<(Vec<S>, Vec<BatchResultErrorEntry>)> {
    let (mut successful, mut unsuccessful) = (Vec::new(), Vec::new());
    for entry in entries {
        match carry_out(entry) {
            Ok(success) => successful.push(success),
            Err(service::Error::Fault(fault)) => unsuccessful.push(failed(id(entry), &fault)),
            Err(error) => return Err(error),
        }
    }
    Ok((successful, unsuccessful))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_batch_is_refused_as_a_whole() {
        let code = |ids: &[&str]| check("E", ids.iter().copied()).err().map(|fault| fault.code.into_owned());
        assert_eq!(code(&["a", "b"]), None);
        assert_eq!(code(&[]).as_deref(), Some("EmptyBatchRequest"));
        assert_eq!(code(&["a"; 11]).as_deref(), Some("TooManyEntriesInBatchRequest"));
        assert_eq!(code(&["a", "a"]).as_deref(), Some("BatchEntryIdsNotDistinct"));
        for id in ["", "a b", "ä", &"a".repeat(81)] {
            assert_eq!(code(&[id]).as_deref(), Some("InvalidBatchEntryId"), "{id}");
        }
    }
}
