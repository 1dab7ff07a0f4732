//! Lines that nobody takes, and what is said of those that are gone.

use std::io::{BufRead as _, BufReader, Read as _};

use super::*;

/// A pipe, with its other end.
fn pipe() -> (&'static Out, io::PipeReader) {
    let (reader, writer) = io::pipe().unwrap();
    (Box::leak(Box::new(Out::open(writer).unwrap())), reader)
}

#[test]
fn a_full_pipe_is_not_waited_for_and_what_is_missing_is_counted() {
    let (out, reader) = pipe();
    let count = 20_000;
    for number in 0..count {
        let line = format!("{{\"number\":{number},\"message\":\"{:60}\"}}\n", "");
        out.write(line.as_bytes(), false).unwrap();
    }
    let warning = b"{\"message\":\"mind\"}\n";
    out.write(&[b"{\"number\":0}\n".as_slice(), warning].concat(), true).unwrap();
    let mut numbers = Vec::new();
    let mut has_warning = false;
    let mut dropped = None;
    let mut lines = BufReader::new(reader).lines().map(Result::unwrap);
    while dropped.is_none() {
        let line: serde_json::Value = serde_json::from_str(&lines.next().unwrap()).unwrap();
        numbers.extend(line["number"].as_u64());
        has_warning |= line["message"] == "mind";
        dropped = line["dropped"].as_u64();
    }
    assert_eq!(numbers, (0..numbers.len() as u64).collect::<Vec<_>>());
    assert_eq!(numbers.len() as u64 + dropped.unwrap(), count + 1);
    assert!(has_warning && dropped > Some(0));
    out.write(warning, true).unwrap();
    assert_eq!(lines.next().unwrap().as_bytes(), warning.trim_ascii_end());
}

#[test]
fn who_reads_slowly_misses_nothing() {
    let (out, mut reader) = pipe();
    let line = |number: u32| format!("{number:>200}\n");
    (0..1_000).for_each(|number| out.write(line(number).as_bytes(), false).unwrap());
    for number in 0..1_000 {
        let mut read = [0; 201];
        reader.read_exact(&mut read).unwrap();
        assert_eq!(read, line(number).as_bytes());
    }
}

#[test]
fn a_reader_that_left_is_no_reason_to_keep_anything() {
    let (out, reader) = pipe();
    (0..2_000).for_each(|_| out.write(&[b'x'; 100], false).unwrap());
    drop(reader);
    let Out::Pipe(pipe) = out else { panic!("it is a pipe") };
    while pipe.lock().is_drained {
        std::thread::yield_now();
    }
    assert_eq!(pipe.lock().lines.len(), 0);
    assert!(out.write(b"x\n", false).is_err());
}

#[test]
fn whoever_had_the_pipe_before_still_waits() {
    let (_reader, writer) = io::pipe().unwrap();
    let _out = Out::open(&writer).unwrap();
    let flags = OFlag::from_bits_truncate(fcntl(&writer, FcntlArg::F_GETFL).unwrap());
    assert!(!flags.contains(OFlag::O_NONBLOCK));
}
