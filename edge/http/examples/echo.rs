//! A cloud whose services give back what they are told, each by a protocol that none of Cloudlet's own services speaks. It
//! never ships: `tests/e2e/test_http_protocols.py` talks to it with stock clients. It prints its address and serves until it is
//! killed.

use std::sync::Arc;

use api::{Echo, EchoStream, FACTS, Streamed};
use checksums::Algorithm;
use cloudlet_http::{Auth, Control, Door, Limits, Server};
use names::Scope;
use service::{Clock, Cloud, Context, Credential, Directory, Everyone, Random, Service};
use store::{Options, Store};
use wire::{Body, Fault};

/// The services and their one operation.
mod api {
    use std::collections::BTreeMap;

    use wire::{
        Body, BodyChecksum, Checks, Decode, Document, Encode, Http, Kind, Location, Malformed, Member,
        Members, Operation, OperationFacts, Protocol, Reader, ServiceFacts, Shape, Writer,
    };

    const fn value(kind: Kind) -> Shape {
        Shape::plain("Value", kind)
    }

    static TEXT: Shape = value(Kind::String { json: false });
    static LONG: Shape = value(Kind::Long);
    static DOUBLE: Shape = value(Kind::Double);
    static FLAG: Shape = value(Kind::Boolean);
    static BLOB: Shape = value(Kind::Blob { streaming: false });
    static STREAM: Shape = value(Kind::Blob { streaming: true });
    static MOMENT: Shape = value(Kind::Timestamp(None));
    static LIST: Shape = value(Kind::List {
        member: &Member { location_name: Some("item"), ..Member::plain("member", &TEXT) },
        flattened: false,
    });
    static MAP: Shape = value(Kind::Map {
        key: &Member::plain("key", &TEXT),
        value: &Member::plain("value", &LONG),
        flattened: false,
    });

    const fn structure(members: &'static [Member], payload: Option<usize>) -> Shape {
        Shape::plain("Echo", Kind::Structure { members, payload, union: false, event_stream: false })
    }

    static RPC: Shape = structure(
        &[
            Member::plain("Text", &TEXT),
            Member::plain("Long", &LONG),
            Member::plain("Double", &DOUBLE),
            Member::plain("Flag", &FLAG),
            Member::plain("Blob", &BLOB),
            Member::plain("Moment", &MOMENT),
            Member::plain("List", &LIST),
            Member::plain("Map", &MAP),
            Member::plain("Inner", &RPC),
        ],
        None,
    );
    static OBJECT: Shape = structure(&object(&BLOB), Some(2));
    static STREAMED: Shape = structure(&object(&STREAM), Some(2));

    const fn object(body: &'static Shape) -> [Member; 3] {
        [
            Member { location: Location::Uri, required: true, ..Member::plain("Text", &TEXT) },
            Member {
                location: Location::Headers,
                location_name: Some("x-amz-meta-"),
                ..Member::plain("Meta", &TEXTS)
            },
            Member::plain("Body", body),
        ]
    }

    static TEXTS: Shape = value(Kind::Map {
        key: &Member::plain("key", &TEXT),
        value: &Member::plain("value", &TEXT),
        flattened: false,
    });

    const fn operation(
        name: &'static str,
        method: &'static str,
        shape: &'static Shape,
        checksum: BodyChecksum,
    ) -> OperationFacts {
        let http = Http { method, uri: "/{Text+}", status: 200 };
        let plain = OperationFacts::plain(name, http);
        OperationFacts { input: Some(shape), output: Some(shape), checksum, ..plain }
    }

    static CALLS: &[OperationFacts] = &[operation("Echo", "PUT", &RPC, BodyChecksum::Ignored)];
    static OBJECTS: &[OperationFacts] = &[
        operation("Echo", "POST", &OBJECT, BodyChecksum::Checked),
        operation("EchoStream", "PUT", &STREAMED, BodyChecksum::Checked),
    ];

    /// One service a protocol.
    pub(crate) static FACTS: [ServiceFacts; 3] = [
        ServiceFacts {
            target_prefix: Some("EchoCbor"),
            operations: CALLS,
            ..ServiceFacts::plain("echocbor", &[Protocol::RpcV2Cbor])
        },
        ServiceFacts { operations: CALLS, ..ServiceFacts::plain("echoec2", &[Protocol::Ec2Query]) },
        ServiceFacts {
            signing_name: "s3",
            bare_errors: true,
            operations: OBJECTS,
            ..ServiceFacts::plain("echoxml", &[Protocol::RestXml])
        },
    ];

