//! Who calls, from where, and in which account and region.

use std::net::IpAddr;
use std::sync::Arc;

use http::{HeaderMap, HeaderName, HeaderValue};
use names::{Account, Arn, Scope};
use serde::{Deserialize, Serialize};

use crate::{Passage, PrincipalRecord, Regions};

/// Who passes a request on says here of which trace it is a part.
pub(crate) static TRACE_HEADER: HeaderName = HeaderName::from_static("x-amzn-trace-id");
/// Longer ones are no traces.
const TRACE_BYTES_MAX: usize = 512;

/// The caller of one request.
#[derive(Clone, Debug)]
pub struct Caller {
    /// The account that the caller belongs to, and the region that the request is for.
    pub scope: Scope,
    /// How the request says for which region it is, where it does.
    pub regions: Regions,
    /// Who it is.
    pub principal: Arc<Principal>,
    /// The request's id, which the answer and the log carry.
    pub request_id: Arc<str>,
    /// The address that the request came from; none for calls of one service to another.
    pub source_ip: Option<IpAddr>,
    /// The resource for which a service acts in its own name, so that whom it calls must let it in.
    pub source: Option<Arn>,
    /// How the request was signed, where it was.
    pub signed: Option<Signed>,
    /// What the request came through to the resource that it names.
    pub passage: Option<Arc<Passage>>,
    /// What stood in the request's path before the part that is of the service's API, where such paths stand behind something.
    pub before: Option<Arc<str>>,
    /// The trace that the request is a part of: its `X-Amzn-Trace-Id`.
    pub trace: Option<Arc<str>>,
    /// Scheme, host and port by which the client reached us, for addresses in answers: `http://localhost:4566`.
    pub endpoint: Arc<str>,
}

impl Caller {
    /// The trace that a request says it is a part of.
    #[must_use]
    pub fn trace_in(headers: &HeaderMap) -> Option<Arc<str>> {
        let text = headers.get(&TRACE_HEADER)?.to_str().ok()?;
        (text.len() <= TRACE_BYTES_MAX).then(|| text.into())
    }
}

/// A signature of a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Signed {
    /// Where it stands.
    pub way: SignedBy,
    /// It is one of Signature Version 2.
    pub is_old: bool,
    /// How long ago it was made, where it says so.
    pub age_ms: Option<i64>,
    /// What it covers of the body, as the request says it.
    pub content: Option<HeaderValue>,
}

/// Where a signature stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SignedBy {
    /// In a header.
    Header,
    /// In the query string.
    Link,
    /// In the fields of a form.
    Form,
}

/// An identity that may be allowed or denied something.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Principal {
    /// What kind of identity.
    pub kind: PrincipalKind,
    /// `arn:aws:iam::000000000000:root`, `arn:aws:sts::…:assumed-role/name/session`.
    pub arn: Arn,
    /// `UserId` of GetCallerIdentity: the account id, `AIDA…`, or `AROA…:session`.
    pub id: String,
    /// The access key that signed the request.
    pub access_key_id: Option<String>,
    /// The role whose session this is.
    pub role: Option<Arn>,
}

impl Principal {
    /// The root user of an account.
    #[must_use]
    pub fn root(account: Account) -> Self {
        let PrincipalRecord { kind, arn, id, role } = PrincipalRecord::root(account);
        Principal { kind, arn, id, access_key_id: None, role }
    }

    /// A session of a role in which a service acts for a resource that names the role.
    #[must_use]
    pub fn session(scope: &Scope, role: &Arn, session: &str) -> Self {
        let name = role.resource().rsplit('/').next().unwrap_or_default();
        let account = role.account().unwrap_or(scope.account);
        let resource = format_args!("assumed-role/{name}/{session}");
        Principal {
            kind: PrincipalKind::AssumedRole,
            arn: Arn::global("sts", scope.region.partition(), &account, resource),
            id: format!("{name}:{session}"),
            access_key_id: None,
            role: Some(role.clone()),
        }
    }

    /// Whoever sends a request to this scope without saying who it is.
    #[must_use]
    pub fn anonymous(scope: &Scope) -> Self {
        Principal {
            kind: PrincipalKind::Anonymous,
            arn: Arn::global("iam", scope.region.partition(), &scope.account, "anonymous"),
            id: "anonymous".to_owned(),
            access_key_id: None,
            role: None,
        }
    }
}

/// The kinds of identity.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum PrincipalKind {
    /// The root user of an account.
    Root,
    /// An IAM user.
    User,
    /// A session of a role.
    AssumedRole,
    /// A part of Cloudlet that acts for a service, such as `sns.amazonaws.com`.
    Service,
    /// Nobody: the request was not signed.
    Anonymous,
}
