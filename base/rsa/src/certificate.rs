//! A certificate for a public key.

use rcgen::{CertificateParams, DnType, KeyPair};
use rustls_pki_types::PrivatePkcs8KeyDer;
use time::OffsetDateTime;

use crate::Error;

/// A certificate of that common name, signed by the key that it shows, in PEM. It is valid between those moments, or as long as
/// dates go.
pub(crate) fn self_signed(pkcs8: &[u8], name: &str, valid_s: Option<(i64, i64)>) -> Result<String, Error> {
    let key = KeyPair::try_from(&PrivatePkcs8KeyDer::from(pkcs8))?;
    let mut parameters = CertificateParams::new(Vec::new())?;
    parameters.distinguished_name.push(DnType::CommonName, name);
    if let Some((from_s, until_s)) = valid_s {
        let date = |at_s: i64| OffsetDateTime::from_unix_timestamp(at_s).map_err(|_| Error::Moment);
        parameters.not_before = date(from_s)?;
        parameters.not_after = date(until_s)?;
    }
    Ok(parameters.self_signed(&key)?.pem())
}
