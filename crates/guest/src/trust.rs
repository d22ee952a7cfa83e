//! The certificates that programs in the machine trust: the system's, and the host's own where it
//! looks into connections.

use crate::init::{At, Refusal};
use crate::limits::CERTIFICATE_BYTES_MAX;
use std::fs::{self, File};
use std::io::Read;
use std::path::Path;

/// All of them in one file.
pub(crate) const BUNDLE: &str = "/etc/legwork/certificates.pem";

/// Where systems keep theirs in one file.
const SYSTEM: [&str; 4] = [
    "/etc/ssl/certs/ca-certificates.crt",
    "/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem",
    "/etc/ssl/cert.pem",
    "/etc/ssl/ca-bundle.pem",
];

const BEGIN: &str = "-----BEGIN CERTIFICATE-----";
const END: &str = "-----END CERTIFICATE-----";

/// Writes the bundle. Runs while `/etc` of the view can be written.
pub(crate) fn write_bundle(authority: &str) -> Result<(), Refusal> {
    let mut bundle = SYSTEM.iter().find_map(|path| certificates_at(path)).unwrap_or_default();
    bundle.push_str(&certificates(authority));
    let folder = Path::new(BUNDLE).parent().unwrap_or(Path::new("/etc"));
    fs::create_dir_all(folder).at("trust", folder.display())?;
    fs::write(BUNDLE, bundle).at("trust", BUNDLE)
}

fn certificates_at(path: &str) -> Option<String> {
    let mut bytes = Vec::new();
    let file = File::open(path).ok()?;
    file.take(CERTIFICATE_BYTES_MAX as u64).read_to_end(&mut bytes).ok()?;
    Some(certificates(&String::from_utf8_lossy(&bytes))).filter(|text| !text.is_empty())
}

/// Only what is a certificate: a file may hold keys too.
fn certificates(text: &str) -> String {
    let mut kept = String::new();
    for part in text.split(BEGIN).skip(1) {
        if let Some((body, _)) = part.split_once(END) {
            kept.extend([BEGIN, body, END, "\n"]);
        }
    }
    kept
}

#[cfg(test)]
mod tests {
    use super::certificates;

    #[test]
    fn nothing_but_certificates_is_taken() {
        let one = "-----BEGIN CERTIFICATE-----\nAA==\n-----END CERTIFICATE-----\n";
        let key = "-----BEGIN PRIVATE KEY-----\nBB==\n-----END PRIVATE KEY-----\n";
        assert_eq!(certificates(&format!("# x\n{one}{key}{one}")), format!("{one}{one}"));
        assert_eq!(certificates("-----BEGIN CERTIFICATE-----\nAA=="), "");
    }
}
