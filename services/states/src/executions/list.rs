//! Executions in lists, the newest first: those of a state machine, of a version or an alias of it, or of a map run.

use std::iter::Peekable;

use api_states as api;
use names::Scope;
use service::{Result, View};
use store::tuple::Key;
use store::{Direction, Reads as _, record};
use wire::Timestamp;

use crate::execution::{Listed, Status};
use crate::keys::{self, Id};
use crate::machine::{self, Machine};
use crate::map_runs::{self, Run};
use crate::{aliases, errors, machines, name, versions};

const LIST: &str = "states:ListExecutions";

/// Whose executions are wanted.
struct Wanted<'a> {
    parent: Id,
    machine: Machine,
    map_run: Option<Run>,
    version: Option<u64>,
    alias: Option<&'a str>,
    statuses: Vec<Status>,
    is_redriven: Option<bool>,
}

/// An entry of a list.
struct Entry {
    started_ms: i64,
    name: String,
    status: Status,
    listed: Listed,
}

pub(crate) fn list(view: &View<'_>, input: &api::ListExecutionsInput) -> Result<api::ListExecutionsOutput> {
    let scope = view.scope();
    let wanted = Wanted::read(view, &scope, input)?;
    let limit = machines::limit(input.max_results);
    let tokens = &view.context.cloud.page_tokens;
    let open = |token: &String| tokens.open(LIST, token).map_err(|_| errors::bad_token());
    let from = input.next_token.as_ref().map(open).transpose()?;
    let mut entries = wanted.entries(view, from.as_deref());
    let mut executions = Vec::new();
    while executions.len() < limit {
        let Some(entry) = next(&mut entries)? else { break };
        if wanted.is(&entry) {
            executions.push(wanted.shown(&scope, entry));
        }
    }
    let next_token = next(&mut entries)?
        .map(|entry| tokens.seal(LIST, &Key::new().i64(-entry.started_ms).str(&entry.name)));
    Ok(api::ListExecutionsOutput { executions, next_token })
}

/// The next entry of several lists.
fn next<I: Iterator<Item = Result<Entry>>>(lists: &mut [Peekable<I>]) -> Result<Option<Entry>> {
    let mut first: Option<(usize, (i64, String))> = None;
    for (index, list) in lists.iter_mut().enumerate() {
        match list.peek() {
            Some(Ok(entry)) => {
                let place = (-entry.started_ms, entry.name.clone());
                if first.as_ref().is_none_or(|(_, before)| place < *before) {
                    first = Some((index, place));
                }
            }
            // The error is taken out, and ends the list.
            Some(Err(_)) => return list.next().transpose(),
            None => {}
        }
    }
    first.and_then(|(index, _)| lists[index].next()).transpose()
}

impl<'a> Wanted<'a> {
    fn read(view: &View<'_>, scope: &Scope, input: &'a api::ListExecutionsInput) -> Result<Self> {
        let statuses = match input.status_filter.as_ref().map(api::ExecutionStatus::as_str) {
            Some(text) => Status::ALL.into_iter().filter(|status| status.as_str() == text).collect(),
            None => Status::ALL.to_vec(),
        };
        let is_redriven = input.redrive_filter.as_ref().map(|filter| filter.as_str() == "REDRIVEN");
        let arn = match (&input.state_machine_arn, &input.map_run_arn) {
            (Some(arn), None) => arn,
            (None, Some(arn)) => return Self::of_map_run(view, scope, arn, (statuses, is_redriven)),
            _ => {
                let message = "Must specify exactly one of State Machine ARN and Map Run ARN";
                return Err(errors::validation_for(message.into(), "MISSING_REQUIRED_PARAMETER").into());
            }
        };
        let named = name::machine_of(scope, arn)?;
        let machine = machine::find(&**view, scope, named.name, arn)?;
        if machine.is_express {
            let message = "This operation is not supported by this type of state machine";
            return Err(errors::wrong_type(message).into());
        }
        let version = named.qualifier.and_then(|text| text.parse().ok());
        let alias = named.qualifier.filter(|_| version.is_none());
        let is_there = match (version, alias) {
            (Some(number), _) => versions::get(&**view, &machine.id, number)?.is_some(),
            (None, Some(alias)) => aliases::get(&**view, &machine.id, alias)?.is_some(),
            (None, None) => true,
        };
        if !is_there {
            return Err(errors::no_resource(arn).into());
        }
        Ok(Wanted { parent: machine.id, machine, map_run: None, version, alias, statuses, is_redriven })
    }

    fn of_map_run(
        view: &View<'_>,
        scope: &Scope,
        arn: &'a str,
        (statuses, is_redriven): (Vec<Status>, Option<bool>),
    ) -> Result<Self> {
        let (machine, run) = map_runs::find(&**view, scope, arn)?;
        let (parent, map_run) = (run.id, Some(run));
        Ok(Wanted { parent, machine, map_run, version: None, alias: None, statuses, is_redriven })
    }

    /// The lists of the statuses that are wanted, from a place on.
    fn entries<'v>(
        &self,
        view: &'v View<'_>,
        from: Option<&[u8]>,
    ) -> Vec<Peekable<impl Iterator<Item = Result<Entry>> + use<'v>>> {
        let list = |&status: &Status| {
            let key = keys::listed_as(&self.parent, status.as_str());
            let mut range = key.clone().prefix_range();
            if let Some(from) = from {
                range.start = [&key[..], from].concat();
            }
            let entry = move |entry: std::result::Result<(store::Bytes, store::Bytes), store::Error>| {
                let (key, value) = entry?;
                let (started_ms, name) = keys::started_and_name(&key)?;
                Ok(Entry { started_ms, name, status, listed: record::decode(&value)? })
            };
            view.scan(range, Direction::Forward).map(entry).peekable()
        };
        self.statuses.iter().map(list).collect()
    }

    fn is(&self, entry: &Entry) -> bool {
        self.version.is_none_or(|version| entry.listed.version == Some(version))
            && self.alias.is_none_or(|alias| entry.listed.alias.as_deref() == Some(alias))
            && self.is_redriven.is_none_or(|is_redriven| (entry.listed.redrives > 0) == is_redriven)
    }

    fn shown(&self, scope: &Scope, entry: Entry) -> api::ExecutionListItem {
        let Entry { started_ms, name, status, listed } = entry;
        let path = self.map_run.as_ref().map_or_else(|| self.machine.name.clone(), Run::path);
        let execution_arn = match &self.map_run {
            Some(run) if run.is_express => name::express_of_map_run(scope, &path, &name, &run.name),
            _ => name::execution(scope, &path, &name),
        };
        api::ExecutionListItem {
            execution_arn: execution_arn.to_string(),
            state_machine_arn: name::machine(scope, &path).to_string(),
            name,
            status: status.as_str().into(),
            start_date: Timestamp(started_ms),
            stop_date: listed.stopped_ms.map(Timestamp),
            item_count: listed.items.and_then(|items| i32::try_from(items).ok()),
            state_machine_version_arn: listed
                .version
                .map(|number| versions::arn(scope, &self.machine.name, number)),
            state_machine_alias_arn: listed
                .alias
                .map(|alias| aliases::arn(scope, &self.machine.name, &alias)),
            redrive_count: i32::try_from(listed.redrives).ok(),
            redrive_date: listed.redriven_ms.map(Timestamp),
            map_run_arn: self.map_run.as_ref().map(|run| run.arn(scope).to_string()),
        }
    }
}
