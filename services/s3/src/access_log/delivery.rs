//! Puts lines into objects of the target bucket, if that lets the log delivery in.

use std::collections::BTreeMap;
use std::sync::Arc;

use api_s3 as api;
use names::{Arn, Scope};
use service::{Cloud, Context};

use super::{Line, Logged, name};

/// All lines of one bucket.
pub(super) async fn of(cloud: &Arc<Cloud>, logged: &Logged, lines: Vec<Line>) {
    let context = context(cloud, logged);
    let now = cloud.clock.now();
    let mut objects: BTreeMap<String, String> = BTreeMap::new();
    for line in lines {
        let text = objects.entry(name::begin(logged, line.at, now)).or_default();
        text.push_str(&line.text);
    }
    for (begin, text) in objects {
        let input = api::PutObjectInput {
            bucket: logged.to.target_bucket.clone(),
            key: format!("{begin}-{}", hex::encode_upper(context.random().bytes::<8>())),
            body: text.into(),
            content_type: Some("text/plain".to_owned()),
            ..Default::default()
        };
        if let Err(fault) = context.call::<api::PutObject>(input).await {
            let (bucket, target) = (&logged.bucket, &logged.to.target_bucket);
            tracing::warn!(%fault, bucket, target, "a log of S3 cannot be delivered");
        }
    }
}

/// Who delivers: a service that the target has to let in, by its policy or by its access control list.
fn context(cloud: &Arc<Cloud>, logged: &Logged) -> Context {
    let context = cloud.context_of("logging.s3", Scope::new(logged.owner, logged.region));
    context.for_source(Arn::unowned("s3", logged.region.partition(), &logged.bucket))
}
