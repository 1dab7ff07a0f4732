//! Calls by name, of a service that gives back what it is told.

use std::sync::{Arc, Mutex};

use futures_util::stream::iter;
use names::{Account, Arn, Region, Scope};
use policy::Decision;
use store::{Options, Store};
use wire::{
    Checks, Decode, Encode, Http, Kind, Malformed, Member, Members, Operation, Protocol, Reader,
    ServiceFacts, Shape, Timestamp, Writer,
};

use super::*;
use crate::{Access, Authorizer, Caller, Clock, Cloud, Passage, Principal, PrincipalKind, Random};

static TEXT: Shape = Shape::plain("Text", Kind::String { json: false });
static NUMBER: Shape = Shape::plain("Number", Kind::Integer);
static BYTES: Shape = Shape::plain("Bytes", Kind::Blob { streaming: false });
static STREAM: Shape = Shape::plain("Stream", Kind::Blob { streaming: true });
static MOMENT: Shape = Shape::plain("Moment", Kind::Timestamp(None));
static EVENTS: Shape =
    Shape::plain("Events", Kind::Structure { members: &[], payload: None, union: true, event_stream: true });

const fn structure(members: &'static [Member]) -> Shape {
    Shape::plain("Echo", Kind::Structure { members, payload: None, union: false, event_stream: false })
}

static ECHO: Shape = structure(&[
    Member { required: true, location: wire::Location::Uri, ..Member::plain("theName", &TEXT) },
    Member::plain("Count", &NUMBER),
    Member::plain("Data", &BYTES),
    Member::plain("At", &MOMENT),
    Member { idempotency_token: true, ..Member::plain("token", &TEXT) },
]);
static BODY: Shape = Shape::plain(
    "Streamed",
    Kind::Structure {
        members: &[Member::plain("Body", &STREAM)],
        payload: Some(0),
        union: false,
        event_stream: false,
    },
);
static NONE: Shape = structure(&[]);
static TOLD: Shape = structure(&[Member::plain("Stream", &EVENTS)]);

const HTTP: Http = Http { method: "POST", uri: "/", status: 201 };
const fn operation(name: &'static str, input: &'static Shape, output: &'static Shape) -> OperationFacts {
    OperationFacts { input: Some(input), output: Some(output), ..OperationFacts::plain(name, HTTP) }
}
static OPERATIONS: [OperationFacts; 4] = [
    OperationFacts::plain("Absent", HTTP),
    operation("Echo", &ECHO, &ECHO),
    operation("Stream", &NONE, &BODY),
    operation("Tell", &NONE, &TOLD),
];
static FACTS: ServiceFacts =
    ServiceFacts { operations: &OPERATIONS, ..ServiceFacts::plain("echo", &[Protocol::AwsJson11]) };

struct Echo;

impl Operation for Echo {
    type Input = Document;
    type Output = Document;
    const FACTS: &'static OperationFacts = &OPERATIONS[1];
    const SERVICE: &'static ServiceFacts = &FACTS;
}

/// What gives its body in two pieces, and says how long it is or does not.
struct Stream;

struct Nothing;

struct Pieces(Option<u64>);

impl Operation for Stream {
    type Input = Nothing;
    type Output = Pieces;
    const FACTS: &'static OperationFacts = &OPERATIONS[2];
    const SERVICE: &'static ServiceFacts = &FACTS;
}

struct Tell;

impl Operation for Tell {
    type Input = Nothing;
    type Output = Document;
    const FACTS: &'static OperationFacts = &OPERATIONS[3];
    const SERVICE: &'static ServiceFacts = &FACTS;
}

impl Decode for Nothing {
    fn decode(
        shape: &'static Shape,
        reader: &mut dyn Reader,
        checks: &mut Checks,
    ) -> Result<Self, Malformed> {
        wire::decode_structure(shape, reader, checks, &mut |_, _, _, _| Ok(())).map(|()| Nothing)
    }
}

impl Encode for Pieces {
    fn encode(&self, shape: &'static Shape, writer: &mut dyn Writer) {
        writer.structure(shape, self);
    }
}

impl Members for Pieces {
    fn members(&self, each: &mut dyn FnMut(usize, &dyn Encode)) {
        let pieces = ["ab", "cd"].map(|piece| Ok(Bytes::from(piece)));
        each(0, &Body::stream(self.0, iter(pieces)));
    }
}

