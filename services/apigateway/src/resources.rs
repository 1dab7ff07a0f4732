//! Resources: the tree of an API's paths. A resource holds its methods, with their integrations and responses.

use std::collections::BTreeMap;

use api_apigateway as api;
use service::{Result, Tx, View};
use store::Reads;
use wire::Fault;

use crate::document::{self, Home};
use crate::patch::{self, REPLACE};
use crate::{apis, errors};

const PART_WORDS: &str = "Resource's path part only allow a-zA-Z0-9._-: or a valid greedy path variable and curly braces at the beginning and the end.";

/// Notes the resource that every API has.
pub(crate) fn add_root(tx: &mut Tx<'_>, api_id: &str, id: &str) {
    let root = api::Resource { id: Some(id.into()), path: Some("/".into()), ..api::Resource::default() };
    Home::In(api_id).put(tx, id, &root);
}

pub(crate) fn root_of(reads: &impl Reads, api_id: &str) -> Result<Option<api::Resource>> {
    let all = Home::In(api_id).all::<api::Resource>(reads)?;
    Ok(all.into_iter().find(|resource| resource.path.as_deref() == Some("/")))
}

/// Whether a part of a path is one: `a-b`, `{x}`, `{proxy+}`.
pub(crate) fn is_part(part: &str) -> bool {
    let plain = |text: &str| {
        !text.is_empty()
            && text.chars().all(|c| c.is_ascii_alphanumeric() || "._-:~$@,!*'()+&;=%".contains(c))
    };
    match part.strip_prefix('{').and_then(|part| part.strip_suffix('}')) {
        Some(name) => plain(name.strip_suffix('+').unwrap_or(name)),
        None => plain(part),
    }
}

fn is_variable(part: &str) -> bool {
    part.starts_with('{')
}

fn is_greedy(part: &str) -> bool {
    part.ends_with("+}")
}

/// Refuses a part that has no place beside its siblings.
fn check_place(part: &str, parent: &api::Resource, others: &[api::Resource]) -> Result<(), Fault> {
    if !is_part(part) {
        return Err(errors::bad(PART_WORDS));
    }
    let above = parent.path.as_deref().unwrap_or_default();
    if above.ends_with("+}") {
        return Err(errors::bad(format!(
            "Cannot create a child of a resource with a greedy path variable: {above}"
        )));
    }
    let siblings = others.iter().filter(|other| other.parent_id == parent.id);
    for sibling in siblings.filter_map(|sibling| sibling.path_part.as_deref()) {
        if sibling == part {
            let message = format!("Another resource with the same parent already has this name: {part}");
            return Err(errors::conflict(message));
        }
        if is_variable(sibling) && is_variable(part) && is_greedy(sibling) == is_greedy(part) {
            return Err(errors::bad(format!(
                "A sibling ({sibling}) of this resource already has a variable path part -- only one is allowed"
            )));
        }
    }
    let name = part.trim_matches(['{', '}']).trim_end_matches('+');
    let repeated = above.split('/').any(|known| known.trim_matches(['{', '}']) == name && is_variable(known));
    if is_variable(part) && repeated {
        return Err(errors::bad(format!(
            "Path part {part} is already used as a variable of the resource's path {above}"
        )));
    }
    Ok(())
}

/// The path below another one.
pub(crate) fn below(parent: &str, part: &str) -> String {
    if parent == "/" { format!("/{part}") } else { format!("{parent}/{part}") }
}

pub(crate) fn create(tx: &mut Tx<'_>, input: &api::CreateResourceInput) -> Result<api::Resource> {
    let home = apis::home(&**tx, &tx.scope(), &input.rest_api_id)?;
    let parent: api::Resource = home.find(&**tx, &input.parent_id)?;
    check_place(&input.path_part, &parent, &home.all(&**tx)?)?;
    let id = document::fresh_id(tx.random(), 6);
    let made = api::Resource {
        id: Some(id.clone()),
        path: Some(below(parent.path.as_deref().unwrap_or("/"), &input.path_part)),
        parent_id: parent.id,
        path_part: Some(input.path_part.clone()),
        resource_methods: None,
    };
    home.put(tx, &id, &made);
    Ok(made)
}

/// Without what its methods are, unless it is asked for.
fn shown(mut resource: api::Resource, embed: Option<&Vec<String>>) -> api::Resource {
    let embeds = embed.into_iter().flatten().any(|what| what == "methods");
    for method in resource.resource_methods.iter_mut().flat_map(BTreeMap::values_mut) {
        if !embeds {
            *method = api::Method::default();
        }
    }
    resource.resource_methods = resource.resource_methods.filter(|methods| !methods.is_empty());
    resource
}

pub(crate) fn get(view: &View<'_>, input: &api::GetResourceInput) -> Result<api::Resource> {
    let home = apis::home(&**view, &view.scope(), &input.rest_api_id)?;
    Ok(shown(home.find(&**view, &input.resource_id)?, input.embed.as_ref()))
}

