//! Private certificate authorities: one that clients may be told to trust, and every kind of certificate that they
//! must not accept.

use std::io::Write;
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;
use std::sync::Arc;

use rcgen::{BasicConstraints, CertificateParams, DnType, IsCa, Issuer, KeyPair, KeyUsagePurpose};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::{ClientConfig, RootCertStore, ServerConfig};

use crate::error::{Doing, LabError};

/// The names for which the lab's own servers have a certificate.
pub const SERVER_NAMES: [&str; 5] = ["localhost", "127.0.0.1", "mx.lab.test", "imap.lab.test", "smtp.lab.test"];

/// A certificate with its key, both as PEM.
#[derive(Debug, Clone)]
pub struct Certificate {
    /// The certificate.
    pub certificate_pem: String,
    /// Its private key (PKCS #8).
    pub key_pem: String,
}

/// A private authority that signs certificates.
#[derive(Debug)]
pub struct Authority {
    issuer: Issuer<'static, KeyPair>,
    pem: String,
}

impl Authority {
    /// Makes an authority with a fresh key.
    ///
    /// # Errors
    /// When the key or certificate cannot be made.
    pub fn new(name: &str) -> Result<Self, LabError> {
        let mut params = CertificateParams::default();
        params.distinguished_name.push(DnType::CommonName, name);
        params.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
        params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
        let key = KeyPair::generate().doing("making a key")?;
        let certificate = params.self_signed(&key).doing("signing an authority")?;
        Ok(Self { pem: certificate.pem(), issuer: Issuer::new(params, key) })
    }

    /// The authority's own certificate, which a client trusts or not.
    pub fn pem(&self) -> &str {
        &self.pem
    }

    /// Signs a certificate for these names and addresses.
    ///
    /// # Errors
    /// When a name is no DNS name or address.
    pub fn issue(&self, names: &[&str]) -> Result<Certificate, LabError> {
        self.sign(parameters(names)?)
    }

    /// Signs a certificate that ended years ago.
    ///
    /// # Errors
    /// When a name is no DNS name or address.
    pub fn issue_expired(&self, names: &[&str]) -> Result<Certificate, LabError> {
        let mut params = parameters(names)?;
        params.not_before = rcgen::date_time_ymd(2015, 1, 1);
        params.not_after = rcgen::date_time_ymd(2016, 1, 1);
        self.sign(params)
    }

    fn sign(&self, params: CertificateParams) -> Result<Certificate, LabError> {
        let key = KeyPair::generate().doing("making a key")?;
        let certificate = params.signed_by(&key, &self.issuer).doing("signing a certificate")?;
        Ok(Certificate { certificate_pem: certificate.pem(), key_pem: key.serialize_pem() })
    }
}

fn parameters(names: &[&str]) -> Result<CertificateParams, LabError> {
    let mut params = CertificateParams::new(names.iter().map(|&name| name.to_owned()).collect::<Vec<_>>())
        .doing("naming a certificate")?;
    params.use_authority_key_identifier_extension = true;
    if let Some(name) = names.first() {
        params.distinguished_name.push(DnType::CommonName, *name);
    }
    Ok(params)
}

impl Certificate {
    /// Writes both files; the key is readable by its owner alone.
    pub(crate) fn write(&self, certificate: &Path, key: &Path) -> Result<(), LabError> {
        std::fs::write(certificate, &self.certificate_pem).doing("writing a certificate")?;
        let mut file = std::fs::OpenOptions::new()
            .create(true)
            .truncate(true)
            .write(true)
            .mode(0o600)
            .open(key)
            .doing("writing a key")?;
        file.write_all(self.key_pem.as_bytes()).doing("writing a key")
    }

    /// The TLS set-up of a server that shows this certificate.
    ///
    /// # Errors
    /// When certificate or key are damaged.
    pub fn server_config(&self) -> Result<Arc<ServerConfig>, LabError> {
        let chain = CertificateDer::pem_slice_iter(self.certificate_pem.as_bytes())
            .collect::<Result<Vec<_>, _>>()
            .doing("reading a certificate")?;
        let key = PrivateKeyDer::from_pem_slice(self.key_pem.as_bytes()).doing("reading a key")?;
        let config = ServerConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
            .with_safe_default_protocol_versions()
            .doing("choosing TLS versions")?
            .with_no_client_auth()
            .with_single_cert(chain, key)
            .doing("using a certificate")?;
        Ok(Arc::new(config))
    }
}

/// The TLS set-up of a client that trusts the authority in this PEM text and nothing else.
///
/// # Errors
/// When the text holds no certificate.
pub fn client_config(authority_pem: &str) -> Result<Arc<ClientConfig>, LabError> {
    let mut roots = RootCertStore::empty();
    for certificate in CertificateDer::pem_slice_iter(authority_pem.as_bytes()) {
        roots.add(certificate.doing("reading an authority")?).doing("trusting an authority")?;
    }
    let config = ClientConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
        .with_safe_default_protocol_versions()
        .doing("choosing TLS versions")?
        .with_root_certificates(roots)
        .with_no_client_auth();
    Ok(Arc::new(config))
}
