//! How the condition of a statement is read with the keys of a table: as reads of some ranges of partitions, or as the one
//! item that it names.
//!
//! A condition is taken apart into alternatives. Where each of them sets the partition key equal to a value, each is one
//! read; otherwise everything is read. What the keys cannot say, and what they say, is asked of each item again.

use expressions::{Comparator, Item, Step, Value};
use partiql::{Error, Expr, Kind, Meaning, Operator};

use super::interval::Interval;
use crate::key;
use crate::table::KeyPart;

/// Reads that one statement may fall into.
const READS_MAX: usize = 50;
/// Alternatives that are looked at.
const ALTERNATIVES_MAX: usize = 10_000;

const TOO_MANY: &str = "Too many decomposed read operations for a given query.";

/// The key of a table or an index.
#[derive(Clone, Copy)]
pub(crate) struct Keys<'a> {
    pub(crate) partition: &'a KeyPart,
    pub(crate) sort: Option<&'a KeyPart>,
}

/// One read: a partition, or a range of it.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Branch {
    pub(crate) partition: Value,
    pub(crate) sort: Interval,
}

/// What one alternative says of the keys.
#[derive(Clone, Default, PartialEq)]
struct Draft {
    partitions: Vec<Value>,
    sorts: Vec<Interval>,
    /// It says of the sort key only what it is not.
    is_negated: bool,
    /// A value that no sort key can have.
    is_wrong: bool,
}

impl Draft {
    fn of_sort(sort: Option<Interval>) -> Self {
        match sort {
            Some(sort) => Draft { sorts: vec![sort], ..Draft::default() },
            None => Draft { is_wrong: true, ..Draft::default() },
        }
    }
}

/// What a key attribute is set equal to.
type Equality<'a> = (&'a KeyPart, Value);

impl<'k> Keys<'k> {
    /// The reads that a condition falls into; none where all must be read.
    pub(crate) fn branches(self, meaning: Meaning<'_>, filter: &Expr) -> Result<Option<Vec<Branch>>, Error> {
        let drafts = self.drafts(meaning, filter)?;
        let is_keyed = |draft: &Draft| {
            draft.partitions.first().is_some_and(|first| draft.partitions.iter().all(|one| one == first))
        };
        if !drafts.iter().all(is_keyed) {
            return Ok(None);
        }
        if drafts.len() > READS_MAX {
            return Err(Error::new(TOO_MANY));
        }
        if let (Some(part), true) = (self.sort, drafts.iter().any(|draft| draft.is_wrong)) {
            return Err(wrong_type(part));
        }
        apart(drafts).map(Some)
    }

    fn drafts(self, meaning: Meaning<'_>, expr: &Expr) -> Result<Vec<Draft>, Error> {
        match &expr.kind {
            Kind::All(all) => all.iter().try_fold(vec![Draft::default()], |drafts, expr| {
                product(drafts, &self.drafts(meaning, expr)?)
            }),
            Kind::Any(any) => {
                let drafts =
                    any.iter().map(|expr| self.drafts(meaning, expr)).collect::<Result<Vec<_>, _>>()?;
                let drafts = drafts.concat();
                // Alternatives that say nothing of the keys are none for them.
                let is_nothing = drafts.iter().all(|draft| *draft == Draft::default());
                Ok(if is_nothing { vec![Draft::default()] } else { drafts })
            }
            Kind::In(tested, choices) => {
                let (Kind::List(choices) | Kind::Bag(choices)) = &choices.kind else {
                    return Ok(vec![Draft::default()]);
                };
                let equals = choices.iter().map(|choice| self.equal(meaning, tested, choice));
                Ok(equals.collect::<Result<Option<Vec<_>>, _>>()?.unwrap_or_else(|| vec![Draft::default()]))
            }
            Kind::Infix(Operator::Compare(Comparator::Equal), left, right) => {
                let draft = match self.equal(meaning, left, right)? {
                    None => self.equal(meaning, right, left)?,
                    draft => draft,
                };
                Ok(vec![draft.unwrap_or_default()])
            }
            Kind::Infix(Operator::Compare(Comparator::NotEqual), left, right) => {
                let is_negated = self.is_sort(left) || self.is_sort(right);
                Ok(vec![Draft { is_negated, ..Draft::default() }])
            }
            Kind::Not(inner) => {
                Ok(vec![Draft { is_negated: self.speaks_of_sort(inner), ..Draft::default() }])
            }
            _ => Ok(vec![self.range(meaning, expr).map_or_else(Draft::default, Draft::of_sort)]),
        }
    }

