//! The log: the function's lines between Lambda's.

use cloudlet_runtime::{Isolation, LOG_TAIL_BYTES_MAX};
use serde_json::{Value, json};

use crate::bench::{Bench, invocation};

/// A line of the log, with the figures that differ from run to run replaced.
fn shape(line: &str) -> String {
    let field = |part: &str| match part.split_once(": ") {
        Some((name @ ("Duration" | "Billed Duration" | "Init Duration"), _)) => format!("{name}: _ ms"),
        Some((name @ "Max Memory Used", _)) => format!("{name}: _ MB"),
        _ => part.to_owned(),
    };
    line.split('\t').map(field).collect::<Vec<_>>().join("\t")
}

fn id() -> String {
    invocation("").request_id
}

#[tokio::test]
async fn lambdas_lines_frame_the_functions() {
    for isolation in [Isolation::Plain, Isolation::Auto] {
        let bench = Bench::isolated(isolation);
        let code = "
import os, sys
print('loading')
def handler(event, context):
    print('working')
    sys.stderr.write('to the other stream\\n')
    os.system('echo from a child')
    sys.stdout.write('no line end')
";
        let spec = bench.python("framed", code);
        bench.invoke(&spec, Value::Null).await;
        bench.invoke(&spec, Value::Null).await;
        let (lines, id) = (bench.lines.texts(), id());
        let (digest, rest) = (lines[0].rsplit(':').next().unwrap(), &lines[1..]);
        let version = "INIT_START Runtime Version: python:3.12.v1\tRuntime Version ARN: arn:aws:lambda:eu-west-1::runtime:";
        assert!(lines[0].starts_with(version) && digest.len() == 64, "{}", lines[0]);
        let work = ["working", "to the other stream", "from a child", "no line end"].map(str::to_owned);
        let frame = |init: &str| {
            let report = format!(
                "REPORT RequestId: {id}\\tDuration: _ ms\\tBilled Duration: _ ms\\tMemory Size: 128 MB\\tMax Memory Used: _ MB\\t"
            );
            let first = vec![format!("START RequestId: {id} Version: $LATEST")];
            let last = vec![format!("END RequestId: {id}"), format!("{}{init}", report.replace("\\t", "\t"))];
            [first, work.to_vec(), last].concat()
        };
        let expected = [vec!["loading".to_owned()], frame("Init Duration: _ ms\t"), frame("")].concat();
        assert_eq!(rest.iter().map(|line| shape(line)).collect::<Vec<_>>(), expected);
    }
}

#[tokio::test]
async fn lines_tell_their_group_stream_and_environment() {
    let bench = Bench::new();
    let spec = bench.custom("sourced");
    let outcome = bench.invoke(&spec, json!({})).await;
    let sources = bench.lines.sources();
    assert!(sources.iter().all(|source| *source == sources[0]));
    let source = &sources[0];
    assert_eq!((source.function_key.as_str(), source.log_group.as_str()), ("sourced", "/aws/lambda/sourced"));
    assert_eq!(source.environment_id, outcome.environment_id);
    let (date, stream) = source.log_stream.rsplit_once('/').unwrap();
    assert_eq!(stream, format!("[$LATEST]{}", outcome.environment_id));
    let parts: Vec<usize> = date.split('/').map(str::len).collect();
    assert_eq!(parts, [4, 2, 2]);
}

#[tokio::test]
async fn the_tail_is_this_invocations_and_no_longer_than_aws_has_it() {
    let bench = Bench::new();
    let spec = bench
        .python("tail", "def handler(event, context):\n    for n in range(event):\n        print('line', n)");
    let first = String::from_utf8(bench.invoke(&spec, json!(3)).await.log_tail).unwrap();
    assert!(first.starts_with("START") && first.contains("line 2\nEND"), "{first}");
    assert!(first.contains("\nREPORT") && first.ends_with('\n'), "{first}");
    let second = String::from_utf8(bench.invoke(&spec, json!(1)).await.log_tail).unwrap();
    assert!(second.starts_with("START") && !second.contains("line 2"), "{second}");
    let third = bench.invoke(&spec, json!(100_000)).await.log_tail;
    assert_eq!(third.len(), LOG_TAIL_BYTES_MAX);
    assert!(String::from_utf8(third).unwrap().contains("line 99999\nEND"));
    let all = bench.lines.texts();
    assert_eq!(all.iter().filter(|line| line.starts_with("line")).count(), 100_004, "no line is lost");
}

