//! Registrations and failures, without processes.

use super::*;

fn names(all: &[&str]) -> Vec<String> {
    all.iter().map(|name| (*name).to_owned()).collect()
}

#[test]
fn registrations_are_held_to_aws_rules() {
    let extensions = Extensions::new(names(&["agent"]));
    let refused =
        |name: &str, events: &[&str]| extensions.register(name, &names(events)).err().map(|error| error.0);
    assert_eq!(refused("inside", &["SHUTDOWN"]), Some("Extension.InvalidEventType"));
    assert_eq!(refused("agent", &["invoke"]), Some("Extension.InvalidEventType"));
    assert_eq!(refused("agent", &["INVOKE", "SHUTDOWN"]), None);
    assert_eq!(refused("agent", &[]), Some("Extension.InvalidExtensionState"));
    for number in 1..MEMBERS_MAX {
        assert_eq!(refused(&format!("inside-{number}"), &["INVOKE"]), None);
    }
    assert_eq!(refused("one too many", &[]), Some("Extension.TooManyExtensions"));
    extensions.close();
    assert_eq!(refused("late", &[]), Some("Extension.RegistrationClosed"));
}

#[test]
fn the_first_failure_counts_and_an_end_in_time_is_none() {
    let extensions = Extensions::new(names(&["agent"]));
    extensions.ended(Exit::Status(0));
    extensions.ended(Exit::Status(7));
    let known = extensions.failure.borrow().clone().unwrap();
    assert_eq!((known.kind, known.reason.as_str()), ("Extension.Crash", "exit code 0"));

    let extensions = Extensions::new(names(&["agent"]));
    extensions.tell(Event::Shutdown, &Value::Null);
    extensions.ended(Exit::Status(1));
    assert!(!extensions.has_failed());
}
