//! What the rules of a bucket say of a version: what is to become of it now.
//!
//! Where several rules are for it, what deletes for good comes before a move, and of moves the one to the class that costs
//! least. A move and a delete marker go together.

use super::class::{is_archive, may_move, rank};
use super::rules::{Noncurrent, Rule, Rules, When};
use crate::object::version::{Content, Version};
use crate::object::versions::Keeping;

/// What has fewer bytes does not move, unless its rule says which sizes do.
const LEAST_BYTES: u64 = 128 * 1024;

/// Where a version stands among those of its key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Standing {
    Current,
    Older {
        /// Since then another one is the newest.
        since_ms: i64,
        /// How many stand before it that are not the newest either.
        newer: u32,
    },
}

/// What is to become of a version.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Fortune {
    /// It moves to that class.
    pub(super) class: Option<String>,
    pub(super) end: Option<End>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum End {
    /// It gets a delete marker.
    Marked,
    /// It goes for good.
    Removed,
    /// It is a delete marker, and goes if nothing stands behind it.
    RemovedIfLone,
}

impl Rule {
    /// The classes that an object may have moved to by now.
    fn due_classes(&self, modified_ms: i64, standing: Standing, now_ms: i64) -> Vec<&str> {
        match standing {
            Standing::Current => {
                let due = |(when, _): &&(When, String)| when.moment(modified_ms) <= now_ms;
                self.transitions.iter().filter(due).map(|(_, class)| class.as_str()).collect()
            }
            Standing::Older { since_ms, newer } => {
                let due = |(which, _): &&(Noncurrent, String)| which.is_due(since_ms, newer, now_ms);
                self.noncurrent_transitions.iter().filter(due).map(|(_, class)| class.as_str()).collect()
            }
        }
    }
}

impl Rules {
    /// What is to become of a version now.
    pub(super) fn fortune(
        &self,
        key: &str,
        version: &Version,
        standing: Standing,
        keeping: Keeping,
        now_ms: i64,
    ) -> Fortune {
        let Some(content) = &version.content else {
            return Fortune { class: None, end: self.end_of_marker(key, version, standing, now_ms) };
        };
        if content.fate.owes_copies() {
            return Fortune::default();
        }
        let end = self.end(key, version.modified_ms, content, standing, keeping, now_ms);
        let class = match end {
            Some(End::Removed) => None,
            _ => self.class(key, version.modified_ms, content, standing, now_ms),
        };
        Fortune { class, end }
    }

    fn end(
        &self,
        key: &str,
        modified_ms: i64,
        content: &Content,
        standing: Standing,
        keeping: Keeping,
        now_ms: i64,
    ) -> Option<End> {
        let Standing::Older { since_ms, newer } = standing else {
            let (due_ms, _) = self.expiration(key, modified_ms, content)?;
            let end = if keeping == Keeping::Nothing { End::Removed } else { End::Marked };
            return (due_ms <= now_ms).then_some(end);
        };
        let is_locked = content.is_held == Some(true)
            || content.retention.as_ref().is_some_and(|retention| retention.until_ms > now_ms);
        let goes = |rule: &&Rule| {
            let expiration = rule.noncurrent_expiration;
            expiration.is_some_and(|which| which.is_due(since_ms, newer, now_ms))
                && rule.filter.fits(key, content)
        };
        (!is_locked && self.rules.iter().any(|rule| goes(&rule))).then_some(End::Removed)
    }

    fn end_of_marker(&self, key: &str, marker: &Version, standing: Standing, now_ms: i64) -> Option<End> {
        let mut fitting = self.rules.iter().filter(|rule| rule.filter.fits_marker(key));
        match standing {
            Standing::Current => {
                let goes = |rule: &Rule| {
                    let due = rule.expiration.map(|when| when.moment(marker.modified_ms));
                    rule.lone_markers || due.is_some_and(|due_ms| due_ms <= now_ms)
                };
                fitting.any(goes).then_some(End::RemovedIfLone)
            }
            Standing::Older { since_ms, newer } => {
                let goes = |rule: &Rule| {
                    rule.noncurrent_expiration.is_some_and(|which| which.is_due(since_ms, newer, now_ms))
                };
                fitting.any(goes).then_some(End::Removed)
            }
        }
    }

    /// The class that costs least of those that it may move to.
    fn class(
        &self,
        key: &str,
        modified_ms: i64,
        content: &Content,
        standing: Standing,
        now_ms: i64,
    ) -> Option<String> {
        let fitting = self.rules.iter().filter(|rule| rule.filter.fits(key, content));
        let due = fitting.flat_map(|rule| {
            let classes = rule.due_classes(modified_ms, standing, now_ms).into_iter();
            classes.filter(|class| rule.filter.says_size() || self.is_large_enough(content, class))
        });
        let due = due.filter(|class| may_move(content.class(), class));
        due.max_by_key(|class| rank(class)).map(str::to_owned)
    }

    fn is_large_enough(&self, content: &Content, class: &str) -> bool {
        content.size >= LEAST_BYTES || self.small_to_archives && is_archive(class)
    }
}

#[cfg(test)]
mod tests {
    use api_s3 as api;

    use super::super::days::DAY_MS;
    use super::*;
    use crate::object::fate::{Fate, Replication, Status};
    use crate::object::version::Retention;

    fn object(size: u64) -> Content {
        Content { tags: [("team".into(), "blue".into())].into(), ..Content::of_test(size) }
    }

