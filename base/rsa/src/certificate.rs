//! A certificate for a public key.

use rcgen::{CertificateParams, DnType, KeyPair};
use rustls_pki_types::PrivatePkcs8KeyDer;

use crate::Error;

/// A certificate of that common name, signed by the key that it shows, in PEM. It is valid as long as dates go.
pub(crate) fn self_signed(pkcs8: &[u8], name: &str) -> Result<String, Error> {
    let key = KeyPair::try_from(&PrivatePkcs8KeyDer::from(pkcs8))?;
    let mut parameters = CertificateParams::new(Vec::new())?;
    parameters.distinguished_name.push(DnType::CommonName, name);
    Ok(parameters.self_signed(&key)?.pem())
}
