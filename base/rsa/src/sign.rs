//! Signatures by AWS-LC itself.

use std::ptr::NonNull;

use aws_lc_sys as lc;
use ring::digest;

use crate::{Digest, Error};

/// A private RSA key in AWS-LC's memory.
pub(crate) struct Handle(NonNull<lc::EVP_PKEY>);

#[allow(unsafe_code, reason = "AWS-LC's keys may be signed with by many threads at once, and freed by any")]
// SAFETY: nothing changes the key after it was parsed, and AWS-LC guards what it remembers beside it with a lock of its own.
unsafe impl Send for Handle {}

#[allow(unsafe_code, reason = "as above")]
// SAFETY: as above.
unsafe impl Sync for Handle {}

impl Handle {
    /// The key in these bytes.
    #[allow(unsafe_code, reason = "the safe bindings have no way to sign SHA-1")]
    pub(crate) fn parse(pkcs8: &[u8]) -> Result<Self, Error> {
        let mut bytes = lc::CBS { data: pkcs8.as_ptr(), len: pkcs8.len() };
        // SAFETY: `bytes` points at `pkcs8`, which outlives the call; what comes back is ours, and `Handle` frees it.
        let key = NonNull::new(unsafe { lc::EVP_parse_private_key(&raw mut bytes) }).map(Handle);
        let key = key.filter(|_| bytes.len == 0).ok_or(Error::NoKey)?;
        // SAFETY: the key is alive; the pointer that comes back belongs to it, and is only looked at.
        if unsafe { lc::EVP_PKEY_get0_RSA(key.0.as_ptr()) }.is_null() {
            return Err(Error::NoKey);
        }
        Ok(key)
    }

    /// Signs a message with PKCS#1 v1.5.
    #[allow(unsafe_code, reason = "the safe bindings have no way to sign SHA-1")]
    pub(crate) fn sign(&self, digest: Digest, message: &[u8]) -> Result<Vec<u8>, Error> {
        let (name, algorithm) = match digest {
            Digest::Sha1 => (lc::NID_sha1, &digest::SHA1_FOR_LEGACY_USE_ONLY),
            Digest::Sha256 => (lc::NID_sha256, &digest::SHA256),
        };
        let digest = digest::digest(algorithm, message);
        let digest = digest.as_ref();
        // SAFETY: the key is alive, and `parse` made sure that it is an RSA key.
        let rsa = unsafe { lc::EVP_PKEY_get0_RSA(self.0.as_ptr()) };
        // SAFETY: `rsa` is not null and belongs to the key.
        let size = unsafe { lc::RSA_size(rsa) };
        let mut signature = vec![0; size as usize];
        let mut length = size;
        // SAFETY: `signature` has room for the `RSA_size` bytes that are written at most, `digest` is as long as is said.
        let is_signed = unsafe {
            lc::RSA_sign(name, digest.as_ptr(), digest.len(), signature.as_mut_ptr(), &raw mut length, rsa)
        };
        if is_signed != 1 {
            return Err(Error::Sign);
        }
        signature.truncate(length as usize);
        Ok(signature)
    }
}

impl Drop for Handle {
    #[allow(unsafe_code, reason = "AWS-LC frees what it made")]
    fn drop(&mut self) {
        // SAFETY: the key is ours, and nobody has it any more.
        unsafe { lc::EVP_PKEY_free(self.0.as_ptr()) }
    }
}
