//! Whose certificates are trusted: those that the system trusts.
//!
//! Read at run time rather than built in, so that an administrator's own authorities count, and
//! `SSL_CERT_FILE` and `SSL_CERT_DIR` work as everywhere else.

use std::sync::{Arc, OnceLock};

use whywait::tls::rustls::crypto::ring;
use whywait::tls::rustls::{ClientConfig, RootCertStore};

/// What a client connects with; read once in a process.
pub(super) fn client_config() -> Result<Arc<ClientConfig>, String> {
    static CONFIG: OnceLock<Result<Arc<ClientConfig>, String>> = OnceLock::new();
    CONFIG.get_or_init(|| read().map(Arc::new)).clone()
}

fn read() -> Result<ClientConfig, String> {
    let found = rustls_native_certs::load_native_certs();
    let mut roots = RootCertStore::empty();
    let (usable, _) = roots.add_parsable_certificates(found.certs);
    if usable == 0 {
        let why = found.errors.first().map_or("the system has none".into(), ToString::to_string);
        return Err(why);
    }
    let mut config = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .map_err(|error| error.to_string())?
        .with_root_certificates(roots)
        .with_no_client_auth();
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    Ok(config)
}
