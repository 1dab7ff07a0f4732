//! Routes, integrations and authorizers are made, shown, changed and deleted in one way.
//!
//! Never here: what is special to one kind, which its [`Kind`] says.

use serde_json::json;
use service::{Result, Tx, View};
use wire::Kept;

use crate::api::{self, Api, Asked};
use crate::documents::{self, Members};
use crate::errors;

/// A kind of what belongs to an API.
pub(crate) struct Kind {
    /// The first part of the path of all of them.
    pub(crate) folder: &'static str,
    /// The member that is its id.
    pub(crate) id: &'static str,
    /// What errors call it.
    pub(crate) name: &'static str,
    /// Checks a whole document of that id, new or changed, and sets what the client left out.
    pub(crate) settle: fn(&Api, &str, &mut Members) -> Result<()>,
    /// Refuses to delete one that others need.
    pub(crate) check_unused: fn(&Api, &str) -> Result<()>,
}

/// Nobody needs it.
pub(crate) fn unused(_: &Api, _: &str) -> Result<()> {
    Ok(())
}

impl Kind {
    /// The path of one.
    fn path(&self, id: &str) -> String {
        format!("{}/{id}", self.folder)
    }
}

/// Makes one.
pub(crate) fn create<I: Kept, O: Kept>(tx: &mut Tx<'_>, kind: &Kind, api: &str, input: &I) -> Result<O> {
    let mut api = Api::find(&**tx, &tx.scope(), api)?;
    let mut members = documents::of(input)?;
    members.remove("apiId");
    let made = add(tx, &mut api, kind, members)?;
    api.put_changed(tx)?;
    documents::show(&made)
}

/// Adds one to an API that is not yet stored.
pub(crate) fn add(tx: &Tx<'_>, api: &mut Api, kind: &Kind, mut members: Members) -> Result<Members> {
    let id = api::fresh_id(tx.random(), 7);
    members.insert(kind.id.into(), json!(id));
    (kind.settle)(api, &id, &mut members)?;
    api.parts.insert(kind.path(&id), json!(members).to_string());
    Ok(members)
}

/// Shows one.
pub(crate) fn get<O: Kept>(view: &View<'_>, kind: &Kind, api: &str, id: &str) -> Result<O> {
    let api = Api::find(&**view, &view.scope(), api)?;
    documents::show(&found(&api, kind, id)?)
}

fn found(api: &Api, kind: &Kind, id: &str) -> Result<Members> {
    let text = api.parts.get(&kind.path(id));
    documents::read(text.ok_or_else(|| errors::not_found(kind.name, id))?)
}

/// Shows a page of them.
pub(crate) fn list<O: Kept>(view: &View<'_>, kind: &Kind, api: &str, asked: &Asked<'_>) -> Result<O> {
    let api = Api::find(&**view, &view.scope(), api)?;
    let read = |(id, text): (&str, &str)| Ok((id.to_owned(), documents::read(text)?));
    let entries: Vec<(String, Members)> = api.parts_in(kind.folder).map(read).collect::<Result<_>>()?;
    documents::show_page(asked.page(view, entries)?)
}

/// Changes one.
pub(crate) fn update<I: Kept, O: Kept>(
    tx: &mut Tx<'_>,
    kind: &Kind,
    api: &str,
    id: &str,
    input: &I,
) -> Result<O> {
    let mut change = documents::of(input)?;
    change.remove("apiId");
    change.remove(kind.id);
    let mut api = Api::find(&**tx, &tx.scope(), api)?;
    let mut members = found(&api, kind, id)?;
    if change.contains_key("routeKey") {
        check_managed(kind, id, &members)?;
    }
    documents::merge(&mut members, change);
    (kind.settle)(&api, id, &mut members)?;
    api.parts.insert(kind.path(id), json!(members).to_string());
    api.put_changed(tx)?;
    documents::show(&members)
}

/// Deletes one.
pub(crate) fn delete(tx: &mut Tx<'_>, kind: &Kind, api: &str, id: &str) -> Result<()> {
    let mut api = Api::find(&**tx, &tx.scope(), api)?;
    check_managed(kind, id, &found(&api, kind, id)?)?;
    (kind.check_unused)(&api, id)?;
    api.parts.remove(&kind.path(id));
    api.put_changed(tx)
}

/// What quick create made goes with its API alone, and its route has its key for ever.
fn check_managed(kind: &Kind, id: &str, members: &Members) -> Result<()> {
    if members.get("apiGatewayManaged") != Some(&json!(true)) {
        return Ok(());
    }
    let message =
        format!("{} {id} is managed by API Gateway and cannot be deleted or have another key", kind.name);
    Err(errors::bad(message).into())
}
