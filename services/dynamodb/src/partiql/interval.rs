//! Ranges of sort keys, as bytes in the order of their values.

use std::ops::{Bound, Range};

use store::tuple::Key;

/// A range of sort keys; all of them without bounds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Interval {
    lower: Bound<Vec<u8>>,
    upper: Bound<Vec<u8>>,
}

impl Interval {
    /// All keys.
    pub(crate) const ALL: Interval = Interval { lower: Bound::Unbounded, upper: Bound::Unbounded };

    /// That key alone.
    pub(crate) fn only(key: Vec<u8>) -> Self {
        Interval { lower: Bound::Included(key.clone()), upper: Bound::Included(key) }
    }

    /// Keys before that one.
    pub(crate) fn up_to(key: Vec<u8>, included: bool) -> Self {
        Interval {
            upper: if included { Bound::Included(key) } else { Bound::Excluded(key) },
            ..Interval::ALL
        }
    }

    /// Keys behind that one.
    pub(crate) fn from(key: Vec<u8>, included: bool) -> Self {
        Interval {
            lower: if included { Bound::Included(key) } else { Bound::Excluded(key) },
            ..Interval::ALL
        }
    }

    /// Keys that begin so.
    pub(crate) fn beginning(prefix: Vec<u8>) -> Self {
        let mut end = prefix.clone();
        while end.pop_if(|last| *last == 0xff).is_some() {}
        let upper = match end.last_mut() {
            Some(last) => {
                *last += 1;
                Bound::Excluded(end)
            }
            None => Bound::Unbounded,
        };
        Interval { lower: Bound::Included(prefix), upper }
    }

    /// What is in both.
    pub(crate) fn and(&self, other: &Self) -> Self {
        let lower = match (&self.lower, &other.lower) {
            (Bound::Unbounded, bound) | (bound, Bound::Unbounded) => bound.clone(),
            (one, two) => later(one, two, true),
        };
        let upper = match (&self.upper, &other.upper) {
            (Bound::Unbounded, bound) | (bound, Bound::Unbounded) => bound.clone(),
            (one, two) => later(one, two, false),
        };
        Interval { lower, upper }
    }

    /// Whether no key can be in it.
    pub(crate) fn is_empty(&self) -> bool {
        match (&self.lower, &self.upper) {
            (Bound::Unbounded, _) | (_, Bound::Unbounded) => false,
            (Bound::Included(lower), Bound::Included(upper)) => lower > upper,
            (
                Bound::Included(lower) | Bound::Excluded(lower),
                Bound::Included(upper) | Bound::Excluded(upper),
            ) => lower >= upper,
        }
    }

    /// Whether it is one key alone.
    pub(crate) fn is_only(&self) -> bool {
        matches!((&self.lower, &self.upper), (Bound::Included(lower), Bound::Included(upper)) if lower == upper)
    }

    /// How it is sorted among others: by its lower bound.
    pub(crate) fn start(&self) -> &[u8] {
        match &self.lower {
            Bound::Unbounded => &[],
            Bound::Included(lower) | Bound::Excluded(lower) => lower,
        }
    }

    /// Where what has such sort keys stands in a partition.
    pub(crate) fn within(&self, partition: &Key) -> Range<Vec<u8>> {
        let at = |key: &Vec<u8>| Vec::from(partition.clone().bytes(key));
        let start = match &self.lower {
            Bound::Unbounded => Vec::from(partition.clone()),
            Bound::Included(lower) => at(lower),
            Bound::Excluded(lower) => behind(at(lower)),
        };
        let end = match &self.upper {
            Bound::Unbounded => behind(Vec::from(partition.clone())),
            Bound::Included(upper) => behind(at(upper)),
            Bound::Excluded(upper) => at(upper),
        };
        start..end
    }
}

/// The later of two lower bounds, or the earlier of two upper ones.
fn later(one: &Bound<Vec<u8>>, two: &Bound<Vec<u8>>, is_lower: bool) -> Bound<Vec<u8>> {
    let key = |bound: &Bound<Vec<u8>>| match bound {
        Bound::Unbounded => Vec::new(),
        Bound::Included(key) | Bound::Excluded(key) => key.clone(),
    };
    let order = key(one).cmp(&key(two));
    let first = if order.is_eq() { matches!(one, Bound::Excluded(_)) } else { order.is_gt() == is_lower };
    if first { one.clone() } else { two.clone() }
}

/// The least key behind this one and all that have more parts: no part begins with this byte.
fn behind(mut key: Vec<u8>) -> Vec<u8> {
    key.push(0xff);
    key
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bytes(text: &str) -> Vec<u8> {
        text.as_bytes().to_vec()
    }

    #[test]
    fn intervals_meet_or_not() {
        let (below, above) = (Interval::up_to(bytes("b"), false), Interval::from(bytes("b"), false));
        let only = Interval::only(bytes("b"));
        for (one, two) in [(&below, &above), (&below, &only), (&only, &above)] {
            assert!(one.and(two).is_empty() && two.and(one).is_empty());
        }
        assert_eq!(Interval::up_to(bytes("b"), true).and(&Interval::from(bytes("b"), true)), only);
        assert!(only.is_only() && !below.is_only() && !Interval::ALL.and(&above).is_empty());
        assert!(!Interval::beginning(bytes("b")).and(&only).is_empty());
        assert!(Interval::beginning(bytes("b")).and(&Interval::only(bytes("c"))).is_empty());
        assert!(!Interval::beginning(vec![0xff]).and(&Interval::only(vec![0xff, 0xff, 1])).is_empty());
    }

    #[test]
    fn bounds_stand_where_their_keys_do() {
        let partition = Key::new().str("p");
        let at = |text: &str| Vec::from(partition.clone().bytes(text.as_bytes()));
        let holds = |interval: &Interval, text: &str| interval.within(&partition).contains(&at(text));
        for (interval, inside, outside) in [
            (Interval::up_to(bytes("b"), false), vec!["", "a", "a\u{7f}"], vec!["b", "b\0", "c"]),
            (Interval::up_to(bytes("b"), true), vec!["a", "b"], vec!["b\0", "ba", "c"]),
            (Interval::from(bytes("b"), false), vec!["b\0", "ba", "c"], vec!["a", "b"]),
            (Interval::only(bytes("b")), vec!["b"], vec!["a", "b\0", "b\u{1}"]),
            (Interval::beginning(bytes("b")), vec!["b", "bz", "b\0"], vec!["a", "c"]),
            (Interval::ALL, vec!["", "a"], vec![]),
        ] {
            assert!(inside.iter().all(|text| holds(&interval, text)), "{interval:?}");
            assert!(!outside.iter().any(|text| holds(&interval, text)), "{interval:?}");
        }
        assert!(!Interval::ALL.within(&partition).contains(&Vec::from(Key::new().str("q").bytes(b"a"))));
    }
}