/// Lets everybody do everything but `Stream`, and notes who asked for what.
#[derive(Clone, Default)]
struct Noting(Arc<Mutex<Vec<String>>>);

impl Authorizer for Noting {
    fn decide(&self, caller: &Caller, access: &Access<'_>) -> Decision {
        let role = caller.principal.role.as_ref().map(Arn::to_string);
        let asked = format!("{} {} {role:?} {:?}", access.action(), caller.principal.arn, access.resources());
        self.0.lock().unwrap().push(asked);
        if access.name() == "Stream" && role.is_some() { Decision::Denied } else { Decision::Allowed }
    }

    fn is_enforced(&self) -> bool {
        true
    }
}

fn service() -> Service {
    let resource = |scope: &Scope, input: &Document| {
        let name = input.get("theName").and_then(Document::as_str).unwrap_or_default();
        vec![Arn::in_scope("echo", scope, name)]
    };
    Service::new(&FACTS)
        .waiting::<Echo, _, _>(|_, input| async { Ok(input) }, resource)
        .waiting::<Stream, _, _>(
            |context: Context, _| async move { Ok(Pieces(context.caller.source_ip.map(|_| 4))) },
            |_, _| vec![],
        )
        .waiting::<Tell, _, _>(|_, _| async { panic!("nobody is told") }, |_, _| vec![])
        .passages(|_, _, labels| match labels.get("theName") {
            Some("alias") => {
                let passage = Passage {
                    arn: "arn:aws:door:eu-west-1:000000000000:front".parse().unwrap(),
                    is_alias: true,
                    conditions: vec![],
                    seen: |passage, _| passage.clone(),
                };
                Ok(Some((passage, labels.clone().with("theName", "behind".into()))))
            }
            _ => Ok(None),
        })
        .wording(|fault| Fault { message: format!("worded: {}", fault.message), ..fault })
}

fn cloud(authorizer: Noting) -> Arc<Cloud> {
    let store = Store::open(Options::memory()).unwrap();
    let endpoint = "http://localhost:1".into();
    let cloud =
        Cloud::new(store, Clock::default(), Random::default(), b"key", Box::new(authorizer), endpoint);
    cloud.open(Directory::new(vec![service()]))
}

fn root(cloud: &Arc<Cloud>) -> Context {
    let scope = Scope::new(Account::ZERO, "eu-west-1".parse::<Region>().unwrap());
    let context = cloud.context_of("s", scope);
    let caller =
        Caller { principal: Arc::new(Principal::root(Account::ZERO)), ..Caller::clone(&context.caller) };
    Context { caller: Arc::new(caller), ..context }
}