#[tokio::test]
async fn a_line_that_is_too_long_is_cut() {
    const LONGEST: usize = 256 * 1024;
    let bench = Bench::new();
    let spec = bench.python("long", "def handler(event, context):\n    print('x' * event)");
    bench.answer(&spec, json!(LONGEST + 10)).await;
    let lengths: Vec<usize> =
        bench.lines.texts().iter().filter(|line| line.starts_with('x')).map(String::len).collect();
    assert_eq!(lengths, [LONGEST, 10]);
}

#[tokio::test]
async fn python_logs_as_on_aws() {
    let bench = Bench::new();
    let code = "
import logging
def handler(event, context):
    logging.getLogger().warning('two\\nlines')
    logging.getLogger().info('below the level')
    raise ValueError('bad')
";
    let spec = bench.python("logs", code);
    bench.failure(&spec, Value::Null).await;
    let lines = bench.lines.texts();
    let record = lines.iter().find(|line| line.starts_with("[WARNING]")).unwrap();
    let parts: Vec<&str> = record.split('\t').collect();
    assert_eq!((parts[0], parts[2], parts[3]), ("[WARNING]", id().as_str(), "two\rlines"));
    assert!(parts[1].ends_with('Z') && parts[1].contains('T'), "{record}");
    assert!(
        lines
            .iter()
            .any(|line| line.starts_with("[ERROR] ValueError: bad\rTraceback (most recent call last):\r"))
    );
    assert!(lines.iter().all(|line| !line.contains("below the level")));
}

#[tokio::test]
async fn node_logs_as_on_aws() {
    let bench = Bench::new();
    let code = "
export const handler = async () => {
  console.log('two\\nlines', { n: 1 });
  console.error('to the other stream');
  throw new Error('bad');
};";
    let spec = bench.node("logs", "main.mjs", code);
    bench.failure(&spec, Value::Null).await;
    let lines = bench.lines.texts();
    let after_time = |line: &String| line.split_once('\t').map(|(_, rest)| rest.to_owned());
    let rest: Vec<String> = lines.iter().filter(|line| line.contains(&id())).filter_map(after_time).collect();
    assert!(rest.contains(&format!("{}\tINFO\ttwo\rlines {{ n: 1 }}", id())), "{rest:?}");
    assert!(rest.contains(&format!("{}\tERROR\tto the other stream", id())), "{rest:?}");
    let error = rest.iter().find_map(|line| line.split_once("Invoke Error \t")).unwrap().1;
    assert_eq!(serde_json::from_str::<Value>(error).unwrap()["errorMessage"], "bad");
}

#[tokio::test]
async fn failures_are_reported_with_their_status() {
    let bench = Bench::new();
    let spec = bench.custom("fails");
    let last = || shape(bench.lines.texts().last().unwrap());
    bench.failure(&spec, json!({"do": "fail"})).await;
    assert!(last().ends_with("Init Duration: _ ms\t"), "the function answered: {}", last());
    bench.failure(&spec, json!({"do": "exit"})).await;
    assert!(last().ends_with("\tStatus: error\tError Type: Runtime.ExitError"), "{}", last());

    let mut late = bench.custom("late");
    late.timeout_ms = 250;
    bench.failure(&late, json!({"do": "hang"})).await;
    assert!(last().ends_with("\tStatus: timeout"), "{}", last());
    let told = format!("{} Task timed out after 0.25 seconds", id());
    assert!(bench.lines.texts().iter().any(|line| line.ends_with(&told)));
}

#[tokio::test]
async fn a_failed_initialisation_is_reported_before_the_start() {
    let bench = Bench::new();
    let mut spec = bench.custom("init");
    spec.environment.insert("FIXTURE_INIT".to_owned(), "error".to_owned());
    bench.failure(&spec, json!({})).await;
    let mut lines = bench.lines.texts();
    // A second time, on the invocation's own time.
    let second = lines.split_off(3);
    assert_eq!(lines[1], "fixture starting");
    assert!(lines[2].starts_with("INIT_REPORT Init Duration: "), "{}", lines[2]);
    assert!(lines[2].ends_with(" ms\tPhase: init\tStatus: error\tError Type: Fixture.Init"), "{}", lines[2]);
    assert_eq!(second[0], "fixture starting");
    assert!(
        second[1].ends_with(" ms\tPhase: invoke\tStatus: error\tError Type: Fixture.Init"),
        "{}",
        second[1]
    );
    assert!(second[2].starts_with("START RequestId: "), "{}", second[2]);
    assert!(second[4].ends_with("\tStatus: error\tError Type: Fixture.Init"), "{}", second[4]);
    assert!(!second[4].contains("Init Duration"), "{}", second[4]);
    let streams: Vec<String> = bench.lines.sources().into_iter().map(|source| source.log_stream).collect();
    assert!(streams.iter().all(|stream| *stream == streams[0]), "{streams:?}");
}
