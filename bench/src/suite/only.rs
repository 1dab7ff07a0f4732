//! The loads by their names: which one a profiler wants alone, and in which order all of them come.

use clap::ValueEnum;

pub(super) const PUT: &str = "DynamoDB PutItem";

/// The loads, in order, that come behind sends, puts and the lives of messages.
pub(super) const THEN: [Only; 16] = [
    Only::Get,
    Only::PutIndexed,
    Only::Update,
    Only::Transact,
    Only::PutBatch,
    Only::Query,
    Only::Scan,
    Only::Batch,
    Only::Publish,
    Only::PublishSigned,
    Only::PutObject,
    Only::GetObject,
    Only::PutLarge,
    Only::GetLarge,
    Only::ListObjects,
    Only::ListPrefixes,
];

/// Those that come last, because they leave much behind.
pub(super) const LAST: [Only; 11] = [
    Only::Mock,
    Only::Proxy,
    Only::Cached,
    Only::Routes,
    Only::Throttled,
    Only::Sockets,
    Only::Workflow,
    Only::Sync,
    Only::Transition,
    Only::Items,
    Only::Waits,
];

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum Only {
    Send,
    Put,
    Get,
    Rounds,
    Batch,
    Publish,
    PublishSigned,
    PutIndexed,
    Update,
    Transact,
    PutBatch,
    Query,
    Scan,
    PutObject,
    GetObject,
    PutLarge,
    GetLarge,
    ListObjects,
    ListPrefixes,
    /// Many clients of large objects at once: the server's memory.
    Streams,
    Mock,
    Proxy,
    Cached,
    Routes,
    Throttled,
    Sockets,
    Workflow,
    Sync,
    Transition,
    Items,
    Waits,
}

impl Only {
    /// What the load is called.
    pub(super) fn name(self) -> &'static str {
        match self {
            Only::Send => "SQS SendMessage",
            Only::Put => PUT,
            Only::Get => "DynamoDB GetItem",
            Only::Rounds => "SQS send, receive and delete",
            Only::Batch => "SQS SendMessageBatch of ten",
            Only::Publish => "SNS Publish to ten queues",
            Only::PublishSigned => "SNS Publish to ten queues, in signed envelopes",
            Only::PutIndexed => "DynamoDB PutItem with a global index",
            Only::Update => "DynamoDB UpdateItem of a counter",
            Only::Transact => "DynamoDB TransactWriteItems of two",
            Only::PutBatch => "DynamoDB BatchWriteItem of 25",
            Only::Query => "DynamoDB Query of 20 items",
            Only::Scan => "DynamoDB Scan",
            Only::PutObject => "S3 PutObject of 4 KB",
            Only::GetObject => "S3 GetObject of 4 KB",
            Only::PutLarge => "S3 PutObject of 64 MB",
            Only::GetLarge => "S3 GetObject of 64 MB",
            Only::ListObjects => "S3 ListObjectsV2 of 1,000",
            Only::ListPrefixes => "S3 ListObjectsV2 of 1,000 common prefixes",
            Only::Streams => "S3 large objects at once",
            Only::Mock => "API Gateway MOCK with a small template",
            Only::Proxy => "API Gateway HTTP proxy",
            Only::Cached => "API Gateway cached route",
            Only::Routes => "API Gateway one of 500 routes, to one of 5",
            Only::Throttled => "API Gateway throttled refusal",
            Only::Sockets => "API Gateway 2,000 idle WebSockets",
            Only::Workflow => "Step Functions five Pass states, start to described end",
            Only::Sync => "Step Functions five Pass states, express, synchronous",
            Only::Transition => "Step Functions transition",
            Only::Items => "Step Functions 1,000 items of a Map",
            Only::Waits => "Step Functions wait ends late beside 100,000",
        }
    }
}
