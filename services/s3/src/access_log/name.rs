//! What the objects of a log are called.

use api_s3 as api;
use wire::{Timestamp, TimestampFormat};

use super::Logged;

/// What the name of the object begins with that a line of that moment goes into, when it is delivered now. All lines of the
/// same beginning go into one object.
pub(super) fn begin(logged: &Logged, at: Timestamp, now: Timestamp) -> String {
    let prefix = &logged.to.target_prefix;
    let format = logged.to.target_object_key_format.as_ref();
    let Some(partitioned) = format.and_then(|format| format.partitioned_prefix.as_ref()) else {
        return format!("{prefix}{}", moment(now));
    };
    let by_delivery = Some(api::PartitionDateSource::DeliveryTime);
    let moment = match partitioned.partition_date_source == by_delivery {
        true => moment(now),
        // Whole days alone.
        false => format!("{}-00-00-00", &moment(at)[..10]),
    };
    let day = moment[..10].replace('-', "/");
    format!("{prefix}{}/{}/{}/{day}/{moment}", logged.owner, logged.region, logged.bucket)
}

/// `2026-11-26-10-33-16`.
fn moment(at: Timestamp) -> String {
    let text = at.format(TimestampFormat::DateTime);
    text.chars().take(19).map(|c| if c.is_ascii_digit() { c } else { '-' }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_tell_when_and_whose() {
        let at = Timestamp(1_796_000_000_000);
        let now = Timestamp(at.0 + 24 * 60 * 60 * 1000);
        let mut logged = Logged {
            bucket: "trips".into(),
            owner: "123456789012".parse().unwrap(),
            region: "eu-west-1".parse().unwrap(),
            to: api::LoggingEnabled { target_prefix: "log/".into(), ..Default::default() },
        };
        assert_eq!(begin(&logged, at, now), "log/2026-12-01-00-53-20");
        let mut by = |source: Option<api::PartitionDateSource>| {
            let partitioned = api::PartitionedPrefix { partition_date_source: source };
            logged.to.target_object_key_format = Some(api::TargetObjectKeyFormat {
                partitioned_prefix: Some(partitioned),
                ..Default::default()
            });
            begin(&logged, at, now)
        };
        let by_event = "log/123456789012/eu-west-1/trips/2026/11/30/2026-11-30-00-00-00";
        assert_eq!(by(None), by_event);
        assert_eq!(by(Some(api::PartitionDateSource::EventTime)), by_event);
        assert_eq!(
            by(Some(api::PartitionDateSource::DeliveryTime)),
            "log/123456789012/eu-west-1/trips/2026/12/01/2026-12-01-00-53-20"
        );
    }
}
