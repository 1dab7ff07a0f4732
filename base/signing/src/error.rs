//! Why a request's signature is refused, in AWS's words. Codes and statuses differ by protocol and are the door's.

use crate::Timestamp;

/// What went wrong, as far as it decides the error code.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// `MissingAuthenticationToken(Exception)`.
    MissingToken,
    /// `IncompleteSignature(Exception)`; `AuthorizationHeaderMalformed` in S3.
    Incomplete,
    /// `InvalidSignatureException`, or `SignatureDoesNotMatch` in query, XML and S3 protocols.
    Invalid,
    /// As [`Fault::Invalid`]; `RequestTimeTooSkewed` in S3.
    Skewed,
    /// `AccessDenied` in S3.
    Expired,
    /// `AuthorizationQueryParametersError` in S3; [`Fault::Incomplete`] elsewhere.
    Query,
    /// `UnrecognizedClientException`, `InvalidClientTokenId` in query protocols, `InvalidAccessKeyId` in S3.
    UnknownKey,
    /// `AccessDenied` in S3: `x-amz-` headers that are not signed.
    Unsigned,
    /// `InvalidArgument` in S3; [`Fault::Invalid`] elsewhere.
    PayloadHeader,
    /// `XAmzContentSHA256Mismatch` in S3; [`Fault::Invalid`] elsewhere.
    PayloadMismatch,
}

