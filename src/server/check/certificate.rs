//! Whether the certificate's files can be used.

use std::time::SystemTime;

use super::Findings;
use crate::server::config::TlsConfig;
use crate::server::doors::HTTPS_PORT;
use crate::server::tls::WARN_DAYS;
use crate::server::tls::certificate::{Certificate, CertificateError, Standing};

pub(super) fn check(tls: &TlsConfig, findings: &mut Findings) {
    match Certificate::read(&tls.certificate, &tls.key) {
        Ok(certificate) => look(tls, &certificate, findings),
        Err(fault) => findings.wrong(format!("{}: {fault}", key_of(&fault))),
    }
}

/// The setting to change.
fn key_of(fault: &CertificateError) -> &'static str {
    match fault {
        CertificateError::NoKey | CertificateError::BadKey(_) | CertificateError::Mismatch => "tls.key",
        _ => "tls.certificate",
    }
}

fn look(tls: &TlsConfig, certificate: &Certificate, findings: &mut Findings) {
    let names = certificate.names();
    let shown = if names.is_empty() { "no name at all".to_owned() } else { names.join(", ") };
    findings.ok(format!("tls.certificate: {} fits its key; it is for {shown}", tls.certificate.display()));
    if certificate.is_self_signed() {
        findings.note("tls.certificate: it is signed by itself, so browsers warn".into());
    } else if !names.is_empty() {
        let port = if tls.port == HTTPS_PORT { String::new() } else { format!(":{}", tls.port) };
        let pages: Vec<_> = names.iter().map(|name| format!("https://{name}{port}")).collect();
        findings.ok(format!("{}: browsers give camera and microphone", pages.join(", ")));
    }
    match certificate.standing(SystemTime::now()) {
        Standing::Early => {
            findings.wrong(format!("tls.certificate: it is not valid before {}", certificate.first_day()));
        }
        Standing::Over => {
            findings.wrong(format!("tls.certificate: it ended on {}", certificate.last_day()));
        }
        Standing::Good(days) if days < WARN_DAYS => {
            findings.note(format!("tls.certificate: it ends in {days} days; renew it"));
        }
        Standing::Good(days) => findings.ok(format!("tls.certificate: it is good for {days} more days")),
    }
}
