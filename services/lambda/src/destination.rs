//! Where Lambda tells of what it did: queues, topics, functions and buckets.
//!
//! Who tells is the caller's affair: a context in the name of Lambda, or of a function's role.

use std::sync::Arc;

use api_lambda as api;
use api_s3 as s3;
use api_sns as sns;
use api_sqs as sqs;
use bytes::Bytes;
use names::{Arn, Scope};
use service::{Caller, Context};
use wire::{Body, Fault, TimestampFormat};

use crate::errors;

/// A destination's ARN.
pub(crate) fn parse(destination: &str) -> Result<Arn, Fault> {
    destination.parse().map_err(|_| invalid(destination))
}

pub(crate) fn invalid(destination: &str) -> Fault {
    errors::invalid(format!("The destination ARN {destination} is invalid."))
}

/// The same caller in the destination's region.
pub(crate) fn at(context: &Context, destination: &Arn) -> Context {
    let own = context.scope();
    let region = destination.scope().map_or(own.region, |scope| scope.region);
    let caller = Caller { scope: Scope::new(own.account, region), ..Caller::clone(&context.caller) };
    Context { caller: Arc::new(caller), cloud: Arc::clone(&context.cloud) }
}

pub(crate) fn queue_url(context: &Context, queue: &Arn) -> String {
    format!("{}/{}/{}", context.cloud.endpoint, queue.account_text(), queue.resource())
}

/// What somebody needs to be allowed for it, as IAM calls it: the service, the action, and on what.
pub(crate) fn permission(destination: &Arn) -> Option<(&'static wire::ServiceFacts, &'static str, Arn)> {
    Some(match destination.service() {
        "sqs" => (&sqs::FACTS, "SendMessage", destination.clone()),
        "sns" => (&sns::FACTS, "Publish", destination.clone()),
        "lambda" => (&api::FACTS, "InvokeFunction", destination.clone()),
        "s3" => (&s3::FACTS, "PutObject", format!("{destination}/aws/lambda/async/").parse().ok()?),
        _ => return None,
    })
}

/// Tells a destination of what became of an event or a batch of `function`.
pub(crate) async fn send(
    context: &Context,
    destination: &str,
    function: &str,
    text: String,
) -> Result<(), Fault> {
    let arn = parse(destination)?;
    let context = at(context, &arn);
    match arn.service() {
        "sqs" => {
            let input = sqs::SendMessageInput {
                queue_url: queue_url(&context, &arn),
                message_body: text,
                ..sqs::SendMessageInput::default()
            };
            context.call::<sqs::SendMessage>(input).await.map(drop)
        }
        "sns" => {
            let input = sns::PublishInput {
                topic_arn: Some(destination.to_owned()),
                message: text,
                ..sns::PublishInput::default()
            };
            context.call::<sns::Publish>(input).await.map(drop)
        }
        "lambda" => {
            let input = api::InvokeInput {
                function_name: destination.to_owned(),
                invocation_type: Some(api::InvocationType::Event),
                payload: Some(Bytes::from(text)),
                ..api::InvokeInput::default()
            };
            context.call::<api::Invoke>(input).await.map(drop)
        }
        "s3" => {
            let input = s3::PutObjectInput {
                bucket: arn.resource().to_owned(),
                key: object_key(&context, function),
                body: Body::from(text),
                ..s3::PutObjectInput::default()
            };
            context.call::<s3::PutObject>(input).await.map(drop)
        }
        _ => Err(invalid(destination)),
    }
}

/// `aws/lambda/async/{function}/2026/01/31/2026-01-31T12.00.00-{uuid}`.
fn object_key(context: &Context, function: &str) -> String {
    let now = context.now().format(TimestampFormat::DateTime);
    let seconds = now.split(['.', 'Z']).next().unwrap_or_default();
    let day = seconds.split('T').next().unwrap_or_default().replace('-', "/");
    let id = context.random().uuid();
    format!("aws/lambda/async/{function}/{day}/{}-{id}", seconds.replace(':', "."))
}
