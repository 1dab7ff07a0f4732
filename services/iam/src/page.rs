//! Lists in pages, as all of IAM's are: `Marker`, `MaxItems`, `IsTruncated`.

use std::ops::Range;

use service::{Result, View};
use store::{Direction, Reads as _};

use crate::errors;

/// Entries of a page, when the client says nothing.
const ITEMS: i32 = 100;

/// One page.
pub(crate) struct Page<T> {
    pub(crate) items: Vec<T>,
    pub(crate) is_truncated: Option<bool>,
    pub(crate) marker: Option<String>,
}

/// What the client asks for.
pub(crate) struct Wish<'a> {
    /// Tells the markers of one list from those of another.
    pub(crate) operation: &'static str,
    pub(crate) marker: Option<&'a str>,
    pub(crate) max_items: Option<i32>,
}

impl Wish<'_> {
    /// A page of records, of those that `shown` shows.
    pub(crate) fn of_records<T>(
        &self,
        view: &View<'_>,
        mut range: Range<Vec<u8>>,
        mut shown: impl FnMut(&[u8]) -> Result<Option<T>>,
    ) -> Result<Page<T>> {
        if let Some(next) = self.next(view)? {
            range.start = Some(next).filter(|next| range.contains(next)).ok_or_else(bad_marker)?;
        }
        let mut items = Vec::new();
        for entry in view.scan(range, Direction::Forward) {
            let (key, value) = entry?;
            let Some(item) = shown(&value)? else { continue };
            if items.len() == self.limit() {
                return Ok(self.cut(view, items, &key));
            }
            items.push(item);
        }
        Ok(Page { items, is_truncated: Some(false), marker: None })
    }

    /// A page of a short, sorted list.
    pub(crate) fn of_names<T>(
        &self,
        view: &View<'_>,
        names: impl Iterator<Item = (String, T)>,
    ) -> Result<Page<T>> {
        let from = self.next(view)?.unwrap_or_default();
        let mut items = Vec::new();
        for (name, item) in names.filter(|(name, _)| name.as_bytes() >= from.as_slice()) {
            if items.len() == self.limit() {
                return Ok(self.cut(view, items, name.as_bytes()));
            }
            items.push(item);
        }
        Ok(Page { items, is_truncated: Some(false), marker: None })
    }

    fn limit(&self) -> usize {
        self.max_items.unwrap_or(ITEMS) as usize
    }

    fn next(&self, view: &View<'_>) -> Result<Option<Vec<u8>>> {
        let open = |marker| view.context.cloud.page_tokens.open(self.operation, marker);
        Ok(self.marker.map(open).transpose().map_err(|_| bad_marker())?)
    }

    fn cut<T>(&self, view: &View<'_>, items: Vec<T>, next: &[u8]) -> Page<T> {
        let marker = view.context.cloud.page_tokens.seal(self.operation, next);
        Page { items, is_truncated: Some(true), marker: Some(marker) }
    }
}

fn bad_marker() -> wire::Fault {
    errors::invalid("Invalid Marker.")
}
