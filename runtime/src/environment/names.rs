//! Names in a sandbox's own network: those of this machine lead to it, all others nowhere.
//!
//! The messages are those of RFC 1035: a head of twelve bytes, a question, and what answers it.

use std::net::Ipv4Addr;
use std::ops::Range;

use tokio::net::UdpSocket;

use super::api::ACCEPT_PAUSE;

const HEAD: usize = 12;
const MESSAGE_BYTES_MAX: usize = 512;
const TYPE_ADDRESS: [u8; 2] = [0, 1];
/// An answer whose server decides, and the code of an unknown name.
const ANSWER: u8 = 0x84;
const NO_SUCH_NAME: u8 = 3;
/// Seconds for which an answer holds.
const HOLDS_S: [u8; 4] = [0, 0, 0, 60];
/// The names that lead here, with everything below them.
const OURS: [&str; 3] = ["localhost", "sandbox.localdomain", "localhost.localstack.cloud"];

/// Answers for as long as it is asked.
pub(super) async fn serve(socket: UdpSocket) {
    let mut message = [0; MESSAGE_BYTES_MAX];
    loop {
        let Ok((length, asker)) = socket.recv_from(&mut message).await else {
            tokio::time::sleep(ACCEPT_PAUSE).await;
            continue;
        };
        if let Some(answer) = answer(&message[..length]) {
            // Who is not there any more needs no answer.
            let _ = socket.send_to(&answer, asker).await;
        }
    }
}

/// The answer to a question; none to what is no question.
fn answer(message: &[u8]) -> Option<Vec<u8>> {
    let (name, question) = read(message)?;
    let is_ours = OURS.iter().any(|ours| {
        let front = name.strip_suffix(ours);
        front.is_some_and(|front| front.is_empty() || front.ends_with('.'))
    });
    // There are addresses of one kind alone; for the others, such a name has none.
    let has_address = is_ours && message.get(question.end - 4..question.end - 2) == Some(&TYPE_ADDRESS);
    let mut answer = message.get(..2)?.to_vec();
    let recursion_desired = message.get(2)? & 1;
    answer.extend([ANSWER | recursion_desired, 0x80 | if is_ours { 0 } else { NO_SUCH_NAME }]);
    answer.extend([0, 1, 0, u8::from(has_address), 0, 0, 0, 0]);
    answer.extend(message.get(question)?);
    if has_address {
        // The name is that of the question.
        answer.extend([0xc0, HEAD as u8]);
        answer.extend(TYPE_ADDRESS);
        answer.extend([0, 1]);
        answer.extend(HOLDS_S);
        answer.extend([0, 4]);
        answer.extend(Ipv4Addr::LOCALHOST.octets());
    }
    Some(answer)
}

/// The name that is asked for, and where its question stands.
fn read(message: &[u8]) -> Option<(String, Range<usize>)> {
    let is_question = message.get(2)? & 0xf8 == 0 && message.get(4..6)? == [0, 1];
    if !is_question {
        return None;
    }
    let (mut at, mut labels) = (HEAD, Vec::new());
    loop {
        let length = usize::from(*message.get(at)?);
        at += 1;
        match length {
            0 => break,
            1..64 => labels.push(String::from_utf8_lossy(message.get(at..at + length)?).to_ascii_lowercase()),
            // Questions do not point elsewhere.
            _ => return None,
        }
        at += length;
    }
    let end = at + 4;
    (end <= message.len()).then(|| (labels.join("."), HEAD..end))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn question(name: &str, kind: u8) -> Vec<u8> {
        let mut message = vec![7, 9, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0];
        for label in name.split('.').filter(|label| !label.is_empty()) {
            message.push(label.len() as u8);
            message.extend(label.bytes());
        }
        message.extend([0, 0, kind, 0, 1]);
        message
    }

    #[test]
    fn names_of_this_machine_have_one_address() {
        for name in
            ["localhost", "b.s3.LocalHost", "sandbox.localdomain", "sqs.eu-west-1.localhost.localstack.cloud"]
        {
            let answer = answer(&question(name, 1)).unwrap();
            assert_eq!((&answer[..2], answer[3] & 15, answer[7]), (&[7, 9][..], 0, 1), "{name}");
            assert!(answer.ends_with(&[0, 4, 127, 0, 0, 1]), "{name}");
        }
        let other_kind = answer(&question("x.localhost", 28)).unwrap();
        assert_eq!((other_kind[3] & 15, other_kind[7]), (0, 0));
    }

    #[test]
    fn other_names_are_unknown() {
        for name in ["example.com", "notlocalhost", "localhost.example.com", ""] {
            let answer = answer(&question(name, 1)).unwrap();
            assert_eq!((answer[3] & 15, answer[7]), (3, 0), "{name}");
        }
    }

    #[test]
    fn what_is_no_question_has_no_answer() {
        let whole = question("x.localhost", 1);
        for length in 0..whole.len() {
            assert_eq!(answer(&whole[..length]), None, "{length}");
        }
        let mut pointing = whole.clone();
        pointing[HEAD] = 0xc0;
        let mut answering = whole;
        answering[2] = 0x80;
        assert!(answer(&pointing).is_none() && answer(&answering).is_none());
    }
}
