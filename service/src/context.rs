//! What an operation is given: who calls, the time, chance, the store, and its neighbours.

use std::ops::{Deref, DerefMut};
use std::sync::{Arc, OnceLock};

use names::{Arn, PageTokens, Scope};
use store::{Snapshot, Store, Transaction};
use wire::{Fault, Operation, ServiceFacts, Timestamp};

use crate::{
    Authorizer, Caller, Clock, Conditions, Directory, Memory, Metrics, Outside, Principal, PrincipalKind,
    Random, Regions, Result, Service, Visit,
};

/// What all services of a process share.
pub struct Cloud {
    /// Where everything is kept.
    pub store: Store,
    /// The time.
    pub clock: Clock,
    /// Chance.
    pub random: Random,
    /// Seals the page tokens of lists.
    pub page_tokens: PageTokens,
    /// Decides who may what.
    pub authorizer: Box<dyn Authorizer>,
    /// Counts what happens.
    pub metrics: Metrics,
    /// The address at which functions and neighbours reach this process: `http://localhost:4566`.
    pub endpoint: Arc<str>,
    /// Everything that is not part of this process.
    pub outside: Outside,
    /// What services remember beside the store.
    pub memory: Memory,
    directory: OnceLock<Directory>,
}

impl Cloud {
    /// Everything but the services, which come with [`Cloud::open`].
    pub fn new(
        store: Store,
        clock: Clock,
        random: Random,
        page_token_key: &[u8],
        authorizer: Box<dyn Authorizer>,
        endpoint: Arc<str>,
    ) -> Self {
        Cloud {
            store,
            clock,
            random,
            page_tokens: PageTokens::new(page_token_key),
            authorizer,
            metrics: Metrics::default(),
            outside: Outside::at(Arc::clone(&endpoint)),
            endpoint,
            memory: Memory::default(),
            directory: OnceLock::new(),
        }
    }

    /// Says how this process meets what is not part of it.
    #[must_use]
    pub fn with_outside(self, outside: Outside) -> Self {
        Cloud { outside, ..self }
    }

    /// Names the services; once.
    #[must_use]
    pub fn open(self, directory: Directory) -> Arc<Self> {
        let _ = self.directory.set(directory);
        Arc::new(self)
    }

    /// Brings what earlier programs have stored to where the services look for it. To be called before anybody reads.
    ///
    /// # Errors
    /// The store's.
    pub fn upgrade(&self) -> std::result::Result<(), store::Error> {
        let mut upgrades = self.directory().services().filter_map(|service| service.upgrade);
        upgrades.try_for_each(|upgrade| upgrade(&self.store))
    }

    /// The services.
    #[must_use]
    pub fn directory(&self) -> &Directory {
        self.directory.get_or_init(Directory::default)
    }

    /// What a setting of a service is; 0 for one that no service has.
    #[must_use]
    pub fn setting(&self, service: &str, name: &str) -> u32 {
        let settings = self.directory().service(service).map(Service::settings).unwrap_or_default();
        settings.iter().find(|(known, _)| *known == name).map_or(0, |(_, value)| *value)
    }

    /// The context of a visit to what belongs to `scope`: where identities are enforced its sender is unknown, else it may do
    /// everything.
    #[must_use]
    pub fn context_of_visit(self: &Arc<Self>, visit: &Visit, scope: Scope) -> Context {
        let is_enforced = self.authorizer.is_enforced();
        let principal =
            if is_enforced { Principal::anonymous(&scope) } else { Principal::root(scope.account) };
        let caller = Caller {
            scope,
            regions: Regions::default(),
            principal: Arc::new(principal),
            request_id: Arc::clone(&visit.request_id),
            source_ip: Some(visit.source_ip),
            source: None,
            signed: None,
            passage: None,
            before: None,
            trace: Some(visit.trace(self.clock.now().millis())),
            endpoint: Arc::clone(&visit.endpoint),
        };
        Context { caller: Arc::new(caller), cloud: Arc::clone(self) }
    }

    /// The context of work that `service` does on its own account of `scope`, not on a client's request.
    #[must_use]
    pub fn context_of(self: &Arc<Self>, service: &'static str, scope: Scope) -> Context {
        let principal = Principal {
            kind: PrincipalKind::Service,
            arn: Arn::global(
                "iam",
                scope.region.partition(),
                &scope.account,
                format_args!("service/{service}"),
            ),
            id: format!("{service}.amazonaws.com"),
            access_key_id: None,
            role: None,
        };
        let caller = Caller {
            scope,
            regions: Regions::default(),
            principal: Arc::new(principal),
            request_id: self.random.uuid().into(),
            source_ip: None,
            source: None,
            signed: None,
            passage: None,
            before: None,
            trace: None,
            endpoint: Arc::clone(&self.endpoint),
        };
        Context { caller: Arc::new(caller), cloud: Arc::clone(self) }
    }
}

/// The context of one request.
#[derive(Clone)]
pub struct Context {
    /// Who calls.
    pub caller: Arc<Caller>,
    /// What all services share.
    pub cloud: Arc<Cloud>,
}

impl Context {
    /// The account and region of the request.
    #[must_use]
    pub fn scope(&self) -> Scope {
        self.caller.scope
    }

    /// The same for a service that acts in its own name for this resource of its own: a topic, a bucket. What it calls must
    /// let it in.
    #[must_use]
    pub fn for_source(self, source: Arn) -> Self {
        let caller = Caller { source: Some(source), ..Caller::clone(&self.caller) };
        Context { caller: Arc::new(caller), ..self }
    }

