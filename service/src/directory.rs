//! All services of a process, and the one way into each of their operations.

use std::any::Any;
use std::borrow::Cow;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::Duration;

use futures_util::FutureExt as _;
use names::Arn;
use store::Store;
use wire::{Answer, Fault, Message, Operation, OperationFacts, Protocol, ServiceFacts};

use crate::guard::{Question, ask, authorise};
use crate::operation::{Input, internal};
use crate::record::Record;
use crate::visit::Front;
use crate::{Cloud, Conditions, Context, Error, Exchange, Form, Handler, Output, Result, Service, Tx, Visit};

/// What visits are counted as, beside operations.
const VISIT: &str = "Visit";

/// The services, by their names.
#[derive(Default)]
pub struct Directory {
    services: Vec<Service>,
}

impl Directory {
    /// These services.
    #[must_use]
    pub fn new(services: Vec<Service>) -> Self {
        Directory { services }
    }

    /// Sets a setting of a service, named as in `sqs.queue-name-rest-seconds`; false when there is none of that name.
    pub fn set(&mut self, name: &str, value: u32) -> bool {
        let Some((service, setting)) = name.split_once('.') else { return false };
        let mut services = self.services.iter_mut();
        services
            .find(|known| known.facts().name == service)
            .is_some_and(|service| service.set(setting, value))
    }

    /// Every service.
    pub fn services(&self) -> impl Iterator<Item = &Service> {
        self.services.iter()
    }

    /// The service of that name: `sqs`.
    #[must_use]
    pub fn service(&self, name: &str) -> Option<&Service> {
        self.services.iter().find(|service| service.facts().name == name)
    }

    /// A request's way from the message to the answer: find out where it goes, decode, ask, carry out, encode.
    pub async fn answer(
        &self,
        context: &Context,
        service: &Service,
        operation: &'static OperationFacts,
        protocol: Protocol,
        message: &Message<'_>,
    ) -> Answer {
        let begun = std::time::Instant::now();
        let passage =
            service.passage_of.map_or(Ok(None), |passage_of| passage_of(context, operation, message.labels));
        let (passage, refused) = match passage {
            Ok(passage) => (passage, None),
            Err(fault) => (None, Some(fault)),
        };
        let behind = passage.map(|(passage, labels)| (context.through(Some(passage)), labels));
        let (context, labels) =
            behind.as_ref().map_or((context, message.labels), |(context, labels)| (context, labels));
        let message = &Message { labels, ..*message };
        let outcome = match refused {
            None => self.outcome(context, service, operation, protocol, message).await,
            Some(fault) => Err(fault),
        };
        let outcome = outcome.map_err(|fault| service.worded(fault));
        let (facts, request_id) = (service.facts(), &context.caller.request_id);
        let (answer, code) = match outcome {
            Ok(output) => {
                (wire::write_output(protocol, facts, operation, encode(&*output), request_id), None)
            }
            Err(fault) => (wire::write_fault(protocol, facts, &fault, request_id), Some(fault.code)),
        };
        if let Some(witness) = service.witness {
            let code = code.as_deref();
            witness(&Exchange { context, operation, message, answer: &answer, code, took: begun.elapsed() });
        }
        let status = Some(answer.status);
        let caller = &*context.caller;
        Record { caller, service: facts, operation, status, code, took: begun.elapsed() }
            .keep(&context.cloud.metrics);
        answer
    }

    /// The service whose front takes visits of this host and path.
    #[must_use]
    pub fn visited(&self, store: &Store, host: &str, path: &str) -> Option<&Service> {
        let by_domain = crate::domains::is_domain(store, host);
        let found = self.services.iter().find(|service| service.front_of(host, path, by_domain).is_some())?;
        let is_behind = |other: &Service| {
            found.signed_visits == Some(other.facts().signing_name) && other.own_path(host, path).is_some()
        };
        let keeps = |service: &Service| service.keeps.is_some_and(|keeps| keeps(store, host, path));
        let is_left = self.services.iter().any(is_behind) && !self.services.iter().any(keeps);
        (!is_left).then_some(found)
    }

