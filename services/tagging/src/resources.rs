//! `GetResources`: what is tagged, or was, in pages.

use api_tagging as api;
use service::tags::{self, Tagged};
use service::{Result, View, refuse};
use wire::Fault;

use crate::errors;
use crate::filters::Filters;

/// Tells its page tokens from those of other lists.
const OPERATION: &str = "tagging:GetResources";
/// Resources of a page, at most and when the client says nothing.
const RESOURCES_MAX: usize = 100;
/// The least and the most tags of a page.
const TAGS: (i32, i32) = (100, 500);

pub(crate) fn get(view: &View<'_>, input: &api::GetResourcesInput) -> Result<api::GetResourcesOutput> {
    check(input)?;
    let filters = Filters::read(input)?;
    let mut room = Room::read(input)?;
    let mut shown = Vec::new();
    for resource in tags::all(&**view, rest(view, input)?) {
        let resource = resource?;
        if !filters.want(&resource) {
            continue;
        }
        if !room.take(&resource) {
            let token = view.context.cloud.page_tokens.seal(OPERATION, &resource.place);
            return Ok(page(shown, token));
        }
        shown.push(show(resource));
    }
    Ok(page(shown, String::new()))
}

/// Refuses what excludes one another, and what is not built.
fn check(input: &api::GetResourcesInput) -> Result<(), Fault> {
    let excludes = input.exclude_compliant_resources == Some(true);
    if excludes && input.include_compliance_details != Some(true) {
        return Err(errors::invalid(
            "You can use ExcludeCompliantResources only if IncludeComplianceDetails is true.",
        ));
    }
    let includes = input.include_compliance_details == Some(true);
    refuse("tagging", &[("ExcludeCompliantResources", excludes), ("IncludeComplianceDetails", includes)])?;
    let others = [
        ("TagFilters", input.tag_filters.as_ref().is_some_and(|filters| !filters.is_empty())),
        ("ResourceTypeFilters", input.resource_type_filters.as_ref().is_some_and(|types| !types.is_empty())),
        ("ResourcesPerPage", input.resources_per_page.is_some()),
        ("TagsPerPage", input.tags_per_page.is_some()),
        ("PaginationToken", input.pagination_token.as_ref().is_some_and(|token| !token.is_empty())),
    ];
    match others.iter().find(|(_, is_given)| *is_given && input.resource_arn_list.is_some()) {
        Some((name, _)) => {
            Err(errors::invalid(format!("ResourceARNList and {name} cannot be used together.")))
        }
        None => Ok(()),
    }
}

/// Where the rest of the list is.
fn rest(view: &View<'_>, input: &api::GetResourcesInput) -> Result<std::ops::Range<Vec<u8>>, Fault> {
    let mut range = tags::range(&view.scope());
    // An empty token is what the last page has, and begins anew.
    if let Some(token) = input.pagination_token.as_deref().filter(|token| !token.is_empty()) {
        let next = view.context.cloud.page_tokens.open_within(OPERATION, token, &range);
        range.start = next.ok_or_else(errors::bad_token)?;
    }
    Ok(range)
}

/// What a page has room for.
struct Room {
    resources: usize,
    tags: usize,
    is_empty: bool,
}

impl Room {
    fn read(input: &api::GetResourcesInput) -> Result<Self, Fault> {
        let resources = input.resources_per_page.map(usize::try_from).transpose().ok().flatten();
        let resources = match input.resources_per_page {
            None => RESOURCES_MAX,
            Some(_) => resources.filter(|count| (1..=RESOURCES_MAX).contains(count)).ok_or_else(|| {
                errors::invalid(format!("ResourcesPerPage must be between 1 and {RESOURCES_MAX}."))
            })?,
        };
        let (least, most) = TAGS;
        let tags = match input.tags_per_page {
            None => usize::MAX,
            Some(tags) if (least..=most).contains(&tags) => tags as usize,
            Some(_) => {
                return Err(errors::invalid(format!("TagsPerPage must be between {least} and {most}.")));
            }
        };
        Ok(Room { resources, tags, is_empty: true })
    }

    /// Takes a resource in, when there is room; one without tags takes that of one.
    fn take(&mut self, resource: &Tagged) -> bool {
        let tags = resource.tags.len().max(1);
        if self.resources == 0 || (tags > self.tags && !self.is_empty) {
            return false;
        }
        self.is_empty = false;
        self.resources -= 1;
        self.tags = self.tags.saturating_sub(tags);
        true
    }
}

fn show(resource: Tagged) -> api::ResourceTagMapping {
    let tags = resource.tags.into_iter().map(|(key, value)| api::Tag { key, value });
    api::ResourceTagMapping {
        resource_arn: Some(resource.arn),
        tags: Some(tags.collect()),
        ..api::ResourceTagMapping::default()
    }
}

fn page(shown: Vec<api::ResourceTagMapping>, token: String) -> api::GetResourcesOutput {
    api::GetResourcesOutput { pagination_token: Some(token), resource_tag_mapping_list: Some(shown) }
}
