//! Environments come and go: started, shared in turn, kept warm, replaced, killed.

use std::future::Future;
use std::time::Duration;

use cloudlet_runtime::{Error, FunctionSpec, Isolation, Outcome};
use serde_json::{Value, json};

use crate::bench::{Bench, GATED, Gate, Held, invocation, json as document};

impl Bench {
    /// Invokes a gated function, and waits until it is at work.
    async fn at_work<'a>(
        &'a self,
        spec: &'a FunctionSpec,
        gate: &Gate,
    ) -> (impl Future<Output = Result<Outcome, Error>> + 'a, Held) {
        let event = json!({"port": gate.port()}).to_string();
        let mut call = Box::pin(self.runtime.invoke(spec, invocation(event)));
        tokio::select! {
            outcome = &mut call => panic!("ended without being let go: {outcome:?}"),
            held = gate.arrival() => (call, held),
        }
    }
}

#[tokio::test]
async fn a_warm_environment_is_used_again() {
    for isolation in [Isolation::Plain, Isolation::Auto] {
        let bench = Bench::isolated(isolation);
        let code =
            "count = 0\ndef handler(event, context):\n    global count\n    count += 1\n    return count";
        let spec = bench.python("counter", code);
        let first = bench.invoke(&spec, Value::Null).await;
        let second = bench.invoke(&spec, Value::Null).await;
        assert_eq!((document(&first), document(&second)), (json!(1), json!(2)));
        assert_eq!(first.environment_id, second.environment_id);
        assert!(first.init_ms.is_some() && second.init_ms.is_none());
    }
}

#[tokio::test]
async fn requests_at_the_same_time_run_in_environments_of_their_own() {
    let bench = Bench::new();
    let gate = Gate::new().await;
    let spec = bench.python("gated", GATED);
    let (one, mut one_held) = bench.at_work(&spec, &gate).await;
    let (other, mut other_held) = bench.at_work(&spec, &gate).await;
    one_held.let_go().await;
    other_held.let_go().await;
    let (one, other) = tokio::join!(one, other);
    let (one, other) = (one.unwrap(), other.unwrap());
    assert_eq!((document(&one), document(&other)), (json!(1), json!(1)));
    assert_ne!(one.environment_id, other.environment_id);
}

/// Who gives an environment back must leave it alone, even if somebody else has it before that is done.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn environments_that_change_hands_fast_live_on() {
    const CALLERS: usize = 8;
    const CALLS: usize = 500;
    let bench = std::sync::Arc::new(Bench::isolated(Isolation::Plain));
    let spec = bench.custom("handed");
    let callers = (0..CALLERS).map(|_| {
        let (bench, spec) = (bench.clone(), spec.clone());
        tokio::spawn(async move {
            for call in 0..CALLS {
                assert_eq!(bench.answer(&spec, json!(call)).await, json!(call));
            }
        })
    });
    for caller in callers.collect::<Vec<_>>() {
        caller.await.unwrap();
    }
}

#[tokio::test]
async fn functions_do_not_share_environments() {
    let bench = Bench::new();
    let one = bench.python("one", "def handler(event, context):\n    return context.function_name");
    let other = bench.python("other", "def handler(event, context):\n    return context.function_name");
    assert_eq!(bench.answer(&one, Value::Null).await, "one");
    assert_eq!(bench.answer(&other, Value::Null).await, "other");
    assert_eq!(bench.answer(&one, Value::Null).await, "one");
}

