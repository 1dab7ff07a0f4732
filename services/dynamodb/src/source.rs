//! What a query or a scan reads: a table, or one of its indexes.

use std::ops::Range;

use api_dynamodb as api;
use expressions::{Condition, Item};
use store::tuple::Key;
use wire::Fault;

use crate::index::Index;
use crate::table::{KeyPart, Table};
use crate::{errors, key, keys};

/// A table, or an index of it.
#[derive(Clone, Copy)]
pub(crate) struct Source<'a> {
    pub(crate) table: &'a Table,
    pub(crate) index: Option<&'a Index>,
}

impl<'a> Source<'a> {
    /// The table, or its index of that name, which must be one that can be read.
    pub(crate) fn find(table: &'a Table, index: Option<&str>, consistent: bool) -> Result<Self, Fault> {
        let Some(name) = index else { return Ok(Source { table, index: None }) };
        let missing = || errors::invalid(format!("The table does not have the specified index: {name}"));
        let index = table.index(name).ok_or_else(missing)?;
        if index.is_global() && consistent {
            return Err(errors::invalid("Consistent reads are not supported on global secondary indexes"));
        }
        if index.is_building {
            return Err(errors::invalid(format!(
                "Cannot read from backfilling global secondary index: {name}"
            )));
        }
        Ok(Source { table, index: Some(index) })
    }

    pub(crate) fn partition(&self) -> &'a KeyPart {
        self.index.map_or(&self.table.partition, |index| &index.partition)
    }

    pub(crate) fn sort(&self) -> Option<&'a KeyPart> {
        self.index.map_or(&self.table.sort, |index| &index.sort).as_ref()
    }

    /// The attributes of its sort key.
    pub(crate) fn sort_parts(&self) -> Vec<&'a KeyPart> {
        match self.index {
            Some(index) => index.sort_parts().collect(),
            None => self.table.sort.iter().collect(),
        }
    }

    /// The attributes of its own key.
    pub(crate) fn own_parts(&self) -> Vec<&'a KeyPart> {
        match self.index {
            Some(index) => index.key_parts().collect(),
            None => self.table.key_parts().collect(),
        }
    }

    /// The attributes that name one item of it: the index's key and the table's.
    pub(crate) fn key_parts(&self) -> impl Iterator<Item = &'a KeyPart> {
        let of_index = self.index.into_iter().flat_map(Index::key_parts);
        let mut seen: Vec<&str> = Vec::new();
        of_index.chain(self.table.key_parts()).filter(move |part| {
            let is_new = !seen.contains(&part.name.as_str());
            seen.push(&part.name);
            is_new
        })
    }

    /// The attributes by which an item is found again.
    pub(crate) fn key_of(&self, item: &Item) -> Item {
        self.key_parts().filter_map(|part| Some((part.name.clone(), item.get(&part.name)?.clone()))).collect()
    }

    /// Where an item with that key stands, after a check of the key.
    pub(crate) fn place(&self, start: &Item) -> Result<Key, Fault> {
        let Some(index) = self.index else {
            key::check(self.table, start)?;
            return Ok(key::place(self.table, start));
        };
        let invalid = || errors::invalid("The provided starting key is invalid");
        let fits = |part: &KeyPart| start.get(&part.name).is_some_and(|it| it.kind().name() == part.kind);
        if start.len() != self.key_parts().count() || !self.key_parts().all(fits) {
            return Err(invalid());
        }
        key::check(self.table, &key::of(self.table, start)).map_err(|_| invalid())?;
        index.place(self.table, start).ok_or_else(invalid)
    }

    /// All of it.
    pub(crate) fn whole(&self) -> Range<Vec<u8>> {
        match self.index {
            None => keys::items(&self.table.id).prefix_range(),
            Some(index) => keys::entries(&self.table.id, &index.id).prefix_range(),
        }
    }

    /// Where the partitions with that hash begin.
    pub(crate) fn hash(&self, hash: [u8; 8]) -> Key {
        match self.index {
            None => keys::hash(&self.table.id, hash),
            Some(index) => keys::entries(&self.table.id, &index.id).bytes(hash),
        }
    }

    /// Where a partition begins.
    pub(crate) fn partition_at(&self, partition: &[u8]) -> Key {
        match self.index {
            None => keys::partition(&self.table.id, partition),
            Some(index) => keys::entry_partition(&self.table.id, &index.id, partition),
        }
    }

    /// Those of some attributes that an index does not have.
    fn missing<'p>(&self, names: impl Iterator<Item = &'p str>) -> Vec<&'p str> {
        let mut missing = Vec::new();
        for name in names {
            let is_there = self.index.is_none_or(|index| index.projects(self.table, name));
            if !is_there && !missing.contains(&name) {
                missing.push(name);
            }
        }
        missing
    }

    /// Refuses a filter on what an index does not have.
    pub(crate) fn check_filter(&self, filter: Option<&Condition>) -> Result<(), Fault> {
        let paths = filter.map(Condition::paths).unwrap_or_default();
        let missing = self.missing(paths.iter().map(|path| path.attribute()));
        match self.index {
            Some(index) if !missing.is_empty() => Err(errors::invalid_values(format_args!(
                "Secondary index {} does not project one or more filter attributes: [{}]",
                index.name,
                missing.join(", ")
            ))),
            _ => Ok(()),
        }
    }

    /// Whether what is asked for is not all in an index, so that each item is read from the table too. Checks that the choice
    /// of attributes is one that the source can give.
    pub(crate) fn needs_items<'p>(
        &self,
        select: Option<&api::Select>,
        projected: impl Iterator<Item = &'p str>,
    ) -> Result<bool, Fault> {
        let select = select.map(api::Select::as_str);
        let projects_all = select == Some("ALL_PROJECTED_ATTRIBUTES");
        let Some(index) = self.index else {
            return match projects_all {
                true => Err(errors::invalid(
                    "ALL_PROJECTED_ATTRIBUTES can be used only when Querying using an IndexName",
                )),
                false => Ok(false),
            };
        };
        let missing = self.missing(projected);
        let wants_all = select == Some("ALL_ATTRIBUTES") && index.projected != crate::index::Projected::All;
        if !index.is_global() {
            return Ok(wants_all || !missing.is_empty());
        }
        if wants_all {
            return Err(errors::invalid_values(format_args!(
                "Select type ALL_ATTRIBUTES is not supported for global secondary index {} because its projection type is \
                 not ALL",
                index.name
            )));
        }
        if !missing.is_empty() {
            return Err(errors::invalid_values(format_args!(
                "Global secondary index {} does not project [{}]",
                index.name,
                missing.join(", ")
            )));
        }
        Ok(false)
    }
}