    /// Whether some front takes visits of this host.
    pub(crate) fn accepts(&self, host: &str) -> bool {
        self.services.iter().any(|service| service.front_of(host, "/", false).is_some())
    }

    /// The answer of the front that takes this visit, which is counted; 404 when none does. A panic is the answer to this visit
    /// alone.
    pub async fn visit(&self, cloud: &Arc<Cloud>, visit: Visit) -> Answer {
        let Some((service, front)) = self.front(cloud, &visit) else {
            return Answer::json(404, r#"{"message":"Not Found"}"#);
        };
        let begun = std::time::Instant::now();
        let answer = match AssertUnwindSafe(front.answer(cloud, visit)).catch_unwind().await {
            Ok(answer) => answer,
            Err(panic) => {
                internal(panic_text(&*panic));
                Answer::json(500, r#"{"message":"Internal Server Error"}"#)
            }
        };
        let code = match answer.status {
            500.. => Some("5xx".into()),
            400.. => Some("4xx".into()),
            _ => None,
        };
        cloud.metrics.request(service.facts().name, VISIT, code, begun.elapsed());
        answer
    }

    /// A service's answer to a form that was sent to it. A panic is the answer to this form alone.
    ///
    /// # Errors
    /// The service's.
    pub async fn take_form(&self, context: &Context, service: &Service, form: Form) -> Result<Answer, Fault> {
        let take = service.forms.as_ref().ok_or_else(|| internal("a form that nobody takes"))?;
        match AssertUnwindSafe(take(context.clone(), form)).catch_unwind().await {
            Ok(outcome) => outcome.map_err(Error::into_fault),
            Err(panic) => Err(internal(panic_text(&*panic))),
        }
    }

    /// Does what services still have to do when the process stops. What fails is logged.
    pub async fn end(&self, cloud: &Arc<Cloud>) {
        for service in &self.services {
            let Some(ending) = &service.ending else { continue };
            if let Err(error) = ending(Arc::clone(cloud)).await {
                tracing::error!(service = service.facts().name, %error, "a service could not end its work");
            }
        }
    }

    /// Asks whether a caller may do what IAM calls so, where an operation of a service asks for itself.
    pub(crate) fn permit(
        &self,
        context: &Context,
        service: &ServiceFacts,
        name: &'static str,
        resources: &dyn Fn() -> Vec<Arn>,
        conditions: Conditions<'_>,
    ) -> Result<(), Fault> {
        let service = self.service(service.name).ok_or_else(|| internal("a service that is not there"))?;
        ask(context, service, &Question { name, resources, conditions, is_unsigned: false })
    }

    /// The first that takes a visit. A service that shares hosts with others is asked whether it is to something of its own.
    fn front(&self, cloud: &Cloud, visit: &Visit) -> Option<(&Service, &Front)> {
        let by_domain = crate::domains::is_domain(&cloud.store, &visit.host);
        let mut services = self.services.iter();
        services.find_map(|service| {
            let front = service.front_of(&visit.host, &visit.path, by_domain)?;
            service.owns.is_none_or(|owns| owns(cloud, visit)).then_some((service, front))
        })
    }

    /// A neighbour's call as a part of a transaction.
    pub(crate) fn take_part<O: Operation>(&self, tx: &mut Tx<'_>, input: O::Input) -> Result<O::Output> {
        let (service, handler) = self.handler_of::<O>()?;
        let begun = std::time::Instant::now();
        let outcome = take_part(tx, service, handler, &input);
        let code = match &outcome {
            Err(Error::Fault(fault)) => Some(fault.code.clone()),
            // It fails the whole transaction, whose own record says so.
            Ok(_) | Err(Error::Store(_)) => None,
        };
        keep_record::<O>(tx.context, code, begun.elapsed());
        Ok(output_of::<O>(outcome?)?)
    }

    /// A neighbour's call: the same way without the codecs.
    pub(crate) async fn call<O: Operation>(
        &self,
        context: &Context,
        input: O::Input,
    ) -> Result<O::Output, Fault> {
        let (service, handler) = self.handler_of::<O>()?;
        let begun = std::time::Instant::now();
        let outcome = carry_out(context, service, handler, Box::new(input)).await;
        let code = outcome.as_ref().err().map(|fault| fault.code.clone());
        keep_record::<O>(context, code, begun.elapsed());
        output_of::<O>(outcome?)
    }

    /// Who carries out a neighbour's operation.
    fn handler_of<O: Operation>(&self) -> Result<(&Service, &dyn Handler), Fault> {
        let service = self.service(O::SERVICE.name);
        let found = service.and_then(|service| Some((service, service.handler(O::FACTS.name)?)));
        found.ok_or_else(|| not_implemented(O::SERVICE, O::FACTS))
    }

    async fn outcome(
        &self,
        context: &Context,
        service: &Service,
        operation: &'static OperationFacts,
        protocol: Protocol,
        message: &Message<'_>,
    ) -> Result<Box<dyn Output>, Fault> {
        let facts = service.facts();
        let handler = service.handler(operation.name).ok_or_else(|| (service.absent)(facts, operation))?;
        let input = handler.read(protocol, message)?;
        carry_out(context, service, handler, input).await
    }
}

/// An output, to be written.
pub(crate) fn encode(output: &dyn Output) -> &dyn wire::Encode {
    output
}

/// Keeps the record of a neighbour's call.
fn keep_record<O: Operation>(context: &Context, code: Option<Cow<'static, str>>, took: Duration) {
    let (caller, service, operation, status) = (&*context.caller, O::SERVICE, O::FACTS, None);
    Record { caller, service, operation, status, code, took }.keep(&context.cloud.metrics);
}

fn output_of<O: Operation>(output: Box<dyn Output>) -> Result<O::Output, Fault> {
    let output = output.into_any().downcast::<O::Output>();
    output.map(|output| *output).map_err(|_| internal("an output of another operation"))
}

/// Asks whether the caller may, and carries the operation out in a transaction. A panic in it is the answer to this call alone.
pub(crate) fn take_part(
    tx: &mut Tx<'_>,
    service: &Service,
    handler: &dyn Handler,
    input: &(dyn Any + Send + Sync),
) -> Result<Box<dyn Output>> {
    authorise(tx.context, service, handler, input)?;
    let outcome = std::panic::catch_unwind(AssertUnwindSafe(|| handler.take_part(tx, input)));
    outcome.unwrap_or_else(|panic| Err(internal(panic_text(&*panic)).into()))
}

/// Asks whether the caller may, and carries the operation out. A panic in it is the answer to this request alone.
pub(crate) async fn carry_out(
    context: &Context,
    service: &Service,
    handler: &dyn Handler,
    input: Input,
) -> Result<Box<dyn Output>, Fault> {
    authorise(context, service, handler, &*input)?;
    match AssertUnwindSafe(handler.carry_out(context, input)).catch_unwind().await {
        Ok(outcome) => outcome.map_err(crate::Error::into_fault),
        Err(panic) => Err(internal(panic_text(&*panic))),
    }
}

fn panic_text(panic: &(dyn Any + Send)) -> &str {
    panic
        .downcast_ref::<&str>()
        .copied()
        .or_else(|| panic.downcast_ref::<String>().map(String::as_str))
        .unwrap_or("a panic without a text")
}

/// The error for an operation of the API that nobody wrote.
pub(crate) fn not_implemented(service: &ServiceFacts, operation: &OperationFacts) -> Fault {
    let message = format!("{}:{} is not implemented.", service.name, operation.name);
    Fault::new("NotImplemented", 501, message)
}
