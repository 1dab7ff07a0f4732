//! Traces of X-Ray: taken over from whoever calls, or begun here, and handed to functions.
//!
//! See <https://docs.aws.amazon.com/xray/latest/devguide/xray-concepts.html#xray-concepts-tracingheader>. No segments are sent.

use service::{Context, Random};

use crate::function::Function;
use crate::lineage::Lineage;

/// What a header says of a trace.
#[derive(Debug, Default, PartialEq, Eq)]
struct Header<'a> {
    root: Option<&'a str>,
    parent: Option<&'a str>,
    is_sampled: Option<bool>,
    lineage: Option<&'a str>,
}

impl<'a> Header<'a> {
    fn read(text: &'a str) -> Self {
        let mut header = Header::default();
        for (name, value) in text.split(';').filter_map(|part| part.trim().split_once('=')) {
            match name {
                "Root" => header.root = Some(value).filter(|root| is_root(root)),
                "Parent" => header.parent = Some(value).filter(|parent| is_hex(parent, 16)),
                "Sampled" => {
                    header.is_sampled = ["0", "1"].iter().position(|known| *known == value).map(|at| at == 1)
                }
                "Lineage" => header.lineage = Some(value),
                _ => {}
            }
        }
        // What belongs to no trace says nothing.
        if header.root.is_some() { header } else { Header::default() }
    }
}

/// `1-{seconds}-{random}`.
fn is_root(text: &str) -> bool {
    let mut parts = text.split('-');
    parts.next() == Some("1")
        && parts.next().is_some_and(|part| is_hex(part, 8))
        && parts.next().is_some_and(|part| is_hex(part, 24))
        && parts.next().is_none()
}

fn is_hex(text: &str, length: usize) -> bool {
    text.len() == length && text.bytes().all(|byte| byte.is_ascii_hexdigit())
}

/// The trace of a request whose work is done later, and perhaps more than once.
pub(crate) fn begun(context: &Context) -> String {
    let given = context.caller.trace.as_deref().filter(|given| Header::read(given).root.is_some());
    given.map_or_else(|| format!("Root={}", root(context)), str::to_owned)
}

/// How often functions have run in the chain of calls that a request is a part of.
pub(crate) fn lineage(context: &Context) -> Option<Lineage> {
    let given = Header::read(context.caller.trace.as_deref()?);
    given.lineage.and_then(Lineage::parse)
}

/// What a function is told: the trace that its caller is in, or a new one. Where it is to be traced itself, it stands below a
/// segment of Lambda's.
pub(crate) fn of_run(context: &Context, is_active: bool, lineage: &Lineage) -> String {
    let given = Header::read(context.caller.trace.as_deref().unwrap_or_default());
    let is_sampled = given.is_sampled.unwrap_or(is_active);
    let root = given.root.map_or_else(|| root(context), str::to_owned);
    let above = given.parent.filter(|_| !(is_active && is_sampled));
    let parent = above.map_or_else(|| hex(context.random(), 8), str::to_owned);
    format!("Root={root};Parent={parent};Sampled={};Lineage={}", u8::from(is_sampled), lineage.text())
}

/// What comes after a run of a function is told: the same as the function is.
pub(crate) fn of_next(context: &Context, function: &Function) -> String {
    let lineage = Lineage::after(lineage(context), &function.full_name().arn());
    of_run(context, function.settings.is_traced, &lineage)
}

/// The trace of a batch of messages: a new one, to which those of the messages are linked, so that it is sampled when one of
/// them is. Its lineage is the one with the most rounds.
pub(crate) fn of_batch<'a>(context: &Context, messages: impl Iterator<Item = &'a str>) -> String {
    let headers: Vec<_> = messages.map(Header::read).collect();
    let mut text = format!("Root={}", root(context));
    if let Some(is_sampled) = headers.iter().filter_map(|header| header.is_sampled).max() {
        text.push_str(&format!(";Sampled={}", u8::from(is_sampled)));
    }
    let lineages = headers.iter().filter_map(|header| Lineage::parse(header.lineage?));
    if let Some(lineage) = lineages.max_by_key(Lineage::rounds) {
        text.push_str(&format!(";Lineage={}", lineage.text()));
    }
    text
}

fn root(context: &Context) -> String {
    format!("1-{:08x}-{}", context.now().secs(), hex(context.random(), 12))
}

fn hex(random: &Random, bytes: usize) -> String {
    let all: [u8; 16] = random.bytes();
    all[..bytes].iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::Header;

    const ROOT: &str = "1-5759e988-bd862e3fe1be46a994272793";

    #[test]
    fn a_header_is_read_whatever_its_order() {
        let text = format!("Self=1-2-3; Sampled=1;Parent=53995c3f42cd8ad8;Lineage=1:a:0;Root={ROOT}");
        let header = Header::read(&text);
        assert_eq!((header.root, header.parent), (Some(ROOT), Some("53995c3f42cd8ad8")));
        assert_eq!((header.is_sampled, header.lineage), (Some(true), Some("1:a:0")));
        assert_eq!(Header::read(&format!("Root={ROOT};Sampled=?")).is_sampled, None);
    }

    #[test]
    fn what_is_no_trace_says_nothing() {
        let bad_roots =
            ["", "1-2-3", "2-5759e988-bd862e3fe1be46a994272793", "1-5759e988-bd862e3fe1be46a994272793-1"];
        for root in bad_roots {
            assert_eq!(
                Header::read(&format!("Root={root};Sampled=1;Lineage=x")),
                Header::default(),
                "{root}"
            );
        }
        assert_eq!(Header::read(&format!("Root={ROOT};Parent=xyz")).parent, None);
        assert_eq!(Header::read("Sampled=1"), Header::default());
    }
}
