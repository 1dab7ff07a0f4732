//! Functions with a network of their own: it leads to the cloud, and nowhere else.

use std::net::TcpStream as Stream;
use std::os::linux::net::SocketAddrExt;
use std::os::unix::net::{SocketAddr, UnixListener};

use cloudlet_runtime::{Endpoint, Error, Isolation, Network};
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc;

use crate::bench::{Bench, invocation};
use crate::extensions::Told;
use crate::isolation::{PROBE, probe, sandbox};
use crate::telemetry::{LISTENER, until};

const PORT: u16 = 4566;

/// A bench whose functions have such networks, and who visits the cloud from there; `None` where there can be none, after a look
/// at what is said then.
async fn apart() -> Option<(Bench, mpsc::Receiver<Stream>)> {
    let (visitors, visits) = mpsc::channel(8);
    let bench = Bench::with(|options| options.network = Network::None(Endpoint { port: PORT, visitors }));
    let in_force = bench.runtime.isolation().await;
    if in_force.isolation == Isolation::Namespaces {
        return Some((bench, visits));
    }
    let spec = bench.custom("refused");
    let refused = bench.runtime.invoke(&spec, invocation("{}")).await;
    assert!(matches!(&refused, Err(Error::Sandbox(reason)) if *reason == in_force.reason), "{refused:?}");
    eprintln!("not tested: {}", in_force.reason);
    None
}

/// The next visitor.
async fn visitor(visits: &mut mpsc::Receiver<Stream>) -> TcpStream {
    TcpStream::from_std(visits.recv().await.unwrap()).unwrap()
}

#[tokio::test]
async fn the_cloud_can_be_reached_under_all_its_names() {
    let Some((bench, mut visits)) = apart().await else { return };
    let code = "
import socket
def handler(event, context):
    connection = socket.create_connection((event, 4566))
    connection.sendall(b'from inside')
    return connection.recv(99).decode()
";
    let spec = bench.python("visits", code);
    for name in ["127.0.0.1", "localhost", "bucket.s3.localhost", "x.localhost.localstack.cloud"] {
        let served = async {
            let (mut visitor, mut said) = (visitor(&mut visits).await, [0; 11]);
            visitor.read_exact(&mut said).await.unwrap();
            visitor.write_all(b"from the cloud").await.unwrap();
            said
        };
        let (answer, said) = tokio::join!(bench.answer(&spec, json!(name)), served);
        assert_eq!((answer, &said), (json!("from the cloud"), b"from inside"), "{name}");
    }
}

#[tokio::test]
async fn nothing_else_can_be_reached() {
    let Some((bench, _visits)) = apart().await else { return };
    let spec = bench.python("escapes", PROBE);
    let of_host = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = of_host.local_addr().unwrap().port();
    let name = format!("cloudlet-test-{port}");
    let _unix = UnixListener::bind_addr(&SocketAddr::from_abstract_name(&name).unwrap()).unwrap();
    for (attempt, outcome) in [
        ("socket.create_connection(('203.0.113.1', 80))".to_owned(), json!("ENETUNREACH")),
        (format!("socket.create_connection(('127.0.0.1', {port}))"), json!("ECONNREFUSED")),
        ("socket.create_connection(('169.254.169.254', 80))".to_owned(), json!("ENETUNREACH")),
        (
            "socket.socket(socket.AF_INET, socket.SOCK_DGRAM).sendto(b'x', ('203.0.113.1', 53))".to_owned(),
            json!("ENETUNREACH"),
        ),
        (
            "socket.socket(socket.AF_INET6, socket.SOCK_STREAM).connect(('2001:db8::1', 80))".to_owned(),
            json!("ENETUNREACH"),
        ),
        (format!("socket.socket(socket.AF_UNIX).connect('\\0{name}')"), json!("ECONNREFUSED")),
        ("[name for _, name in socket.if_nameindex()]".to_owned(), json!(["lo"])),
        ("socket.socket(socket.AF_PACKET, socket.SOCK_RAW)".to_owned(), json!("EAFNOSUPPORT")),
        ("socket.socket(socket.AF_INET, socket.SOCK_RAW, 1)".to_owned(), json!("EPERM")),
    ] {
        assert_eq!(probe(&bench, &spec, &attempt).await, outcome, "{attempt}");
    }
}

#[tokio::test]
async fn twins_do_not_meet_though_they_listen_on_one_address() {
    let Some((bench, mut visits)) = apart().await else { return };
    let agent = format!("VERSION, PATH = '2022-12-13', '/2022-07-01/telemetry'{LISTENER}");
    let (one, other) = (bench.extended("one", PORT, &agent), bench.extended("other", PORT, &agent));
    let mut told = Vec::new();
    for spec in [&one, &other] {
        bench.answer(spec, json!({"n": 1})).await;
        let mut by = Told::of(visitor(&mut visits).await);
        assert_eq!(by.next().await, json!([200, "OK"]));
        told.push(by);
    }
    for (spec, told) in [&one, &other].into_iter().zip(&mut told) {
        // What was told too late for the first event is told with the next.
        bench.answer(spec, json!({"n": 2})).await;
        let all = until(told, "platform.report").await;
        let starts: Vec<_> = all.iter().filter(|event| event["type"] == "platform.initStart").collect();
        assert_eq!(starts.len(), 1);
        assert_eq!(starts[0]["record"]["functionName"], spec.function_name.as_str());
    }
}

#[tokio::test]
async fn a_network_ends_with_its_environment() {
    let Some((bench, mut visits)) = apart().await else { return };
    let code = "
import socket
kept = []
def handler(event, context):
    kept.append(socket.create_connection(('localhost', 4566)))
";
    let spec = bench.python("ends", code);
    bench.answer(&spec, Value::Null).await;
    let mut visitor = visitor(&mut visits).await;
    bench.runtime.retire(&spec.key);
    assert_eq!(visitor.read(&mut [0]).await.unwrap_or_default(), 0);
}

/// What this kernel has of Landlock; less than 1 where it has nothing.
#[allow(unsafe_code, reason = "Landlock has no wrapper")]
fn landlock_version() -> i64 {
    const VERSION: u32 = 1;
    // SAFETY: with this flag it takes nothing and makes nothing.
    unsafe { libc::syscall(libc::SYS_landlock_create_ruleset, std::ptr::null::<u8>(), 0, VERSION) }
}

#[tokio::test]
async fn abstract_sockets_of_others_are_out_of_reach_in_the_hosts_network_too() {
    let Some(bench) = sandbox().await else { return };
    let name = format!("cloudlet-test-{}", std::process::id());
    let _listener = UnixListener::bind_addr(&SocketAddr::from_abstract_name(&name).unwrap()).unwrap();
    let spec = bench.python("reaches", PROBE);
    let reached = probe(&bench, &spec, &format!("socket.socket(socket.AF_UNIX).connect('\\0{name}')")).await;
    let own = "[listener := socket.socket(socket.AF_UNIX), listener.bind('\\0own'), listener.listen(),
        socket.socket(socket.AF_UNIX).connect('\\0own')][-1]";
    assert_eq!(probe(&bench, &spec, own).await, Value::Null);
    if landlock_version() >= 6 {
        assert_eq!(reached, "EPERM");
    } else {
        eprintln!("not tested: this kernel cannot keep abstract sockets apart");
    }
}