    /// The operation of one of the services.
    pub(crate) struct Echo<const SERVICE: usize>;

    impl<const SERVICE: usize> Operation for Echo<SERVICE> {
        type Input = Document;
        type Output = Document;
        const FACTS: &'static OperationFacts = &FACTS[SERVICE].operations[0];
        const SERVICE: &'static ServiceFacts = &FACTS[SERVICE];
    }

    /// The operation whose payload streams.
    pub(crate) struct EchoStream;

    impl Operation for EchoStream {
        type Input = Streamed;
        type Output = Streamed;
        const FACTS: &'static OperationFacts = &FACTS[2].operations[1];
        const SERVICE: &'static ServiceFacts = &FACTS[2];
    }

    /// What it takes and gives.
    #[derive(Default)]
    pub(crate) struct Streamed {
        pub(crate) text: String,
        pub(crate) meta: BTreeMap<String, String>,
        pub(crate) body: Body,
    }

    impl Decode for Streamed {
        fn decode(
            shape: &'static Shape,
            reader: &mut dyn Reader,
            checks: &mut Checks,
        ) -> Result<Self, Malformed> {
            let mut value = Self::default();
            wire::decode_structure(shape, reader, checks, &mut |index, shape, reader, checks| {
                match index {
                    0 => value.text = Decode::decode(shape, reader, checks)?,
                    1 => value.meta = Decode::decode(shape, reader, checks)?,
                    _ => value.body = Decode::decode(shape, reader, checks)?,
                }
                Ok(())
            })?;
            Ok(value)
        }
    }

    impl Encode for Streamed {
        fn encode(&self, shape: &'static Shape, writer: &mut dyn Writer) {
            writer.structure(shape, self);
        }
    }

    impl Members for Streamed {
        fn members(&self, each: &mut dyn FnMut(usize, &dyn Encode)) {
            each(1, &self.meta);
            each(2, &self.body);
        }
    }
}

fn echo<const SERVICE: usize>() -> Service {
    Service::new(&FACTS[SERVICE]).read::<Echo<SERVICE>>(
        |_, input| match input.get("Text").and_then(wire::Document::as_str) {
            Some("fail") => Err(failure().into()),
            _ => Ok(input.clone()),
        },
        |_, _| Vec::new(),
    )
}

fn failure() -> Fault {
    Fault::new("Failed", 409, "You <asked> for it.")
}

/// Gives back what comes: as it comes for the path `pass`; for others once it is proved, with what was known of it then.
async fn echo_stream(_: Context, mut input: Streamed) -> service::Result<Streamed> {
    match input.text.as_str() {
        "fail" => return Err(failure().into()),
        "pass" => return Ok(input),
        _ => {}
    }
    let length = input.body.length();
    let claimed = input.body.claimed();
    input.body.want(Algorithm::Md5);
    let mut pieces = Vec::new();
    while let Some(piece) = input.body.next().await? {
        pieces.push(Ok(piece));
    }
    for algorithm in claimed.into_iter().chain([Algorithm::Md5]) {
        let checksum = input.body.checksum(algorithm).unwrap_or_default();
        let shown = checksum.iter().map(|byte| format!("{byte:02x}")).collect();
        input.meta.insert(algorithm.name().to_lowercase(), shown);
    }
    input.body = Body::stream(length, futures_util::stream::iter(pieces));
    Ok(input)
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let store = Store::open(Options::memory())?;
    let account = "000000000000".parse()?;
    let known = Credential::root(account, "AKIAECHOECHOECHOECHO".into(), "secret".into());
    store.transact_now(|transaction| known.put(transaction))?;
    let server = Server::bind(([127, 0, 0, 1], 0).into(), None).await?;
    let endpoint = format!("http://{}", server.address()?);
    println!("{endpoint}");
    let cloud = Cloud::new(
        store,
        Clock::default(),
        Random::default(),
        b"key",
        Box::new(Everyone { is_enforced: false }),
        endpoint.into(),
    )
    .open(Directory::new(vec![
        echo::<0>(),
        echo::<1>(),
        echo::<2>().waiting::<EchoStream, _, _>(echo_stream, |_, _| Vec::new()),
    ]));
    let default = Scope::new(account, "us-east-1".parse()?);
    let control = Control { cloud, after_reset: Box::new(|_| Ok(())) };
    let door = Door::new(control, Auth::Open { default }, Limits::default());
    server.serve(Arc::new(door), std::future::pending()).await?;
    Ok(())
}