#[tokio::test]
async fn a_late_function_is_killed_and_replaced() {
    for isolation in [Isolation::Plain, Isolation::Auto] {
        let bench = Bench::isolated(isolation);
        let gate = Gate::new().await;
        let mut spec = bench.python("late", GATED);
        spec.timeout_ms = 250;
        let (call, held) = bench.at_work(&spec, &gate).await;
        let outcome = call.await.unwrap();
        held.gone().await;
        let message =
            format!("RequestId: {} Error: Task timed out after 0.25 seconds", invocation("").request_id);
        assert_eq!(document(&outcome), json!({"errorType": "Sandbox.Timedout", "errorMessage": message}));
        assert_eq!(outcome.function_error, Some("Unhandled"));
        spec.timeout_ms = 60_000;
        let next = bench.invoke(&spec, Value::Null).await;
        assert_eq!(document(&next), json!(0));
        assert_ne!(next.environment_id, outcome.environment_id);
    }
}

#[tokio::test]
async fn a_function_that_never_initialises_is_late_too() {
    let bench = Bench::with(|options| options.init_time_max = Duration::from_millis(100));
    let mut spec = bench.python("stuck", "import threading\nthreading.Event().wait()");
    spec.timeout_ms = 100;
    assert_eq!(bench.failure(&spec, Value::Null).await["errorType"], "Sandbox.Timedout");
}

#[tokio::test]
async fn a_cancelled_invocation_kills_the_function_and_its_children() {
    for isolation in [Isolation::Plain, Isolation::Auto] {
        let bench = Bench::isolated(isolation);
        let gate = Gate::new().await;
        // The child leaves its parent's session, and holds the connection on its own.
        let code = "
import os, socket, time
def handler(event, context):
    connection = socket.create_connection(('127.0.0.1', event['port']))
    if os.fork() == 0:
        os.setsid()
        socket.create_connection(('127.0.0.1', event['port']))
    while True:
        time.sleep(1000)
";
        let spec = bench.python("family", code);
        let (call, parent) = bench.at_work(&spec, &gate).await;
        let mut call = Box::pin(call);
        let child = tokio::select! {
            outcome = &mut call => panic!("{outcome:?}"),
            child = gate.arrival() => child,
        };
        drop(call);
        parent.gone().await;
        child.gone().await;
    }
}

#[tokio::test]
async fn dropping_the_runtime_kills_environments_that_are_idle() {
    for isolation in [Isolation::Plain, Isolation::Auto] {
        let bench = Bench::isolated(isolation);
        let gate = Gate::new().await;
        let spec = bench.python("idle", GATED);
        let (call, mut held) = bench.at_work(&spec, &gate).await;
        held.let_go().await;
        call.await.unwrap();
        drop(bench);
        held.gone().await;
    }
}

#[tokio::test]
async fn shutdown_ends_what_is_at_work_and_leaves_nothing_behind() {
    for isolation in [Isolation::Plain, Isolation::Auto] {
        let bench = Bench::isolated(isolation);
        let gate = Gate::new().await;
        let spec = bench.python("busy", GATED);
        let (call, held) = bench.at_work(&spec, &gate).await;
        let (outcome, ()) = tokio::join!(call, bench.runtime.shutdown());
        assert_eq!(document(&outcome.unwrap())["errorType"], "Runtime.ExitError");
        held.gone().await;
        assert!(bench.folder("runtime/tmp").read_dir().unwrap().next().is_none());
        let after = bench.runtime.invoke(&spec, invocation("null")).await;
        assert!(matches!(after, Err(Error::ShuttingDown)), "{after:?}");
    }
}

#[tokio::test]
async fn a_retired_function_starts_anew_but_finishes_its_work_first() {
    let bench = Bench::new();
    let gate = Gate::new().await;
    let spec = bench.python("retired", GATED);
    let idle = bench.invoke(&spec, Value::Null).await;
    bench.runtime.retire(&spec.key);
    let (call, mut held) = bench.at_work(&spec, &gate).await;
    bench.runtime.retire(&spec.key);
    bench.runtime.retire("another function");
    held.let_go().await;
    let busy = call.await.unwrap();
    assert_eq!((busy.function_error, document(&busy)), (None, json!(1)));
    held.gone().await;
    let next = bench.invoke(&spec, Value::Null).await;
    assert_eq!(document(&next), json!(0));
    assert!(idle.environment_id != busy.environment_id && busy.environment_id != next.environment_id);
}

