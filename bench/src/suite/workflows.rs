//! Loads of Step Functions: executions from their start to what is told of their end, many items side by side, and waits
//! beside very many that wait.

use std::ops::Range;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, ensure};
use serde_json::{Value, json};

use super::{Compared, Only, Suite};
use crate::connection::Connection;
use crate::load::{self, Cost};
use crate::process::Server;
use crate::report::Report;

/// States of a short machine, and of a long one: the difference is what a transition costs.
const SHORT: usize = 5;
const LONG: usize = 105;
/// What an execution of the short machine may cost, in microseconds: kept ones, and those that are answered at once.
const STANDARD_US: f64 = 1000.0;
const SYNC_US: f64 = 400.0;
/// What a transition may cost, in requests of the bare server.
const TRANSITION: f64 = 12.0;
/// Requests of other loads for each execution of the long machine.
const LONG_REQUESTS: usize = 20;
/// Items of a Map state, and how often it is run.
const ITEMS: usize = 1000;
const MAPS: usize = 20;
/// Executions that wait for a day, and those beside them that wait for a second.
const PENDING: usize = 100_000;
const WAITS: usize = 100;
/// How often an end is asked for.
const LOOK: Duration = Duration::from_millis(2);
/// How long an end may take to come.
const PATIENCE: Duration = Duration::from_secs(60);

/// Pass states, one behind the other.
fn passes(count: usize) -> Value {
    let state = |at: usize| match at + 1 == count {
        true => json!({ "Type": "Pass", "End": true }),
        false => json!({ "Type": "Pass", "Next": format!("S{}", at + 1) }),
    };
    let states: serde_json::Map<_, _> = (0..count).map(|at| (format!("S{at}"), state(at))).collect();
    json!({ "StartAt": "S0", "States": states })
}

impl Suite {
    /// Makes the state machines.
    pub(super) fn prepare_workflows(&mut self) -> Result<()> {
        let map = json!({ "Type": "Map", "ItemProcessor": passes(1), "End": true });
        let wait = json!({ "Type": "Wait", "SecondsPath": "$.seconds", "End": true });
        let alone = |state: Value| json!({ "StartAt": "A", "States": { "A": state } });
        let machines = [
            ("short", "STANDARD", passes(SHORT)),
            ("long", "STANDARD", passes(LONG)),
            ("sync", "EXPRESS", passes(SHORT)),
            ("map", "STANDARD", alone(map)),
            ("wait", "STANDARD", alone(wait)),
        ];
        let mut connection = Connection::open(self.server.address)?;
        for (name, kind, definition) in machines {
            let input = json!({
                "name": name,
                "type": kind,
                "roleArn": "arn:aws:iam::000000000000:role/bench",
                "definition": definition.to_string(),
            });
            let answer = connection.ask(&self.states("CreateStateMachine", &input)?)?;
            let answer: Value = serde_json::from_slice(&answer)?;
            let arn = answer["stateMachineArn"].as_str().context("a state machine without an ARN")?;
            self.machines = arn.trim_end_matches(name).to_owned();
        }
        Ok(())
    }

    fn states(&self, operation: &str, input: &Value) -> Result<Vec<u8>> {
        self.caller.json("states", &format!("AWSStepFunctions.{operation}"), &input.to_string())
    }

    pub(super) fn measure_workflows(&self, report: &mut Report, only: Only) -> Result<Cost> {
        let compared = match only {
            Only::Workflow => self.by_turns([&|it, turns| self.ask_twice(it, turns), &|_, turns| {
                self.executions("short", turns)
            }])?,
            Only::Sync => self.by_turns([&|it, turns| self.synced(it, turns); 2])?,
            Only::Transition => return self.measure_transitions(report),
            Only::Items => return self.measure_map(report),
            _ => return self.measure_waits(report),
        };
        let (what, goal) = (only.name(), if only == Only::Sync { SYNC_US } else { STANDARD_US });
        let Compared { floor_us, cost, ratio, .. } = compared;
        report.add(&format!("{what}: bare server's processor"), floor_us, "µs", None);
        report.add(what, cost.per_second, "1/s", None);
        report.add(&format!("{what}: processor"), cost.processor_us, "µs", Some(goal));
        report.add(&super::ratio_of(what), ratio, "times", None);
        Ok(cost)
    }

    /// The requests of an execution, as the bare server answers them.
    fn ask_twice(&self, server: &Server, turns: Range<usize>) -> Result<Cost> {
        load::run(server, turns, |connection, _| {
            connection.ask(&self.start_request("short", &json!({}))?)?;
            let arn =
                "arn:aws:states:us-east-1:000000000000:execution:short:00000000-0000-4000-8000-000000000000";
            connection.ask(&self.states("DescribeExecution", &json!({ "executionArn": arn }))?).map(drop)
        })
    }

    /// Executions, each started and then described at its end.
    fn executions(&self, machine: &str, turns: Range<usize>) -> Result<Cost> {
        load::run(&self.server, turns, |connection, _| {
            let arn = self.started(connection, machine, &json!({ "trip": "one" }))?;
            self.ended(connection, &arn).map(drop)
        })
    }

