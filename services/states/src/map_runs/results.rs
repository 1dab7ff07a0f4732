//! The results of a map run, read a page at a time in the order of items: few are held at once, however many there are.

use names::Scope;
use serde_json::{Map, Value, json};
use service::{Context, Result};
use store::Reads;
use wire::{Timestamp, TimestampFormat};

use super::run::Run;
use super::said;
use crate::execution::{Execution, Place, Status};
use crate::keys;
use crate::name;

/// Executions of a page, and from how many bytes on it gets no more of them.
const PAGE: u64 = 500;
const PAGE_BYTES: usize = 4 << 20;

/// What becomes of each result.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Transformation {
    /// All that is known of its execution.
    None,
    /// Its output.
    Compact,
    /// The same, and arrays are no arrays any more.
    Flatten,
}

impl Transformation {
    /// What a writer's configuration says. Results that are not written anywhere are outputs, if nothing is said.
    ///
    /// # Errors
    /// For what there is not.
    pub(super) fn of(config: &Value, is_exported: bool) -> std::result::Result<Self, String> {
        match said::text(config, "Transformation")? {
            Some("COMPACT") => Ok(Transformation::Compact),
            Some("FLATTEN") => Ok(Transformation::Flatten),
            Some("NONE") => Ok(Transformation::None),
            None if is_exported => Ok(Transformation::None),
            None => Ok(Transformation::Compact),
            Some(other) => Err(format!("The value '{other}' of the field 'Transformation' is not supported")),
        }
    }
}

/// The results of some executions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Group {
    All,
    Succeeded,
    Failed,
    /// Of those that never started.
    Pending,
}

impl Group {
    fn has(self, status: Status) -> bool {
        match self {
            Group::All => true,
            Group::Succeeded => status == Status::Succeeded,
            Group::Failed => status != Status::Succeeded,
            Group::Pending => false,
        }
    }
}

/// Reads the results of a map run, from the first to the last.
pub(super) struct Results<'a> {
    context: &'a Context,
    run: &'a Run,
    scope: Scope,
    group: Group,
    transformation: Transformation,
    next: u64,
    end: u64,
}

impl<'a> Results<'a> {
    pub(super) fn new(
        context: &'a Context,
        run: &'a Run,
        group: Group,
        transformation: Transformation,
    ) -> Self {
        let total = run.total.unwrap_or_default();
        let (next, end) = if group == Group::Pending { (run.started, total) } else { (0, run.started) };
        Results { context, run, scope: context.scope(), group, transformation, next, end }
    }

    /// Some more results; nothing when there are no more.
    pub(super) fn page(&mut self) -> Result<Option<Vec<Value>>> {
        if self.next >= self.end {
            return Ok(None);
        }
        let snapshot = self.context.cloud.store.snapshot();
        let (mut page, mut bytes) = (Vec::new(), 0);
        let to = self.end.min(self.next + PAGE);
        while self.next < to && bytes < PAGE_BYTES {
            let index = self.next;
            self.next += 1;
            if self.group == Group::Pending {
                let Some((input, _)) =
                    snapshot.get_record::<(String, u64)>(&keys::item(&self.run.id, index))?
                else {
                    continue;
                };
                bytes += input.len();
                page.push(self.pending(&input));
            } else if let Some(execution) = self.execution(&snapshot, index)? {
                bytes += execution.input.len() + execution.output.as_ref().map_or(0, String::len);
                page.extend(shown(&execution, &self.scope, self.transformation));
            }
        }
        Ok(Some(page))
    }

    fn execution(&self, reads: &impl Reads, index: u64) -> Result<Option<Execution>> {
        let Some(name) = reads.get_record::<String>(&keys::child(&self.run.id, index))? else {
            return Ok(None);
        };
        let place = Place { machine: self.run.machine, label: self.run.label.clone(), name };
        let execution = reads.get_record::<Execution>(&keys::execution(&place))?;
        Ok(execution.filter(|execution| self.group.has(execution.status)))
    }

    /// An execution that was never started has no name yet.
    fn pending(&self, input: &str) -> Value {
        json!({
            "Input": input,
            "InputDetails": {"Included": true},
            "StateMachineArn": name::machine(&self.scope, &self.run.path()).to_string(),
            "Status": "PENDING",
        })
    }
}

