//! Keys that customers bring with their requests (SSE-C).
//!
//! A key is here for as long as its request. What is kept of it is a [`Recognition`], which tells it from others and nothing
//! else; it stands in no record, no log and no answer.
//!
//! Follows "Using server-side encryption with customer-provided keys" in S3's user guide.

use std::fmt;

use api_s3 as api;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use checksums::Algorithm;
use ring::hmac;
use serde::{Deserialize, Serialize};
use wire::Fault;

use super::version::Encryption;
use crate::errors;

/// The one algorithm that S3 has for them.
const AES256: &str = "AES256";
const KEY_BYTES: usize = 32;

/// A key that came with a request.
#[derive(Clone)]
pub(crate) struct CustomerKey {
    pub(super) secret: [u8; KEY_BYTES],
    /// MD5 of it in base64, as its customer said it.
    md5: String,
}

/// What tells a key from others.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Recognition {
    salt: [u8; 16],
    /// HMAC-SHA256 of the key under the salt.
    proof: [u8; 32],
}

/// What a request says of a key.
pub(crate) struct Said<'a> {
    algorithm: Option<&'a str>,
    key: Option<&'a str>,
    md5: Option<&'a str>,
    /// What the names of its headers begin with.
    prefix: &'static str,
}

impl Said<'_> {
    /// The key; nothing where nothing is said.
    ///
    /// # Errors
    /// When something is missing or wrong.
    fn read(&self) -> Result<Option<CustomerKey>, Fault> {
        if (self.algorithm, self.key, self.md5) == (None, None, None) {
            return Ok(None);
        }
        let missing = "Requests specifying Server Side Encryption with Customer provided keys must provide";
        let algorithm = self
            .algorithm
            .ok_or_else(|| self.invalid("algorithm", &format!("{missing} a valid encryption algorithm.")))?;
        if algorithm != AES256 {
            let message = "The encryption request you specified is not valid. The valid value is AES256.";
            return Err(Fault::new("InvalidEncryptionAlgorithmError", 400, message)
                .with_element("ArgumentName", format!("{}algorithm", self.prefix))
                .with_element("ArgumentValue", algorithm));
        }
        let key =
            self.key.ok_or_else(|| self.invalid("key", &format!("{missing} an appropriate secret key.")))?;
        let decoded = STANDARD.decode(key).ok().and_then(|key| <[u8; KEY_BYTES]>::try_from(key).ok());
        let invalid = || self.invalid("key", "The secret key was invalid for the specified algorithm.");
        let secret = decoded.ok_or_else(invalid)?;
        let md5 = self.md5.ok_or_else(|| {
            let message = format!("{missing} the client calculated MD5 of the secret key.");
            self.invalid("key-MD5", &message)
        })?;
        if STANDARD.encode(Algorithm::Md5.of(&secret)) != md5 {
            let message = "The calculated MD5 hash of the key did not match the hash that was provided.";
            return Err(self.invalid("key-MD5", message));
        }
        Ok(Some(CustomerKey { secret, md5: md5.to_owned() }))
    }

    /// It says which header it is about, and never what stands in it.
    fn invalid(&self, header: &str, message: &str) -> Fault {
        errors::invalid_argument(message).with_element("ArgumentName", format!("{}{header}", self.prefix))
    }
}

impl CustomerKey {
    #[cfg(test)]
    pub(super) fn of_test(byte: u8) -> Self {
        CustomerKey { secret: [byte; KEY_BYTES], md5: String::new() }
    }

    /// What is kept of it.
    pub(crate) fn recognition(&self, salt: [u8; 16]) -> Recognition {
        let tag = hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, &salt), &self.secret);
        let mut proof = [0; 32];
        proof.copy_from_slice(tag.as_ref());
        Recognition { salt, proof }
    }

    fn is(&self, known: &Recognition) -> bool {
        let salt = hmac::Key::new(hmac::HMAC_SHA256, &known.salt);
        hmac::verify(&salt, &self.secret, &known.proof).is_ok()
    }
}

/// Shows nothing of it.
impl fmt::Debug for CustomerKey {
    fn fmt(&self, to: &mut fmt::Formatter<'_>) -> fmt::Result {
        to.write_str("CustomerKey(***)")
    }
}

/// Whether a request brings what an object needs to be read.
///
/// # Errors
/// When it brings no key, another one, or one that nobody needs.
pub(crate) fn check_reader(encryption: &Encryption, key: Option<&CustomerKey>) -> Result<(), Fault> {
    match (encryption, key) {
        (Encryption::Customer(_), None) => Err(errors::invalid_request(
            "The object was stored using a form of Server Side Encryption. The correct parameters must be provided to retrieve \
             the object.",
        )),
        (Encryption::Customer(known), Some(key)) if !key.is(known) => Err(errors::access_denied()),
        (Encryption::S3 | Encryption::Kms { .. }, Some(_)) => {
            Err(errors::invalid_request("The encryption parameters are not applicable to this object."))
        }
        _ => Ok(()),
    }
}

/// Whether a part brings the key that its upload was begun with.
///
/// # Errors
/// When it does not.
pub(crate) fn check_part(encryption: &Encryption, key: Option<&CustomerKey>) -> Result<(), Fault> {
    let message = match (encryption, key) {
        (Encryption::Customer(_), None) => {
            "The multipart upload initiate requested encryption. Subsequent part requests must include the appropriate \
             encryption parameters."
        }
        (Encryption::Customer(known), Some(key)) if !key.is(known) => {
            "The provided encryption parameters did not match the ones used originally."
        }
        (Encryption::S3 | Encryption::Kms { .. }, Some(_)) => {
            "The multipart upload initiate did not request encryption. Please resend the request without sending encryption \
             parameters."
        }
        _ => return Ok(()),
    };
    Err(errors::invalid_request(message))
}

