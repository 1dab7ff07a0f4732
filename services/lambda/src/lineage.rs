//! Whether calls go round in circles: the lineage that a trace's header carries from function to function.
//!
//! It is written as AWS does, `{rounds}:{function}:{calls}`: how often that function was run in this chain of calls (as eight
//! hexadecimal digits of a digest of its ARN), and how many others since. AWS does not say how it chooses whom to count; here it is the
//! first function of the chain, and another one when that has not come back for a while, so that circles are found which it
//! is no part of. See <https://docs.aws.amazon.com/lambda/latest/dg/invocation-recursion.html>.

use names::Arn;
use ring::digest;

/// How often a function runs in a circle before that is one.
pub(crate) const ROUNDS_MAX: u32 = 16;
/// Calls after which another function is counted.
const CALLS_MAX: u32 = 16;

/// What a header says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Lineage {
    rounds: u32,
    function: String,
    calls: u32,
}

impl Lineage {
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let mut parts = text.split(':');
        let (rounds, function, calls) = (parts.next()?, parts.next()?, parts.next()?);
        let is_digest = function.len() == 8 && function.bytes().all(|byte| byte.is_ascii_hexdigit());
        let lineage = Lineage {
            rounds: rounds.parse().ok().filter(|rounds| *rounds < 32_768)?,
            function: function.to_owned(),
            calls: calls.parse().ok().filter(|calls| *calls < 256)?,
        };
        (is_digest && parts.next().is_none()).then_some(lineage)
    }

    /// As it is after a function runs as a part of such a chain, if of any.
    pub(crate) fn after(before: Option<Self>, function: &Arn) -> Self {
        let function = digest_of(function);
        match before {
            Some(before) if before.function == function => {
                Lineage { rounds: (before.rounds + 1).min(32_767), calls: 0, ..before }
            }
            Some(before) if before.calls < CALLS_MAX => Lineage { calls: before.calls + 1, ..before },
            _ => Lineage { rounds: 1, function, calls: 0 },
        }
    }

    /// Whether a function runs too often in this chain, of which it is the last.
    pub(crate) fn is_circle(&self) -> bool {
        self.calls == 0 && self.rounds > ROUNDS_MAX
    }

    /// How many rounds it has seen.
    pub(crate) fn rounds(&self) -> u32 {
        self.rounds
    }

    pub(crate) fn text(&self) -> String {
        format!("{}:{}:{}", self.rounds, self.function, self.calls)
    }
}

fn digest_of(function: &Arn) -> String {
    let digest = digest::digest(&digest::SHA256, function.as_str().as_bytes());
    digest.as_ref()[..4].iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn arn(name: &str) -> Arn {
        format!("arn:aws:lambda:us-east-1:000000000000:function:{name}").parse().unwrap()
    }

    /// After which call of so many a circle of these functions is found, which others lead to.
    fn found(first: &[&str], circle: &[&str]) -> Option<usize> {
        let calls = first.iter().chain(circle.iter().cycle()).take(1000);
        let mut lineage = None;
        for (at, name) in calls.enumerate() {
            let next = Lineage::after(lineage, &arn(name));
            if next.is_circle() {
                return Some(at);
            }
            lineage = Lineage::parse(&next.text());
        }
        None
    }

    #[test]
    fn circles_are_found_whoever_began() {
        assert_eq!(found(&[], &["a"]), Some(16));
        assert_eq!(found(&[], &["a", "b", "c"]), Some(48));
        assert!(found(&["x", "y"], &["a", "b"]).is_some_and(|at| at < 100));
        let many: Vec<String> = (0..200).map(|number| format!("f{number}")).collect();
        let many: Vec<&str> = many.iter().map(String::as_str).collect();
        assert!(found(&many, &["a", "b", "c", "d"]).is_some_and(|at| at < 400));
    }

    #[test]
    fn chains_that_are_no_circles_go_on() {
        let others: Vec<String> = (0..999).map(|number| format!("f{number}")).collect();
        let others: Vec<&str> = others.iter().map(String::as_str).collect();
        assert_eq!(found(&others, &["last"]), None);
    }

    #[test]
    fn what_is_no_lineage_counts_for_nothing() {
        for text in [
            "",
            "1:a87bd80c",
            "1:a87bd80c:0:0",
            "1:abc:0",
            "x:a87bd80c:0",
            "1:a87bd80c:256",
            "a87bd80c:1|68fd508a:5",
        ] {
            assert_eq!(Lineage::parse(text), None, "{text}");
        }
        assert_eq!(Lineage::parse("3:a87bd80c:2").unwrap().text(), "3:a87bd80c:2");
    }
}
