//! The rules of a bucket that are in force, made ready to be asked.

use api_s3 as api;

use super::days::after;
use crate::filter::Filter;
use crate::object::version::Content;

/// All of them.
pub(super) struct Rules {
    pub(super) rules: Vec<Rule>,
    /// Small objects may move to archives.
    pub(super) small_to_archives: bool,
}

/// One of them.
pub(super) struct Rule {
    id: String,
    pub(super) filter: Filter,
    pub(super) expiration: Option<When>,
    /// Delete markers that nothing stands behind go at once.
    pub(super) lone_markers: bool,
    pub(super) transitions: Vec<(When, String)>,
    pub(super) noncurrent_expiration: Option<Noncurrent>,
    pub(super) noncurrent_transitions: Vec<(Noncurrent, String)>,
    abort_days: Option<i32>,
}

/// When something becomes due.
#[derive(Clone, Copy, Debug)]
pub(super) enum When {
    /// So many days after it was made.
    Days(i32),
    /// At that moment.
    At(i64),
}

/// Which versions are meant that are not the newest any more.
#[derive(Clone, Copy, Debug)]
pub(super) struct Noncurrent {
    /// For how long.
    days: i32,
    /// So many of the newest of them stay.
    newer: u32,
}

impl When {
    pub(super) fn moment(self, from_ms: i64) -> i64 {
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

    pub(super) fn is_due(self, since_ms: i64, newer: u32, now_ms: i64) -> bool {
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
}
