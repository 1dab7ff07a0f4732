//! Properties of all machines: the same inputs give the same, branches commute, and whatever a definition is, it ends.

use std::time::{Duration, Instant};

use cloudlet_states_language::definition::Definition;
use proptest::prelude::*;
use serde_json::{Value, json};

use crate::drive::{Answer, Drive, function, machine};

/// A machine within a machine: names of states begin with a prefix, so that they are unique.
fn states(prefix: &str, depth: u32) -> BoxedStrategy<Value> {
    let count = 1..4_usize;
    let prefix = prefix.to_owned();
    let machines = count.prop_flat_map(move |count| {
        let states: Vec<_> = (0..count).map(|index| state(&prefix, index, count, depth)).collect();
        let prefix = prefix.clone();
        states.prop_map(move |states| {
            let names = (0..).map(|index| format!("{prefix}{index}"));
            let states: serde_json::Map<_, _> = names.zip(states).collect();
            json!({"StartAt": format!("{prefix}0"), "States": states})
        })
    });
    machines.boxed()
}

fn state(prefix: &str, index: usize, count: usize, depth: u32) -> BoxedStrategy<Value> {
    let flow = match index + 1 == count {
        true => json!({"End": true}),
        false => json!({"Next": format!("{prefix}{}", index + 1)}),
    };
    let with = move |fields: Value| {
        let mut state = flow.clone();
        if let (Some(state), Value::Object(fields)) = (state.as_object_mut(), fields) {
            state.extend(fields);
        }
        state
    };
    let retry = json!([{"ErrorEquals": ["E1"], "MaxAttempts": 2}, {"ErrorEquals": ["States.ALL"], "MaxAttempts": 1, "JitterStrategy": "FULL"}]);
    let task = json!({"Type": "Task", "Resource": function("f"), "TimeoutSeconds": 9, "Retry": retry, "ResultPath": "$.t"});
    let plain = prop_oneof![
        Just(
            json!({"Type": "Pass", "Parameters": {"u.$": "States.UUID()", "n.$": "$$.State.Name"}, "ResultPath": "$.p"})
        ),
        Just(json!({"Type": "Wait", "Seconds": 3})),
        Just(
            json!({"Type": "Pass", "QueryLanguage": "JSONata", "Assign": {"v": "{% $random() %}"}, "Output": {"o": "{% $states.input %}"}})
        ),
        Just(task),
    ];
    if depth == 0 {
        return plain.prop_map(with).boxed();
    }
    let inner =
        (states(&format!("{prefix}{index}a"), depth - 1), states(&format!("{prefix}{index}b"), depth - 1));
    let again = with.clone();
    let nested = (inner, any::<bool>()).prop_map(move |((one, other), is_map)| match is_map {
        true => again(json!({"Type": "Map", "MaxConcurrency": 2, "ItemProcessor": one, "ResultPath": "$.m",
            "ItemsPath": "$$.Execution.Input.items", "ItemSelector": {"i.$": "$$.Map.Item.Value"}})),
        false => again(json!({"Type": "Parallel", "Branches": [one, other], "ResultPath": "$.b"})),
    });
    prop_oneof![2 => plain.prop_map(with), 1 => nested].boxed()
}

/// Runs a machine, and takes tasks and timers in an order that the choices say.
fn run(definition: &Value, choices: &[u8], answer: impl Fn(usize) -> Answer) -> Drive {
    let mut drive = Drive::new(definition);
    drive.start(json!({"items": [1, 2, 3]}));
    let mut choices = choices.iter().copied().cycle();
    for count in 0..2_000 {
        if drive.outcome.is_some() {
            break;
        }
        let (tasks, choice) = (drive.tasks.len(), usize::from(choices.next().unwrap_or_default()));
        if tasks > 0 && (choice % 4 > 0 || drive.timers.is_empty()) {
            let task = drive.tasks[choice % tasks].clone();
            drive.answer(&task, answer(count + choice));
        } else {
            drive.fire();
        }
    }
    drive
}

