//! What `perf script` prints, added up: how often each stack was seen.

use std::collections::BTreeMap;

/// How often each stack was seen: from the thread's name, over who called, to where the processor was.
#[derive(Debug, Default)]
pub(crate) struct Stacks(BTreeMap<Vec<String>, usize>);

impl Stacks {
    /// Reads stacks as perf prints them: the thread's name in a line, then a line for each function, innermost first, then an
    /// empty one.
    pub(crate) fn read(text: &str) -> Self {
        let mut stacks = Stacks::default();
        for part in text.split("\n\n") {
            let mut lines = part.lines().map(str::trim).filter(|line| !line.is_empty());
            let Some(thread) = lines.next() else { continue };
            let called =
                lines.filter_map(|line| line.split_once(' ')).map(|(_, name)| plain(name).to_owned());
            let mut stack: Vec<String> = called.collect();
            stack.push(thread.to_owned());
            stack.reverse();
            *stacks.0.entry(stack).or_default() += 1;
        }
        stacks
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// In order, so that stacks with the same beginning stand together.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (&[String], usize)> {
        self.0.iter().map(|(stack, count)| (stack.as_slice(), *count))
    }

    /// As text that other programs read: a line a stack, `thread;outer;inner 17`.
    pub(crate) fn folded(&self) -> String {
        self.iter().map(|(stack, count)| format!("{} {count}\n", stack.join(";"))).collect()
    }
}

/// A function's name without the digits by which the compiler tells its copies apart.
fn plain(name: &str) -> &str {
    let is_hash = |text: &str| text.len() == 16 && text.bytes().all(|byte| byte.is_ascii_hexdigit());
    name.rsplit_once("::h").filter(|(_, hash)| is_hash(hash)).map_or(name, |(short, _)| short)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stacks_are_added_up_from_the_outside_in() {
        let look = "http-0 \n\t    55d0 store::put::h0123456789abcdef\n\t    55aa door::answer<a, b>\n\n";
        let text = format!("{look}store-sync \n\t 7f00 [unknown]\n\n{look}");
        let folded = Stacks::read(&text).folded();
        assert_eq!(folded, "http-0;door::answer<a, b>;store::put 2\nstore-sync;[unknown] 1\n");
        assert!(Stacks::read("\n\n").is_empty());
    }
}
