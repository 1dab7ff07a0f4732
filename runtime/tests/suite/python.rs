//! Handlers in Python.

use cloudlet_runtime::Isolation;
use serde_json::json;

use crate::bench::{Bench, invocation, json as document};

#[tokio::test]
async fn a_handler_gets_the_event_and_its_answer_comes_back() {
    for isolation in [Isolation::Plain, Isolation::Auto] {
        let bench = Bench::isolated(isolation);
        let spec =
            bench.python("echo", "def handler(event, context):\n    return {'got': event, 'name': 'Zoë'}");
        assert_eq!(
            bench.answer(&spec, json!({"a": [1, 2.5, null]})).await,
            json!({"got": {"a": [1, 2.5, null]}, "name": "Zoë"})
        );
    }
}