    /// The range of sort keys that an expression is, if it is one; none inside for values that no sort key can have.
    fn range(self, meaning: Meaning<'_>, expr: &Expr) -> Option<Option<Interval>> {
        match &expr.kind {
            Kind::Infix(Operator::Compare(comparator), left, right) => {
                let (comparator, value) = match self.sort_value(meaning, left, right) {
                    Some(value) => (*comparator, value),
                    None => (mirrored(*comparator), self.sort_value(meaning, right, left)?),
                };
                Some(value.map(|value| compared(comparator, value)))
            }
            Kind::Between(operands) => {
                let [tested, lower, upper] = &**operands;
                let lower = self.sort_value(meaning, tested, lower)?;
                let bounds = lower.zip(self.sort_value(meaning, tested, upper)?);
                let range = |(lower, upper)| Interval::from(lower, true).and(&Interval::up_to(upper, true));
                Some(bounds.map(range))
            }
            Kind::Call(function, arguments) if function == "begins_with" => {
                let [tested, prefix] = &arguments[..] else { return None };
                Some(self.sort_value(meaning, tested, prefix)?.map(Interval::beginning))
            }
            _ => None,
        }
    }

    /// The key attribute that an expression is.
    fn part(self, expr: &Expr) -> Option<&'k KeyPart> {
        let Kind::Path(path) = &expr.kind else { return None };
        let mut parts = std::iter::once(self.partition).chain(self.sort);
        parts.find(|part| path.steps().is_empty() && path.attribute() == part.name)
    }

    fn is_sort(self, expr: &Expr) -> bool {
        self.part(expr).is_some_and(|part| part.name != self.partition.name)
    }

    /// A key attribute set equal to a value, if that is what both are.
    fn equality(self, meaning: Meaning<'_>, tested: &Expr, value: &Expr) -> Option<Equality<'k>> {
        Some((self.part(tested)?, meaning.value(value).ok()?))
    }

    fn equal(self, meaning: Meaning<'_>, tested: &Expr, value: &Expr) -> Result<Option<Draft>, Error> {
        let Some((part, value)) = self.equality(meaning, tested, value) else { return Ok(None) };
        let is_right = value.kind().name() == part.kind;
        let is_partition = part.name == self.partition.name;
        Ok(Some(match (is_partition, is_right) {
            (true, true) => Draft { partitions: vec![value], ..Draft::default() },
            (true, false) => return Err(wrong_type(part)),
            (false, true) => {
                Draft { sorts: vec![Interval::only(key::bytes(&value).into_owned())], ..Draft::default() }
            }
            (false, false) => Draft { is_wrong: true, ..Draft::default() },
        }))
    }

    /// The bytes of the value that the sort key is compared with, if it is; none for one that it cannot have.
    fn sort_value(self, meaning: Meaning<'_>, tested: &Expr, value: &Expr) -> Option<Option<Vec<u8>>> {
        let (part, value) =
            self.equality(meaning, tested, value).filter(|(part, _)| part.name != self.partition.name)?;
        Some((value.kind().name() == part.kind).then(|| key::bytes(&value).into_owned()))
    }

    fn speaks_of_sort(self, expr: &Expr) -> bool {
        let mut speaks = false;
        expr.walk(&mut |inner| speaks |= self.is_sort(inner));
        speaks
    }

    /// Whether a condition says anything of the key.
    pub(crate) fn is_spoken_of(self, expr: &Expr) -> bool {
        let mut is = false;
        expr.walk(&mut |inner| is |= self.part(inner).is_some());
        is
    }

    /// The key that a condition sets equal to values, as far as it does.
    pub(crate) fn named(self, meaning: Meaning<'_>, filter: Option<&Expr>) -> Named {
        let mut named = Named::default();
        filter.into_iter().for_each(|filter| self.name(meaning, filter, &mut named));
        named
    }

    fn name(self, meaning: Meaning<'_>, filter: &Expr, named: &mut Named) {
        let equality = match &filter.kind {
            Kind::All(all) => return all.iter().for_each(|filter| self.name(meaning, filter, named)),
            Kind::Infix(Operator::Compare(Comparator::Equal), left, right) => {
                self.equality(meaning, left, right).or_else(|| self.equality(meaning, right, left))
            }
            _ => None,
        };
        let Some((part, value)) = equality else {
            named.extra = true;
            return;
        };
        if named.key.get(&part.name).is_some_and(|other| *other != value) {
            named.extra = true;
            named.twice = Some(part.name.clone());
            return;
        }
        named.key.insert(part.name.clone(), value);
    }

    /// The key that a condition sets equal to values, if it says that and nothing else; a choice of one is equality too.
    pub(crate) fn point(self, meaning: Meaning<'_>, filter: &Expr) -> Option<Item> {
        let mut named = Named::default();
        self.point_out(meaning, filter, &mut named);
        let is_whole = named.key.len() == 1 + usize::from(self.sort.is_some());
        (is_whole && !named.extra).then_some(named.key)
    }

    fn point_out(self, meaning: Meaning<'_>, filter: &Expr, named: &mut Named) {
        match &filter.kind {
            Kind::All(all) => all.iter().for_each(|filter| self.point_out(meaning, filter, named)),
            Kind::In(tested, choices) => {
                let only = match &choices.kind {
                    Kind::List(choices) if choices.len() == 1 => choices.first(),
                    _ => None,
                };
                match only.and_then(|only| self.equality(meaning, tested, only)) {
                    Some((part, value)) if named.key.get(&part.name).is_none_or(|other| *other == value) => {
                        named.key.insert(part.name.clone(), value);
                    }
                    _ => named.extra = true,
                }
            }
            _ => self.name(meaning, filter, named),
        }
    }

    /// Checks that a key is there once, whole, and of the right types.
    pub(crate) fn check(self, named: &Named) -> Result<(), Error> {
        if let Some(name) = &named.twice {
            return Err(Error::new(format!(
                "Multiple conditions on same key {name}. Only single item Update/Insert/Delete are supported"
            )));
        }
        for part in std::iter::once(self.partition).chain(self.sort) {
            match named.key.get(&part.name) {
                None => {
                    return Err(Error::new(
                        "Where clause does not contain a mandatory equality on all key attributes",
                    ));
                }
                Some(value) if value.kind().name() != part.kind => return Err(wrong_type(part)),
                Some(_) => {}
            }
        }
        Ok(())
    }
}

