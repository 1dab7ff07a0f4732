//! What belongs to an API is made, shown, changed and deleted in one way: routes, integrations, authorizers, models, and the
//! responses of routes and integrations.
//!
//! Never here: what is special to one kind, which its [`Kind`] says.

use serde_json::json;
use service::{Random, Result, Tx, View};
use wire::Kept;

use crate::api::{self, Api, Asked};
use crate::documents::{self, Members};
use crate::errors;

/// A kind of what belongs to an API.
pub(crate) struct Kind {
    /// The last folder of the path of all of them.
    pub(crate) folder: &'static str,
    /// What they belong to, where that is not the API itself.
    pub(crate) above: Option<&'static Kind>,
    /// The member that is its id.
    pub(crate) id: &'static str,
    /// What errors call it.
    pub(crate) name: &'static str,
    /// Checks a whole document of that path, new or changed, and sets what the client left out.
    pub(crate) settle: fn(&Api, &str, &mut Members) -> Result<()>,
    /// Refuses one that names what is not there, outside of its API.
    pub(crate) reach: fn(&Tx<'_>, &Members) -> Result<()>,
    /// Refuses to delete one of that id that others need.
    pub(crate) check_unused: fn(&Api, &str) -> Result<()>,
}

/// Nobody needs it.
pub(crate) fn unused(_: &Api, _: &str) -> Result<()> {
    Ok(())
}

/// It names nothing outside of its API.
pub(crate) fn within(_: &Tx<'_>, _: &Members) -> Result<()> {
    Ok(())
}

/// Whose parts are meant: an API's, or those of a part of it.
#[derive(Clone, Copy)]
pub(crate) struct Home<'a> {
    pub(crate) api: &'a str,
    /// The id of the part, if any.
    pub(crate) above: &'a str,
}

impl Kind {
    /// The path of all of them.
    fn folder_in(&self, above: &str) -> String {
        match self.above {
            Some(kind) => format!("{}/{above}/{}", kind.folder, self.folder),
            None => self.folder.to_owned(),
        }
    }

    /// The path of one.
    fn path(&self, above: &str, id: &str) -> String {
        format!("{}/{id}", self.folder_in(above))
    }

    /// What a client says of one, without what says which one.
    fn said<I: Kept>(&self, input: &I) -> Result<Members> {
        let mut members = documents::of(input)?;
        let names = [Some("apiId"), Some(self.id), self.above.map(|kind| kind.id)];
        names.into_iter().flatten().for_each(|name| drop(members.remove(name)));
        Ok(members)
    }

    /// The API, if it has what they belong to.
    fn home(&self, api: Api, home: Home<'_>) -> Result<Api> {
        if let Some(kind) = self.above {
            found(&api, kind, "", home.above)?;
        }
        Ok(api)
    }
}

/// Makes one.
pub(crate) fn create<I: Kept, O: Kept>(tx: &mut Tx<'_>, kind: &Kind, home: Home<'_>, input: &I) -> Result<O> {
    let mut api = kind.home(Api::find(&**tx, &tx.scope(), home.api)?, home)?;
    let made = add_to(tx.random(), &mut api, kind, home.above, kind.said(input)?)?;
    (kind.reach)(tx, &made)?;
    api.put_changed(tx)?;
    documents::show(&made)
}

/// Adds one to an API that is not yet stored.
pub(crate) fn add(random: &Random, api: &mut Api, kind: &Kind, members: Members) -> Result<Members> {
    add_to(random, api, kind, "", members)
}

fn add_to(random: &Random, api: &mut Api, kind: &Kind, above: &str, mut members: Members) -> Result<Members> {
    let id = api::fresh_id(random, 7);
    let path = kind.path(above, &id);
    members.insert(kind.id.into(), json!(id));
    (kind.settle)(api, &path, &mut members)?;
    api.parts.insert(path, json!(members).to_string());
    Ok(members)
}

/// Shows one.
pub(crate) fn get<O: Kept>(view: &View<'_>, kind: &Kind, home: Home<'_>, id: &str) -> Result<O> {
    let api = kind.home(Api::find(&**view, &view.scope(), home.api)?, home)?;
    documents::show(&found(&api, kind, home.above, id)?)
}

fn found(api: &Api, kind: &Kind, above: &str, id: &str) -> Result<Members> {
    let text = api.parts.get(&kind.path(above, id));
    documents::read(text.ok_or_else(|| errors::not_found(kind.name, id))?)
}

/// Shows a page of them.
pub(crate) fn list<O: Kept>(view: &View<'_>, kind: &Kind, home: Home<'_>, asked: &Asked<'_>) -> Result<O> {
    let api = kind.home(Api::find(&**view, &view.scope(), home.api)?, home)?;
    let read = |(id, text): (&str, &str)| Ok((id.to_owned(), documents::read(text)?));
    let folder = kind.folder_in(home.above);
    let entries: Vec<(String, Members)> = api.parts_in(&folder).map(read).collect::<Result<_>>()?;
    documents::show_page(asked.page(view, entries)?)
}

/// Changes one.
pub(crate) fn update<I: Kept, O: Kept>(
    tx: &mut Tx<'_>,
    kind: &Kind,
    home: Home<'_>,
    id: &str,
    input: &I,
) -> Result<O> {
    let change = kind.said(input)?;
    let mut api = kind.home(Api::find(&**tx, &tx.scope(), home.api)?, home)?;
    let mut members = found(&api, kind, home.above, id)?;
    if change.contains_key("routeKey") {
        check_managed(kind, id, &members)?;
    }
    documents::merge(&mut members, change);
    let path = kind.path(home.above, id);
    (kind.settle)(&api, &path, &mut members)?;
    (kind.reach)(tx, &members)?;
    api.parts.insert(path, json!(members).to_string());
    api.put_changed(tx)?;
    documents::show(&members)
}

/// Deletes one, with what belongs to it.
pub(crate) fn delete(tx: &mut Tx<'_>, kind: &Kind, home: Home<'_>, id: &str) -> Result<()> {
    let mut api = kind.home(Api::find(&**tx, &tx.scope(), home.api)?, home)?;
    check_managed(kind, id, &found(&api, kind, home.above, id)?)?;
    (kind.check_unused)(&api, id)?;
    let path = kind.path(home.above, id);
    api.parts.remove(&path);
    let below = format!("{path}/");
    api.parts.retain(|path, _| !path.starts_with(&below));
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
