//! Tasks: tokens, heartbeats, time-outs, credentials, and what comes too late.

use cloudlet_states_language::event::{Details, TaskDetails};
use cloudlet_states_language::execution::{FailedAt, Id, Input, Timer};
use serde_json::{Value, json};

use crate::drive::{Answer, Drive, function, machine, run};

fn task(fields: Value) -> Value {
    let mut state =
        json!({"Type": "Task", "Resource": "arn:aws:states:::sqs:sendMessage.waitForTaskToken", "End": true});
    state.as_object_mut().unwrap().extend(fields.as_object().unwrap().clone());
    machine(json!({"A": state}))
}

#[test]
fn whoever_has_the_token_ends_the_task() {
    let fields =
        json!({"Parameters": {"Token.$": "$$.Task.Token"}, "HeartbeatSeconds": 10, "TimeoutSeconds": 600});
    let mut drive = Drive::new(&task(fields));
    drive.start(json!({}));
    let scheduled = drive.tasks.remove(0);
    let id = scheduled.id;
    assert_eq!(scheduled.token.as_deref(), Some("token-0-1"));
    assert_eq!(scheduled.parameters, "{\"Token\":\"token-0-1\"}");
    assert_eq!(drive.timers, [(Timer::Timeout(id), 1_600_000), (Timer::Heartbeat(id), 1_010_000)].into());
    drive.give(Input::TaskStarted { id, worker: None });
    drive.give(Input::TaskSubmitted { id, output: "{}".into() });
    drive.now_ms += 9_000;
    drive.give(Input::TaskHeartbeat { id });
    assert_eq!(drive.timers[&Timer::Heartbeat(id)], 1_019_000);
    assert!(drive.execution().awaits(id));
    drive.give(Input::TaskSucceeded { id, output: "[1]".into() });
    assert_eq!(drive.result(), Ok(json!([1])));
    assert!(!drive.execution().awaits(id) && drive.timers.is_empty());
    let events = drive.lines().len();
    for late in
        [Input::TaskHeartbeat { id }, Input::TaskSucceeded { id, output: "2".into() }, Input::Continue]
    {
        drive.give(late);
    }
    assert_eq!(drive.lines().len(), events);
}

#[test]
fn silence_is_a_time_out() {
    let mut drive = Drive::new(&task(json!({"HeartbeatSecondsPath": "$.h"})));
    drive.start(json!({"h": 5}));
    let id = drive.tasks[0].id;
    drive.fire();
    assert_eq!((drive.result(), drive.now_ms), (Err("States.HeartbeatTimeout: ".into()), 1_005_000));
    assert_eq!(drive.cancelled, [id]);
    assert_eq!(drive.lines()[3], "4<3 TaskTimedOut States.Timeout");
}

#[test]
fn an_answer_to_an_earlier_attempt_is_not_heard() {
    let fields = json!({"TimeoutSeconds": 5, "Retry": [{"ErrorEquals": ["States.Timeout"]}]});
    let mut drive = Drive::new(&task(fields));
    drive.start(json!({}));
    let first = drive.tasks[0].id;
    drive.fire();
    drive.give(Input::TaskSucceeded { id: first, output: "1".into() });
    drive.fire();
    let second = drive.tasks[0].id;
    assert_ne!(first, second);
    drive.give(Input::TaskSucceeded { id: first, output: "1".into() });
    assert_eq!(drive.outcome, None);
    drive.give(Input::TimerFired(Timer::Timeout(first)));
    drive.give(Input::TaskSucceeded { id: Id { frame: 9, serial: 1 }, output: "1".into() });
    assert_eq!(drive.outcome, None);
    drive.give(Input::TaskSucceeded { id: second, output: "2".into() });
    assert_eq!(drive.result(), Ok(json!(2)));
}

#[test]
fn what_goes_wrong_has_its_event() {
    let kinds = [
        (function("f"), FailedAt::Schedule, "LambdaFunctionScheduleFailed"),
        (function("f"), FailedAt::Start, "LambdaFunctionStartFailed"),
        (function("f"), FailedAt::Time, "LambdaFunctionTimedOut"),
        ("arn:aws:states:eu-west-1:000000000000:activity:a".into(), FailedAt::Work, "ActivityFailed"),
        ("arn:aws:states:::x:y".into(), FailedAt::Submit, "TaskSubmitFailed"),
        ("arn:aws:states:::x:y".into(), FailedAt::Schedule, "TaskFailed"),
    ];
    for (resource, at, event) in kinds {
        let mut drive = Drive::new(&task(json!({"Resource": resource})));
        drive.start(json!({}));
        let id = drive.tasks[0].id;
        drive.give(Input::TaskFailed { id, at, error: Some("E".into()), cause: None });
        assert!(drive.lines()[3].starts_with(&format!("4<3 {event} E")), "{:?}", drive.lines());
        assert_eq!(drive.result(), Err("E: ".into()));
    }
}

#[test]
fn credentials_name_another_role() {
    let drive = run(&task(json!({"Credentials": {"RoleArn.$": "$.role"}})), json!({"role": "r"}), |_, _| {
        Answer::Give(json!(1))
    });
    let Details::Task { what: TaskDetails::Scheduled { role_arn, .. }, resource_type, resource } =
        &drive.history[2].details
    else {
        panic!("{:?}", drive.history[2]);
    };
    assert_eq!((role_arn.as_deref(), resource_type.as_str()), (Some("r"), "sqs"));
    assert_eq!(resource, "sendMessage.waitForTaskToken");
}

#[test]
fn an_activity_has_a_worker() {
    let mut drive =
        Drive::new(&task(json!({"Resource": "arn:aws:states:eu-west-1:000000000000:activity:a"})));
    drive.start(json!({}));
    let id = drive.tasks[0].id;
    drive.give(Input::TaskStarted { id, worker: Some("w".into()) });
    assert_eq!(drive.history[3].details, Details::Worker(Some("w".into())));
    drive.give(Input::TaskSucceeded { id, output: "no json".into() });
    assert!(drive.result().unwrap_err().starts_with("States.Runtime"));
}

#[test]
fn a_stopped_execution_wants_nothing_more() {
    let mut drive = Drive::new(&task(json!({"TimeoutSeconds": 5})));
    drive.start(json!({}));
    drive.give(Input::Stopped { error: Some("E".into()), cause: None });
    assert!(drive.tasks.is_empty() && drive.timers.is_empty());
    assert_eq!(drive.lines()[3], "4<0 ExecutionAborted E -");
    drive.give(Input::Started { input: json!({}) });
    assert_eq!(drive.lines().len(), 4);
}
