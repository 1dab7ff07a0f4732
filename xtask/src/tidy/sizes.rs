//! How long functions and files are: bounds of which none is ever turned up, and a table of where the house stands.
//!
//! Tests count as everything else: they are read as often.

use std::collections::BTreeMap;
use std::path::Path;

use super::source::Source;

/// What lengths may be at most: the middle one, the hundredths at which long ones begin, and any.
pub(crate) struct Bounds {
    pub(crate) median: usize,
    pub(crate) p90: usize,
    pub(crate) p99: usize,
    pub(crate) max: usize,
}

/// Functions fit a screen, and most of them a glance.
pub(crate) const FUNCTION_LINES: Bounds = Bounds { median: 7, p90: 22, p99: 40, max: 60 };
/// A file is one idea.
pub(crate) const FILE_LINES: Bounds = Bounds { median: 120, p90: 235, p99: 345, max: 400 };

/// Lengths, in order.
#[derive(Default)]
struct Lengths(Vec<usize>);

impl Lengths {
    fn new(mut lengths: Vec<usize>) -> Self {
        lengths.sort_unstable();
        Lengths(lengths)
    }

    /// The least length that so many hundredths of all do not exceed.
    fn percentile(&self, hundredths: usize) -> usize {
        let rank = (self.0.len() * hundredths).div_ceil(100);
        self.0.get(rank.saturating_sub(1)).copied().unwrap_or_default()
    }

    /// Names the bounds that are exceeded. Single ones that exceed the last bound are named with their files.
    fn check(&self, what: &str, bounds: &Bounds, wrong: &mut Vec<String>) {
        let figures = [(50, bounds.median), (90, bounds.p90), (99, bounds.p99)];
        for (hundredths, bound) in figures {
            let length = self.percentile(hundredths);
            if length > bound {
                wrong.push(format!(
                    "{what}: {hundredths} of 100 have at most {length} lines, where {bound} are allowed; make some shorter"
                ));
            }
        }
    }
}

/// Names the bounds that all functions or all files together exceed.
pub(crate) fn check(sources: &[Source], wrong: &mut Vec<String>) {
    functions(sources.iter()).check("functions", &FUNCTION_LINES, wrong);
    files(sources.iter()).check("files", &FILE_LINES, wrong);
}

/// Prints lengths by layer, or by crate.
pub(crate) fn print(sources: &[Source], by_crate: bool) {
    let mut groups = BTreeMap::<String, Vec<&Source>>::new();
    for source in sources {
        groups.entry(group(&source.path, by_crate)).or_default().push(source);
    }
    let name = if by_crate { "crate" } else { "layer" };
    println!("{name:24} functions median  90%  99%  max     files median  90%  max");
    for (name, sources) in &groups {
        print_line(name, sources.iter().copied());
    }
    print_line("all", sources.iter());
    let (function, file) = (FUNCTION_LINES, FILE_LINES);
    println!(
        "{:24} {:9} {:6} {:4} {:4} {:4} {:9} {:6} {:4} {:4}",
        "allowed",
        "",
        function.median,
        function.p90,
        function.p99,
        function.max,
        "",
        file.median,
        file.p90,
        file.max
    );
}

fn print_line<'a>(name: &str, sources: impl Iterator<Item = &'a Source> + Clone) {
    let (functions, files) = (functions(sources.clone()), files(sources));
    let [median, p90, p99, max] = [50, 90, 99, 100].map(|hundredths| functions.percentile(hundredths));
    let [file_median, file_p90, file_max] = [50, 90, 100].map(|hundredths| files.percentile(hundredths));
    println!(
        "{name:24} {:9} {median:6} {p90:4} {p99:4} {max:4} {:9} {file_median:6} {file_p90:4} {file_max:4}",
        functions.0.len(),
        files.0.len()
    );
}

/// The folder that is a file's layer, or that of its crate.
fn group(path: &Path, by_crate: bool) -> String {
    let mut folders = path.iter().map(|name| name.to_string_lossy());
    let layer = folders.next().unwrap_or_default().into_owned();
    if !by_crate {
        return layer;
    }
    let is_inside = |name: &str| ["src", "tests", "examples", "build.rs"].contains(&name);
    let below: Vec<_> = folders.take_while(|name| !is_inside(name)).collect();
    std::iter::once(layer.into()).chain(below).collect::<Vec<_>>().join("/")
}

fn functions<'a>(sources: impl Iterator<Item = &'a Source>) -> Lengths {
    Lengths::new(
        sources.flat_map(|source| &source.contents.functions).map(|function| function.lines).collect(),
    )
}

fn files<'a>(sources: impl Iterator<Item = &'a Source>) -> Lengths {
    Lengths::new(sources.map(|source| source.lines).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentiles_are_lengths_that_there_are() {
        let lengths = Lengths::new((1..=200).rev().collect());
        assert_eq!([50, 90, 99, 100].map(|hundredths| lengths.percentile(hundredths)), [100, 180, 198, 200]);
        assert_eq!(Lengths::new(vec![7]).percentile(50), 7);
        assert_eq!(Lengths::default().percentile(99), 0);
    }

    #[test]
    fn each_bound_that_is_exceeded_is_named() {
        let bounds = Bounds { median: 10, p90: 18, p99: 18, max: 20 };
        let mut wrong = Vec::new();
        Lengths::new((1..=20).collect()).check("functions", &bounds, &mut wrong);
        assert_eq!(wrong.len(), 1, "{wrong:?}");
        assert!(wrong[0].contains("99 of 100 have at most 20 lines, where 18"), "{wrong:?}");
    }

    #[test]
    fn files_belong_to_a_layer_and_a_crate() {
        assert_eq!(group("services/sqs/src/fifo/mod.rs".as_ref(), false), "services");
        assert_eq!(group("services/sqs/src/fifo/mod.rs".as_ref(), true), "services/sqs");
        assert_eq!(group("store/src/lib.rs".as_ref(), true), "store");
        assert_eq!(group("examples/trips/demo/src/main.rs".as_ref(), true), "examples/trips/demo");
        assert_eq!(group("api/sqs/build.rs".as_ref(), true), "api/sqs");
    }
}
