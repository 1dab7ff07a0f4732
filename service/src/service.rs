//! A service: its facts, its operations, one line each, and its background work.

mod ways;

use std::any::Any;
use std::future::Future;
use std::marker::PhantomData;
use std::sync::Arc;

use foldhash::HashMap;
use names::{Arn, Scope};
use store::Store;
use wire::{Fault, Operation, OperationFacts, ServiceFacts};

use crate::directory::not_implemented;
use crate::domains::Serves;
use crate::exchange::Witness;
use crate::form::Taker;
use crate::guard::{Guard, in_common_words};
use crate::key_use::KeyJudge;
use crate::operation::{Body, Boxed, InTransaction, Reading, Typed, Waiting};
use crate::tags::Tagging;
use crate::visit::{Front, Owns};
use crate::{
    AddressOf, Caller, Cloud, Context, CrossOriginOf, Denial, Handler, ListsOf, OwnerOf, PassageOf, PolicyOf,
    Result, Tx, View,
};

/// Background work: runs until the process stops, and is started again when it fails.
pub(crate) type Work = Box<dyn Fn(Arc<Cloud>) -> Boxed<'static, Result<()>> + Send + Sync>;

/// IAM's name for what an operation does; none where no permission is needed, or the operation asks for itself
/// ([`Context::permit`]).
type Actions = fn(&'static OperationFacts) -> Option<&'static str>;

/// A service's own words for errors that others find: an input that its model refuses, for one.
type Wording = fn(Fault) -> Fault;

/// A service's own words for a refusal.
type Refusing = fn(&Denial<'_>) -> Fault;

/// A service's own words for an operation that it does not have.
type Absent = fn(&ServiceFacts, &OperationFacts) -> Fault;

/// What an input is for a condition key.
type Condition = Box<dyn Fn(&dyn Any, &str) -> Option<String> + Send + Sync>;

/// What a caller is for a condition key.
type CallerCondition = fn(&Caller, &str) -> Option<String>;

/// Most services leave it at that.
fn as_it_is(fault: Fault) -> Fault {
    fault
}

/// Most actions are called as their operation.
fn own_name(operation: &'static OperationFacts) -> Option<&'static str> {
    Some(operation.name)
}

/// A parameter of the query protocol, and which paths stand for it.
type PathParameter = (&'static str, fn(&str) -> bool);

/// The part of a path that is of a service's API, by host and path; none where a path is not.
type OwnPath = for<'p> fn(&str, &'p str) -> Option<&'p str>;

/// Whether a front keeps a visit, by host and path.
type Keeps = fn(&Store, &str, &str) -> bool;

/// Changes what is stored.
type Upgrade = fn(&Store) -> std::result::Result<(), store::Error>;

/// What a service offers.
pub struct Service {
    facts: &'static ServiceFacts,
    handlers: HashMap<&'static str, Box<dyn Handler>>,
    actions: Actions,
    conditions: HashMap<&'static str, Condition>,
    pub(crate) caller_condition: Option<CallerCondition>,
    pub(crate) action_prefix: &'static str,
    pub(crate) tagging: Option<Tagging>,
    wording: Wording,
    invalid: Option<&'static str>,
    path_parameter: Option<PathParameter>,
    settings: Vec<(&'static str, u32)>,
    pub(crate) guard: Option<Guard>,
    pub(crate) denial: Refusing,
    pub(crate) absent: Absent,
    host_alias: Option<&'static str>,
    address_of: Option<AddressOf>,
    own_path: Option<OwnPath>,
    pub(crate) keeps: Option<Keeps>,
    mark: Option<&'static str>,
    pub(crate) passage_of: Option<PassageOf>,
    cross_origin: Option<CrossOriginOf>,
    pub(crate) forms: Option<Taker>,
    pub(crate) fronts: Vec<Front>,
    pub(crate) signed_visits: Option<&'static str>,
    pub(crate) owns: Option<Owns>,
    pub(crate) serves: Option<Serves>,
    pub(crate) judges_keys: Option<KeyJudge>,
    pub(crate) upgrade: Option<Upgrade>,
    pub(crate) witness: Option<Witness>,
    pub(crate) work: Vec<(&'static str, Work)>,
    pub(crate) ending: Option<Work>,
}

impl Service {
    /// A service without operations.
    #[must_use]
    pub fn new(facts: &'static ServiceFacts) -> Self {
        Service {
            facts,
            handlers: HashMap::default(),
            actions: own_name,
            conditions: HashMap::default(),
            caller_condition: None,
            action_prefix: facts.signing_name,
            tagging: None,
            wording: as_it_is,
            invalid: None,
            path_parameter: None,
            settings: Vec::new(),
            guard: None,
            denial: in_common_words,
            absent: not_implemented,
            host_alias: None,
            address_of: None,
            own_path: None,
            keeps: None,
            mark: None,
            passage_of: None,
            cross_origin: None,
            forms: None,
            fronts: Vec::new(),
            signed_visits: None,
            owns: None,
            serves: None,
            judges_keys: None,
            upgrade: None,
            witness: None,
            work: Vec::new(),
            ending: None,
        }
    }

    /// An operation that is one transaction on the store.
    #[must_use]
    pub fn transaction<O: Operation>(
        self,
        body: fn(&mut Tx<'_>, &O::Input) -> Result<O::Output>,
        resources: fn(&Scope, &O::Input) -> Vec<Arn>,
    ) -> Self {
        self.add::<O, _>(InTransaction::<O>(body), resources)
    }

    /// An operation that only reads.
    #[must_use]
    pub fn read<O: Operation>(
        self,
        body: fn(&View<'_>, &O::Input) -> Result<O::Output>,
        resources: fn(&Scope, &O::Input) -> Vec<Arn>,
    ) -> Self {
        self.add::<O, _>(Reading::<O>(body), resources)
    }

    /// An operation that waits for something, or needs several transactions.
    #[must_use]
    pub fn waiting<O, F, W>(self, body: F, resources: fn(&Scope, &O::Input) -> Vec<Arn>) -> Self
    where
        O: Operation,
        F: Fn(Context, O::Input) -> W + Send + Sync + 'static,
        W: Future<Output = Result<O::Output>> + Send + 'static,
    {
        self.add::<O, _>(Waiting(body), resources)
    }

    /// Brings what an earlier program has stored to where it stands now. It runs at each start, before anything else, so it
    /// must be quick to find that there is nothing to do, and may be interrupted.
    #[must_use]
    pub fn upgrade(mut self, upgrade: Upgrade) -> Self {
        self.upgrade = Some(upgrade);
        self
    }

    /// Work that goes on beside requests: deliveries, timers, pollers. It returns only when it fails.
    #[must_use]
    pub fn work<F, W>(mut self, name: &'static str, body: F) -> Self
    where
        F: Fn(Arc<Cloud>) -> W + Send + Sync + 'static,
        W: Future<Output = Result<()>> + Send + 'static,
    {
        self.work.push((name, Box::new(move |cloud| Box::pin(body(cloud)))));
        self
    }

    /// What is still to be done when the process is told to stop, once no requests come any more.
    #[must_use]
    pub fn ending<F, W>(mut self, body: F) -> Self
    where
        F: Fn(Arc<Cloud>) -> W + Send + Sync + 'static,
        W: Future<Output = Result<()>> + Send + 'static,
    {
        self.ending = Some(Box::new(move |cloud| Box::pin(body(cloud))));
        self
    }

    /// How IAM names the actions of this service, where they are not called as their operations.
    #[must_use]
    pub fn actions(mut self, actions: Actions) -> Self {
        self.actions = actions;
        self
    }

    /// What an input of an operation is for the condition keys of its service, which come in lower case.
    #[must_use]
    pub fn conditions<O: Operation>(mut self, condition: fn(&O::Input, &str) -> Option<String>) -> Self {
        let of_input = move |input: &dyn Any, key: &str| condition(input.downcast_ref::<O::Input>()?, key);
        self.conditions.insert(O::FACTS.name, Box::new(of_input));
        self
    }

    /// What a caller is for the condition keys of its service, whatever the operation.
    #[must_use]
    pub fn caller_conditions(mut self, condition: CallerCondition) -> Self {
        self.caller_condition = Some(condition);
        self
    }

    pub(crate) fn condition(&self, operation: &str, input: &dyn Any, key: &str) -> Option<String> {
        self.conditions.get(operation).and_then(|condition| condition(input, key))
    }

    /// The prefix of its actions in policies, where that is not the name in credential scopes.
    #[must_use]
    pub fn action_prefix(mut self, prefix: &'static str) -> Self {
        self.action_prefix = prefix;
        self
    }

    /// Its resources have tags, which others may ask for and change: see [`crate::tags`].
    #[must_use]
    pub fn tagging(mut self, tagging: Tagging) -> Self {
        self.tagging = Some(tagging);
        self
    }

    /// What this service makes of any error before a client sees it.
    #[must_use]
    pub fn wording(mut self, wording: Wording) -> Self {
        self.wording = wording;
        self
    }

    /// The code by which it refuses what its model refuses, where that is not `ValidationException`.
    #[must_use]
    pub fn invalid_as(mut self, code: &'static str) -> Self {
        self.invalid = Some(code);
        self
    }

    /// Its resources have policies of their own, which join the decision where identities are enforced. `shared` are the
    /// actions, by IAM's names, that other accounts, services and the unknown can be allowed.
    #[must_use]
    pub fn resource_policies(mut self, policy_of: PolicyOf, shared: &'static [&'static str]) -> Self {
        self.guard = Some(Guard { policy_of, owner_of: None, lists_of: None, making: &[], shared });
        self
    }

    /// Names of its resources do not say whose they are; `making` are the actions that make one, of which no policy is asked.
    /// To be called after [`Service::resource_policies`].
    #[must_use]
    pub fn owners(mut self, owner_of: OwnerOf, making: &'static [&'static str]) -> Self {
        self.guard = self.guard.map(|guard| Guard { owner_of: Some(owner_of), making, ..guard });
        self
    }

    /// Its resources have access control lists beside their policies. To be called after [`Service::resource_policies`].
    #[must_use]
    pub fn access_lists(mut self, lists_of: ListsOf) -> Self {
        self.guard = self.guard.map(|guard| Guard { lists_of: Some(lists_of), ..guard });
        self
    }

    /// How it answers operations of its API that are not there, where AWS has words of its own for it.
    #[must_use]
    pub fn absent(mut self, absent: Absent) -> Self {
        self.absent = absent;
        self
    }

    /// How this service puts it that somebody may not.
    #[must_use]
    pub fn refusing(mut self, denial: Refusing) -> Self {
        self.denial = denial;
        self
    }

    /// The parameter of the query protocol that a path stands for which `accepts` says yes to, where a client does not name it.
    #[must_use]
    pub fn path_parameter(mut self, name: &'static str, accepts: fn(&str) -> bool) -> Self {
        self.path_parameter = Some((name, accepts));
        self
    }

    /// Another name by which hosts call it: an older one.
    #[must_use]
    pub fn host_alias(mut self, name: &'static str) -> Self {
        self.host_alias = Some(name);
        self
    }

    /// Whether a host or a credential scope means it by that name.
    #[must_use]
    pub fn is_called(&self, name: &str) -> bool {
        [self.facts.signing_name, self.facts.endpoint_prefix].contains(&name) || self.host_alias == Some(name)
    }

    /// A number that whoever runs this may set for it, by name, and what it is otherwise. Operations read it with
    /// [`Cloud::setting`].
    #[must_use]
    pub fn setting(mut self, name: &'static str, default: u32) -> Self {
        self.settings.push((name, default));
        self
    }

    /// Its settings, by name, with what they are.
    #[must_use]
    pub fn settings(&self) -> &[(&'static str, u32)] {
        &self.settings
    }

    /// Sets one; false when it has none of that name.
    pub(crate) fn set(&mut self, name: &str, value: u32) -> bool {
        let setting = self.settings.iter_mut().find(|(known, _)| *known == name);
        setting.map(|(_, current)| *current = value).is_some()
    }

    /// An error as its clients see it.
    pub(crate) fn worded(&self, mut fault: Fault) -> Fault {
        if let Some(code) = self.invalid.filter(|_| fault.code == "ValidationException") {
            fault.code = code.into();
        }
        (self.wording)(fault)
    }

    /// The parameter that a path stands for, if it stands for one.
    #[must_use]
    pub fn parameter_of(&self, path: &str) -> Option<&'static str> {
        self.path_parameter.filter(|(_, accepts)| accepts(path)).map(|(name, _)| name)
    }

    /// IAM's name for what an operation does; none where no permission is needed.
    #[must_use]
    pub fn action(&self, operation: &'static OperationFacts) -> Option<&'static str> {
        (self.actions)(operation)
    }

    /// Whether the policy of a resource can let in somebody who is unknown.
    #[must_use]
    pub fn lets_in_unknown(&self, operation: &'static OperationFacts) -> bool {
        // One that asks for itself is known by its own name.
        let action = self.action(operation).unwrap_or(operation.name);
        let shares = |guard: &Guard| guard.shares(action);
        self.guard.as_ref().is_some_and(shares)
    }

    /// What its API is.
    #[must_use]
    pub fn facts(&self) -> &'static ServiceFacts {
        self.facts
    }

    /// The operation of that name, if somebody wrote it.
    #[must_use]
    pub fn handler(&self, operation: &str) -> Option<&dyn Handler> {
        self.handlers.get(operation).map(AsRef::as_ref)
    }

    /// The names of the operations that are written, sorted.
    #[must_use]
    pub fn supported(&self) -> Vec<&'static str> {
        let mut names: Vec<_> = self.handlers.keys().copied().collect();
        names.sort_unstable();
        names
    }

    fn add<O: Operation, B: Body<O> + 'static>(
        mut self,
        body: B,
        resources: fn(&Scope, &O::Input) -> Vec<Arn>,
    ) -> Self {
        let handler = Typed::<O, B> { resources, body, operation: PhantomData };
        self.handlers.insert(O::FACTS.name, Box::new(handler));
        self
    }
}
