//! Resource Groups Tagging API: resources of all services, found by their tags and tagged many at a time.
//!
//! It reads the one place where all services have their tags ([`service::tags`]), and changes them as each service's own
//! operation would, so it knows no service.
//!
//! Never here: tag policies and what complies with them, which belong to organizations; tags of users and roles.

mod change;
mod errors;
mod filters;
mod keys_and_values;
mod resources;

use api_tagging as api;
use service::Service;

/// The service.
#[must_use]
pub fn service() -> Service {
    Service::new(&api::FACTS)
        .action_prefix("tag")
        .invalid_as("InvalidParameterException")
        .read::<api::GetResources>(resources::get, |_, _| Vec::new())
        .read::<api::GetTagKeys>(keys_and_values::keys, |_, _| Vec::new())
        .read::<api::GetTagValues>(keys_and_values::values, |_, _| Vec::new())
        .transaction::<api::TagResources>(change::tag, |_, _| Vec::new())
        .transaction::<api::UntagResources>(change::untag, |_, _| Vec::new())
}
