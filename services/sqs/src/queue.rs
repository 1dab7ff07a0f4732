//! A queue: its record, its address, and how an operation finds it.

use std::collections::BTreeMap;
use std::sync::Arc;

use names::{Account, Arn, Scope};
use serde::{Deserialize, Serialize};
use service::Result;
use store::{Reads, Snapshot};
use wire::Fault;

use crate::fair::Tenant;
use crate::keys::{self, Id};
use crate::{attributes, errors};

/// What is stored of a queue.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Queue {
    /// Names its messages; another one after a purge.
    pub(crate) contents: Id,
    /// Attributes that differ from their defaults, as the client wrote them.
    pub(crate) attributes: BTreeMap<String, String>,
    /// When it was made, in milliseconds since 1970.
    pub(crate) created_ms: i64,
    /// When its attributes last changed.
    pub(crate) modified_ms: i64,
    /// When it was last purged.
    #[serde(default)]
    pub(crate) purged_ms: Option<i64>,
    /// Tenants whose waiting messages stand in lanes of their own.
    #[serde(default)]
    pub(crate) lanes: Vec<Tenant>,
}

#[cfg(test)]
layouts::stays!(stored_queue: Queue);

impl Queue {
    /// A numeric attribute, or its default.
    pub(crate) fn number(&self, name: &str) -> i64 {
        let text = self.attributes.get(name).map(String::as_str).or_else(|| attributes::default_of(name));
        text.and_then(|text| text.parse().ok()).unwrap_or_default()
    }

    /// Whether a flag that is off by default is on.
    pub(crate) fn is_on(&self, name: &str) -> bool {
        self.attributes.get(name).is_some_and(|value| value == "true")
    }
}

/// Where a queue is: whose it is, and its name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Address {
    pub(crate) scope: Scope,
    pub(crate) name: String,
}

impl Address {
    /// From a queue URL, whatever its host: `…/000000000000/name`. The region is the request's, unless the URL has one:
    /// `…/queue/eu-west-1/000000000000/name`.
    pub(crate) fn parse(scope: &Scope, url: &str) -> Option<Self> {
        let mut parts = url.trim_end_matches('/').rsplit('/');
        let name = parts.next().filter(|name| !name.is_empty())?;
        let account: Account = parts.next()?.parse().ok()?;
        let region = match (parts.next(), parts.next()) {
            (Some(region), Some("queue")) => region.parse().ok()?,
            _ => scope.region,
        };
        Some(Address { scope: Scope::new(account, region), name: name.to_owned() })
    }

    /// From an ARN of SQS.
    pub(crate) fn from_arn(text: &str) -> Option<Self> {
        let arn: Arn = text.parse().ok()?;
        let scope = arn.scope().filter(|_| arn.service() == "sqs")?;
        Some(Address { scope, name: arn.resource().to_owned() })
    }

    /// Whether it is a FIFO queue: names say so, and only they may.
    pub(crate) fn is_fifo(&self) -> bool {
        is_fifo(&self.name)
    }

    pub(crate) fn arn(&self) -> Arn {
        Arn::in_scope("sqs", &self.scope, &self.name)
    }

    pub(crate) fn url(&self, endpoint: &str) -> String {
        format!("{endpoint}/{}/{}", self.scope.account, self.name)
    }

    /// Its record, if there is such a queue.
    pub(crate) fn read(&self, reads: &impl Reads) -> Result<Option<Queue>> {
        Ok(reads.get_record(&keys::queue(&self.scope, &self.name))?)
    }
}

/// Whether a path is a queue's own: `/000000000000/name`, or `/queue/eu-west-1/000000000000/name`.
pub(crate) fn is_path(path: &str) -> bool {
    let path = path.trim_matches('/');
    path.split('/').count() == if path.starts_with("queue/") { 4 } else { 2 }
}

/// The queue that a request names by its URL.
pub(crate) fn find(reads: &impl Reads, scope: &Scope, url: &str) -> Result<(Address, Arc<Queue>)> {
    let address = Address::parse(scope, url).ok_or_else(errors::no_queue)?;
    let queue =
        reads.get_shared(&keys::queue(&address.scope, &address.name))?.ok_or_else(errors::no_queue)?;
    Ok((address, queue))
}

/// The policy of the queue with that ARN.
pub(crate) fn policy_of(snapshot: &Snapshot, arn: &Arn) -> Result<Option<String>> {
    let address = Address::from_arn(arn.as_str()).ok_or_else(errors::no_queue)?;
    let queue: Option<Arc<Queue>> = snapshot.get_shared(&keys::queue(&address.scope, &address.name))?;
    let queue = queue.ok_or_else(errors::no_queue)?;
    Ok(queue.attributes.get("Policy").cloned())
}

/// Whether a queue of that name is a FIFO queue.
pub(crate) fn is_fifo(name: &str) -> bool {
    name.ends_with(".fifo")
}

/// Whether a queue may have that name, with its attribute `FifoQueue`.
pub(crate) fn check_name(name: &str, fifo: bool) -> Result<(), Fault> {
    let stem = if fifo { name.strip_suffix(".fifo").unwrap_or_default() } else { name };
    if name.len() > 80 || !names::is_plain(stem, "-_", 1..=80) {
        return Err(errors::invalid_value(if fifo {
            "The name of a FIFO queue can only include alphanumeric characters, hyphens, or underscores, must end with .fifo \
             suffix and be 1 to 80 in length."
        } else {
            "Can only include alphanumeric characters, hyphens, or underscores. 1 to 80 in length"
        }));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn scope() -> Scope {
        Scope::new(Account::ZERO, "us-east-1".parse().unwrap())
    }

    #[test]
    fn an_address_is_read_from_any_host() {
        for url in
            ["http://localhost:4566/000000000000/q", "https://sqs.us-east-1.amazonaws.com/000000000000/q"]
        {
            let address = Address::parse(&scope(), url).unwrap();
            assert_eq!(address.arn().as_str(), "arn:aws:sqs:us-east-1:000000000000:q");
            assert_eq!(Address::from_arn(address.arn().as_str()), Some(address));
        }
        let elsewhere = Address::parse(&scope(), "http://localhost/queue/eu-west-1/000000000000/q").unwrap();
        assert_eq!(elsewhere.arn().as_str(), "arn:aws:sqs:eu-west-1:000000000000:q");
        for path in ["/000000000000/q", "/queue/eu-west-1/000000000000/q"] {
            assert!(is_path(path), "{path}");
        }
        for path in ["/", "/q", "/queue/000000000000/q", "/a/b/c/d"] {
            assert!(!is_path(path), "{path}");
        }
        for url in [
            "",
            "q",
            "/q",
            "http://localhost/queue/nowhere/000000000000/q",
            "http://localhost/12/q",
            "http://localhost/000000000000/",
        ] {
            assert_eq!(Address::parse(&scope(), url), None, "{url}");
        }
    }

    #[test]
    fn names_are_as_strict_as_aws() {
        for (name, fifo) in [(&*"a".repeat(80), false), (&*format!("{}.fifo", "a".repeat(75)), true)] {
            assert!(check_name(name, fifo).is_ok(), "{name}");
        }
        for name in ["", &"a".repeat(81), "a b", "ä", ".fifo", "a.b", "a.fifo"] {
            let fault = check_name(name, false).unwrap_err();
            assert_eq!(fault.query_code.unwrap(), "InvalidParameterValue", "{name}");
        }
        for name in ["", ".fifo", "a", "a.b.fifo", &format!("{}.fifo", "a".repeat(76))] {
            assert!(check_name(name, true).unwrap_err().message.contains("must end with .fifo"), "{name}");
        }
    }
}