    /// The same for a service that acts in a session of a role which a resource of its own names: with the rights of that
    /// role, and from nowhere.
    #[must_use]
    pub fn in_role(self, role: &Arn, session: &str) -> Self {
        let principal = Arc::new(Principal::session(&self.caller.scope, role, session));
        let caller = Caller {
            principal,
            source: None,
            source_ip: None,
            signed: None,
            passage: None,
            before: None,
            ..Caller::clone(&self.caller)
        };
        Context { caller: Arc::new(caller), ..self }
    }

    /// The same as a part of that trace.
    #[must_use]
    pub fn traced(self, trace: Option<Arc<str>>) -> Self {
        let caller = Caller { trace, ..Caller::clone(&self.caller) };
        Context { caller: Arc::new(caller), ..self }
    }

    /// The same for a request whose path has this before the part that is of the service's API.
    #[must_use]
    pub fn behind(self, before: Option<&str>) -> Self {
        let Some(before) = before else { return self };
        let caller = Caller { before: Some(before.into()), ..Caller::clone(&self.caller) };
        Context { caller: Arc::new(caller), ..self }
    }

    /// The time now.
    #[must_use]
    pub fn now(&self) -> Timestamp {
        self.cloud.clock.now()
    }

    /// Chance.
    #[must_use]
    pub fn random(&self) -> &Random {
        &self.cloud.random
    }

    /// A view of the store as it is now.
    #[must_use]
    pub fn view(&self) -> View<'_> {
        View { snapshot: self.cloud.store.snapshot(), now: self.now(), context: self }
    }

    /// Runs `body` in one transaction, again if another one was faster, and returns when it is durable.
    ///
    /// # Errors
    /// What `body` fails with, in which case nothing happened; or the store's own.
    pub async fn transact<T: Send>(
        &self,
        mut body: impl FnMut(&mut Tx<'_>) -> Result<T> + Send,
    ) -> Result<T> {
        let store = self.cloud.store.clone();
        store
            .transact(|transaction: &mut Transaction| {
                body(&mut Tx { transaction, now: self.now(), context: self })
            })
            .await
    }

    /// Asks whether the caller may do what IAM calls so, for an operation whose action only its input tells: its service names
    /// none for it.
    ///
    /// # Errors
    /// The service's refusal.
    pub fn permit(
        &self,
        service: &ServiceFacts,
        action: &'static str,
        resources: &dyn Fn() -> Vec<Arn>,
    ) -> Result<(), Fault> {
        self.permit_if(service, action, resources, &|_| None)
    }

    /// The same for an action that has condition keys of its service.
    ///
    /// # Errors
    /// The service's refusal.
    pub fn permit_if(
        &self,
        service: &ServiceFacts,
        action: &'static str,
        resources: &dyn Fn() -> Vec<Arn>,
        conditions: Conditions<'_>,
    ) -> Result<(), Fault> {
        self.cloud.directory().permit(self, service, action, resources, conditions)
    }

    /// Calls a neighbour's operation, with the same caller and the same authorisation as over HTTP.
    ///
    /// # Errors
    /// What the neighbour answers.
    pub async fn call<O: Operation>(&self, input: O::Input) -> Result<O::Output, Fault> {
        self.cloud.directory().call::<O>(self, input).await
    }
}

/// A read-only operation's context: the request, and the store as it was when the operation began.
pub struct View<'a> {
    snapshot: Snapshot,
    /// The time at which the operation began.
    pub now: Timestamp,
    /// The request.
    pub context: &'a Context,
}

impl Deref for View<'_> {
    type Target = Snapshot;

    fn deref(&self) -> &Snapshot {
        &self.snapshot
    }
}

impl View<'_> {
    /// The account and region of the request.
    #[must_use]
    pub fn scope(&self) -> Scope {
        self.context.scope()
    }
}

/// A writing operation's context: the request, and the transaction that holds all that it reads and writes.
pub struct Tx<'a> {
    transaction: &'a mut Transaction,
    /// The time of this attempt.
    pub now: Timestamp,
    /// The request.
    pub context: &'a Context,
}

impl Tx<'_> {
    /// The account and region of the request.
    #[must_use]
    pub fn scope(&self) -> Scope {
        self.context.scope()
    }

    /// Chance.
    #[must_use]
    pub fn random(&self) -> &Random {
        self.context.random()
    }

    /// A part of this transaction that may fail by itself: nothing of it is left then, and this goes on.
    ///
    /// # Errors
    /// What `body` fails with.
    pub fn part<T>(&mut self, body: impl FnOnce(&mut Tx<'_>) -> Result<T>) -> Result<T> {
        self.part_of(self.context, body)
    }

    /// The same part for another caller.
    pub(crate) fn part_of<T>(
        &mut self,
        context: &Context,
        body: impl FnOnce(&mut Tx<'_>) -> Result<T>,
    ) -> Result<T> {
        let now = self.now;
        self.transaction.part(|transaction| body(&mut Tx { transaction, now, context }))
    }

    /// Calls a neighbour's operation, for another caller, as a part of this transaction: it happens when this commits. One
    /// that is refused leaves nothing behind, and this goes on. Only operations that are one transaction can be called so.
    ///
    /// # Errors
    /// What the neighbour answers, or the store's own error, which fails this transaction too.
    pub fn call<O: Operation>(&mut self, context: &Context, input: O::Input) -> Result<O::Output> {
        self.part_of(context, |tx| context.cloud.directory().take_part::<O>(tx, input))
    }
}

impl Deref for Tx<'_> {
    type Target = Transaction;

    fn deref(&self) -> &Transaction {
        self.transaction
    }
}

impl DerefMut for Tx<'_> {
    fn deref_mut(&mut self) -> &mut Transaction {
        self.transaction
    }
}
