//! TLS towards mail servers: always verified, on ring, without a process-wide provider.

use std::sync::Arc;

use rustls::{
    ClientConfig, RootCertStore,
    crypto::ring,
    pki_types::{CertificateDer, ServerName, pem::PemObject},
};

/// Why no TLS configuration could be made.
#[derive(Debug, thiserror::Error)]
pub enum TlsSetupError {
    /// The extra certificate authority is not readable PEM.
    #[error("the extra certificate authority is not valid PEM: {0}")]
    BadPem(String),
    /// The extra PEM text holds no certificate.
    #[error("the extra certificate authority's file holds no certificate")]
    EmptyPem,
    /// rustls refused the combination.
    #[error("TLS cannot be set up: {0}")]
    Rustls(#[from] rustls::Error),
}

/// Makes the client side's TLS configuration: the system's roots plus, where given, the
/// certificates of a PEM text (an organisation's own authority).
///
/// Reading the system's store takes tens of milliseconds: make one and share it.
///
/// A system store without usable roots is no error as such: then only the extra authority is
/// trusted, and every other server fails verification.
///
/// # Errors
/// When the PEM text is broken or empty.
pub fn client_config(extra_ca_pem: Option<&[u8]>) -> Result<Arc<ClientConfig>, TlsSetupError> {
    let mut roots = RootCertStore::empty();
    roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
    if let Some(pem) = extra_ca_pem {
        let mut found = false;
        for certificate in CertificateDer::pem_slice_iter(pem) {
            let certificate = certificate.map_err(|error| TlsSetupError::BadPem(error.to_string()))?;
            roots.add(certificate)?;
            found = true;
        }
        if !found {
            return Err(TlsSetupError::EmptyPem);
        }
    }
    let config = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()?
        .with_root_certificates(roots)
        .with_no_client_auth();
    Ok(Arc::new(config))
}

/// The name that the server's certificate must carry: the host as configured.
///
/// # Errors
/// When the host is neither a DNS name nor an IP address; the text is for people.
pub fn server_name(host: &str) -> Result<ServerName<'static>, String> {
    let ascii = super::address::domain_to_ascii(host).unwrap_or_else(|| host.to_owned());
    ServerName::try_from(ascii).map_err(|_| format!("“{host}” is not a valid host name"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn broken_authorities_are_named() {
        assert!(matches!(client_config(Some(b"no pem at all")), Err(TlsSetupError::EmptyPem)));
        let broken = b"-----BEGIN CERTIFICATE-----\n!!!!\n-----END CERTIFICATE-----\n";
        assert!(matches!(client_config(Some(broken)), Err(TlsSetupError::BadPem(_) | TlsSetupError::Rustls(_))));
        assert!(client_config(None).is_ok());
    }

    #[test]
    fn names_for_verification() {
        assert!(server_name("imap.example.org").is_ok());
        assert!(server_name("127.0.0.1").is_ok());
        assert!(server_name("correo.españa.example").is_ok());
        assert!(server_name("bad host").is_err());
    }
}