/// As [`check_part`], for requests that need no key.
///
/// # Errors
/// When it brings another one.
pub(crate) fn check_whole(encryption: &Encryption, key: Option<&CustomerKey>) -> Result<(), Fault> {
    if key.is_some() { check_part(encryption, key) } else { Ok(()) }
}

/// An input that may bring a key.
pub(crate) trait BringsKey {
    /// # Errors
    /// When what it says of one is not whole.
    fn customer_key(&self) -> Result<Option<CustomerKey>, Fault>;
}

/// A copy, which may bring the key of its source.
pub(crate) trait BringsSourceKey {
    /// # Errors
    /// When what it says of one is not whole.
    fn source_key(&self) -> Result<Option<CustomerKey>, Fault>;
}

macro_rules! brings_key {
    ($trait:ident, $method:ident, $prefix:literal, $algorithm:ident $key:ident $md5:ident => $($input:ident)*) => {$(
        impl $trait for api::$input {
            fn $method(&self) -> Result<Option<CustomerKey>, Fault> {
                let said = Said {
                    algorithm: self.$algorithm.as_deref(),
                    key: self.$key.as_deref(),
                    md5: self.$md5.as_deref(),
                    prefix: $prefix,
                };
                said.read()
            }
        }
    )*};
}

brings_key! {
    BringsKey, customer_key, "x-amz-server-side-encryption-customer-",
    sse_customer_algorithm sse_customer_key sse_customer_key_md5 =>
    CompleteMultipartUploadInput
    CopyObjectInput
    CreateMultipartUploadInput
    GetObjectAttributesInput
    GetObjectInput
    HeadObjectInput
    ListPartsInput
    PutObjectInput
    UploadPartCopyInput
    UploadPartInput
}

brings_key! {
    BringsSourceKey, source_key, "x-amz-copy-source-server-side-encryption-customer-",
    copy_source_sse_customer_algorithm copy_source_sse_customer_key copy_source_sse_customer_key_md5 =>
    CopyObjectInput
    UploadPartCopyInput
}

/// An output that says which key its object has.
pub(crate) trait TellsKey {
    fn tell_key(&mut self, key: Option<&CustomerKey>);
}

macro_rules! tells_key {
    ($($output:ident)*) => {$(
        impl TellsKey for api::$output {
            fn tell_key(&mut self, key: Option<&CustomerKey>) {
                self.sse_customer_algorithm = key.map(|_| AES256.into());
                self.sse_customer_key_md5 = key.map(|key| key.md5.clone());
            }
        }
    )*};
}

tells_key! {
    CopyObjectOutput
    CreateMultipartUploadOutput
    GetObjectOutput
    HeadObjectOutput
    PutObjectOutput
    UploadPartCopyOutput
    UploadPartOutput
}

#[cfg(test)]
mod tests {
    use super::*;

    const KEY: &str = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=";
    const MD5: &str = "tP/LIyOHnMrr1mzV3Uhx0g==";

    fn read(
        algorithm: Option<&str>,
        key: Option<&str>,
        md5: Option<&str>,
    ) -> Result<Option<CustomerKey>, Fault> {
        Said { algorithm, key, md5, prefix: "x-" }.read()
    }

    #[test]
    fn a_key_comes_whole_or_not_at_all() {
        let md5 = STANDARD.encode(Algorithm::Md5.of(&STANDARD.decode(KEY).unwrap()));
        assert!(read(None, None, None).unwrap().is_none());
        assert!(read(Some(AES256), Some(KEY), Some(&md5)).unwrap().is_some());
        for (algorithm, key, md5, code, about) in [
            (None, Some(KEY), Some(MD5), "InvalidArgument", "x-algorithm"),
            (Some("AES"), Some(KEY), Some(MD5), "InvalidEncryptionAlgorithmError", "x-algorithm"),
            (Some(AES256), None, Some(MD5), "InvalidArgument", "x-key"),
            (Some(AES256), Some("AAEC"), Some(MD5), "InvalidArgument", "x-key"),
            (Some(AES256), Some("?"), Some(MD5), "InvalidArgument", "x-key"),
            (Some(AES256), Some(KEY), None, "InvalidArgument", "x-key-MD5"),
            (Some(AES256), Some(KEY), Some("?"), "InvalidArgument", "x-key-MD5"),
        ] {
            let fault = read(algorithm, key, md5).unwrap_err();
            assert_eq!(fault.code, code);
            let elements = fault.beside.map(|beside| beside.elements).unwrap_or_default();
            assert_eq!(elements.first(), Some(&("ArgumentName", about.to_owned())));
            assert!(elements.iter().all(|(_, value)| value != KEY));
        }
    }

    #[test]
    fn a_key_is_recognised_and_not_shown() {
        let (one, other) = (CustomerKey::of_test(1), CustomerKey::of_test(2));
        let known = Encryption::Customer(one.recognition([7; 16]));
        assert_eq!(format!("{one:?}"), "CustomerKey(***)");
        assert!(check_reader(&known, Some(&one)).is_ok());
        assert_eq!(check_reader(&known, Some(&other)).unwrap_err().status, 403);
        assert_eq!(check_reader(&known, None).unwrap_err().status, 400);
        assert_eq!(check_reader(&Encryption::S3, Some(&one)).unwrap_err().status, 400);
        assert!(check_reader(&Encryption::S3, None).is_ok());
        assert!(check_part(&known, Some(&one)).is_ok() && check_whole(&known, None).is_ok());
        assert!(check_part(&known, None).is_err() && check_whole(&known, Some(&other)).is_err());
    }
}
