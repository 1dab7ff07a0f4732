//! SNS: topics that pass messages on to queues, functions, web servers and people.
//!
//! Publishing notes a delivery for each subscription that wants the message, in one transaction; workers carry the
//! deliveries out, at least once, and try again as AWS does. In [`fifo`] topics they keep the order of each group.
//!
//! Never here: what people receive leaves this process only to a mail server that the user names; the outbox has it all.

mod audience;
mod confirmation;
mod content;
mod data_protection;
mod delivery;
mod delivery_policy;
mod endpoint;
mod envelope;
mod errors;
mod fifo;
mod keys;
mod message;
mod mobile;
mod pace;
mod policy;
mod publication;
mod publish;
mod retries;
mod signature;
mod sms;
mod status_log;
mod subscription;
mod subscriptions;
mod tags;
mod topics;

use api_sns as api;
use names::Arn;
use service::{Service, Sweeper};
use wire::OperationFacts;

/// Deletes what ended archives leave behind.
const SWEEPER: Sweeper = Sweeper::new("sns");

/// The setting that leaves out the signatures of messages to queues, when it is 0.
const SIGN_TO_QUEUES: &str = "sign-to-queues";

/// The service.
#[must_use]
pub fn service() -> Service {
    with_work(with_people(with_topics(Service::new(&api::FACTS))))
}

/// Topics, and what is subscribed and published there.
fn with_topics(service: Service) -> Service {
    service
        .actions(action)
        .resource_policies(policy::policy_of, &policy::SHARED)
        .refusing(errors::denied)
        .tagging(tags::TAGGING)
        .upgrade(keys::upgrade)
        .transaction::<api::CreateTopic>(topics::create, |scope, input| {
            vec![Arn::in_scope("sns", scope, &input.name)]
        })
        .transaction::<api::DeleteTopic>(topics::delete, |_, input| at(&input.topic_arn))
        .read::<api::ListTopics>(topics::list, |_, _| Vec::new())
        .read::<api::GetTopicAttributes>(topics::get_attributes, |_, input| at(&input.topic_arn))
        .transaction::<api::SetTopicAttributes>(topics::set_attributes, |_, input| at(&input.topic_arn))
        .transaction::<api::Subscribe>(subscriptions::subscribe, |_, input| at(&input.topic_arn))
        .transaction::<api::ConfirmSubscription>(confirmation::confirm, |_, input| at(&input.topic_arn))
        .transaction::<api::Unsubscribe>(subscriptions::unsubscribe, |_, input| at(&input.subscription_arn))
        .read::<api::ListSubscriptions>(subscriptions::list, |_, _| Vec::new())
        .read::<api::ListSubscriptionsByTopic>(subscriptions::list_by_topic, |_, input| at(&input.topic_arn))
        .read::<api::GetSubscriptionAttributes>(subscriptions::get_attributes, |_, input| {
            at(&input.subscription_arn)
        })
        .transaction::<api::SetSubscriptionAttributes>(subscriptions::set_attributes, |_, input| {
            at(&input.subscription_arn)
        })
        .transaction::<api::Publish>(publish::one, |_, input| {
            input.topic_arn.as_deref().or(input.target_arn.as_deref()).map(at).unwrap_or_default()
        })
        .transaction::<api::PublishBatch>(publish::batch, |_, input| at(&input.topic_arn))
        .transaction::<api::TagResource>(tags::tag, |_, input| at(&input.resource_arn))
        .transaction::<api::UntagResource>(tags::untag, |_, input| at(&input.resource_arn))
        .read::<api::ListTagsForResource>(tags::list, |_, input| at(&input.resource_arn))
        .transaction::<api::AddPermission>(policy::add, |_, input| at(&input.topic_arn))
        .transaction::<api::RemovePermission>(policy::remove, |_, input| at(&input.topic_arn))
        .transaction::<api::PutDataProtectionPolicy>(data_protection::put, |_, input| at(&input.resource_arn))
        .read::<api::GetDataProtectionPolicy>(data_protection::get, |_, input| at(&input.resource_arn))
}