const fn call(operation: &'static str, spelling: Spelling) -> ByName<'static> {
    ByName { service: "echo", operation, spelling, payload_bytes_max: 4 }
}

fn document<const N: usize>(entries: [(&str, Document); N]) -> Document {
    Document::Map(entries.map(|(name, value)| (name.to_owned(), value)).into())
}

fn text(text: &str) -> Document {
    Document::String(text.to_owned())
}

#[tokio::test]
async fn an_operation_answers_in_the_spelling_of_its_caller() {
    let cloud = cloud(Noting::default());
    let context = root(&cloud);
    let input = || {
        document([
            ("TheName", text("a")),
            ("count", Document::Integer(2)),
            ("Data", Document::Blob("x".into())),
            ("At", Document::Timestamp(Timestamp(5))),
            ("Token", text("t")),
        ])
    };
    let model = context.call_by_name(&call("Echo", Spelling::Model), input()).await.unwrap();
    let capital = context.call_by_name(&call("Echo", Spelling::Capital), input()).await.unwrap();
    let bytes = [Document::Blob("x".into()), text("eA==")];
    for (output, names, bytes) in
        [(&model, ["theName", "token"], &bytes[0]), (&capital, ["TheName", "Token"], &bytes[1])]
    {
        assert_eq!(output.get(names[0]), Some(&text("a")));
        assert_eq!(output.get(names[1]), Some(&text("t")));
        assert_eq!(output.get("Count"), Some(&Document::Integer(2)));
        assert_eq!(output.get("Data"), Some(bytes));
        assert_eq!(output.get("At"), Some(&Document::Timestamp(Timestamp(5))));
    }
    let metrics = cloud.metrics.prometheus();
    assert!(metrics.contains("operation=\"Echo\",code=\"ok\"} 2\n"), "{metrics}");
}

#[tokio::test]
async fn tokens_are_made_where_the_caller_has_none() {
    let cloud = cloud(Noting::default());
    let call = call("Echo", Spelling::Capital);
    for token in [None, Some(Document::Null)] {
        let mut input = document([("theName", text("a"))]);
        if let (Document::Map(map), Some(token)) = (&mut input, token) {
            map.insert("Token".into(), token);
        }
        let output = root(&cloud).call_by_name(&call, input).await.unwrap();
        assert_eq!(output.get("Token").and_then(Document::as_str).map(str::len), Some(36));
    }
}

#[tokio::test]
async fn the_model_refuses_in_the_words_of_its_service() {
    let cloud = cloud(Noting::default());
    let call = call("Echo", Spelling::Model);
    let missing = root(&cloud).call_by_name(&call, Document::Null).await.unwrap_err();
    assert_eq!((&*missing.code, missing.status), ("ValidationException", 400));
    assert!(missing.message.starts_with("worded: 1 validation error detected"), "{missing}");
    let malformed = root(&cloud).call_by_name(&call, document([("Count", text("two"))])).await.unwrap_err();
    assert_eq!(malformed.code, "SerializationException");
    let no_document = root(&cloud).call_by_name(&call, text("a")).await.unwrap_err();
    assert_eq!(no_document.code, "SerializationException");
    assert!(cloud.metrics.prometheus().contains("code=\"ValidationException\"} 1\n"));
}

#[tokio::test]
async fn what_is_not_there_is_refused_by_name() {
    let cloud = cloud(Noting::default());
    let refused = async |service, operation| {
        let call = ByName { service, operation, spelling: Spelling::Model, payload_bytes_max: 0 };
        let fault = root(&cloud).call_by_name(&call, Document::Null).await.unwrap_err();
        assert_eq!((&*fault.code, fault.status), ("NotImplemented", 501));
        fault.message
    };
    assert_eq!(refused("glue", "StartJobRun").await, "glue: StartJobRun is not implemented.");
    assert_eq!(refused("echo", "Nonsense").await, "echo: Nonsense is not implemented.");
    assert_eq!(refused("echo", "Absent").await, "worded: echo:Absent is not implemented.");
    assert_eq!(
        refused("echo", "Tell").await,
        "worded: echo: a call of Tell for a document is not implemented."
    );
}

#[tokio::test]
async fn payloads_are_gathered_within_a_limit() {
    let cloud = cloud(Noting::default());
    let known = Caller { source_ip: Some([127, 0, 0, 1].into()), ..Caller::clone(&root(&cloud).caller) };
    let known = Context { caller: Arc::new(known), cloud: Arc::clone(&cloud) };
    for context in [root(&cloud), known] {
        let enough = call("Stream", Spelling::Model);
        let output = context.call_by_name(&enough, Document::Null).await.unwrap();
        assert_eq!(output.get("Body"), Some(&Document::Blob("abcd".into())));
        let little = ByName { payload_bytes_max: 3, ..enough };
        let fault = context.call_by_name(&little, Document::Null).await.unwrap_err();
        assert_eq!(fault.code, PAYLOAD_TOO_LARGE);
    }
}

#[tokio::test]
async fn it_is_the_callers_role_that_is_asked_for() {
    let noting = Noting::default();
    let cloud = cloud(noting.clone());
    let role: Arn = "arn:aws:iam::000000000000:role/service/front".parse().unwrap();
    let context = root(&cloud).for_source("arn:aws:sns:eu-west-1:000000000000:t".parse().unwrap());
    let context = context.in_role(&role, "session");
    assert!(context.caller.source.is_none());
    assert_eq!(context.caller.principal.kind, PrincipalKind::AssumedRole);
    assert_eq!(context.caller.principal.id, "front:session");
    let input = document([("TheName", text("alias"))]);
    let output = context.call_by_name(&call("Echo", Spelling::Model), input).await.unwrap();
    assert_eq!(output.get("theName"), Some(&text("behind")));
    let denied = context.call_by_name(&call("Stream", Spelling::Model), Document::Null).await.unwrap_err();
    assert_eq!(denied.code, "AccessDeniedException");
    let session = "arn:aws:sts::000000000000:assumed-role/front/session";
    let asked = noting.0.lock().unwrap().clone();
    let resource: Arn = "arn:aws:echo:eu-west-1:000000000000:behind".parse().unwrap();
    assert_eq!(asked[0], format!("echo:Echo {session} {:?} {:?}", Some(role.to_string()), vec![resource]));
}
