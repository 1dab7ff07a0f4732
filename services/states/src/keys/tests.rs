//! Keys stay as they are, and tell what they were made of.

use super::*;

#[test]
fn keys_stay() {
    let scope = Scope::new(names::Account::ZERO, "us-east-1".parse().unwrap());
    let id = [1; 16];
    let place = Place { machine: id, label: "l".into(), name: "n".into() };
    let keys = [
        ("machine", machine(&scope, "m")),
        ("revision", revision(&id, &id)),
        ("version", version(&id, 7)),
        ("alias", alias(&id, "a")),
        ("execution", execution(&place)),
        ("listed", listed(&id, "RUNNING", 7, "n")),
        ("event", event(&id, &id, 7)),
        ("running", running(&id)),
        ("frame", frame(&id, 7)),
        ("counted", counted(&id, 7)),
        ("left", left(&id, &id)),
        ("left-frame", left_frame(&id, &id, 7)),
        ("followed", followed(&id, Waited { frame: 7, serial: 8 })),
        ("followers", followers(&id)),
        ("begun", begun(&id, Waited { frame: 7, serial: 8 })),
        ("ended", ended(7, &id)),
        ("activity", activity(&scope, "a")),
        ("waiting", waiting(&id, 7, &id)),
        ("map-run", map_run(&id, "l", "n")),
        ("map-run-of", map_run_of(&id, "n")),
        ("item", item(&id, 7)),
        ("child", child(&id, 7)),
        ("map-run-at", map_run_at(&id, Waited { frame: 7, serial: 8 })),
        ("ticking", ticking(&id)),
        ("over", over(&id, &id)),
    ];
    layouts::keys_stay(env!("CARGO_MANIFEST_DIR"), &keys);
}

#[test]
fn keys_tell_what_they_were_made_of() {
    let id = [1; 16];
    assert_eq!(started_and_name(&listed(&id, "FAILED", 7, "n")).unwrap(), (7, "n".to_owned()));
    assert_eq!(frame_of(&frame(&id, 9)).unwrap(), 9);
    assert_eq!(left_frame_of(&left_frame(&id, &id, 9)).unwrap(), 9);
    assert_eq!(ended_ms(&ended(7, &id)).unwrap(), 7);
}

#[test]
fn the_newest_execution_is_listed_first() {
    let at = |started_ms| listed(&[1; 16], "RUNNING", started_ms, "n");
    assert!(at(2) < at(1) && at(256) < at(255));
}