    /// Express executions, each answered with its end.
    fn synced(&self, server: &Server, turns: Range<usize>) -> Result<Cost> {
        let is_bare = server.address == self.bare.address;
        let input = self.input_of("sync", &json!({ "trip": "one" }));
        load::run(server, turns, |connection, _| {
            let answer = connection.ask(&self.states("StartSyncExecution", &input)?)?;
            let is_good = is_bare || String::from_utf8_lossy(&answer).contains("SUCCEEDED");
            ensure!(is_good, "{}", String::from_utf8_lossy(&answer));
            Ok(())
        })
    }

    /// What starts an execution.
    fn input_of(&self, machine: &str, input: &Value) -> Value {
        json!({ "stateMachineArn": format!("{}{machine}", self.machines), "input": input.to_string() })
    }

    fn start_request(&self, machine: &str, input: &Value) -> Result<Vec<u8>> {
        self.states("StartExecution", &self.input_of(machine, input))
    }

    fn started(&self, connection: &mut Connection, machine: &str, input: &Value) -> Result<String> {
        let answer: Value = serde_json::from_slice(&connection.ask(&self.start_request(machine, input)?)?)?;
        Ok(answer["executionArn"].as_str().context("an execution without an ARN")?.to_owned())
    }

    /// What is told of an execution once it has succeeded.
    fn ended(&self, connection: &mut Connection, arn: &str) -> Result<Value> {
        let begun = Instant::now();
        let request = self.states("DescribeExecution", &json!({ "executionArn": arn }))?;
        loop {
            let told: Value = serde_json::from_slice(&connection.ask(&request)?)?;
            if told["status"] == "SUCCEEDED" {
                return Ok(told);
            }
            ensure!(told["status"] == "RUNNING" && begun.elapsed() < PATIENCE, "{told}");
            std::thread::sleep(LOOK);
        }
    }

    /// What a state costs that follows another: a long machine against a short one.
    fn measure_transitions(&self, report: &mut Report) -> Result<Cost> {
        let less = |turns: &Range<usize>| turns.start..turns.start + (turns.len() / LONG_REQUESTS).max(1);
        let [short, long] = ["short", "long"].map(|machine| {
            self.by_turns([&|it, turns| self.ask_twice(it, less(&turns)), &|_, turns| {
                self.executions(machine, less(&turns))
            }])
        });
        let (short, long) = (short?, long?);
        let transition_us = (long.cost.processor_us - short.cost.processor_us) / (LONG - SHORT) as f64;
        let what = Only::Transition.name();
        report.add(&format!("{what}: processor"), transition_us, "µs", None);
        // Two requests of the bare server were measured.
        report.add(&super::ratio_of(what), transition_us / (long.floor_us / 2.0), "times", Some(TRANSITION));
        Ok(long.cost)
    }

    /// Many items side by side, from the start to the end that is told.
    fn measure_map(&self, report: &mut Report) -> Result<Cost> {
        let mut connection = Connection::open(self.server.address)?;
        let items: Value = (0..ITEMS).collect();
        let before_s = self.server.processor_s()?;
        let mut times_ms = Vec::new();
        for _ in 0..MAPS {
            let begun = Instant::now();
            let arn = self.started(&mut connection, "map", &items)?;
            self.ended(&mut connection, &arn)?;
            times_ms.push(begun.elapsed().as_secs_f64() * 1000.0);
        }
        let processor_us = (self.server.processor_s()? - before_s) * 1e6 / MAPS as f64;
        let what = Only::Items.name();
        let median_ms = load::median(times_ms);
        report.add(&format!("{what}, start to end, median"), median_ms, "ms", Some(300.0));
        report.add(&format!("{what}: processor"), processor_us, "µs", None);
        Ok(Cost { per_second: 1000.0 / median_ms, processor_us })
    }

    /// How late waits end while very many others wait, and what these cost.
    fn measure_waits(&self, report: &mut Report) -> Result<Cost> {
        let what = Only::Waits.name();
        let cost = load::run(&self.server, 0..PENDING, |connection, _| {
            self.started(connection, "wait", &json!({ "seconds": 86_400 })).map(drop)
        })?;
        self.server.rest()?;
        report.add(
            "resident memory with 100,000 executions that wait",
            self.server.resident_mb()?,
            "MB",
            None,
        );
        let mut connection = Connection::open(self.server.address)?;
        let begun = (0..WAITS).map(|_| self.started(&mut connection, "wait", &json!({ "seconds": 1 })));
        let begun = begun.collect::<Result<Vec<_>>>()?;
        let delays_ms = begun
            .iter()
            .map(|arn| {
                let told = self.ended(&mut connection, arn)?;
                let seconds = |name: &str| told[name].as_f64().context("an execution without a date");
                Ok((seconds("stopDate")? - seconds("startDate")?) * 1000.0 - 1000.0)
            })
            .collect::<Result<Vec<f64>>>()?;
        let worst_ms = delays_ms.iter().copied().fold(0.0, f64::max);
        report.add(&format!("{what}, median"), load::median(delays_ms), "ms", None);
        report.add(&format!("{what}, worst of {WAITS}"), worst_ms, "ms", Some(20.0));
        Ok(cost)
    }
}
