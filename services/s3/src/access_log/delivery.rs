//! Puts lines into objects of the target bucket, if that lets the log delivery in.

use std::collections::BTreeMap;
use std::sync::Arc;

use api_s3 as api;
use names::{Arn, Scope};
use service::{Caller, Cloud, Context, Principal, Result};
use store::Reads as _;

use super::{Line, Logged, name};
use crate::bucket::Bucket;
use crate::{keys, setting};

const GROUP: &str = "http://acs.amazonaws.com/groups/s3/LogDelivery";

/// All lines of one bucket.
pub(super) async fn of(cloud: &Arc<Cloud>, logged: &Logged, lines: Vec<Line>) -> Result<()> {
    let Some(context) = context(cloud, logged)? else { return Ok(()) };
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
    Ok(())
}

/// Who delivers: a service that the target's policy has to let in, unless its access control list lets in the group.
fn context(cloud: &Arc<Cloud>, logged: &Logged) -> Result<Option<Context>> {
    let snapshot = cloud.store.snapshot();
    let Some(target) = snapshot.get_shared::<Bucket>(&keys::bucket(&logged.to.target_bucket))? else {
        return Ok(None);
    };
    let context = cloud.context_of("logging.s3", Scope::new(logged.owner, logged.region));
    let list = setting::find::<api::AccessControlPolicy>(&snapshot, &target)?;
    if list.is_some_and(|list| lets_in_group(&list)) {
        let principal = Arc::new(Principal::root(target.owner));
        let caller = Caller { principal, ..Caller::clone(&context.caller) };
        return Ok(Some(Context { caller: Arc::new(caller), ..context }));
    }
    let source = Arn::unowned("s3", logged.region.partition(), &logged.bucket);
    Ok(Some(context.for_source(source)))
}

fn lets_in_group(list: &api::AccessControlPolicy) -> bool {
    let may_write = |permission: &api::Permission| {
        matches!(permission, api::Permission::Write | api::Permission::FullControl)
    };
    list.grants.iter().flatten().any(|grant| {
        let uri = grant.grantee.as_ref().and_then(|grantee| grantee.uri.as_deref());
        uri == Some(GROUP) && grant.permission.as_ref().is_some_and(may_write)
    })
}
