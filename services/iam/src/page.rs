//! Lists in pages, as all of IAM's are: `Marker`, `MaxItems`, `IsTruncated`.

use std::ops::Range;

use service::{Pages, Result, View};

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
        range: Range<Vec<u8>>,
        mut shown: impl FnMut(&[u8]) -> Result<Option<T>>,
    ) -> Result<Page<T>> {
        Ok(self.pages().of_range(view, range, |_, value| shown(value))?.into())
    }

    /// A page of a short, sorted list.
    pub(crate) fn of_names<T>(
        &self,
        view: &View<'_>,
        names: impl Iterator<Item = (String, T)>,
    ) -> Result<Page<T>> {
        Ok(self.pages().of_sorted(view, names, |_, item| Ok(item))?.into())
    }

    fn pages(&self) -> Pages<'_> {
        let limit = self.max_items.unwrap_or(ITEMS) as usize;
        let bad_token = || errors::invalid("Invalid Marker.");
        Pages { operation: self.operation, token: self.marker, limit, bad_token }
    }
}

impl<T> From<service::Page<T>> for Page<T> {
    fn from(page: service::Page<T>) -> Self {
        Page { items: page.items, is_truncated: Some(page.next_token.is_some()), marker: page.next_token }
    }
}
