//! The certificate that phones are shown: the person's own files, or one that we make and keep.
//!
//! Ours is signed by nobody, so the phone's browser warns once; the fingerprint that the computer
//! shows is what to compare. It is made anew when the address changes, since it names it.

use crate::limits::{CERTIFICATE_BYTES_MAX, PHONE_CERTIFICATE_FILE, PHONE_KEY_FILE};
use rcgen::{CertificateParams, DnType, KeyPair, PKCS_ECDSA_P256_SHA256};
use rustls::ServerConfig;
use rustls::crypto::aws_lc_rs;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use std::io::{self, Read, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Why there is no certificate to be shown.
#[derive(Debug, thiserror::Error)]
pub(super) enum CertificateError {
    #[error("{} can't be read or written", .path.display())]
    File { path: PathBuf, source: io::Error },
    #[error("{} holds no certificate or key that can be read", .path.display())]
    Form { path: PathBuf },
    #[error("a certificate could not be made")]
    Make(#[from] rcgen::Error),
    #[error("the certificate and its key can't be used")]
    Use(#[from] rustls::Error),
}

/// What TLS is spoken with, and what people compare.
pub(crate) struct Shown {
    pub(crate) config: Arc<ServerConfig>,
    /// SHA-256 of the certificate, as browsers show it.
    pub(crate) fingerprint: String,
}

/// The files that the person named, else our own for `host` in `dir`.
pub(crate) fn shown(
    files: Option<&(PathBuf, PathBuf)>,
    host: &str,
    dir: &Path,
) -> Result<Shown, CertificateError> {
    let (certificate, key) = match files {
        Some(files) => files.clone(),
        None => own(host, dir)?,
    };
    let chain: Vec<CertificateDer<'static>> =
        CertificateDer::pem_slice_iter(&read(&certificate)?).filter_map(Result::ok).collect();
    let first = chain.first().ok_or(CertificateError::Form { path: certificate })?;
    let fingerprint = fingerprint(first);
    let secret = PrivateKeyDer::from_pem_slice(&read(&key)?)
        .map_err(|_| CertificateError::Form { path: key })?;
    let provider = Arc::new(aws_lc_rs::default_provider());
    let mut config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()?
        .with_no_client_auth()
        .with_single_cert(chain, secret)?;
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    Ok(Shown { config: Arc::new(config), fingerprint })
}

/// Our own, made where it is missing or names another host.
fn own(host: &str, dir: &Path) -> Result<(PathBuf, PathBuf), CertificateError> {
    let (certificate, key) = (dir.join(PHONE_CERTIFICATE_FILE), dir.join(PHONE_KEY_FILE));
    // The first line says for whom it was made: a certificate's own text is not ours to parse.
    let mark = format!("# for {host}\n");
    let is_ours = read(&certificate).is_ok_and(|text| text.starts_with(mark.as_bytes()));
    if is_ours && key.is_file() {
        return Ok((certificate, key));
    }
    let made = KeyPair::generate_for(&PKCS_ECDSA_P256_SHA256)?;
    let mut params = CertificateParams::new(vec![host.to_owned()])?;
    params.distinguished_name.push(DnType::CommonName, "Legwork on your computer");
    let signed = params.self_signed(&made)?;
    write(&key, &made.serialize_pem())?;
    write(&certificate, &(mark + &signed.pem()))?;
    Ok((certificate, key))
}

fn fingerprint(certificate: &CertificateDer<'_>) -> String {
    let suite = aws_lc_rs::cipher_suite::TLS13_AES_128_GCM_SHA256;
    let Some(suite) = suite.tls13() else { return String::new() };
    let hash = suite.common.hash_provider.hash(certificate);
    let pairs: Vec<String> = hash.as_ref().iter().map(|byte| format!("{byte:02X}")).collect();
    pairs.join(":")
}

fn read(path: &Path) -> Result<Vec<u8>, CertificateError> {
    let failed = |source| CertificateError::File { path: path.to_owned(), source };
    let file = std::fs::File::open(path).map_err(failed)?;
    let mut text = vec![];
    file.take(CERTIFICATE_BYTES_MAX).read_to_end(&mut text).map_err(failed)?;
    Ok(text)
}

fn write(path: &Path, text: &str) -> Result<(), CertificateError> {
    let failed = |source| CertificateError::File { path: path.to_owned(), source };
    let open =
        std::fs::OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(path);
    open.and_then(|mut file| file.write_all(text.as_bytes())).map_err(failed)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn our_own_is_kept_for_its_host_and_made_anew_for_another() {
        let dir = tempfile::tempdir().unwrap();
        let print = |host| shown(None, host, dir.path()).unwrap().fingerprint;
        let first = print("192.0.2.7");
        assert_eq!(first.len(), 32 * 3 - 1);
        assert_eq!(print("192.0.2.7"), first);
        assert_ne!(print("desk.example.test"), first);
    }

    #[test]
    fn files_that_hold_nothing_are_told() {
        let dir = tempfile::tempdir().unwrap();
        let none = dir.path().join("none.pem");
        let error = shown(Some(&(none.clone(), none.clone())), "a.test", dir.path());
        assert!(matches!(error, Err(CertificateError::File { .. })));
        std::fs::write(&none, "nothing").unwrap();
        let error = shown(Some(&(none.clone(), none)), "a.test", dir.path());
        assert!(matches!(error, Err(CertificateError::Form { .. })));
    }
}
