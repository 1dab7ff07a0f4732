//! Signatures that are refused, as S3 says it: with codes, statuses and words of its own.

use signing::{Error, Fault as Of};
use wire::{Fault, Timestamp, TimestampFormat};

/// A refused signature.
pub(crate) fn of_signature(error: &Error) -> Fault {
    let fault = in_words(error);
    match error {
        Error::PresignedExpired { valid_s, expired_s, now_s } => valid_s
            .iter()
            .fold(fault, |fault, seconds| fault.with_element("X-Amz-Expires", seconds.to_string()))
            .with_element("Expires", date(*expired_s))
            .with_element("ServerTime", date(*now_s)),
        Error::HeadersUnsigned { names } => fault.with_element("HeadersNotSigned", names.as_str()),
        _ => fault,
    }
}

fn date(unix_s: i64) -> String {
    Timestamp(unix_s.saturating_mul(1000)).format(TimestampFormat::DateTime)
}

fn in_words(error: &Error) -> Fault {
    let said = || error.to_string();
    let (code, status, message) = match error.fault() {
        Of::MissingToken => ("AccessDenied", 403, "Access Denied".to_owned()),
        Of::Incomplete => ("AuthorizationHeaderMalformed", 400, said()),
        Of::Query => ("AuthorizationQueryParametersError", 400, said()),
        Of::UnknownKey => {
            let message = "The AWS Access Key Id you provided does not exist in our records.";
            ("InvalidAccessKeyId", 403, message.to_owned())
        }
        Of::Expired | Of::Unsigned => ("AccessDenied", 403, said()),
        Of::Skewed => {
            let message = "The difference between the request time and the current time is too large.";
            ("RequestTimeTooSkewed", 403, message.to_owned())
        }
        Of::PayloadHeader => ("InvalidArgument", 400, said()),
        Of::PayloadMismatch => ("XAmzContentSHA256Mismatch", 400, said()),
        Of::Invalid if matches!(error, Error::Scope(_)) => ("AuthorizationHeaderMalformed", 400, said()),
        Of::Invalid => {
            let message = "The request signature we calculated does not match the signature you provided. Check your key \
                           and signing method.";
            ("SignatureDoesNotMatch", 403, message.to_owned())
        }
    };
    Fault::new(code, status, message)
}

/// Temporary credentials whose time is over.
pub(crate) fn of_expired_token() -> Fault {
    Fault::new("ExpiredToken", 400, "The provided token has expired.")
}
