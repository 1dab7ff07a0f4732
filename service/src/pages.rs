//! Lists in pages, whatever services call the parts: a token names the first entry that is still to be shown, and is good
//! within the same list alone.

use std::ops::Range;

use store::{Direction, Reads as _};
use wire::Fault;

use crate::{Result, View};

/// How a client asks for a page.
#[derive(Clone, Copy)]
pub struct Pages<'a> {
    /// Tells the tokens of one list from those of another: `sqs:ListQueues`.
    pub operation: &'static str,
    /// The token that the page before ended with.
    pub token: Option<&'a str>,
    /// How many entries it has at most.
    pub limit: usize,
    /// The service's words for a token that is none of this list.
    pub bad_token: fn() -> Fault,
}

/// A page.
#[derive(Debug)]
pub struct Page<T> {
    /// What it shows.
    pub items: Vec<T>,
    /// Where the next one begins, if there is more.
    pub next_token: Option<String>,
}

impl Pages<'_> {
    /// A page of a range, by keys and values: of what `show` shows of them.
    ///
    /// # Errors
    /// For a bad token, and what `show` fails with.
    pub fn of_range<T>(
        &self,
        view: &View<'_>,
        mut range: Range<Vec<u8>>,
        mut show: impl FnMut(&[u8], &[u8]) -> Result<Option<T>>,
    ) -> Result<Page<T>> {
        if let Some(next) = self.next(view)? {
            range.start = Some(next).filter(|next| range.contains(next)).ok_or_else(self.bad_token)?;
        }
        let mut items = Vec::new();
        for entry in view.scan(range, Direction::Forward) {
            let (key, value) = entry?;
            let Some(item) = show(&key, &value)? else { continue };
            if items.len() == self.limit {
                return Ok(self.cut(view, items, &key));
            }
            items.push(item);
        }
        Ok(Page { items, next_token: None })
    }

    /// A page of a short list that is sorted by names.
    ///
    /// # Errors
    /// For a bad token, and what `show` fails with.
    pub fn of_sorted<T, S>(
        &self,
        view: &View<'_>,
        entries: impl IntoIterator<Item = (String, T)>,
        mut show: impl FnMut(String, T) -> Result<S>,
    ) -> Result<Page<S>> {
        let from = self.next(view)?.unwrap_or_default();
        let mut items = Vec::new();
        for (name, entry) in entries.into_iter().filter(|(name, _)| name.as_bytes() >= from.as_slice()) {
            if items.len() == self.limit {
                return Ok(self.cut(view, items, name.as_bytes()));
            }
            items.push(show(name, entry)?);
        }
        Ok(Page { items, next_token: None })
    }

    fn next(&self, view: &View<'_>) -> Result<Option<Vec<u8>>> {
        let open = |token| view.context.cloud.page_tokens.open(self.operation, token);
        Ok(self.token.map(open).transpose().map_err(|_| (self.bad_token)())?)
    }

    fn cut<T>(&self, view: &View<'_>, items: Vec<T>, next: &[u8]) -> Page<T> {
        let token = view.context.cloud.page_tokens.seal(self.operation, next);
        Page { items, next_token: Some(token) }
    }
}
