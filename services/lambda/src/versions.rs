//! Versions: a function's code and settings as they were when it was published, under a number that is never given again.
//!
//! A version has its own record and shares the package; whoever lets go of a package last deletes it.

use api_lambda as api;
use service::{Result, Tx, View};
use store::{Direction, Reads, record};

use crate::function::{self, Function};
use crate::functions::{named, pages};
use crate::keys::{self, Id};
use crate::name::{LATEST, Name};
use crate::{aliases, errors, event, layers, package, provisioned, refused};

/// Versions of a page.
const PAGE_MAX: i32 = 50;

pub(crate) fn publish(
    tx: &mut Tx<'_>,
    input: &api::PublishVersionInput,
) -> Result<api::PublishVersionOutput> {
    refused::refuse(&[("PublishTo", input.publish_to.is_some())])?;
    let name = Name { qualifier: None, ..named(&tx.scope(), &input.function_name, None)? };
    let latest = function::find(&**tx, &name)?;
    if input.revision_id.as_ref().is_some_and(|wanted| *wanted != latest.revision_id()) {
        return Err(errors::changed_meanwhile().into());
    }
    let sha256 = &latest.package.sha256;
    if let Some(wanted) = input.code_sha256.as_ref().filter(|wanted| !wanted.is_empty() && *wanted != sha256)
    {
        return Err(errors::invalid(format!(
            "CodeSHA256 ({wanted}) is different from current CodeSHA256 in {LATEST} ({sha256}). Please try again with \
             the CodeSHA256 in {LATEST}."
        ))
        .into());
    }
    Ok(freeze(tx, &latest, input.description.as_deref())?.configuration())
}

/// The version that is like `latest`: the last one when nothing has changed since, else a new one.
pub(crate) fn freeze(tx: &mut Tx<'_>, latest: &Function, description: Option<&str>) -> Result<Function> {
    if latest.package.folder.is_some() {
        return Err(errors::not_built("A version of code that is a folder").into());
    }
    let name = latest.full_name();
    let counter = keys::published(&name.scope, &name.name);
    let last: u64 = tx.get_record(&counter)?.unwrap_or_default();
    let known: Option<Function> = tx.get_record(&keys::version(&name.scope, &name.name, last))?;
    if let Some(known) = known.filter(|known| is_alike(known, latest)) {
        return Ok(known);
    }
    let description = description.unwrap_or(&latest.description).to_owned();
    let revision = tx.random().bytes();
    let version = Function { version: last + 1, description, revision, ..latest.clone() };
    tx.put_record(&counter, &version.version)?;
    tx.put_record(version.key(), &version)?;
    layers::note(tx, &version);
    Ok(version)
}

/// Whether a new version would do the same as the one that there is.
fn is_alike(known: &Function, latest: &Function) -> bool {
    let without_history = Function {
        version: known.version,
        revision: known.revision,
        modified_ms: known.modified_ms,
        description: known.description.clone(),
        package: package::Stored { id: known.package.id, ..latest.package.clone() },
        ..latest.clone()
    };
    *known == without_history
}

/// All published versions of a function.
pub(crate) fn all(reads: &impl Reads, function: &Name) -> Result<Vec<Function>> {
    let range = keys::versions(&function.scope, &function.name).prefix_range();
    reads.scan(range, Direction::Forward).map(|entry| Ok(record::decode(&entry?.1)?)).collect()
}

/// Deletes a version that no alias refers to. One that is not there is no error.
pub(crate) fn delete(tx: &mut Tx<'_>, name: &Name, number: u64) -> Result<Option<Function>> {
    let function = Name { qualifier: None, ..name.clone() };
    function::find(&**tx, &function)?;
    let referring = aliases::all(&**tx, &function)?.into_iter().filter(|alias| alias.refers_to(number));
    let referring: Vec<String> = referring.map(|alias| alias.name().to_owned()).collect();
    if !referring.is_empty() {
        let message = format!(
            "Unable to delete version because the following aliases reference it: [{}]",
            referring.join(", ")
        );
        return Err(api::error::resource_conflict_exception(message).into());
    }
    let key = keys::version(&name.scope, &name.name, number);
    let Some(version) = tx.get_record::<Function>(&key)? else { return Ok(None) };
    tx.delete(key);
    tx.delete(keys::policy_of(&name.scope, &name.name, &version.version_text()));
    tx.delete(keys::runtime_update(&name.scope, &name.name, number));
    provisioned::forget(tx, &version.full_name());
    event::settings::forget_qualified(tx, &version.full_name());
    release(tx, &function, &version.package.id)?;
    layers::release(tx, &version)?;
    Ok(Some(version))
}

/// Deletes a package that neither the function nor one of its versions refers to any more.
pub(crate) fn release(tx: &mut Tx<'_>, function: &Name, package: &Id) -> Result<()> {
    let latest: Option<Function> = tx.get_record(&keys::function(&function.scope, &function.name))?;
    let versions = all(&**tx, function)?;
    if versions.iter().chain(&latest).any(|version| version.package.id == *package) {
        return Ok(());
    }
    package::delete(tx, package)
}

pub(crate) fn list(
    view: &View<'_>,
    input: &api::ListVersionsByFunctionInput,
) -> Result<api::ListVersionsByFunctionOutput> {
    let name = Name { qualifier: None, ..named(&view.scope(), &input.function_name, None)? };
    let latest = function::find(&**view, &name)?;
    let versions = std::iter::once(latest).chain(all(&**view, &name)?);
    let in_order = versions.map(|version| (format!("{:020}", version.version), version));
    let pages = pages("lambda:ListVersionsByFunction", input.marker.as_deref(), input.max_items, PAGE_MAX);
    let page = pages.of_sorted(view, in_order, |_, version| {
        Ok(version.listed(&name.qualified(version.version_text())))
    })?;
    Ok(api::ListVersionsByFunctionOutput { next_marker: page.next_token, versions: Some(page.items) })
}
