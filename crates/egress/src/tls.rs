//! TLS on both sides of the door: towards places as any client, towards the machine with
//! certificates of an authority that only this task has.

use crate::limits::{CERTIFICATES_BYTES_MAX, CERTIFICATES_KEPT_MAX};
use policy::egress::host::Host;
use rcgen::{
    BasicConstraints, CertificateParams, DnType, IsCa, Issuer, KeyPair, KeyUsagePurpose,
    PKCS_ECDSA_P256_SHA256,
};
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer};
use rustls::{ClientConfig, RootCertStore, ServerConfig};
use std::collections::HashMap;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

/// The authority of one task, or its certificates, can't be made.
#[derive(Debug, thiserror::Error)]
pub enum AuthorityError {
    #[error("the task's own certificate authority could not be made")]
    Make(#[source] rcgen::Error),
    #[error("the task's own certificate could not be used")]
    Use(#[source] rustls::Error),
}

/// Extra certificates that can't be used.
#[derive(Debug, thiserror::Error)]
pub enum CertificatesError {
    #[error("a file of certificates is larger than {CERTIFICATES_BYTES_MAX} bytes")]
    TooLarge,
    #[error("a file of certificates holds none that can be read")]
    None,
}

/// The certificates of a text, and only those: no key that may stand beside them.
pub fn certificates(pem: &[u8]) -> Result<Vec<Vec<u8>>, CertificatesError> {
    if pem.len() > CERTIFICATES_BYTES_MAX {
        return Err(CertificatesError::TooLarge);
    }
    let found = CertificateDer::pem_slice_iter(pem).filter_map(Result::ok);
    let found: Vec<Vec<u8>> = found.map(|certificate| certificate.to_vec()).collect();
    if found.is_empty() { Err(CertificatesError::None) } else { Ok(found) }
}

/// A policy file by which Chromium, which has a list of its own, trusts these authorities, and
/// sends no hello that hides a host. Empty if the text holds no certificate.
pub fn browser_policy(pem: &[u8]) -> String {
    let found = certificates(pem).unwrap_or_default();
    if found.is_empty() {
        return String::new();
    }
    let encoded = found.iter().map(|der| format!("\"{}\"", data_encoding::BASE64.encode(der)));
    let list = encoded.collect::<Vec<_>>().join(",");
    format!("{{\"EncryptedClientHelloEnabled\":false,\"CACertificates\":[{list}]}}\n")
}

/// What the machine's programs are shown where a rule wants a look inside. Its keys live in memory
/// only, as long as the task's gate.
pub(crate) struct Authority {
    issuer: Issuer<'static, KeyPair>,
    certificate: CertificateDer<'static>,
    pem: String,
    /// One key for all hosts: who has it could do the same with each.
    leaf_key: KeyPair,
    kept: Mutex<HashMap<String, Arc<ServerConfig>>>,
}

impl Authority {
    pub(crate) fn new() -> Result<Self, AuthorityError> {
        let make = AuthorityError::Make;
        let key = KeyPair::generate_for(&PKCS_ECDSA_P256_SHA256).map_err(make)?;
        // The validity is rcgen's own, without an end that matters: it ends with the task, and the
        // clock of a machine that was restored may be anywhere.
        let mut params = CertificateParams::new(Vec::new()).map_err(make)?;
        params.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
        params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
        params.distinguished_name.push(DnType::CommonName, "Legwork, for this task only");
        let certificate = params.self_signed(&key).map_err(make)?;
        let leaf_key = KeyPair::generate_for(&PKCS_ECDSA_P256_SHA256).map_err(make)?;
        Ok(Self {
            pem: certificate.pem(),
            certificate: certificate.der().clone(),
            issuer: Issuer::new(params, key),
            leaf_key,
            kept: Mutex::default(),
        })
    }

    pub(crate) fn pem(&self) -> &str {
        &self.pem
    }

    /// How to be this host towards the machine.
    pub(crate) fn config(&self, host: &Host) -> Result<Arc<ServerConfig>, AuthorityError> {
        let name = host.to_string();
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(config) = kept.get(&name) {
            return Ok(Arc::clone(config));
        }
        if kept.len() >= CERTIFICATES_KEPT_MAX {
            kept.clear();
        }
        let config = Arc::new(self.make(&name)?);
        kept.insert(name, Arc::clone(&config));
        Ok(config)
    }

    fn make(&self, name: &str) -> Result<ServerConfig, AuthorityError> {
        let make = AuthorityError::Make;
        let mut params = CertificateParams::new(vec![name.to_owned()]).map_err(make)?;
        params.distinguished_name = rcgen::DistinguishedName::new();
        params.distinguished_name.push(DnType::OrganizationName, "Legwork");
        params.use_authority_key_identifier_extension = true;
        params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
        params.extended_key_usages = vec![rcgen::ExtendedKeyUsagePurpose::ServerAuth];
        let leaf = params.signed_by(&self.leaf_key, &self.issuer).map_err(make)?;
        let chain = vec![leaf.der().clone(), self.certificate.clone()];
        let key = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(self.leaf_key.serialize_der()));
        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let mut config = ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .and_then(|builder| builder.with_no_client_auth().with_single_cert(chain, key))
            .map_err(AuthorityError::Use)?;
        config.alpn_protocols = vec![b"http/1.1".to_vec()];
        // Tickets would keep keys of connections that are over.
        config.send_tls13_tickets = 0;
        Ok(config)
    }
}

/// How places are verified: by what this computer trusts, and the extra authorities.
pub(crate) struct Trust {
    extra: Vec<Vec<u8>>,
    config: OnceLock<Arc<ClientConfig>>,
}

impl Trust {
    pub(crate) fn new(extra: Vec<Vec<u8>>) -> Self {
        Self { extra, config: OnceLock::new() }
    }

