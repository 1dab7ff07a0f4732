//! Tags of users and roles.

use api_iam as api;
use service::{Result, Tx, View};

use crate::identity::{self, Kind, shown_tags, tagged};
use crate::page::{Page, Wish};

fn add(tx: &mut Tx<'_>, kind: Kind, name: &str, tags: &[api::Tag]) -> Result<()> {
    let mut identity = identity::find(&**tx, tx.scope().account, kind, name)?;
    identity.tags = tagged(identity.tags, tags)?;
    identity::put(tx, &identity)
}

fn remove(tx: &mut Tx<'_>, kind: Kind, name: &str, keys: &[String]) -> Result<()> {
    let mut identity = identity::find(&**tx, tx.scope().account, kind, name)?;
    identity.tags.retain(|key, _| !keys.contains(key));
    identity::put(tx, &identity)
}

fn list(view: &View<'_>, kind: Kind, name: &str, wish: &Wish<'_>) -> Result<Page<api::Tag>> {
    let tags = shown_tags(&identity::find(&**view, view.scope().account, kind, name)?.tags);
    wish.of_names(view, tags.into_iter().map(|tag| (tag.key.clone(), tag)))
}

pub(crate) fn tag_role(tx: &mut Tx<'_>, input: &api::TagRoleInput) -> Result<api::TagRoleOutput> {
    add(tx, Kind::Role, &input.role_name, &input.tags)?;
    Ok(api::TagRoleOutput::default())
}

pub(crate) fn tag_user(tx: &mut Tx<'_>, input: &api::TagUserInput) -> Result<api::TagUserOutput> {
    add(tx, Kind::User, &input.user_name, &input.tags)?;
    Ok(api::TagUserOutput::default())
}

pub(crate) fn untag_role(tx: &mut Tx<'_>, input: &api::UntagRoleInput) -> Result<api::UntagRoleOutput> {
    remove(tx, Kind::Role, &input.role_name, &input.tag_keys)?;
    Ok(api::UntagRoleOutput::default())
}

pub(crate) fn untag_user(tx: &mut Tx<'_>, input: &api::UntagUserInput) -> Result<api::UntagUserOutput> {
    remove(tx, Kind::User, &input.user_name, &input.tag_keys)?;
    Ok(api::UntagUserOutput::default())
}

pub(crate) fn list_of_role(
    view: &View<'_>,
    input: &api::ListRoleTagsInput,
) -> Result<api::ListRoleTagsOutput> {
    let (marker, max_items) = (input.marker.as_deref(), input.max_items);
    let wish = Wish { operation: "iam:ListRoleTags", marker, max_items };
    let page = list(view, Kind::Role, &input.role_name, &wish)?;
    Ok(api::ListRoleTagsOutput { tags: page.items, is_truncated: page.is_truncated, marker: page.marker })
}

pub(crate) fn list_of_user(
    view: &View<'_>,
    input: &api::ListUserTagsInput,
) -> Result<api::ListUserTagsOutput> {
    let (marker, max_items) = (input.marker.as_deref(), input.max_items);
    let wish = Wish { operation: "iam:ListUserTags", marker, max_items };
    let page = list(view, Kind::User, &input.user_name, &wish)?;
    Ok(api::ListUserTagsOutput { tags: page.items, is_truncated: page.is_truncated, marker: page.marker })
}
