//! A cloud whose services give back what they are told, each by a protocol that none of Cloudlet's own services speaks. It
//! never ships: `tests/e2e/test_http_protocols.py` talks to it with stock clients. It prints its address and serves until it is
//! killed.

use std::sync::Arc;

use api::{Echo, FACTS};
use cloudlet_http::{Auth, Control, Door, Limits, Server};
use names::Scope;
use service::{Clock, Cloud, Credential, Directory, Everyone, Random, Service};
use store::{Options, Store};

/// The services and their one operation.
mod api {
    use wire::{
        BodyChecksum, Document, Http, Kind, Location, Member, Operation, OperationFacts, Protocol,
        ServiceFacts, Shape,
    };

    const fn value(kind: Kind) -> Shape {
        Shape::plain("Value", kind)
    }

    static TEXT: Shape = value(Kind::String { json: false });
    static LONG: Shape = value(Kind::Long);
    static DOUBLE: Shape = value(Kind::Double);
    static FLAG: Shape = value(Kind::Boolean);
    static BLOB: Shape = value(Kind::Blob { streaming: false });
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
    static OBJECT: Shape = structure(
        &[
            Member { location: Location::Uri, required: true, ..Member::plain("Text", &TEXT) },
            Member {
                location: Location::Headers,
                location_name: Some("x-amz-meta-"),
                ..Member::plain("Meta", &TEXTS)
            },
            Member::plain("Body", &BLOB),
        ],
        Some(2),
    );
    static TEXTS: Shape = value(Kind::Map {
        key: &Member::plain("key", &TEXT),
        value: &Member::plain("value", &TEXT),
        flattened: false,
    });

    const fn operation(shape: &'static Shape, checksum: BodyChecksum) -> OperationFacts {
        let http = Http { method: "PUT", uri: "/{Text+}", status: 200 };
        OperationFacts {
            input: Some(shape),
            output: Some(shape),
            checksum,
            ..OperationFacts::plain("Echo", http)
        }
    }

    static CALLS: &[OperationFacts] = &[operation(&RPC, BodyChecksum::Ignored)];
    static OBJECTS: &[OperationFacts] = &[operation(&OBJECT, BodyChecksum::Checked)];

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
}

fn echo<const SERVICE: usize>() -> Service {
    Service::new(&FACTS[SERVICE]).read::<Echo<SERVICE>>(
        |_, input| match input.get("Text").and_then(wire::Document::as_str) {
            Some("fail") => Err(wire::Fault::new("Failed", 409, "You <asked> for it.").into()),
            _ => Ok(input.clone()),
        },
        |_, _| Vec::new(),
    )
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
    .open(Directory::new(vec![echo::<0>(), echo::<1>(), echo::<2>()]));
    let default = Scope::new(account, "us-east-1".parse()?);
    let control = Control { cloud, after_reset: Box::new(|_| Ok(())) };
    let door = Door::new(control, Auth::Open { default }, Limits::default());
    server.serve(Arc::new(door), std::future::pending()).await?;
    Ok(())
}