    /// All of them as PEM, for programs that take one file and nothing beside it.
    pub(crate) fn pem(&self) -> String {
        let system = system_roots().iter().map(AsRef::as_ref);
        let extra = self.extra.iter().map(Vec::as_slice);
        system.chain(extra).map(pem_of).collect()
    }

    /// Read once, when it is first needed: most tasks inspect nothing.
    pub(crate) fn config(&self) -> Result<Arc<ClientConfig>, AuthorityError> {
        if let Some(config) = self.config.get() {
            return Ok(Arc::clone(config));
        }
        let mut roots = RootCertStore::empty();
        roots.add_parsable_certificates(system_roots().iter().cloned());
        roots.add_parsable_certificates(
            self.extra.iter().map(|der| CertificateDer::from(der.clone())),
        );
        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let mut config = ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .map_err(AuthorityError::Use)?
            .with_root_certificates(roots)
            .with_no_client_auth();
        config.alpn_protocols = vec![b"http/1.1".to_vec()];
        Ok(Arc::clone(self.config.get_or_init(|| Arc::new(config))))
    }
}

fn pem_of(der: &[u8]) -> String {
    const COLUMNS: usize = 64;
    let encoded = data_encoding::BASE64.encode(der);
    let mut pem = String::from("-----BEGIN CERTIFICATE-----\n");
    for line in encoded.as_bytes().chunks(COLUMNS) {
        pem.extend(line.iter().copied().map(char::from));
        pem.push('\n');
    }
    pem + "-----END CERTIFICATE-----\n"
}

fn system_roots() -> &'static [CertificateDer<'static>] {
    static ROOTS: OnceLock<Vec<CertificateDer<'static>>> = OnceLock::new();
    ROOTS.get_or_init(|| rustls_native_certs::load_native_certs().certs)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_certificates_are_taken_from_a_file() {
        let authority = Authority::new().unwrap();
        let key = KeyPair::generate().unwrap().serialize_pem();
        let text = format!("# note\n{key}{}\ngarbage\n", authority.pem());
        let found = certificates(text.as_bytes()).unwrap();
        assert_eq!(found, [authority.certificate.to_vec()]);
        assert!(matches!(certificates(key.as_bytes()), Err(CertificatesError::None)));
        let policy: serde_json::Value =
            serde_json::from_str(&browser_policy(text.as_bytes())).unwrap();
        let listed = data_encoding::BASE64.encode(&found[0]);
        assert_eq!(policy["CACertificates"], serde_json::json!([listed]));
        assert_eq!(browser_policy(key.as_bytes()), "");
        let written = Trust::new(found.clone()).pem();
        assert!(certificates(written.as_bytes()).unwrap().contains(&found[0]));
        assert!(!written.contains("PRIVATE"));
    }
}
