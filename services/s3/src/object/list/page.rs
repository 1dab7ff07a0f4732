//! A page of a list.

use api_s3 as api;
use service::Result;
use store::Reads;
use store::tuple::Key;

use super::entry::Entry;
use super::question::Question;
use super::walk::{Begin, Walk};

/// What stands on a page, each in its order.
#[derive(Debug, Default)]
pub(super) struct Page {
    pub(super) entries: Vec<Entry>,
    pub(super) prefixes: Vec<String>,
    /// There is more behind it.
    pub(super) is_truncated: bool,
}

impl Page {
    /// The page that begins there, of what `trees` have under the bucket's keys.
    pub(super) fn read(
        reads: &impl Reads,
        trees: Vec<Key>,
        question: &Question<'_>,
        begin: Begin<'_>,
    ) -> Result<Self> {
        let mut page = Page::default();
        if question.max == 0 {
            return Ok(page);
        }
        let mut walk = Walk::new(reads, trees, question.prefix, begin)?;
        while let Some((key, record)) = walk.next()? {
            if page.count() == question.max {
                page.is_truncated = true;
                break;
            }
            if let Some(prefix) = question.common_prefix(&key) {
                walk.pass(prefix)?;
                page.prefixes.push(prefix.to_owned());
            } else {
                page.entries.push(Entry::read(key, &record)?);
            }
        }
        Ok(page)
    }

    pub(super) fn count(&self) -> usize {
        self.entries.len() + self.prefixes.len()
    }

    /// The name that stands last: a key, or a common prefix.
    pub(super) fn last(&self) -> Option<&str> {
        let key = self.entries.last().map(|entry| entry.key.as_str());
        key.max(self.prefixes.last().map(String::as_str))
    }

    /// Where the next page begins, if there is one.
    pub(super) fn next(&self) -> Option<&str> {
        self.last().filter(|_| self.is_truncated)
    }

    pub(super) fn common_prefixes(&self, question: &Question<'_>) -> Vec<api::CommonPrefix> {
        let shown = |prefix: &String| api::CommonPrefix { prefix: Some(question.shown(prefix)) };
        self.prefixes.iter().map(shown).collect()
    }
}

/// Behind what a client names: a key, or a common prefix with all that it stands for.
pub(super) fn behind<'a>(name: &'a str, question: &Question<'_>) -> Begin<'a> {
    question.common_prefix(name).map_or(Begin::Behind(name), Begin::BehindAll)
}