/// Text messages and devices.
fn with_people(service: Service) -> Service {
    service
        .transaction::<api::CreatePlatformApplication>(mobile::applications::create, |scope, input| {
            vec![Arn::in_scope("sns", scope, format_args!("app/{}/{}", input.platform, input.name))]
        })
        .transaction::<api::DeletePlatformApplication>(mobile::applications::delete, |_, input| {
            at(&input.platform_application_arn)
        })
        .read::<api::ListPlatformApplications>(mobile::applications::list, |_, _| Vec::new())
        .read::<api::GetPlatformApplicationAttributes>(mobile::applications::get_attributes, |_, input| {
            at(&input.platform_application_arn)
        })
        .transaction::<api::SetPlatformApplicationAttributes>(
            mobile::applications::set_attributes,
            |_, input| at(&input.platform_application_arn),
        )
        .transaction::<api::CreatePlatformEndpoint>(mobile::endpoints::create, |_, input| {
            at(&input.platform_application_arn)
        })
        .transaction::<api::DeleteEndpoint>(mobile::endpoints::delete, |_, input| at(&input.endpoint_arn))
        .read::<api::ListEndpointsByPlatformApplication>(mobile::endpoints::list, |_, input| {
            at(&input.platform_application_arn)
        })
        .read::<api::GetEndpointAttributes>(mobile::endpoints::get_attributes, |_, input| {
            at(&input.endpoint_arn)
        })
        .transaction::<api::SetEndpointAttributes>(mobile::endpoints::set_attributes, |_, input| {
            at(&input.endpoint_arn)
        })
        .read::<api::GetSmsAttributes>(sms::attributes::get, |_, _| Vec::new())
        .transaction::<api::SetSmsAttributes>(sms::attributes::set, |_, _| Vec::new())
        .read::<api::CheckIfPhoneNumberIsOptedOut>(sms::opt_out::check, |_, _| Vec::new())
        .read::<api::ListPhoneNumbersOptedOut>(sms::opt_out::list, |_, _| Vec::new())
        .transaction::<api::OptInPhoneNumber>(sms::opt_out::opt_in, |_, _| Vec::new())
        .read::<api::GetSmsSandboxAccountStatus>(sms::sandbox::status, |_, _| Vec::new())
        .transaction::<api::CreateSmsSandboxPhoneNumber>(sms::sandbox::create, |_, _| Vec::new())
        .transaction::<api::VerifySmsSandboxPhoneNumber>(sms::sandbox::verify, |_, _| Vec::new())
        .transaction::<api::DeleteSmsSandboxPhoneNumber>(sms::sandbox::delete, |_, _| Vec::new())
        .read::<api::ListSmsSandboxPhoneNumbers>(sms::sandbox::list, |_, _| Vec::new())
        .read::<api::ListOriginationNumbers>(sms::list_origination_numbers, |_, _| Vec::new())
}

/// What goes on beside requests.
fn with_work(service: Service) -> Service {
    service
        .work("deliver to queues", publication::run_to_queues)
        .work("deliver to others", publication::run_to_others)
        .work("walk", fifo::run)
        .work("trim archives", fifo::archive::run)
        .work("replay", fifo::replay::run)
        .work("sweep", |cloud| SWEEPER.run(cloud))
        .work("ask receivers", confirmation::run_questions)
        .work("end what nobody confirmed", confirmation::run_ends)
        .work("log statuses", status_log::run)
        .work("carry mail", service::carry_mail)
        .front(signature::is_certificate, signature::show_certificate)
        .setting(SIGN_TO_QUEUES, 1)
}

/// A batch needs the permission of one.
fn action(operation: &'static OperationFacts) -> Option<&'static str> {
    Some(operation.name.strip_suffix("Batch").unwrap_or(operation.name))
}

fn at(arn: &str) -> Vec<Arn> {
    arn.parse().into_iter().collect()
}
