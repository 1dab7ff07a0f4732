//! The rules of a bucket that are in force, and what they say of a version.

use api_s3 as api;

use super::days::after;
use crate::filter::Filter;
use crate::object::version::{Content, Version};
use crate::object::versions::Keeping;

/// What has fewer bytes does not move, unless its rule says which sizes do.
const LEAST_BYTES: u64 = 128 * 1024;

/// All of them.
pub(crate) struct Rules {
    rules: Vec<Rule>,
    /// Small objects may move to archives.
    small_to_archives: bool,
}

struct Rule {
    id: String,
    filter: Filter,
    expiration: Option<When>,
    /// Delete markers that nothing stands behind go at once.
    lone_markers: bool,
    transitions: Vec<(When, String)>,
    noncurrent_expiration: Option<Noncurrent>,
    noncurrent_transitions: Vec<(Noncurrent, String)>,
    abort_days: Option<i32>,
}

/// When something becomes due.
#[derive(Clone, Copy, Debug)]
enum When {
    /// So many days after it was made.
    Days(i32),
    /// At that moment.
    At(i64),
}

/// Which versions are meant that are not the newest any more.
#[derive(Clone, Copy, Debug)]
struct Noncurrent {
    /// For how long.
    days: i32,
    /// So many of the newest of them stay.
    newer: u32,
}

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

impl When {
    fn moment(self, from_ms: i64) -> i64 {
        match self {
            When::Days(days) => after(from_ms, days),
            When::At(moment_ms) => moment_ms,
        }
    }
}

impl Noncurrent {
    fn new(days: Option<i32>, newer: Option<i32>) -> Self {
        let newer = newer.and_then(|newer| u32::try_from(newer).ok()).unwrap_or_default();
        Noncurrent { days: days.unwrap_or_default(), newer }
    }

    fn is_due(self, since_ms: i64, newer: u32, now_ms: i64) -> bool {
        newer >= self.newer && after(since_ms, self.days) <= now_ms
    }
}

impl Rule {
    fn of(rule: &api::LifecycleRule) -> Self {
        let when = |date: Option<wire::Timestamp>, days: Option<i32>| match (date, days) {
            (Some(date), _) => Some(When::At(date.millis())),
            (None, days) => days.map(When::Days),
        };
        let class = |class: &Option<api::TransitionStorageClass>| {
            class.as_ref().map(|class| class.as_str().to_owned()).unwrap_or_default()
        };
        let expiration = rule.expiration.as_ref();
        let noncurrent = rule.noncurrent_version_expiration.as_ref();
        let transitions = rule.transitions.iter().flatten();
        let older = rule.noncurrent_version_transitions.iter().flatten();
        Rule {
            id: rule.id.clone().unwrap_or_default(),
            filter: Filter::of_lifecycle(rule),
            expiration: expiration.and_then(|expiration| when(expiration.date, expiration.days)),
            lone_markers: expiration.is_some_and(|one| one.expired_object_delete_marker == Some(true)),
            transitions: transitions
                .filter_map(|one| Some((when(one.date, one.days)?, class(&one.storage_class))))
                .collect(),
            noncurrent_expiration: noncurrent
                .map(|one| Noncurrent::new(one.noncurrent_days, one.newer_noncurrent_versions)),
            noncurrent_transitions: older
                .map(|one| {
                    let which = Noncurrent::new(one.noncurrent_days, one.newer_noncurrent_versions);
                    (which, class(&one.storage_class))
                })
                .collect(),
            abort_days: rule
                .abort_incomplete_multipart_upload
                .as_ref()
                .and_then(|abort| abort.days_after_initiation),
        }
    }

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
    pub(super) fn of(setting: &api::GetBucketLifecycleConfigurationOutput) -> Self {
        let enabled = |rule: &&api::LifecycleRule| rule.status == api::ExpirationStatus::Enabled;
        let varies = api::TransitionDefaultMinimumObjectSize::VariesByStorageClass;
        Rules {
            rules: setting.rules.iter().flatten().filter(enabled).map(Rule::of).collect(),
            small_to_archives: setting.transition_default_minimum_object_size == Some(varies),
        }
    }

    /// What the keys of all objects begin with that any rule is for.
    pub(super) fn prefix(&self) -> &str {
        let mut prefixes = self.rules.iter().map(|rule| rule.filter.prefix.as_str());
        let first = prefixes.next().unwrap_or_default();
        prefixes.fold(first, |common, other| {
            let pairs = common.char_indices().zip(other.chars());
            let end = pairs.take_while(|((_, one), other)| one == other).last();
            &common[..end.map_or(0, |((at, one), _)| at + one.len_utf8())]
        })
    }

    /// Whether any rule gives uploads up.
    pub(super) fn abort_uploads(&self) -> bool {
        self.rules.iter().any(|rule| rule.abort_days.is_some())
    }

    /// When an upload that began then is given up, and by which rule.
    pub(super) fn abort(&self, key: &str, initiated_ms: i64) -> Option<(i64, &str)> {
        let due = self
            .rules
            .iter()
            .filter(|rule| key.starts_with(&rule.filter.prefix))
            .filter_map(|rule| Some((after(initiated_ms, rule.abort_days?), rule.id.as_str())));
        due.min_by_key(|(due_ms, _)| *due_ms)
    }

    /// When the newest version of a key expires, and by which rule.
    pub(super) fn expiration(&self, key: &str, modified_ms: i64, content: &Content) -> Option<(i64, &str)> {
        let fitting = self.rules.iter().filter(|rule| rule.filter.fits(key, content));
        let due = fitting.filter_map(|rule| Some((rule.expiration?.moment(modified_ms), rule.id.as_str())));
        due.min_by_key(|(due_ms, _)| *due_ms)
    }

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
        let is_archive = matches!(class, "GLACIER" | "DEEP_ARCHIVE");
        content.size >= LEAST_BYTES || self.small_to_archives && is_archive
    }
}

/// Objects move down alone.
fn rank(class: &str) -> u8 {
    match class {
        "STANDARD_IA" => 1,
        "INTELLIGENT_TIERING" => 2,
        "ONEZONE_IA" => 3,
        "GLACIER_IR" => 4,
        "GLACIER" => 5,
        "DEEP_ARCHIVE" => 6,
        _ => 0,
    }
}

/// "Supported transitions" in the user guide.
fn may_move(from: &str, to: &str) -> bool {
    rank(to) > rank(from) && (from, to) != ("ONEZONE_IA", "GLACIER_IR")
}