    fn rules(rules: Vec<api::LifecycleRule>) -> Rules {
        Rules::of(&api::GetBucketLifecycleConfigurationOutput { rules: Some(rules), ..Default::default() })
    }

    fn rule() -> api::LifecycleRule {
        api::LifecycleRule {
            status: api::ExpirationStatus::Enabled,
            prefix: Some("a/".into()),
            ..Default::default()
        }
    }

    fn expiration(days: i32) -> Option<api::LifecycleExpiration> {
        Some(api::LifecycleExpiration { days: Some(days), ..Default::default() })
    }

    fn transition(days: i32, class: &str) -> api::Transition {
        api::Transition { days: Some(days), storage_class: Some(class.into()), ..Default::default() }
    }

    /// Of a version made at 0, as its key's newest.
    fn current(rules: &Rules, content: Option<Content>, keeping: Keeping, day: i64) -> Fortune {
        let version = Version { id: [0; 16], number: 1, is_null: false, modified_ms: 0, content };
        rules.fortune("a/k", &version, Standing::Current, keeping, day * DAY_MS)
    }

    #[test]
    fn the_earliest_expiration_counts_and_deletes_where_nothing_is_kept() {
        let rules = rules(vec![
            api::LifecycleRule { expiration: expiration(9), ..rule() },
            api::LifecycleRule { expiration: expiration(3), ..rule() },
            api::LifecycleRule { expiration: expiration(1), prefix: Some("b/".into()), ..rule() },
        ]);
        let end = |keeping, day| current(&rules, Some(object(1)), keeping, day).end;
        assert_eq!(end(Keeping::Nothing, 2), None);
        assert_eq!(end(Keeping::Nothing, 3), Some(End::Removed));
        assert_eq!(end(Keeping::Versions, 3), Some(End::Marked));
        assert_eq!(end(Keeping::Suspended, 3), Some(End::Marked));
        let marker = |day| current(&rules, None, Keeping::Versions, day).end;
        assert_eq!((marker(2), marker(3)), (None, Some(End::RemovedIfLone)));
    }

    #[test]
    fn objects_move_as_far_as_they_may_unless_they_go() {
        let transitions = vec![transition(1, "STANDARD_IA"), transition(2, "GLACIER")];
        let with = |expiration| {
            let transitions = Some(transitions.clone());
            rules(vec![api::LifecycleRule { transitions, expiration, ..rule() }])
        };
        let class =
            |rules: &Rules, size, keeping, day| current(rules, Some(object(size)), keeping, day).class;
        let moving = with(None);
        assert_eq!(class(&moving, LEAST_BYTES, Keeping::Nothing, 1).as_deref(), Some("STANDARD_IA"));
        assert_eq!(class(&moving, LEAST_BYTES, Keeping::Nothing, 5).as_deref(), Some("GLACIER"));
        assert_eq!(class(&moving, LEAST_BYTES - 1, Keeping::Nothing, 5), None);
        let going = with(expiration(3));
        assert_eq!(class(&going, LEAST_BYTES, Keeping::Nothing, 5), None);
        let marked = current(&going, Some(object(LEAST_BYTES)), Keeping::Versions, 5);
        assert_eq!((marked.class.as_deref(), marked.end), (Some("GLACIER"), Some(End::Marked)));
    }

    #[test]
    fn older_versions_go_when_they_are_old_and_many_and_free() {
        let which =
            api::NoncurrentVersionExpiration { noncurrent_days: Some(2), newer_noncurrent_versions: Some(1) };
        let rules = rules(vec![api::LifecycleRule { noncurrent_version_expiration: Some(which), ..rule() }]);
        let end = |content: Option<Content>, newer, day: i64| {
            let version = Version { id: [0; 16], number: 1, is_null: false, modified_ms: 0, content };
            let standing = Standing::Older { since_ms: DAY_MS, newer };
            rules.fortune("a/k", &version, standing, Keeping::Versions, day * DAY_MS).end
        };
        assert_eq!(end(Some(object(1)), 1, 2), None);
        assert_eq!(end(Some(object(1)), 0, 3), None);
        assert_eq!(end(Some(object(1)), 1, 3), Some(End::Removed));
        assert_eq!(end(None, 1, 3), Some(End::Removed));
        assert_eq!(end(Some(Content { is_held: Some(true), ..object(1) }), 1, 3), None);
        let kept = |until_ms| {
            let retention = Some(Retention { is_compliance: false, until_ms });
            end(Some(Content { retention, ..object(1) }), 1, 3)
        };
        assert_eq!((kept(4 * DAY_MS), kept(3 * DAY_MS)), (None, Some(End::Removed)));
        let owing = Replication::Source([("b".to_owned(), Status::Pending)].into());
        let fate = Fate { replication: Some(owing), ..Fate::default() };
        assert_eq!(end(Some(Content { fate, ..object(1) }), 1, 3), None);
    }

    #[test]
    fn a_walk_begins_with_what_all_rules_have_in_common() {
        let of = |prefixes: &[&str]| {
            let each = prefixes
                .iter()
                .map(|prefix| api::LifecycleRule { prefix: Some((*prefix).to_owned()), ..rule() });
            rules(each.collect()).prefix().to_owned()
        };
        assert_eq!(of(&["a/bü/c", "a/bü/d"]), "a/bü/");
        assert_eq!(of(&["a", "ab"]), "a");
        assert_eq!((of(&["ü", "ö"]), of(&["a", ""]), of(&[])), (String::new(), String::new(), String::new()));
    }
}
