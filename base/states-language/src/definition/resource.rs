//! What a Task state calls, taken from its ARN.
//!
//! Never knows which services there are: that is for who runs the tasks.

/// What a Task state calls.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Resource {
    /// The ARN as it stands.
    pub arn: String,
    /// What it is.
    pub kind: ResourceKind,
}

/// What kind of thing a Task state calls.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ResourceKind {
    /// A function, by its own ARN.
    Function,
    /// An activity, for which workers ask.
    Activity,
    /// An integration: `arn:aws:states:::sqs:sendMessage.waitForTaskToken`.
    Service {
        /// `sqs`, or `aws-sdk:dynamodb`.
        service: String,
        /// `sendMessage.waitForTaskToken`.
        action: String,
        /// What ends the task.
        pattern: Pattern,
    },
}

/// What ends a task of an integration.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pattern {
    /// The answer of the call.
    RequestResponse,
    /// The end of the job that was begun; and by its version, the shape of what comes of it.
    Sync(u8),
    /// Whoever has the task's token.
    WaitForTaskToken,
}

impl Resource {
    /// What an ARN in a Task state calls; none for what no Task state can.
    #[must_use]
    pub fn parse(arn: &str) -> Option<Self> {
        let mut parts = arn.splitn(6, ':');
        let (prefix, _partition, service) = (parts.next()?, parts.next()?, parts.next()?);
        let (region, _account, rest) = (parts.next()?, parts.next()?, parts.next()?);
        let kind = match (prefix, service) {
            ("arn", "lambda") if rest.starts_with("function:") => ResourceKind::Function,
            ("arn", "states") if rest.starts_with("activity:") => ResourceKind::Activity,
            ("arn", "states") if region.is_empty() => Self::integration(rest)?,
            _ => return None,
        };
        Some(Resource { arn: arn.to_owned(), kind })
    }

    fn integration(rest: &str) -> Option<ResourceKind> {
        let (service, action) = rest.rsplit_once(':')?;
        // The version of a job's shape is parted by a colon too.
        if let (Some((service, first)), Ok(version @ 2..)) = (service.rsplit_once(':'), action.parse()) {
            first.strip_suffix(".sync")?;
            return Some(Self::service(service, &format!("{first}:{action}"), Pattern::Sync(version)));
        }
        let pattern = match action.split_once('.') {
            None => Pattern::RequestResponse,
            Some((_, "sync")) => Pattern::Sync(1),
            Some((_, "waitForTaskToken")) => Pattern::WaitForTaskToken,
            Some(_) => return None,
        };
        (!service.is_empty() && !action.is_empty()).then(|| Self::service(service, action, pattern))
    }

    fn service(service: &str, action: &str, pattern: Pattern) -> ResourceKind {
        ResourceKind::Service { service: service.to_owned(), action: action.to_owned(), pattern }
    }

    /// Whether whoever has its token ends it.
    #[must_use]
    pub fn waits_for_token(&self) -> bool {
        matches!(self.kind, ResourceKind::Service { pattern: Pattern::WaitForTaskToken, .. })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn arns_say_what_is_called() {
        let service = |arn: &str| match Resource::parse(arn).unwrap().kind {
            ResourceKind::Service { service, action, pattern } => (service, action, pattern),
            other => panic!("{other:?}"),
        };
        assert_eq!(
            service("arn:aws:states:::sqs:sendMessage"),
            ("sqs".into(), "sendMessage".into(), Pattern::RequestResponse)
        );
        let token = "sendMessage.waitForTaskToken";
        assert_eq!(
            service(&format!("arn:aws:states:::sqs:{token}")),
            ("sqs".into(), token.into(), Pattern::WaitForTaskToken)
        );
        let start = "startExecution.sync:2";
        assert_eq!(
            service(&format!("arn:aws:states:::states:{start}")),
            ("states".into(), start.into(), Pattern::Sync(2))
        );
        assert_eq!(service("arn:aws:states:::aws-sdk:s3:getObject").0, "aws-sdk:s3");
        let function = Resource::parse("arn:aws:lambda:eu-west-1:000000000000:function:f:1").unwrap();
        assert_eq!(function.kind, ResourceKind::Function);
        for wrong in [
            "",
            "f",
            "arn:aws:states:::",
            "arn:aws:states:::sqs:",
            "arn:aws:states:::a:b.c",
            "arn:aws:s3:::b",
        ] {
            assert_eq!(Resource::parse(wrong), None, "{wrong}");
        }
    }
}
