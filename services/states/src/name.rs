//! Names and ARNs: what may be called how, and what an ARN of this service names.

use names::{Arn, Scope};
use states_language::definition::is_for_names;
use wire::Fault;

use crate::errors;

const LENGTH_MAX: usize = 80;

/// The ARN of a state machine.
pub(crate) fn machine(scope: &Scope, name: &str) -> Arn {
    Arn::in_scope("states", scope, format_args!("stateMachine:{name}"))
}

/// A name that AWS takes.
///
/// # Errors
/// For any other.
pub(crate) fn checked(name: &str) -> Result<&str, Fault> {
    let is_long = name.chars().count() > LENGTH_MAX;
    if name.is_empty() || is_long || !name.chars().all(is_for_names) {
        return Err(errors::invalid_name(name));
    }
    Ok(name)
}

/// What an ARN names: its kind, and what stands behind that.
struct Parts<'a> {
    kind: &'a str,
    name: &'a str,
    qualifier: Option<&'a str>,
}

/// Takes an ARN of this account and region apart.
fn parts<'a>(scope: &Scope, arn: &'a str) -> Result<Parts<'a>, Fault> {
    let parsed: Arn =
        arn.parse().map_err(|_| errors::invalid_arn(format_args!("Invalid ARN prefix: {arn}")))?;
    let resource = arn.splitn(6, ':').nth(5).unwrap_or_default();
    if parsed.service() != "states" || parsed.scope().is_none() || resource.is_empty() {
        return Err(errors::invalid_arn(format_args!("Invalid ARN prefix: {arn}")));
    }
    if parsed.scope() != Some(*scope) {
        return Err(errors::invalid_arn(format_args!("The ARN is of another account or region: {arn}")));
    }
    let mut texts = resource.splitn(3, ':');
    let (kind, name) = (texts.next().unwrap_or_default(), texts.next().unwrap_or_default());
    if name.is_empty() {
        return Err(errors::invalid_arn(format_args!("Invalid ARN prefix: {arn}")));
    }
    Ok(Parts { kind, name, qualifier: texts.next() })
}

/// A state machine, or a version or an alias of one, that an ARN names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct MachineName<'a> {
    pub(crate) name: &'a str,
    /// A version's number, or an alias's name.
    pub(crate) qualifier: Option<&'a str>,
}

/// The state machine that an ARN names.
pub(crate) fn machine_of<'a>(scope: &Scope, arn: &'a str) -> Result<MachineName<'a>, Fault> {
    match parts(scope, arn)? {
        Parts { kind: "stateMachine", name, qualifier } => Ok(MachineName { name, qualifier }),
        Parts { kind, .. } => Err(errors::wrong_kind(kind)),
    }
}

/// The activity that an ARN names.
pub(crate) fn activity_of<'a>(scope: &Scope, arn: &'a str) -> Result<&'a str, Fault> {
    match parts(scope, arn)? {
        Parts { kind: "activity", name, qualifier: None } => Ok(name),
        Parts { kind, .. } => Err(errors::wrong_kind(kind)),
    }
}

/// An execution that an ARN names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct ExecutionName<'a> {
    pub(crate) machine: &'a str,
    /// The label of the Map state for whose items it is; empty for one that a client started.
    pub(crate) label: &'a str,
    pub(crate) name: &'a str,
}

/// The ARN of an execution; the machine's name may have a label behind it.
pub(crate) fn execution(scope: &Scope, machine: &str, name: &str) -> Arn {
    Arn::in_scope("states", scope, format_args!("execution:{machine}:{name}"))
}

/// The ARN of an express execution of a map run.
pub(crate) fn express_of_map_run(scope: &Scope, path: &str, name: &str, map_run: &str) -> Arn {
    Arn::in_scope("states", scope, format_args!("express:{path}:{name}:{map_run}"))
}

/// The express execution of a map run that an ARN names; nothing for an ARN of another form.
pub(crate) fn express_of<'a>(scope: &Scope, arn: &'a str) -> Result<Option<ExecutionName<'a>>, Fault> {
    let Parts { kind: "express", name: path, qualifier: Some(rest) } = parts(scope, arn)? else {
        return Ok(None);
    };
    let (Some((machine, label)), Some((name, _))) = (path.split_once('/'), rest.split_once(':')) else {
        return Ok(None);
    };
    Ok(Some(ExecutionName { machine, label, name }))
}

