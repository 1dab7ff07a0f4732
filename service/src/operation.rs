//! An operation behind `dyn`: read its input, name what it touches, carry it out.

use std::any::Any;
use std::future::Future;
use std::marker::PhantomData;
use std::pin::Pin;

use names::{Arn, Scope};
use tracing::Instrument as _;
use wire::{Document, Encode, Fault, Message, Operation, OperationFacts, Protocol, Spelling};

use crate::{Context, Result, Tx, View};

/// A typed input whose type only its handler knows.
pub(crate) type Input = Box<dyn Any + Send + Sync>;
/// A future behind `dyn`.
pub(crate) type Boxed<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// A typed output: to be encoded for a client, or taken apart again for a neighbour.
pub trait Output: Encode + Any + Send + Sync {
    /// For the neighbour.
    fn into_any(self: Box<Self>) -> Box<dyn Any + Send + Sync>;
}

impl<T: Encode + Any + Send + Sync> Output for T {
    fn into_any(self: Box<Self>) -> Box<dyn Any + Send + Sync> {
        self
    }
}

/// What is changed by an operation, and when.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Effect {
    /// Nothing is.
    None,
    /// The store alone, in one transaction, which can also be that of whoever calls.
    Transaction,
    /// Something else, or the store in several steps: a process runs, a stream is read, a neighbour is called.
    Elsewhere,
}

/// One operation, whatever its types.
pub trait Handler: Send + Sync {
    /// Its facts.
    fn facts(&self) -> &'static OperationFacts;
    /// What is changed by it.
    fn effect(&self) -> Effect;
    /// Reads its input from a message.
    ///
    /// # Errors
    /// The protocol's error for what cannot be read, or AWS's validation error.
    fn read(&self, protocol: Protocol, message: &Message<'_>) -> Result<Input, Fault>;
    /// Reads its input from a neutral document.
    ///
    /// # Errors
    /// AWS's errors for what cannot be read, or violates the model.
    fn read_document(&self, document: Document, spelling: Spelling) -> Result<Input, Fault>;
    /// What it would touch.
    fn resources(&self, scope: &Scope, input: &(dyn Any + Send + Sync)) -> Vec<Arn>;
    /// Carries it out.
    fn carry_out<'a>(&'a self, context: &'a Context, input: Input) -> Boxed<'a, Result<Box<dyn Output>>>;
    /// Carries it out as a part of a transaction.
    ///
    /// # Errors
    /// What it fails with; an internal failure when it is no transaction.
    fn take_part(&self, tx: &mut Tx<'_>, input: &(dyn Any + Send + Sync)) -> Result<Box<dyn Output>>;
}

/// Names the resources that an input speaks of.
pub(crate) type Resources<I> = fn(&Scope, &I) -> Vec<Arn>;

/// A function of some kind as a handler of the operation `O`.
pub(crate) struct Typed<O: Operation, B> {
    pub(crate) resources: Resources<O::Input>,
    pub(crate) body: B,
    pub(crate) operation: PhantomData<fn() -> O>,
}

/// How a function of some kind is carried out.
pub(crate) trait Body<O: Operation>: Send + Sync {
    /// What is changed by it.
    const EFFECT: Effect;

    fn run<'a>(&'a self, context: &'a Context, input: O::Input) -> Boxed<'a, Result<O::Output>>;

    /// As a part of a transaction, where it can be one.
    fn take_part(&self, _: &mut Tx<'_>, _: &O::Input) -> Result<O::Output> {
        Err(internal("an operation that is no transaction cannot be a part of one").into())
    }
}

impl<O: Operation, B: Body<O>> Handler for Typed<O, B> {
    fn facts(&self) -> &'static OperationFacts {
        O::FACTS
    }

    fn effect(&self) -> Effect {
        B::EFFECT
    }

    fn read(&self, protocol: Protocol, message: &Message<'_>) -> Result<Input, Fault> {
        Ok(Box::new(wire::read_input::<O::Input>(protocol, O::SERVICE, O::FACTS, message)?))
    }

    fn read_document(&self, document: Document, spelling: Spelling) -> Result<Input, Fault> {
        Ok(Box::new(wire::read_document::<O::Input>(O::SERVICE, O::FACTS, document, spelling)?))
    }

    fn resources(&self, scope: &Scope, input: &(dyn Any + Send + Sync)) -> Vec<Arn> {
        input.downcast_ref::<O::Input>().map(|input| (self.resources)(scope, input)).unwrap_or_default()
    }

    fn carry_out<'a>(&'a self, context: &'a Context, input: Input) -> Boxed<'a, Result<Box<dyn Output>>> {
        Box::pin(async move {
            let input =
                input.downcast::<O::Input>().map_err(|_| internal("an input of another operation"))?;
            let span = tracing::trace_span!(target: "cloudlet::layer", "service", operation = O::FACTS.name);
            let output = self.body.run(context, *input).instrument(span).await?;
            Ok(Box::new(output) as Box<dyn Output>)
        })
    }

    fn take_part(&self, tx: &mut Tx<'_>, input: &(dyn Any + Send + Sync)) -> Result<Box<dyn Output>> {
        let input =
            input.downcast_ref::<O::Input>().ok_or_else(|| internal("an input of another operation"))?;
        Ok(Box::new(self.body.take_part(tx, input)?))
    }
}

/// A mistake of ours, which no client can cause.
pub(crate) fn internal(what: &str) -> Fault {
    tracing::error!(what, "internal failure");
    Fault::new("InternalFailure", 500, "The request processing has failed because of an unknown error.")
}

/// A function of one transaction.
pub(crate) struct InTransaction<O: Operation>(pub(crate) fn(&mut Tx<'_>, &O::Input) -> Result<O::Output>);

impl<O: Operation> Body<O> for InTransaction<O> {
    const EFFECT: Effect = Effect::Transaction;

    fn run<'a>(&'a self, context: &'a Context, input: O::Input) -> Boxed<'a, Result<O::Output>> {
        Box::pin(async move { context.transact(|tx| (self.0)(tx, &input)).await })
    }

    fn take_part(&self, tx: &mut Tx<'_>, input: &O::Input) -> Result<O::Output> {
        (self.0)(tx, input)
    }
}

/// A function that only reads.
pub(crate) struct Reading<O: Operation>(pub(crate) fn(&View<'_>, &O::Input) -> Result<O::Output>);

impl<O: Operation> Body<O> for Reading<O> {
    const EFFECT: Effect = Effect::None;

    fn run<'a>(&'a self, context: &'a Context, input: O::Input) -> Boxed<'a, Result<O::Output>> {
        Box::pin(async move {
            let outcome = (self.0)(&context.view(), &input);
            context.cloud.store.settle().await;
            outcome
        })
    }
}

/// A function that waits for something: a message, a neighbour, a process.
pub(crate) struct Waiting<F>(pub(crate) F);

impl<O, F, W> Body<O> for Waiting<F>
where
    O: Operation,
    F: Fn(Context, O::Input) -> W + Send + Sync,
    W: Future<Output = Result<O::Output>> + Send + 'static,
{
    const EFFECT: Effect = Effect::Elsewhere;

    fn run<'a>(&'a self, context: &'a Context, input: O::Input) -> Boxed<'a, Result<O::Output>> {
        Box::pin((self.0)(context.clone(), input))
    }
}
