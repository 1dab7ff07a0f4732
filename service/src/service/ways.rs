//! Ways to a service beside calls of its operations: hosts that name its resources, fronts for web clients, forms, and what
//! pages of other origins may do.

use std::future::Future;
use std::sync::Arc;

use store::Store;
use wire::Answer;

use super::Service;
use crate::domains::Serves;
use crate::form;
use crate::visit::Front;
use crate::{Address, AddressOf, Cloud, Context, CrossOriginOf, Exchange, Form, PassageOf, Result, Visit};

impl Service {
    /// A front for web clients: `accepts` says by host and path which requests are its own, before they are taken for calls of an API.
    #[must_use]
    pub fn front<F, W>(mut self, accepts: fn(&str, &str) -> bool, answer: F) -> Self
    where
        F: Fn(Arc<Cloud>, Visit) -> W + Send + Sync + 'static,
        W: Future<Output = Answer> + Send + 'static,
    {
        self.fronts.push(Front::new(accepts, answer));
        self
    }

    /// Its front that takes visits of this host and path. By a domain of the user's own, no path is another front's.
    pub(crate) fn front_of(&self, host: &str, path: &str, by_domain: bool) -> Option<&Front> {
        match by_domain {
            true => self.serves.and(self.fronts.first()),
            false => self.fronts.iter().find(|front| front.accepts(host, path)),
        }
    }

    /// Its front wants to know who has signed a visit.
    #[must_use]
    pub fn signed_visits(self) -> Self {
        let name = self.facts.signing_name;
        self.signed_visits_as(name)
    }

    /// The same where signatures of visits name another service: `execute-api`.
    #[must_use]
    pub fn signed_visits_as(mut self, name: &'static str) -> Self {
        self.signed_visits = Some(name);
        self
    }

    /// The service that signatures of visits name, where its front wants to know who has signed one.
    #[must_use]
    pub fn visits_signed_as(&self) -> Option<&'static str> {
        self.signed_visits
    }

    /// Its front shares hosts and paths with another one's: it takes those visits that are to something of its own.
    #[must_use]
    pub fn owned_visits(mut self, owns: fn(&Cloud, &Visit) -> bool) -> Self {
        self.owns = Some(owns);
        self
    }

    /// Names of the user's own lead to its front as well: `serves` says to which stages of which APIs.
    #[must_use]
    pub fn domains(mut self, serves: Serves) -> Self {
        self.serves = Some(serves);
        self
    }

    /// `witness` sees every request of a client that is let in, with its answer.
    #[must_use]
    pub fn witness(mut self, witness: fn(&Exchange<'_>)) -> Self {
        self.witness = Some(witness);
        self
    }

    /// Hosts name resources of it: `address_of` reads them.
    #[must_use]
    pub fn addresses(mut self, address_of: AddressOf) -> Self {
        self.address_of = Some(address_of);
        self
    }

    /// Paths of its API stand behind what is of another service that signs as it does, whose front leaves such requests to it:
    /// `own_path` cuts off by host and path what stands before them.
    #[must_use]
    pub fn paths_behind(mut self, own_path: for<'p> fn(&str, &'p str) -> Option<&'p str>) -> Self {
        self.own_path = Some(own_path);
        self
    }

    /// Its front keeps visits to something of its own behind which no other API stands, whatever their paths look like: `keeps` knows
    /// by host and path.
    #[must_use]
    pub fn kept_visits(mut self, keeps: fn(&Store, &str, &str) -> bool) -> Self {
        self.keeps = Some(keeps);
        self
    }

    /// The part of a path that is of its API, where that stands behind something else.
    #[must_use]
    pub fn own_path<'p>(&self, host: &str, path: &'p str) -> Option<&'p str> {
        self.own_path.and_then(|own_path| own_path(host, path))
    }

    /// Requests come to its resources through others: `passage_of` finds out.
    #[must_use]
    pub fn passages(mut self, passage_of: PassageOf) -> Self {
        self.passage_of = Some(passage_of);
        self
    }

    /// All requests of its API have this header, which those of another API at the same hosts do not have.
    #[must_use]
    pub fn marked_by(mut self, header: &'static str) -> Self {
        self.mark = Some(header);
        self
    }

    /// The header that tells its requests from those of another API.
    #[must_use]
    pub fn mark(&self) -> Option<&'static str> {
        self.mark
    }

    /// Owners of its resources have rules for pages of other origins: `allowed` applies them.
    #[must_use]
    pub fn cross_origin(mut self, allowed: CrossOriginOf) -> Self {
        self.cross_origin = Some(allowed);
        self
    }

    /// Who applies its rules for pages of other origins, if it has such rules.
    #[must_use]
    pub fn cross_origin_rules(&self) -> Option<CrossOriginOf> {
        self.cross_origin
    }

    /// Pages send it forms: `take` carries out what they want, and asks for the permission itself.
    #[must_use]
    pub fn forms<F, W>(mut self, take: F) -> Self
    where
        F: Fn(Context, Form) -> W + Send + Sync + 'static,
        W: Future<Output = Result<Answer>> + Send + 'static,
    {
        self.forms = Some(form::taker(take));
        self
    }

    /// Whether pages send it forms.
    #[must_use]
    pub fn takes_forms(&self) -> bool {
        self.forms.is_some()
    }

    /// What a host, without its port, names of it beside itself.
    #[must_use]
    pub fn address(&self, host: &str) -> Option<Address> {
        self.address_of.and_then(|address_of| address_of(host))
    }
}
