//! Why a document is refused. IAM's two parsers word the same fault differently, so a fault is worded by its kind.

use std::fmt;

use crate::Kind;

/// A refused document: `Display` is the message of IAM's `MalformedPolicyDocument`. Services with resource policies
/// of their own word and code the [`Fault`] themselves.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Error {
    kind: Kind,
    fault: Fault,
}

/// What is wrong with a document.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fault {
    /// The text is longer than [`crate::limits::TEXT_SIZE_MAX`].
    TooLong,
    /// The text is not a JSON object.
    NotJson,
    /// An element that the language does not have.
    UnknownField(String),
    /// An element has a value of a wrong type or form.
    Malformed(&'static str),
    /// An element is missing.
    Missing(&'static str),
    /// An element has no values.
    Empty(&'static str),
    /// An element stands beside its own negation.
    Both(&'static str),
    /// An effect other than `Allow` and `Deny`.
    Effect(String),
    /// A version that the language never had.
    Version(String),
    /// An identity policy is of an older version, or of none.
    OldVersion,
    /// An element that this kind of document must not have.
    Prohibited(&'static str),
    /// A condition operator that the language does not have.
    Operator(String),
    /// The date of a condition cannot be read.
    Date,
    /// Two statements have the same id.
    DuplicateSid,
    /// A statement id has characters other than letters and digits.
    Sid,
    /// An action without its service.
    ActionVendorMissing,
    /// An action with several colons.
    ActionColons,
    /// An action whose service is malformed.
    ActionVendor(String),
    /// A trust policy names another action than those of assuming roles.
    TrustAction,
    /// A statement allows everything to all but some principals.
    AllowNotPrincipal,
    /// A principal that cannot be one: its type and value.
    Principal(&'static str, String),
    /// A resource that is neither `*` nor an ARN.
    ResourceForm(String),
    /// A resource whose partition is unknown, and the resource with its gaps filled.
    ResourcePartition(String, String),
    /// A resource without a service, or with wildcards in it.
    ResourceVendor,
    /// A resource of IAM or S3 with a region: the service and the resource.
    ResourceRegion(&'static str, String),
    /// A resource of IAM that names no kind of thing that IAM has.
    ResourceIamPath,
    /// A resource with an empty or missing part.
    ResourceParts,
}

impl Error {
    pub(crate) fn new(kind: Kind, fault: Fault) -> Self {
        Self { kind, fault }
    }

    /// The kind of document that was expected.
    pub fn kind(&self) -> Kind {
        self.kind
    }

    /// What is wrong.
    pub fn fault(&self) -> &Fault {
        &self.fault
    }
}

impl std::error::Error for Error {}

impl fmt::Display for Error {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let worded = match self.kind {
            Kind::Identity => word_identity(&self.fault, formatter),
            Kind::Trust | Kind::Resource => word_principal_bound(&self.fault, formatter),
        };
        worded.unwrap_or_else(|| word_shared(&self.fault, formatter))
    }
}

/// The words of the parser for identity policies.
fn word_identity(fault: &Fault, formatter: &mut fmt::Formatter<'_>) -> Option<fmt::Result> {
    let text = match fault {
        Fault::Missing("Action") | Fault::Empty("Action") => "Policy statement must contain actions.",
        Fault::Missing("Resource") | Fault::Empty("Resource") => "Policy statement must contain resources.",
        Fault::Prohibited(_) => "Policy document should not specify a principal.",
        Fault::Effect(effect) if is_miscased(effect) => "The policy failed legacy parsing",
        _ => return None,
    };
    Some(formatter.write_str(text))
}

/// The words of the parser for policies that name principals.
fn word_principal_bound(fault: &Fault, formatter: &mut fmt::Formatter<'_>) -> Option<fmt::Result> {
    Some(match fault {
        Fault::TooLong | Fault::NotJson => formatter.write_str("This policy contains invalid Json"),
        Fault::UnknownField(name) => write!(formatter, "Unknown field {name}"),
        Fault::Missing(name) => write!(formatter, "Missing required field {name}"),
        Fault::Empty("Statement") => formatter.write_str("Could not parse the policy: Statement is empty!"),
        Fault::Empty(name) => write!(formatter, "Missing required field {name} cannot be empty!"),
        Fault::Effect(effect) => write!(formatter, "Invalid effect: {effect}"),
        Fault::Version(_) => formatter.write_str("The policy must contain a valid version string"),
        Fault::Prohibited("NotResource") => {
            formatter.write_str("AssumeRole policy must not contain resources.")
        }
        Fault::Prohibited(name) => write!(formatter, "Has prohibited field {name}"),
        Fault::Operator(name) => write!(formatter, "Invalid Condition type : {name}"),
        _ => return None,
    })
}

fn word_shared(fault: &Fault, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
    match fault {
        Fault::OldVersion => formatter.write_str("Policy document must be version 2012-10-17 or greater."),
        Fault::Date | Fault::ResourceParts => formatter.write_str("The policy failed legacy parsing"),
        Fault::DuplicateSid => formatter.write_str("Statement IDs (SID) in a single policy must be unique."),
        Fault::Sid => formatter.write_str(
            "Statement IDs (SID) must be alpha-numeric. Check that your input satisfies the regular expression \
             [0-9A-Za-z]*",
        ),
        Fault::ActionVendorMissing => {
            formatter.write_str("Actions/Conditions must be prefaced by a vendor, e.g., iam, sdb, ec2, etc.")
        }
        Fault::ActionColons => formatter.write_str("Actions/Condition can contain only one colon."),
        Fault::ActionVendor(vendor) => write!(formatter, "Vendor {vendor} is not valid"),
        Fault::TrustAction => formatter.write_str("AssumeRole policy may only specify STS AssumeRole actions."),
        Fault::AllowNotPrincipal => formatter.write_str("Allow with NotPrincipal is not allowed."),
        Fault::Principal(kind, value) => {
            write!(formatter, "Invalid principal in policy: \"{}\":\"{value}\"", kind.to_uppercase())
        }
        Fault::ResourceForm(resource) => write!(formatter, "Resource {resource} must be in ARN format or \"*\"."),
        Fault::ResourcePartition(partition, resource) => {
            write!(formatter, "Partition \"{partition}\" is not valid for resource \"{resource}\".")
        }
        Fault::ResourceVendor => {
            formatter.write_str("Resource vendor must be fully qualified and cannot contain regexes.")
        }
        Fault::ResourceRegion("iam", resource) => {
            write!(formatter, "IAM resource {resource} cannot contain region information.")
        }
        Fault::ResourceRegion(_, resource) => {
            write!(formatter, "Resource {resource} can not contain region information.")
        }
        Fault::ResourceIamPath => write!(
            formatter,
            "IAM resource path must either be \"*\" or start with {}.",
            crate::resource::IAM_PATHS.join(", ")
        ),
        _ => formatter.write_str("Syntax errors in policy."),
    }
}

/// Whether an effect is right but for its case, which IAM's first parser lets pass and its second refuses.
fn is_miscased(effect: &str) -> bool {
    ["allow", "deny"].iter().any(|known| effect.eq_ignore_ascii_case(known))
}
