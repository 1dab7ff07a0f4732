//! What is wrong with items, told in CloudWatch Logs: an event for each, up to ten thousand of an import.

use serde_json::json;
use service::{Context, Error, Result, Tx};
use wire::Fault;

use super::Import;
use crate::formats::Wrong;
use crate::transfer::told;

/// The log group of all imports.
pub(super) const GROUP: &str = "/aws-dynamodb/imports";
const EVENTS_MAX: i64 = 10_000;

/// An entry of an object that is none of the table's items.
pub(super) struct Complaint<'a> {
    pub(super) key: &'a str,
    pub(super) index: u64,
    pub(super) wrong: Wrong,
}

impl Import {
    fn log_stream(&self) -> String {
        format!("{}/error", self.label)
    }

    /// Makes the group and the stream, unless they are there.
    pub(super) async fn open_log(&self, context: &Context) -> Result<()> {
        let group = api_logs::CreateLogGroupInput { log_group_name: GROUP.to_owned(), ..Default::default() };
        made(context, context.call::<api_logs::CreateLogGroup>(group).await)?;
        let stream = api_logs::CreateLogStreamInput {
            log_group_name: GROUP.to_owned(),
            log_stream_name: self.log_stream(),
        };
        made(context, context.call::<api_logs::CreateLogStream>(stream).await)
    }

    /// Tells them, in the transaction that counts them.
    pub(super) fn complain(&self, tx: &mut Tx<'_>, complaints: &[Complaint<'_>]) -> Result<()> {
        let room = usize::try_from(EVENTS_MAX - self.counts.errors).unwrap_or_default();
        let timestamp = tx.now.millis();
        let event = |complaint: &Complaint<'_>| api_logs::InputLogEvent {
            timestamp,
            message: self.message(complaint),
        };
        let log_events: Vec<_> = complaints.iter().take(room).map(event).collect();
        if log_events.is_empty() {
            return Ok(());
        }
        let input = api_logs::PutLogEventsInput {
            log_group_name: GROUP.to_owned(),
            log_stream_name: self.log_stream(),
            log_events,
            ..Default::default()
        };
        let context = tx.context;
        match tx.call::<api_logs::PutLogEvents>(context, input) {
            Ok(_) => Ok(()),
            Err(Error::Fault(fault)) => Err(refused(context, &fault).into()),
            Err(error) => Err(error),
        }
    }

    fn message(&self, complaint: &Complaint<'_>) -> String {
        json!({
            "itemS3Pointer": {
                "bucket": self.from.bucket,
                "key": complaint.key,
                "itemIndex": complaint.index,
            },
            "importArn": self.arn().as_str(),
            "errorMessages": [complaint.wrong.message()],
        })
        .to_string()
    }
}

fn made<T>(context: &Context, made: Result<T, Fault>) -> Result<()> {
    match made {
        Err(fault) if fault.code != "ResourceAlreadyExistsException" => Err(refused(context, &fault).into()),
        _ => Ok(()),
    }
}

fn refused(context: &Context, fault: &Fault) -> Fault {
    told("AWSLogs", "CloudWatchLogs", context, fault)
}
