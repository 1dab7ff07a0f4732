//! Which objects a rule of a lifecycle or of a replication is for.

use api_s3 as api;

use crate::object::version::Content;

/// Conditions that all must hold. One that says nothing means every object.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Filter {
    pub(crate) prefix: String,
    pub(crate) tags: Vec<(String, String)>,
    /// The object has more bytes than that.
    pub(crate) more_than: Option<i64>,
    /// The object has fewer bytes than that.
    pub(crate) less_than: Option<i64>,
}

impl Filter {
    pub(crate) fn of_lifecycle(rule: &api::LifecycleRule) -> Self {
        let Some(filter) = &rule.filter else { return Self::of_prefix(rule.prefix.as_ref()) };
        match &filter.and {
            Some(and) => Filter {
                more_than: and.object_size_greater_than,
                less_than: and.object_size_less_than,
                ..Self::of_parts(and.prefix.as_ref(), and.tags.iter().flatten())
            },
            None => Filter {
                more_than: filter.object_size_greater_than,
                less_than: filter.object_size_less_than,
                ..Self::of_parts(filter.prefix.as_ref(), filter.tag.as_ref())
            },
        }
    }

    pub(crate) fn of_replication(rule: &api::ReplicationRule) -> Self {
        let Some(filter) = &rule.filter else { return Self::of_prefix(rule.prefix.as_ref()) };
        match &filter.and {
            Some(and) => Self::of_parts(and.prefix.as_ref(), and.tags.iter().flatten()),
            None => Self::of_parts(filter.prefix.as_ref(), filter.tag.as_ref()),
        }
    }

    fn of_prefix(prefix: Option<&String>) -> Self {
        Filter { prefix: prefix.cloned().unwrap_or_default(), ..Self::default() }
    }

    fn of_parts<'a>(prefix: Option<&String>, tags: impl IntoIterator<Item = &'a api::Tag>) -> Self {
        let tags = tags.into_iter().map(|tag| (tag.key.clone(), tag.value.clone()));
        Filter { tags: tags.collect(), ..Self::of_prefix(prefix) }
    }

    /// Whether it is for an object.
    pub(crate) fn fits(&self, key: &str, content: &Content) -> bool {
        let size = i64::try_from(content.size).unwrap_or(i64::MAX);
        key.starts_with(&self.prefix)
            && self.more_than.is_none_or(|least| size > least)
            && self.less_than.is_none_or(|most| size < most)
            && self.tags.iter().all(|(key, value)| content.tags.get(key) == Some(value))
    }

    /// Whether it is for a delete marker, which has neither tags nor a size.
    pub(crate) fn fits_marker(&self, key: &str) -> bool {
        key.starts_with(&self.prefix) && self.tags.is_empty() && !self.says_size()
    }

    /// Whether it says how large objects are.
    pub(crate) fn says_size(&self) -> bool {
        self.more_than.is_some() || self.less_than.is_some()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_conditions_must_hold() {
        let content = |size, tags: &[(&str, &str)]| Content {
            tags: tags.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect(),
            ..Content::of_test(size)
        };
        let filter = Filter {
            prefix: "in/".into(),
            tags: vec![("a".into(), "1".into()), ("b".into(), "2".into())],
            more_than: Some(5),
            less_than: Some(8),
        };
        let both = [("a", "1"), ("b", "2"), ("c", "3")];
        assert!(filter.fits("in/k", &content(6, &both)) && filter.fits("in/k", &content(7, &both)));
        for (key, size, tags) in
            [("out", 6, &both[..]), ("in/k", 5, &both), ("in/k", 8, &both), ("in/k", 6, &both[..1])]
        {
            assert!(!filter.fits(key, &content(size, tags)), "{key} {size} {tags:?}");
        }
        assert!(Filter::default().fits("", &content(0, &[])) && Filter::default().fits_marker("x"));
        assert!(!Filter { more_than: Some(0), ..Filter::default() }.fits_marker("x"));
    }
}
