//! `GetTagKeys` and `GetTagValues`: what tags there are, each key and value once.

use std::collections::BTreeSet;

use api_tagging as api;
use service::tags::{self, Tagged};
use service::{Pages, Result, View};

use crate::errors;

/// Keys, or values, of a page.
const PAGE: usize = 100;

pub(crate) fn keys(view: &View<'_>, input: &api::GetTagKeysInput) -> Result<api::GetTagKeysOutput> {
    let of = |resource: Tagged| resource.tags.into_keys().collect::<Vec<_>>();
    let (keys, token) = page(view, "tagging:GetTagKeys", input.pagination_token.as_deref(), of)?;
    Ok(api::GetTagKeysOutput { pagination_token: Some(token), tag_keys: Some(keys) })
}

pub(crate) fn values(view: &View<'_>, input: &api::GetTagValuesInput) -> Result<api::GetTagValuesOutput> {
    let of = |mut resource: Tagged| resource.tags.remove(&input.key).into_iter().collect::<Vec<_>>();
    let (values, token) = page(view, "tagging:GetTagValues", input.pagination_token.as_deref(), of)?;
    Ok(api::GetTagValuesOutput { pagination_token: Some(token), tag_values: Some(values) })
}

/// A page of what the tagged resources have, each once, in order.
fn page(
    view: &View<'_>,
    operation: &'static str,
    token: Option<&str>,
    of: impl Fn(Tagged) -> Vec<String>,
) -> Result<(Vec<String>, String)> {
    let mut all = BTreeSet::new();
    for resource in tags::all(&**view, tags::range(&view.scope())) {
        all.extend(of(resource?));
    }
    let token = token.filter(|token| !token.is_empty());
    let pages = Pages { operation, token, limit: PAGE, bad_token: errors::bad_token };
    let page = pages.of_sorted(view, all.into_iter().map(|text| (text.clone(), text)), |_, text| Ok(text))?;
    Ok((page.items, page.next_token.unwrap_or_default()))
}