/// A refused signature; `Display` is the message that AWS sends.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// The request carries no signature at all.
    #[error("Request is missing Authentication Token")]
    MissingToken,
    /// The request is signed in its header and in its query string.
    #[error("Found both 'X-Amz-Algorithm' as a query-string param and 'Authorization' as HTTP header.")]
    Twice,
    /// A part of the `Authorization` header is no `key=value`.
    #[error(
        "Invalid key=value pair (missing equal-sign) in Authorization header (hashed with SHA-256 and encoded with \
         Base64): '{hashed}'."
    )]
    MissingEquals {
        /// Base64 of the SHA-256 of the header, so that nothing of it is repeated.
        hashed: String,
    },
    /// Parameters are missing from the `Authorization` header.
    #[error("{missing}(Hashed with SHA-256 and encoded with Base64) Authorization={hashed}")]
    MissingParameters {
        /// A sentence and a space for each.
        missing: String,
        /// As in [`Error::MissingEquals`].
        hashed: String,
    },
    /// Parameters are missing from a presigned query string.
    #[error("{missing}Re-examine the query-string parameters.")]
    MissingQuery {
        /// A sentence and a space for each.
        missing: String,
    },
    /// The date cannot be read.
    #[error(
        "Date must be in ISO-8601 'basic format'. Got '{got}'. See http://en.wikipedia.org/wiki/ISO_8601"
    )]
    Date {
        /// The value as given.
        got: String,
    },
    /// Another algorithm, SigV4a's among them.
    #[error("Unsupported AWS 'algorithm': '{got}' (only AWS4-HMAC-SHA256 for now). ")]
    Algorithm {
        /// The algorithm as given.
        got: String,
    },
    /// The credential has not five parts.
    #[error(
        "Credential must have exactly 5 slash-delimited elements, e.g. keyid/date/region/service/term, got '{got}'"
    )]
    Credential {
        /// The credential as given.
        got: String,
    },
    /// The credential scope contradicts the request.
    #[error("{0}")]
    Scope(String),
    /// `host` is not among the signed headers.
    #[error("'Host' or ':authority' must be a 'SignedHeader' in the AWS Authorization.")]
    HostUnsigned,
    /// S3: headers that begin with `x-amz-` are not all signed.
    #[error("There were headers present in the request which were not signed")]
    HeadersUnsigned {
        /// Their names, joined by commas.
        names: String,
    },
    /// Signed too long ago.
    #[error("Signature expired: {signed} is now earlier than {oldest} ({now} - {minutes} min.)")]
    Expired {
        /// When it was signed.
        signed: Timestamp,
        /// The oldest instant that would have been accepted.
        oldest: Timestamp,
        /// Now.
        now: Timestamp,
        /// How many minutes lie between.
        minutes: i64,
    },
    /// Signed too far in the future.
    #[error("Signature not yet current: {signed} is still later than {latest} ({now} + 15 min.)")]
    NotYetCurrent {
        /// When it was signed.
        signed: Timestamp,
        /// The latest instant that would have been accepted.
        latest: Timestamp,
        /// Now.
        now: Timestamp,
    },
    /// S3: a presigned URL has outlived its `X-Amz-Expires`.
    #[error("Request has expired")]
    PresignedExpired {
        /// For how long it was good, in seconds, where it says so.
        valid_s: Option<i64>,
        /// When it ceased to be, in Unix seconds.
        expired_s: i64,
        /// Now, in Unix seconds.
        now_s: i64,
    },
    /// A link of Signature Version 2 lacks a part of its claim.
    #[error("Query-string authentication requires the Signature, Expires and AWSAccessKeyId parameters")]
    OldIncomplete,
    /// A header of Signature Version 2 is no key and signature.
    #[error("Authorization header is invalid -- one and only one ' ' (space) required")]
    OldHeader,
    /// A request that is signed so has no date.
    #[error("AWS authentication requires a valid Date or x-amz-date header")]
    OldDate,
    /// `Expires` of such a link is no number.
    #[error("Invalid date (should be seconds since epoch): {got}")]
    OldExpires {
        /// The value as given.
        got: String,
    },
    /// `X-Amz-Expires` is no number.
    #[error("X-Amz-Expires should be a number")]
    ExpiresNumber,
    /// `X-Amz-Expires` is negative.
    #[error("X-Amz-Expires must be non-negative")]
    ExpiresNegative,
    /// `X-Amz-Expires` is more than a week.
    #[error(
        "X-Amz-Expires must be less than a week (in seconds); that is, the given X-Amz-Expires must be less than 604800 seconds"
    )]
    ExpiresTooLong,
    /// The key id is unknown. Made by the caller, which looks keys up.
    #[error("The security token included in the request is invalid.")]
    UnknownKey,
    /// `x-amz-content-sha256` is missing or none of its known values.
    #[error(
        "x-amz-content-sha256 must be UNSIGNED-PAYLOAD, STREAMING-UNSIGNED-PAYLOAD-TRAILER, \
         STREAMING-AWS4-HMAC-SHA256-PAYLOAD, STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER or a valid sha256 value."
    )]
    PayloadHeader,
    /// The body is not the one that was signed.
    #[error("The provided 'x-amz-content-sha256' header does not match what was computed.")]
    PayloadMismatch,
    /// The signature is wrong.
    #[error(
        "The request signature we calculated does not match the signature you provided. Check your AWS Secret Access \
         Key and signing method. Consult the service documentation for details."
    )]
    Mismatch,
}

impl Error {
    /// The class that decides the error code.
    pub fn fault(&self) -> Fault {
        match self {
            Self::MissingToken => Fault::MissingToken,
            Self::MissingEquals { .. }
            | Self::MissingParameters { .. }
            | Self::Date { .. }
            | Self::Algorithm { .. }
            | Self::Credential { .. } => Fault::Incomplete,
            Self::Twice | Self::Scope(_) | Self::HostUnsigned | Self::Mismatch => Fault::Invalid,
            Self::Expired { .. } | Self::NotYetCurrent { .. } => Fault::Skewed,
            Self::PresignedExpired { .. } | Self::OldIncomplete | Self::OldDate | Self::OldExpires { .. } => {
                Fault::Expired
            }
            Self::MissingQuery { .. }
            | Self::ExpiresNumber
            | Self::ExpiresNegative
            | Self::ExpiresTooLong => Fault::Query,
            Self::UnknownKey => Fault::UnknownKey,
            Self::HeadersUnsigned { .. } => Fault::Unsigned,
            Self::PayloadHeader | Self::OldHeader => Fault::PayloadHeader,
            Self::PayloadMismatch => Fault::PayloadMismatch,
        }
    }
}