fn mixed(choice: usize) -> Answer {
    match choice % 5 {
        0 => Answer::Fail("E1", "busy"),
        1 => Answer::Fail("E2", "broken"),
        2 => Answer::Silence,
        _ => Answer::Give(json!({"done": true})),
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn the_same_inputs_give_the_same(definition in states("S", 2), choices in prop::collection::vec(any::<u8>(), 1..40)) {
        let (one, other) = (run(&definition, &choices, mixed), run(&definition, &choices, mixed));
        prop_assert!(one.outcome.is_some());
        prop_assert_eq!(one.execution(), other.execution());
        prop_assert_eq!(one.history, other.history);
    }

    #[test]
    fn histories_are_lines_that_begin_at_the_start(definition in states("S", 2), choices in prop::collection::vec(any::<u8>(), 1..40)) {
        let drive = run(&definition, &choices, mixed);
        for (place, event) in (1..).zip(&drive.history) {
            prop_assert_eq!(event.id, place);
            prop_assert!(event.previous_id < event.id);
        }
        let count = |name: &str| drive.history.iter().filter(|event| event.kind.as_str() == name).count();
        let entered = count("PassStateEntered");
        prop_assert!(count("PassStateExited") <= entered);
        prop_assert!(count("MapIterationSucceeded") + count("MapIterationFailed") + count("MapIterationAborted") == count("MapIterationStarted"));
        prop_assert!(drive.timers.is_empty(), "{:?}", drive.timers);
        prop_assert!(drive.tasks.is_empty() || count("TaskStateAborted") > 0 || drive.outcome.is_some());
    }

    #[test]
    fn branches_commute(definition in states("S", 2), order in prop::collection::vec(any::<u8>(), 1..20)) {
        // Without chance and failures, the order of the answers makes no difference.
        let text = definition.to_string().replace("States.UUID()", "$$.State.Name").replace("$random()", "1");
        let definition: Value = serde_json::from_str(&text).unwrap();
        let give = |_: usize| Answer::Give(json!("done"));
        let in_order: Vec<u8> = order.iter().map(|choice| choice | 1).collect();
        let (one, other) = (run(&definition, &[1], give), run(&definition, &in_order, give));
        prop_assert_eq!(one.result(), other.result());
        prop_assert_eq!(one.history.len(), other.history.len());
    }
}

/// One of the words between semicolons.
fn select(words: &'static str) -> impl Strategy<Value = &'static str> + Clone {
    prop::sample::select(words.split(';').collect::<Vec<_>>())
}

/// Any JSON, from the words of the language.
fn anything() -> BoxedStrategy<Value> {
    let words = select(
        "Pass;Task;Choice;Wait;Succeed;Fail;Parallel;Map;JSONata;JSONPath;A;B;$;$.a;$$.Map;$..*;\
         $.a[?(@.b)];{% $states.input %};{% $map([1..9], $string) %};States.Format('{}', $);\
         States.UUID();States.ALL;arn:aws:states:::sqs:sendMessage;2026-01-01T00:00:00Z;DISTRIBUTED;\
         \u{1F600}",
    );
    let leaf = prop_oneof![
        words.prop_map(Value::from),
        any::<bool>().prop_map(Value::from),
        (-1_i64..5).prop_map(Value::from),
        Just(Value::Null),
    ];
    let names = select(
        "StartAt;States;Type;Next;End;Parameters;ResultPath;InputPath;OutputPath;Result;\
         ResultSelector;Retry;Catch;ErrorEquals;Choices;Variable;IsNull;And;Not;Default;Seconds;\
         TimestampPath;Branches;ItemProcessor;ItemsPath;MaxConcurrency;Resource;TimeoutSeconds;\
         QueryLanguage;Output;Assign;Items;Error;CausePath;ProcessorConfig;Mode;x.$;A;B",
    );
    let nested = leaf.prop_recursive(6, 60, 6, move |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::vec((names.clone(), inner), 0..6).prop_map(|fields| fields
                .into_iter()
                .map(|(name, value)| (name.to_owned(), value))
                .collect()),
        ]
    });
    nested.boxed()
}

/// Puts something into a place of a document, counted by nodes.
fn spoil(value: &mut Value, place: &mut usize, with: &Value) {
    if *place == 0 {
        *value = with.clone();
    }
    *place = place.wrapping_sub(1);
    match value {
        Value::Array(items) => items.iter_mut().for_each(|item| spoil(item, place, with)),
        Value::Object(fields) => fields.values_mut().for_each(|field| spoil(field, place, with)),
        _ => {}
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 256, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn no_text_makes_it_panic(text in ".{0,80}", value in anything()) {
        let _ = Definition::parse(&text);
        let _ = Definition::parse(&value.to_string());
        let _ = Definition::parse(&machine(value).to_string());
    }

    #[test]
    fn spoiled_definitions_end(definition in states("S", 2), place in 0..60_usize, with in anything(), choices in prop::collection::vec(any::<u8>(), 1..9)) {
        let mut definition = definition;
        spoil(&mut definition, &mut place.clone(), &with);
        let began = Instant::now();
        if Definition::parse(&definition.to_string()).is_ok() {
            let drive = run(&definition, &choices, mixed);
            prop_assert!(drive.outcome.is_some() || !drive.map_runs.is_empty() || !drive.timers.is_empty());
        }
        prop_assert!(began.elapsed() < Duration::from_secs(20));
    }

    #[test]
    fn any_expression_ends(path in "\\$[.a*\\[\\]?(@)0-9:,$'=<& ]{0,20}", call in "States\\.(Format|Array|MathAdd|ArrayRange|StringSplit)\\([$a0-9,'{}\\\\. ]{0,20}\\)", query in "[$a-c0-9.\\[\\](){}:;,+*'^<> |&?!=~%@#-]{0,20}") {
        let states = json!({
            "A": {"Type": "Pass", "Parameters": {"x.$": path}, "Next": "B"},
            "B": {"Type": "Pass", "Parameters": {"x.$": call}, "Next": "C"},
            "C": {"Type": "Pass", "QueryLanguage": "JSONata", "Output": format!("{{%{query}%}}"), "End": true}});
        for (name, state) in states.as_object().into_iter().flatten() {
            let mut state = state.clone();
            state["End"] = json!(true);
            state.as_object_mut().map(|fields| fields.remove("Next"));
            let definition = json!({"StartAt": name, "States": {name: state}});
            if Definition::parse(&definition.to_string()).is_ok() {
                prop_assert!(run(&definition, &[0], mixed).outcome.is_some());
            }
        }
    }
}
