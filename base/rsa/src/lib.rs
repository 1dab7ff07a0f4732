//! RSA keys: made, kept as PKCS#8, signed with (PKCS#1 v1.5), and shown in a certificate.
//!
//! AWS-LC does the arithmetic: a signature takes it 0.24 ms, a tenth of what pure Rust takes, and SNS owes one to each
//! publication. Its safe bindings do not sign SHA-1, which version 1 of SNS's signatures is, so [`sign`] calls it directly.
//!
//! Never here: encryption, and protocols that use signatures.

mod certificate;
mod sign;

use std::fmt;

use aws_lc_rs::encoding::{AsDer as _, Pkcs8V1Der};
use aws_lc_rs::rsa::{KeyPair, KeySize};

/// Why something could not be done with a key.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// No key could be made.
    #[error("an RSA key could not be made")]
    Make,
    /// The bytes are no RSA key.
    #[error("this is no RSA key")]
    NoKey,
    /// A signature could not be made.
    #[error("a signature could not be made")]
    Sign,
    /// A moment is no date.
    #[error("a certificate cannot be valid then")]
    Moment,
    /// A certificate could not be made.
    #[error("a certificate could not be made: {0}")]
    Certificate(#[from] rcgen::Error),
}

/// What is signed of a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Digest {
    /// For old protocols that ask for it, alone.
    Sha1,
    /// The usual one.
    Sha256,
}

/// A private key of 2,048 bits.
pub struct Key {
    pkcs8: Vec<u8>,
    handle: sign::Handle,
}

impl Key {
    /// A new key. It takes some 0.1 s of computation.
    ///
    /// # Errors
    /// When the system gives no randomness.
    pub fn generate() -> Result<Self, Error> {
        let pair = KeyPair::generate(KeySize::Rsa2048).map_err(|_| Error::Make)?;
        let pkcs8: Pkcs8V1Der<'_> = pair.as_der().map_err(|_| Error::Make)?;
        Self::from_pkcs8(pkcs8.as_ref())
    }

    /// A key that was kept.
    ///
    /// # Errors
    /// When the bytes are something else.
    pub fn from_pkcs8(pkcs8: &[u8]) -> Result<Self, Error> {
        Ok(Key { handle: sign::Handle::parse(pkcs8)?, pkcs8: pkcs8.to_vec() })
    }

    /// What to keep of it, in secret.
    #[must_use]
    pub fn pkcs8(&self) -> &[u8] {
        &self.pkcs8
    }

    /// Signs a message.
    ///
    /// # Errors
    /// When there is no memory.
    pub fn sign(&self, digest: Digest, message: &[u8]) -> Result<Vec<u8>, Error> {
        self.handle.sign(digest, message)
    }

    /// A certificate that it signs for itself, valid for ever, in PEM.
    ///
    /// # Errors
    /// When the name cannot stand in a certificate.
    pub fn certificate(&self, name: &str) -> Result<String, Error> {
        certificate::self_signed(&self.pkcs8, name, None)
    }

    /// The same, valid between two moments, in seconds.
    ///
    /// # Errors
    /// When the name cannot stand in a certificate, or a moment has no date.
    pub fn certificate_between(&self, name: &str, from_s: i64, until_s: i64) -> Result<String, Error> {
        certificate::self_signed(&self.pkcs8, name, Some((from_s, until_s)))
    }
}

impl fmt::Debug for Key {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Key(…)")
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use ring::signature::{
        RSA_PKCS1_2048_8192_SHA1_FOR_LEGACY_USE_ONLY, RSA_PKCS1_2048_8192_SHA256, UnparsedPublicKey,
    };

    use super::*;

    fn public(key: &Key) -> Vec<u8> {
        use ring::signature::KeyPair as _;
        ring::rsa::KeyPair::from_pkcs8(key.pkcs8()).unwrap().public_key().as_ref().to_vec()
    }

    #[test]
    fn another_library_accepts_its_signatures() {
        let key = Key::generate().unwrap();
        let kept = Key::from_pkcs8(key.pkcs8()).unwrap();
        assert_eq!(format!("{kept:?}"), "Key(…)", "a secret");
        let public = public(&key);
        proptest!(ProptestConfig::with_cases(32), |(message: Vec<u8>)| {
            for (digest, algorithm) in [
                (Digest::Sha1, &RSA_PKCS1_2048_8192_SHA1_FOR_LEGACY_USE_ONLY),
                (Digest::Sha256, &RSA_PKCS1_2048_8192_SHA256),
            ] {
                let signature = kept.sign(digest, &message).unwrap();
                let verifier = UnparsedPublicKey::new(algorithm, &public);
                verifier.verify(&message, &signature).unwrap();
                let mut other = message.clone();
                other.push(0);
                verifier.verify(&other, &signature).unwrap_err();
            }
        });
    }

    #[test]
    fn many_threads_sign_at_once() {
        let key = Key::generate().unwrap();
        let expected = key.sign(Digest::Sha256, b"message").unwrap();
        std::thread::scope(|scope| {
            for _ in 0..8 {
                scope.spawn(|| {
                    for _ in 0..20 {
                        assert_eq!(key.sign(Digest::Sha256, b"message").unwrap(), expected);
                    }
                });
            }
        });
    }

    #[test]
    fn a_certificate_shows_the_public_key() {
        let key = Key::generate().unwrap();
        let pem = key.certificate("sns.amazonaws.com").unwrap();
        assert!(pem.starts_with("-----BEGIN CERTIFICATE-----"), "{pem}");
        use rustls_pki_types::pem::PemObject as _;
        let der = rustls_pki_types::CertificateDer::from_pem_slice(pem.as_bytes()).unwrap();
        let public = public(&key);
        assert!(der.windows(public.len()).any(|window| window == public));
    }

    #[test]
    fn anything_else_is_no_key() {
        for bytes in [&b""[..], b"-----BEGIN", &[0x30; 1200]] {
            assert!(matches!(Key::from_pkcs8(bytes), Err(Error::NoKey)));
        }
        let elliptic = rcgen::KeyPair::generate().unwrap().serialize_der();
        assert!(matches!(Key::from_pkcs8(&elliptic), Err(Error::NoKey)));
    }
}