fn shown(execution: &Execution, scope: &Scope, transformation: Transformation) -> Vec<Value> {
    let output = execution.output.as_ref().filter(|_| execution.status == Status::Succeeded);
    let parsed = output.and_then(|output| serde_json::from_str(output).ok());
    match (transformation, parsed) {
        (Transformation::Flatten, Some(Value::Array(values))) => values,
        (Transformation::Compact | Transformation::Flatten, Some(output)) => vec![output],
        // What failed is told whole, however results are transformed.
        _ => vec![whole(execution, scope)],
    }
}

fn whole(execution: &Execution, scope: &Scope) -> Value {
    let date = |ms| Timestamp(ms).format(TimestampFormat::DateTime);
    let mut whole = Map::new();
    let mut put = |name: &str, value: Value| whole.insert(name.into(), value);
    for (name, text) in [("Cause", &execution.cause), ("Error", &execution.error)] {
        if let Some(text) = text {
            put(name, text.as_str().into());
        }
    }
    put("ExecutionArn", execution.arn(scope).to_string().into());
    put("Input", execution.input.as_str().into());
    put("InputDetails", json!({"Included": true}));
    put("Name", execution.name.as_str().into());
    if let Some(output) = &execution.output {
        put("Output", output.as_str().into());
        put("OutputDetails", json!({"Included": true}));
    }
    put("RedriveCount", execution.redrives.into());
    if let Some(redriven_ms) = execution.redriven_ms {
        put("RedriveDate", date(redriven_ms).into());
    }
    put("StartDate", date(execution.started_ms).into());
    put("StateMachineArn", execution.machine_arn(scope).to_string().into());
    put("Status", execution.status.as_str().into());
    put("StopDate", execution.stopped_ms.map_or(Value::Null, |ms| date(ms).into()));
    whole.into()
}

#[cfg(test)]
mod tests {
    use names::{Account, Region};

    use super::*;
    use crate::execution::ChildOf;

    fn ended(status: Status, output: Option<&str>) -> Execution {
        Execution {
            id: [1; 16],
            name: "e".into(),
            machine: [2; 16],
            machine_name: "m".into(),
            map_run: Some(ChildOf {
                id: [3; 16],
                label: "Map".into(),
                name: "r".into(),
                items: 1,
                is_express: false,
            }),
            revision: [4; 16],
            version: None,
            alias: None,
            status,
            started_ms: 0,
            stopped_ms: Some(1500),
            input: "1".into(),
            output: output.map(str::to_owned),
            error: (status == Status::Failed).then(|| "E".into()),
            cause: None,
            trace_header: None,
            redrives: 0,
            redriven_ms: None,
        }
    }

    #[test]
    fn results_are_transformed_and_failures_are_not() {
        let scope = Scope::new(Account::ZERO, Region::US_EAST_1);
        let shown = |execution: &Execution, transformation| shown(execution, &scope, transformation);
        let good = ended(Status::Succeeded, Some("[1,2]"));
        assert_eq!(shown(&good, Transformation::Compact), [json!([1, 2])]);
        assert_eq!(shown(&good, Transformation::Flatten), [json!(1), json!(2)]);
        assert_eq!(shown(&good, Transformation::None)[0]["Output"], "[1,2]");
        let bad = ended(Status::Failed, None);
        for transformation in [Transformation::None, Transformation::Compact, Transformation::Flatten] {
            let shown = shown(&bad, transformation);
            assert_eq!((&shown[0]["Error"], &shown[0]["Status"]), (&json!("E"), &json!("FAILED")));
            assert_eq!(shown[0]["StopDate"], "1970-01-01T00:00:01.500Z");
            assert!(shown[0].get("Output").is_none());
        }
    }

    #[test]
    fn each_result_belongs_to_one_group() {
        for status in [Status::Succeeded, Status::Failed, Status::TimedOut, Status::Aborted] {
            let groups = [Group::Succeeded, Group::Failed, Group::Pending];
            assert_eq!(groups.iter().filter(|group| group.has(status)).count(), 1, "{status:?}");
        }
    }
}