/// What a condition says of one item.
#[derive(Default)]
pub(crate) struct Named {
    /// The first value of each attribute.
    pub(crate) key: Item,
    /// It says something else too.
    pub(crate) extra: bool,
    /// The attribute that it sets equal to two values.
    pub(crate) twice: Option<String>,
}

fn wrong_type(part: &KeyPart) -> Error {
    Error::new(format!(
        "Key attribute's data type should match its data type in table's schema: Key {}",
        part.name
    ))
}

fn compared(comparator: Comparator, value: Vec<u8>) -> Interval {
    match comparator {
        Comparator::Less => Interval::up_to(value, false),
        Comparator::LessOrEqual => Interval::up_to(value, true),
        Comparator::Greater => Interval::from(value, false),
        Comparator::GreaterOrEqual => Interval::from(value, true),
        Comparator::Equal | Comparator::NotEqual => Interval::ALL,
    }
}

/// The comparator with its operands exchanged.
fn mirrored(comparator: Comparator) -> Comparator {
    match comparator {
        Comparator::Less => Comparator::Greater,
        Comparator::LessOrEqual => Comparator::GreaterOrEqual,
        Comparator::Greater => Comparator::Less,
        Comparator::GreaterOrEqual => Comparator::LessOrEqual,
        same => same,
    }
}

/// Each of some alternatives with each of others.
fn product(some: Vec<Draft>, others: &[Draft]) -> Result<Vec<Draft>, Error> {
    if some.len().saturating_mul(others.len()) > ALTERNATIVES_MAX {
        return Err(Error::new(TOO_MANY));
    }
    let both = |one: &Draft, other: &Draft| Draft {
        partitions: [&one.partitions[..], &other.partitions].concat(),
        sorts: [&one.sorts[..], &other.sorts].concat(),
        is_negated: one.is_negated || other.is_negated,
        is_wrong: one.is_wrong || other.is_wrong,
    };
    Ok(some.iter().flat_map(|one| others.iter().map(move |other| both(one, other))).collect())
}

/// Reads that have no item in common. Those that overlap are refused; but where one says only what a sort key is not, the
/// partition is read as a whole.
fn apart(drafts: Vec<Draft>) -> Result<Vec<Branch>, Error> {
    let mut branches: Vec<(Branch, bool)> = Vec::new();
    for draft in drafts {
        let sort = draft.sorts.iter().fold(Interval::ALL, |sort, other| sort.and(other));
        let Some(partition) = draft.partitions.into_iter().next().filter(|_| !sort.is_empty()) else {
            continue;
        };
        let branch = Branch { partition, sort };
        let overlaps = |(other, _): &&(Branch, bool)| {
            other.partition == branch.partition && !other.sort.and(&branch.sort).is_empty()
        };
        let overlapping: Vec<_> =
            branches.iter().filter(overlaps).map(|(_, is_negated)| *is_negated).collect();
        if overlapping.is_empty() {
            branches.push((branch, draft.is_negated));
        } else if draft.is_negated || overlapping.iter().all(|is_negated| *is_negated) {
            branches.retain(|(other, _)| other.partition != branch.partition);
            branches.push((Branch { sort: Interval::ALL, ..branch }, true));
        } else {
            return Err(Error::new(
                "Overlapping conditions with range keys are not supported in where clause",
            ));
        }
    }
    Ok(branches.into_iter().map(|(branch, _)| branch).collect())
}

/// The name of a projected value: its last name, with the indexes behind that.
pub(crate) fn column(path: &expressions::Path) -> String {
    path.steps().iter().fold(path.attribute().to_owned(), |column, step| match step {
        Step::Name(name) => name.clone(),
        Step::Index(index) => format!("{column}[{index}]"),
    })
}

#[cfg(test)]
mod tests;