pub(crate) fn list(view: &View<'_>, input: &api::GetResourcesInput) -> Result<api::GetResourcesOutput> {
    let home = apis::home(&**view, &view.scope(), &input.rest_api_id)?;
    let (items, position) = home.page(view, (input.position.as_deref(), input.limit), |_| Ok(true))?;
    let items = items.into_iter().map(|resource| shown(resource, input.embed.as_ref())).collect();
    Ok(api::GetResourcesOutput { items: Some(items), position })
}

pub(crate) fn delete(tx: &mut Tx<'_>, input: &api::DeleteResourceInput) -> Result<api::DeleteResourceOutput> {
    let home = apis::home(&**tx, &tx.scope(), &input.rest_api_id)?;
    let found: api::Resource = home.find(&**tx, &input.resource_id)?;
    if found.parent_id.is_none() {
        return Err(errors::bad("Root resource cannot be deleted").into());
    }
    let all = home.all::<api::Resource>(&**tx)?;
    for id in with_descendants(&all, &input.resource_id) {
        home.delete::<api::Resource>(tx, &id)?;
    }
    Ok(api::DeleteResourceOutput::default())
}

/// The ids of a resource and of all below it.
fn with_descendants(all: &[api::Resource], id: &str) -> Vec<String> {
    let mut ids = vec![id.to_owned()];
    let mut next = 0;
    while let Some(parent) = ids.get(next).cloned() {
        let children = all.iter().filter(|resource| resource.parent_id.as_ref() == Some(&parent));
        ids.extend(children.filter_map(|child| child.id.clone()));
        next += 1;
    }
    ids
}

pub(crate) fn update(tx: &mut Tx<'_>, input: &api::UpdateResourceInput) -> Result<api::Resource> {
    let home = apis::home(&**tx, &tx.scope(), &input.rest_api_id)?;
    let found: api::Resource = home.find(&**tx, &input.resource_id)?;
    let table = &[("/pathPart", REPLACE), ("/parentId", REPLACE)];
    let mut changed: api::Resource = patch::apply(&found, &input.patch_operations, table)?;
    let Some(parent_id) = changed.parent_id.clone().filter(|_| found.parent_id.is_some()) else {
        return Err(errors::bad("Root resource cannot be changed").into());
    };
    let all = home.all::<api::Resource>(&**tx)?;
    let moved = with_descendants(&all, &input.resource_id);
    if moved.contains(&parent_id) {
        return Err(errors::bad("A resource cannot be moved below itself").into());
    }
    let parent: api::Resource = home.find(&**tx, &parent_id)?;
    let others: Vec<_> = all.iter().filter(|other| other.id != found.id).cloned().collect();
    let part = changed.path_part.clone().unwrap_or_default();
    check_place(&part, &parent, &others)?;
    changed.path = Some(below(parent.path.as_deref().unwrap_or("/"), &part));
    let (from, to) = (found.path.unwrap_or_default(), changed.path.clone().unwrap_or_default());
    for mut resource in
        all.into_iter().filter(|resource| resource.id.as_ref().is_some_and(|id| moved[1..].contains(id)))
    {
        let path = resource.path.unwrap_or_default();
        resource.path = Some(format!("{to}{}", path.strip_prefix(&from).unwrap_or_default()));
        home.put(tx, &resource.id.clone().unwrap_or_default(), &resource);
    }
    home.put(tx, &input.resource_id, &changed);
    Ok(shown(changed, None))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_of_paths() {
        for part in ["a", "a-b.c_d:e", "{x}", "{proxy+}", "v1"] {
            assert!(is_part(part), "{part}");
        }
        for part in ["", "a/b", "{}", "{x", "x}", "{+}", "a b", "{a{b}", "ä", "?"] {
            assert!(!is_part(part), "{part}");
        }
    }

    #[test]
    fn siblings_have_one_variable() {
        let resource = |id: &str, part: &str| api::Resource {
            id: Some(id.into()),
            parent_id: Some("root".into()),
            path_part: Some(part.into()),
            ..api::Resource::default()
        };
        let root = api::Resource { id: Some("root".into()), path: Some("/".into()), ..Default::default() };
        let others = [resource("1", "a"), resource("2", "{x}")];
        let place = |part: &str| check_place(part, &root, &others).map_err(|fault| fault.message);
        assert!(place("b").is_ok() && place("{proxy+}").is_ok());
        assert!(place("a").unwrap_err().ends_with("already has this name: a"));
        assert!(place("{y}").unwrap_err().starts_with("A sibling ({x})"));
        let deep = api::Resource { path: Some("/{x}/b".into()), ..api::Resource::default() };
        assert!(check_place("{x}", &deep, &[]).is_err());
        let greedy = api::Resource { path: Some("/{proxy+}".into()), ..api::Resource::default() };
        assert!(check_place("a", &greedy, &[]).is_err());
    }
}
