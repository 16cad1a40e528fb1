//! Whether the certificate is valid, and for how long: one from files, or one kept from ACME or for `tls.lan`.

use std::path::Path;
use std::time::SystemTime;

use super::findings::Findings;
use crate::server::config::{Config, TlsConfig};
use crate::server::listeners::HTTPS_PORT;
use crate::server::net::addresses::as_host;
use crate::server::tls::acme::Acme;
use crate::server::tls::certificate::{Certificate, CertificateError, Validity, WARN_DAYS};
use crate::server::tls::folder;
use crate::server::tls::lan::{self, LanHost};

pub(super) fn check(config: &Config, https: u16, findings: &mut Findings) {
    let tls = &config.tls;
    let folder = folder(config);
    if !tls.certificate.as_os_str().is_empty() {
        match Certificate::read(&tls.certificate, &tls.key) {
            Ok(certificate) => look(tls, https, &certificate, findings),
            Err(fault) => findings.wrong(format!("{}: {fault}", key_of(&fault))),
        }
    }
    if !tls.domains.is_empty() {
        match Acme::new(tls, folder.clone()) {
            Ok(acme) => check_acme(&acme, findings),
            Err(fault) => findings.wrong(fault.to_string()),
        }
    }
    if tls.lan {
        let machine = LanHost::look(config.server.host);
        check_lan(folder.as_deref(), &machine, findings);
    }
}

/// Setting to change for a fault.
fn key_of(fault: &CertificateError) -> &'static str {
    match fault {
        CertificateError::NoKey
        | CertificateError::EncryptedKey
        | CertificateError::BadKey(_)
        | CertificateError::Mismatch => "tls.key",
        _ => "tls.certificate",
    }
}

fn look(tls: &TlsConfig, https: u16, certificate: &Certificate, findings: &mut Findings) {
    let names = certificate.names();
    let shown = if names.is_empty() { "no name at all".to_owned() } else { names.join(", ") };
    findings.ok(format!("tls.certificate: {} fits its key; it is for {shown}", tls.certificate.display()));
    let now = SystemTime::now();
    match certificate.standing(now) {
        Validity::Early => {
            return findings
                .wrong(format!("tls.certificate: it is not valid before {}", certificate.first_day()));
        }
        Validity::Over => {
            return findings.wrong(format!("tls.certificate: it ended on {}", certificate.last_day()));
        }
        Validity::Good(days) if days < WARN_DAYS && certificate.is_overdue(now) => {
            findings.note(format!("tls.certificate: it ends in {days} days; renew it"));
        }
        Validity::Good(days) => findings.ok(format!("tls.certificate: it is good for {days} more days")),
    }
    if certificate.is_self_signed() {
        findings.note("tls.certificate: it is signed by itself, so browsers warn".into());
    } else if names.is_empty() {
        findings.wrong("tls.certificate: browsers refuse a certificate without names".into());
    } else {
        let port = if https == HTTPS_PORT { String::new() } else { format!(":{https}") };
        let page = |name: &String| match name.strip_prefix("*.") {
            Some(rest) => format!("https://<any name>.{rest}{port}"),
            None => format!("https://{}{port}", as_host(name)),
        };
        let pages: Vec<_> = names.iter().map(page).collect();
        findings.ok(format!("{}: browsers give camera and microphone", pages.join(", ")));
    }
}

fn check_acme(acme: &Acme, findings: &mut Findings) {
    let Some(file) = acme.file() else { return };
    if !file.exists() {
        return findings.note("tls.domains: no certificate is kept yet; the start fetches one".into());
    }
    let shown = file.display();
    let now = SystemTime::now();
    match Certificate::read(&file, &file).map(|kept| (kept.standing(now), kept)) {
        Ok((Validity::Good(days), kept)) if !kept.is_overdue(now) => {
            findings.ok(format!("tls.domains: the certificate that is kept is good for {days} more days"));
        }
        Ok((Validity::Good(days), _)) => findings.note(format!(
            "tls.domains: the certificate that is kept ends in {days} days and should have been renewed; the log says why it was not"
        )),
        Ok((Validity::Over, kept)) => findings.note(format!(
            "tls.domains: the certificate that is kept ended on {}; the start fetches another",
            kept.last_day()
        )),
        Ok((Validity::Early, kept)) => findings.wrong(format!(
            "tls.domains: the certificate that is kept is not valid before {}; the clock may be wrong",
            kept.first_day()
        )),
        Err(CertificateError::Unreadable { why, .. }) => {
            findings.wrong(format!("tls.domains: {shown} cannot be read: {why}"));
        }
        Err(fault) => findings.note(format!("tls.domains: {shown}: {fault}; the start fetches another")),
    }
}

fn check_lan(folder: Option<&Path>, machine: &LanHost, findings: &mut Findings) {
    let now = SystemTime::now();
    let kept = folder.and_then(|folder| lan::kept(folder, machine, now));
    match kept.map(|kept| (kept.standing(now), kept.last_day())) {
        Some((Validity::Good(days), _)) => {
            findings.ok(format!("tls.lan: the certificate that is kept is good for {days} more days"));
        }
        Some((_, last_day)) => findings.note(format!(
            "tls.lan: the certificate that is kept, good until {last_day}, stays in use while the clock is not set"
        )),
        None => findings.note("tls.lan: the start makes a new certificate, so every browser warns once".into()),
    }
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::time::Duration;

    use rcgen::{CertificateParams, KeyPair};

    use super::*;

    const DAY: Duration = Duration::from_secs(86_400);
    /// Margin that keeps the count of days the same, however long a test takes.
    const HOUR: Duration = Duration::from_secs(3_600);

    fn said(acme: &Acme) -> String {
        let mut findings = Findings::default();
        check_acme(acme, &mut findings);
        findings.to_string()
    }

    #[test]
    fn the_certificate_that_acme_has_kept_is_looked_at() {
        let folder = tempfile::tempdir().unwrap();
        let tls = TlsConfig { domains: vec!["Call.example".into()], ..TlsConfig::default() };
        let acme = Acme::new(&tls, Some(folder.path().into())).unwrap();
        assert!(said(&acme).starts_with("note   tls.domains: no certificate is kept yet"));
        let file = acme.file().unwrap();
        let now = SystemTime::now();
        for (begins, ends, expected) in [
            (now - DAY, now + 60 * DAY, "ok     tls.domains: the certificate that is kept is good for "),
            (
                now - DAY,
                now + 5 * DAY + HOUR,
                "ok     tls.domains: the certificate that is kept is good for 5 more days",
            ),
            (
                now - 60 * DAY,
                now + 5 * DAY + HOUR,
                "note   tls.domains: the certificate that is kept ends in 5 days",
            ),
            (now - 2 * DAY, now - DAY, "note   tls.domains: the certificate that is kept ended on "),
            (
                now + DAY,
                now + 9 * DAY,
                "wrong  tls.domains: the certificate that is kept is not valid before ",
            ),
        ] {
            let key = KeyPair::generate().unwrap();
            let mut about = CertificateParams::new(["call.example".to_owned()]).unwrap();
            (about.not_before, about.not_after) = (begins.into(), ends.into());
            let pem = key.serialize_pem() + &about.self_signed(&key).unwrap().pem();
            fs::write(&file, pem).unwrap();
            assert!(said(&acme).starts_with(expected), "{}", said(&acme));
        }
        fs::write(&file, "rubbish").unwrap();
        assert!(said(&acme).contains("the start fetches another"));
    }
}
