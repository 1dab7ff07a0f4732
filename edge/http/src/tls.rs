//! TLS on the same port: a certificate authority of our own in the data folder, or given files.

use std::fs;
use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use rcgen::{BasicConstraints, CertificateParams, DnType, IsCa, Issuer, KeyPair, KeyUsagePurpose, SanType};
use rustls::ServerConfig;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio_rustls::TlsAcceptor;

/// A server's certificate, ready to accept.
pub struct Tls(TlsAcceptor);

/// Why there is no TLS.
#[derive(Debug, thiserror::Error)]
pub enum TlsError {
    /// A file could not be read or written.
    #[error("{path}: {source}")]
    File {
        /// Which.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// A certificate could not be made.
    #[error("cannot make a certificate: {0}")]
    Make(#[from] rcgen::Error),
    /// A certificate or key could not be read.
    #[error("cannot read a certificate or key: {0}")]
    Read(#[from] rustls::pki_types::pem::Error),
    /// A certificate and a key do not fit.
    #[error("cannot use the certificate: {0}")]
    Use(#[from] rustls::Error),
}

impl Tls {
    /// With a certificate chain and key in PEM files.
    ///
    /// # Errors
    /// When a file cannot be read or they do not fit.
    pub fn from_files(certificates: &Path, key: &Path) -> Result<Self, TlsError> {
        Self::from_pem(&read(certificates)?, &read(key)?)
    }

    /// With the authority in `folder`, which is made there when it is not: `ca.pem` is what clients should trust.
    /// The server's own certificate is made anew at each start.
    ///
    /// # Errors
    /// When the folder cannot be written, or holds something else.
    pub fn self_made(folder: &Path) -> Result<Self, TlsError> {
        let (certificate_path, key_path) = (folder.join("ca.pem"), folder.join("ca.key"));
        let issuer = if certificate_path.exists() && key_path.exists() {
            let key = KeyPair::from_pem(&text(&key_path)?)?;
            Issuer::new(authority()?, key)
        } else {
            let key = KeyPair::generate()?;
            let certificate = authority()?.self_signed(&key)?;
            write(&key_path, &key.serialize_pem(), 0o600)?;
            write(&certificate_path, &certificate.pem(), 0o644)?;
            Issuer::new(authority()?, key)
        };
        let key = KeyPair::generate()?;
        let certificate = server()?.signed_by(&key, &issuer)?;
        Self::from_pem(certificate.pem().as_bytes(), key.serialize_pem().as_bytes())
    }

    /// What turns a connection into a TLS session.
    #[must_use]
    pub fn acceptor(&self) -> &TlsAcceptor {
        &self.0
    }

    fn from_pem(certificates: &[u8], key: &[u8]) -> Result<Self, TlsError> {
        let chain = CertificateDer::pem_slice_iter(certificates).collect::<Result<Vec<_>, _>>()?;
        let key = PrivateKeyDer::from_pem_slice(key)?;
        let mut config =
            ServerConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
                .with_safe_default_protocol_versions()?
                .with_no_client_auth()
                .with_single_cert(chain, key)?;
        config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
        Ok(Tls(TlsAcceptor::from(Arc::new(config))))
    }
}

fn authority() -> Result<CertificateParams, rcgen::Error> {
    let mut params = CertificateParams::new(Vec::new())?;
    params.distinguished_name.push(DnType::CommonName, "Cloudlet local authority");
    params.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    Ok(params)
}

fn server() -> Result<CertificateParams, rcgen::Error> {
    let names = ["localhost", "*.localhost", "*.us-east-1.localhost", "*.execute-api.localhost"];
    let aliases = ["localhost.localstack.cloud", "*.localhost.localstack.cloud"];
    let mut params =
        CertificateParams::new(names.into_iter().chain(aliases).map(String::from).collect::<Vec<_>>())?;
    params.subject_alt_names.push(SanType::IpAddress(IpAddr::V4(Ipv4Addr::LOCALHOST)));
    params.subject_alt_names.push(SanType::IpAddress(IpAddr::V6(Ipv6Addr::LOCALHOST)));
    params.distinguished_name.push(DnType::CommonName, "localhost");
    Ok(params)
}

fn read(path: &Path) -> Result<Vec<u8>, TlsError> {
    fs::read(path).map_err(|source| TlsError::File { path: path.to_owned(), source })
}

fn text(path: &Path) -> Result<String, TlsError> {
    fs::read_to_string(path).map_err(|source| TlsError::File { path: path.to_owned(), source })
}

/// Writes a file that only appears whole, and that nobody could read before its mode was set.
fn write(path: &Path, text: &str, mode: u32) -> Result<(), TlsError> {
    use std::io::Write as _;
    use std::os::unix::fs::OpenOptionsExt as _;
    let partial = path.with_extension("partial");
    let done = fs::OpenOptions::new()
        .write(true)
        .create(true)
        .truncate(true)
        .mode(mode)
        .open(&partial)
        // Synced: after a power cut an empty file would keep the next start from succeeding.
        .and_then(|mut file| file.write_all(text.as_bytes()).and_then(|()| file.sync_all()))
        .and_then(|()| fs::rename(&partial, path));
    done.map_err(|source| TlsError::File { path: path.to_owned(), source })
}
