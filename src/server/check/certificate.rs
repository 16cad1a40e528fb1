//! Whether the certificate's files can be used.

use std::net::IpAddr;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use tokio_rustls::rustls::crypto::ring::default_provider;
use tokio_rustls::rustls::pki_types::pem::PemObject;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio_rustls::rustls::sign::CertifiedKey;
use tokio_rustls::rustls::{Error, InconsistentKeys};
use x509_parser::extensions::GeneralName;
use x509_parser::prelude::{FromDer, X509Certificate};

use super::{Findings, HTTPS_PORT};
use crate::server::config::TlsConfig;

/// From so many days on it should have been renewed.
const FEW_DAYS: i64 = 14;
/// In seconds.
const DAY: i64 = 24 * 60 * 60;

pub(super) fn check(tls: &TlsConfig, findings: &mut Findings) {
    if let Err(fault) = look(tls, findings) {
        findings.wrong(fault);
    }
}

fn look(tls: &TlsConfig, findings: &mut Findings) -> Result<(), String> {
    let (certificate, key) = (tls.certificate.display(), tls.key.display());
    let no_certificate = |fault| format!("tls.certificate: {certificate}: {}", said(&fault));
    let chain: Vec<_> = CertificateDer::pem_file_iter(&tls.certificate)
        .and_then(Iterator::collect)
        .map_err(no_certificate)?;
    let first = chain
        .first()
        .ok_or_else(|| format!("tls.certificate: {certificate}: there is no certificate in it"))?
        .clone();
    let secret = PrivateKeyDer::from_pem_file(&tls.key)
        .map_err(|fault| format!("tls.key: {key}: {}", said(&fault)))?;
    CertifiedKey::from_der(chain, secret, &default_provider()).map_err(|fault| match fault {
        Error::InconsistentKeys(InconsistentKeys::KeyMismatch) => {
            format!("tls.key: {key} is not the key of the certificate {certificate}")
        }
        fault => format!("tls.key: {key}: {fault}"),
    })?;
    let (_, parsed) = X509Certificate::from_der(&first)
        .map_err(|fault| format!("tls.certificate: {certificate}: {fault}"))?;
    let names = names(&parsed);
    let shown = if names.is_empty() { "no name at all".to_owned() } else { names.join(", ") };
    findings.ok(format!("tls.certificate: {certificate} fits its key; it is for {shown}"));
    if parsed.issuer() == parsed.subject() {
        findings.note("tls.certificate: it is signed by itself, so browsers warn".into());
    } else if !names.is_empty() {
        let port = if tls.port == HTTPS_PORT { String::new() } else { format!(":{}", tls.port) };
        let pages: Vec<_> = names.iter().map(|name| format!("https://{name}{port}")).collect();
        findings.ok(format!("{}: browsers give camera and microphone", pages.join(", ")));
    }
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or(Duration::ZERO).as_secs() as i64;
    let validity = parsed.validity();
    let left = validity.not_after.timestamp() - now;
    match left.div_euclid(DAY) {
        _ if validity.not_before.timestamp() > now => {
            findings.wrong(format!("tls.certificate: it is not valid before {}", validity.not_before));
        }
        days if days < 0 => findings.wrong(format!("tls.certificate: it ended on {}", validity.not_after)),
        days if days <= FEW_DAYS => {
            findings.note(format!("tls.certificate: it ends in {days} days; renew it"))
        }
        days => findings.ok(format!("tls.certificate: it is good for {days} more days")),
    }
    Ok(())
}

fn said(fault: &tokio_rustls::rustls::pki_types::pem::Error) -> String {
    use tokio_rustls::rustls::pki_types::pem::Error;
    match fault {
        Error::Io(fault) => fault.to_string(),
        Error::NoItemsFound => "there is none in it (PEM)".into(),
        fault => fault.to_string(),
    }
}

fn names(certificate: &X509Certificate<'_>) -> Vec<String> {
    let extension = certificate.subject_alternative_name().ok().flatten();
    let names = extension.iter().flat_map(|extension| &extension.value.general_names);
    let text = |name: &GeneralName<'_>| match name {
        GeneralName::DNSName(name) => Some((*name).to_owned()),
        GeneralName::IPAddress(bytes) => address(bytes),
        _ => None,
    };
    names.filter_map(text).collect()
}

fn address(bytes: &[u8]) -> Option<String> {
    let ip = match bytes.len() {
        4 => IpAddr::from(<[u8; 4]>::try_from(bytes).ok()?),
        _ => IpAddr::from(<[u8; 16]>::try_from(bytes).ok()?),
    };
    Some(ip.to_string())
}