/// The execution that an ARN names. Those of express state machines are not kept.
pub(crate) fn execution_of<'a>(scope: &Scope, arn: &'a str) -> Result<ExecutionName<'a>, Fault> {
    match parts(scope, arn)? {
        Parts { kind: "execution", name: machine, qualifier: Some(name) } => {
            let (machine, label) = machine.split_once('/').unwrap_or((machine, ""));
            Ok(ExecutionName { machine, label, name })
        }
        Parts { kind: "execution", .. } => {
            Err(errors::invalid_arn(format_args!("Invalid ARN prefix: {arn}")))
        }
        Parts { kind, .. } => Err(errors::wrong_kind(kind)),
    }
}

/// The ARN of a map run; behind the machine's name stands the label of its Map state.
pub(crate) fn map_run(scope: &Scope, path: &str, name: &str) -> Arn {
    Arn::in_scope("states", scope, format_args!("mapRun:{path}:{name}"))
}

/// The map run that an ARN names.
pub(crate) fn map_run_of<'a>(scope: &Scope, arn: &'a str) -> Result<ExecutionName<'a>, Fault> {
    match parts(scope, arn)? {
        Parts { kind: "mapRun", name: machine, qualifier: Some(name) } => {
            let (machine, label) = machine.split_once('/').unwrap_or((machine, ""));
            Ok(ExecutionName { machine, label, name })
        }
        Parts { kind, .. } => Err(errors::wrong_kind(kind)),
    }
}

#[cfg(test)]
mod tests {
    use names::{Account, Region};

    use super::*;

    #[test]
    fn names_are_as_aws_takes_them() {
        for good in ["a", "Überweisung-1_2.3", "a=b+c@d(e)'!", &"x".repeat(80)] {
            assert!(checked(good).is_ok(), "{good}");
        }
        for bad in ["", "a b", "a/b", "a:b", "a*", "a\u{0}", "a\u{9f}", &"x".repeat(81)] {
            assert_eq!(checked(bad).unwrap_err().code, "InvalidName", "{bad}");
        }
    }

    #[test]
    fn arns_name_machines_and_what_belongs_to_them() {
        let here = Scope::new(Account::ZERO, Region::US_EAST_1);
        let arn = machine(&here, "trip").to_string();
        assert_eq!(machine_of(&here, &arn).unwrap(), MachineName { name: "trip", qualifier: None });
        let alias = format!("{arn}:PROD");
        assert_eq!(machine_of(&here, &alias).unwrap().qualifier, Some("PROD"));
        let elsewhere = arn.replace("us-east-1", "eu-west-1");
        for wrong in ["trip", "arn:aws:sqs:us-east-1:000000000000:q", &elsewhere, &arn.replace(":trip", "")] {
            assert_eq!(machine_of(&here, wrong).unwrap_err().code, "InvalidArn", "{wrong}");
        }
    }

    #[test]
    fn arns_name_executions() {
        let here = Scope::new(Account::ZERO, Region::US_EAST_1);
        let arn = execution(&here, "trip", "one").to_string();
        let one = ExecutionName { machine: "trip", label: "", name: "one" };
        assert_eq!(execution_of(&here, &arn).unwrap(), one);
        let of_item = execution(&here, "trip/each", "one").to_string();
        assert_eq!(execution_of(&here, &of_item).unwrap(), ExecutionName { label: "each", ..one });
        let express = arn.replace(":execution:", ":express:");
        let of_map_run = express_of_map_run(&here, "trip/each", "one", "run").to_string();
        assert_eq!(express_of(&here, &of_map_run).unwrap(), Some(ExecutionName { label: "each", ..one }));
        assert_eq!(express_of(&here, &express).unwrap(), None);
        assert_eq!(execution_of(&here, &of_map_run).unwrap_err().code, "InvalidArn");
        for wrong in [machine(&here, "trip").as_str(), &express, &arn.replace(":one", "")] {
            assert_eq!(execution_of(&here, wrong).unwrap_err().code, "InvalidArn", "{wrong}");
        }
    }
}
