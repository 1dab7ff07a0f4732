//! Which resources a request wants: by their tags, their types or their ARNs.

use std::collections::BTreeSet;

use api_tagging as api;
use names::Arn;
use service::tags::Tagged;
use wire::Fault;

use crate::errors;

/// What a resource must be.
pub(crate) struct Filters<'a> {
    tags: Vec<(&'a str, &'a [String])>,
    types: Vec<(&'a str, Option<&'a str>)>,
    arns: Option<BTreeSet<&'a str>>,
}

/// Types of a request, at most.
const TYPES_MAX: usize = 100;

impl<'a> Filters<'a> {
    pub(crate) fn read(input: &'a api::GetResourcesInput) -> Result<Self, Fault> {
        let tags = input.tag_filters.iter().flatten().map(tag_filter).collect::<Result<Vec<_>, _>>()?;
        let types: Vec<_> = input.resource_type_filters.iter().flatten().map(|text| typed(text)).collect();
        if types.len() > TYPES_MAX {
            return Err(errors::invalid(format!("ResourceTypeFilters can have at most {TYPES_MAX} items.")));
        }
        let arns = input.resource_arn_list.as_ref();
        let arns = arns.map(|arns| arns.iter().map(String::as_str).collect());
        Ok(Filters { tags, types, arns })
    }

    /// Whether it wants this resource.
    pub(crate) fn want(&self, resource: &Tagged) -> bool {
        self.arns.as_ref().is_none_or(|arns| arns.contains(resource.arn.as_str()))
            && (self.types.is_empty() || self.types.iter().any(|wanted| is_of(&resource.arn, *wanted)))
            && self.tags.iter().all(|(key, values)| {
                resource.tags.get(*key).is_some_and(|value| values.is_empty() || values.contains(value))
            })
    }
}

/// A key, and the values of which it has one; none for any.
fn tag_filter(filter: &api::TagFilter) -> Result<(&str, &[String]), Fault> {
    let key = filter.key.as_deref().ok_or_else(|| errors::invalid("A tag filter must have a key."))?;
    Ok((key, filter.values.as_deref().unwrap_or_default()))
}

/// `dynamodb:table`, or only `dynamodb`.
fn typed(text: &str) -> (&str, Option<&str>) {
    text.split_once(':').map_or((text, None), |(service, kind)| (service, Some(kind)))
}

/// Whether an ARN is of that service and type. Where ARNs have no type, as those of queues, any will do.
fn is_of(arn: &str, (service, kind): (&str, Option<&str>)) -> bool {
    let Ok(arn) = arn.parse::<Arn>() else { return false };
    let resource = arn.resource().trim_start_matches('/');
    let own = resource.split_once(['/', ':']).map(|(own, _)| own);
    arn.service() == service && kind.is_none_or(|kind| own.is_none_or(|own| own == kind))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn types_are_those_of_arns() {
        let is = |arn, text| is_of(arn, typed(text));
        let table = "arn:aws:dynamodb:us-east-1:000000000000:table/trips";
        assert!(is(table, "dynamodb") && is(table, "dynamodb:table"));
        assert!(!is(table, "dynamodb:stream") && !is(table, "sqs") && !is(table, "dynamo"));
        let function = "arn:aws:lambda:us-east-1:000000000000:function:f";
        assert!(is(function, "lambda:function") && !is(function, "lambda:event-source-mapping"));
        assert!(is("arn:aws:apigateway:us-east-1::/apis/a/stages/s", "apigateway:apis"));
        let queue = "arn:aws:sqs:us-east-1:000000000000:q";
        assert!(is(queue, "sqs") && is(queue, "sqs:queue") && !is(queue, "sns"));
    }
}
