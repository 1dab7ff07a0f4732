//! Begins what earlier programs kept and did not carry out: rounds of lifecycles, and logs of requests. Once.

use service::Error as ServiceError;
use store::{Direction, Error, Reads as _, Store, Transaction};

use crate::bucket::Bucket;
use crate::setting::Setting as _;
use crate::{access_log, keys, lifecycle};

/// Looks at all buckets, unless it has done so before.
pub(crate) fn run(store: &Store) -> Result<(), Error> {
    let done = keys::upgraded();
    if store.snapshot().get(&done)?.is_some() {
        return Ok(());
    }
    let buckets = keys::buckets().prefix_range();
    let upgrade = |tx: &mut Transaction| {
        let found: Vec<_> = tx.scan(buckets.clone(), Direction::Forward).collect::<Result<_, _>>()?;
        for (_, record) in found {
            begin(tx, &store::record::decode(&record)?)?;
        }
        tx.put(done.clone(), Vec::new());
        Ok(())
    };
    store.transact_now(upgrade).map_err(|error| match error {
        ServiceError::Store(error) => error,
        ServiceError::Fault(fault) => Error::Corrupt { what: "bucket", why: fault.message },
    })
}

fn begin(tx: &mut Transaction, bucket: &Bucket) -> Result<(), ServiceError> {
    if bucket.settings.contains(api_s3::GetBucketLifecycleConfigurationOutput::KIND) {
        lifecycle::begin(tx, &bucket.name, 0, &bucket.id)?;
    }
    if bucket.settings.contains(api_s3::BucketLoggingStatus::KIND) {
        access_log::note(tx, &bucket.name, true);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use names::Account;
    use store::Options;

    use super::*;

    #[test]
    fn rules_and_logs_of_earlier_programs_begin_once() {
        let store = Store::open(Options::memory()).unwrap();
        let bucket = Bucket {
            id: [1; 16],
            name: "old".into(),
            owner: Account::ZERO,
            region: "us-east-1".parse().unwrap(),
            constraint: None,
            created_ms: 0,
            settings: ["lifecycle".to_owned(), "logging".to_owned()].into(),
        };
        store.transact_now(|tx| tx.put_record(keys::bucket("old"), &bucket)).unwrap();
        let is_logged = || store.snapshot().get(&keys::logged("old")).unwrap().is_some();
        run(&store).unwrap();
        assert_eq!(lifecycle::due_ms(&store.snapshot(), "old").unwrap(), Some(0));
        assert!(is_logged());
        store
            .transact_now(|tx| {
                access_log::note(tx, "old", false);
                Ok::<_, Error>(())
            })
            .unwrap();
        run(&store).unwrap();
        assert!(!is_logged());
    }
}