#[tokio::test]
async fn more_environments_than_allowed_are_refused_while_all_are_busy() {
    let bench = Bench::with(|options| options.environments_max = 1);
    let gate = Gate::new().await;
    let spec = bench.python("single", GATED);
    let (call, mut held) = bench.at_work(&spec, &gate).await;
    let refused = bench.runtime.invoke(&spec, invocation("null")).await;
    assert!(matches!(refused, Err(Error::TooManyEnvironments { limit: 1 })), "{refused:?}");
    held.let_go().await;
    call.await.unwrap();
    assert_eq!(bench.answer(&spec, Value::Null).await, json!(1), "the environment lived on");
    let other = bench.custom("other");
    bench.invoke(&other, Value::Null).await;
    held.gone().await;
}

#[tokio::test]
async fn an_environment_that_is_idle_for_too_long_is_ended() {
    let bench = Bench::with(|options| options.idle_time_max = Duration::from_millis(1));
    let gate = Gate::new().await;
    let spec = bench.python("forgotten", GATED);
    let (call, mut held) = bench.at_work(&spec, &gate).await;
    held.let_go().await;
    call.await.unwrap();
    held.gone().await;
}

#[tokio::test]
async fn an_environment_that_dies_while_idle_is_replaced() {
    let bench = Bench::with(|options| options.freeze_after = Duration::from_secs(3600));
    let gate = Gate::new().await;
    let code = "
import os, socket, threading
def die(connection):
    connection.recv(1)
    os._exit(1)
def handler(event, context):
    if event:
        connection = socket.create_connection(('127.0.0.1', event['port']))
        threading.Thread(target=die, args=[connection]).start()
    return 'alive'
";
    let spec = bench.python("mortal", code);
    let event = json!({"port": gate.port()});
    let (first, mut held) = tokio::join!(bench.invoke(&spec, event), gate.arrival());
    held.let_go().await;
    held.gone().await;
    // The server may not have heard of the death yet: then this request meets it, but never a second one.
    let mut next = bench.invoke(&spec, Value::Null).await;
    if next.function_error.is_some() {
        assert_eq!(document(&next)["errorType"], "Runtime.ExitError");
        next = bench.invoke(&spec, Value::Null).await;
    }
    assert_eq!((next.function_error, document(&next)), (None, json!("alive")));
    assert_ne!(next.environment_id, first.environment_id);
}

#[tokio::test]
async fn an_environment_without_an_event_is_frozen() {
    for isolation in [Isolation::Plain, Isolation::Auto] {
        let bench = Bench::isolated(isolation);
        let gate = Gate::new().await;
        let code = "
import os, socket, threading, time
def work(connection):
    while True:
        connection.send(b'.')
        time.sleep(0.01)
def handler(event, context):
    if event:
        for start in [os.fork, lambda: 0]:
            if start() == 0:
                threading.Thread(target=work, args=[socket.create_connection(('127.0.0.1', event['port']))]).start()
            if os.getpid() != own:
                threading.Event().wait()
    return 'alive'
own = os.getpid()
";
        let spec = bench.python("restless", code);
        let event = json!({"port": gate.port()});
        let arrivals = async { [gate.arrival().await, gate.arrival().await] };
        let (first, mut workers) = tokio::join!(bench.invoke(&spec, event), arrivals);
        assert_eq!(document(&first), json!("alive"));
        for worker in &mut workers {
            worker.falls_silent().await;
        }
        let next = bench.invoke(&spec, Value::Null).await;
        assert_eq!(document(&next), json!("alive"));
        assert_eq!(next.environment_id, first.environment_id);
        for worker in &mut workers {
            worker.says_something().await;
            worker.falls_silent().await;
        }
        bench.runtime.shutdown().await;
        for worker in workers {
            worker.gone().await;
        }
    }
}
