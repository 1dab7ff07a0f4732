//! Tags that are changed by somebody who is no part of the service whose resource it is.

use std::collections::BTreeMap;

use names::{Arn, Scope};

use super::{Tagging, remove};
use crate::guard::{Question, ask};
use crate::{Directory, Result, Service, Tx};

/// A resource of whatever service.
pub struct Taggable<'a> {
    service: &'a Service,
    tagging: Tagging,
    arn: &'a Arn,
}

impl<'a> Taggable<'a> {
    /// The resource of that ARN; nothing where no service tags such a resource.
    #[must_use]
    pub fn find(services: &'a Directory, arn: &'a Arn) -> Option<Self> {
        let mut tagging = services.services().filter_map(|service| Some((service, service.tagging?)));
        let (service, tagging) = tagging.find(|(service, tagging)| {
            service.facts().signing_name == arn.service() && tagging.is_of(arn.resource())
        })?;
        Some(Taggable { service, tagging, arn })
    }

    /// Adds tags, as the service's own operation would: if the caller may do that.
    ///
    /// # Errors
    /// The service's.
    pub fn add(&self, tx: &mut Tx<'_>, tags: &BTreeMap<String, String>) -> Result<()> {
        let (scope, arn) = self.admit(tx, self.tagging.actions[0])?;
        self.tagging.add(tx, &scope, &arn, tags)
    }

    /// Takes tags away, likewise.
    ///
    /// # Errors
    /// The service's.
    pub fn remove(&self, tx: &mut Tx<'_>, keys: &[String]) -> Result<()> {
        let (scope, arn) = self.admit(tx, self.tagging.actions[1])?;
        remove(tx, &scope, &arn, keys)
    }

    /// Whether the caller may, and where the resource is.
    fn admit(&self, tx: &Tx<'_>, action: &'static str) -> Result<(Scope, Arn)> {
        ask(tx.context, self.service, &Question::new(action, &|| vec![self.arn.clone()]))?;
        (self.tagging.find)(tx, self.arn)
    }
}
