//! Abilities of browsers: camera and microphone need a secure context (W3C Secure Contexts), calls through strict
//! networks need a relay.

use std::collections::BTreeSet;
use std::net::IpAddr;
use std::time::Duration;

use ipnet::IpNet;
use tokio::net::lookup_host;
use tokio::time::timeout;

use super::findings::Findings;
use crate::server::config::Config;
use crate::server::listeners::HTTPS_PORT;
use crate::server::net::addresses;
use crate::server::tls::acme::Acme;
use crate::server::tls::lan::LanHost;

/// Time after which a DNS lookup counts as unanswered.
const LOOKUP_WITHIN: Duration = Duration::from_secs(5);
/// Addresses that one sentence names at most.
const MOST_NAMED: usize = 4;
/// Letters below which a secret can be guessed.
const SHORT_SECRET: usize = 16;

pub(super) async fn check(config: &Config, https: u16, findings: &mut Findings) {
    let own = addresses::own();
    let tls = &config.tls;
    for name in &tls.domains {
        check_name("tls.domains", name, &own, findings).await;
    }
    if !tls.domains.is_empty() && tls.port != HTTPS_PORT {
        findings.note(format!(
            "tls.port: the authority asks at port {HTTPS_PORT}, which has to be passed on to {}; browsers come by it too \
             if tls.public_port says so",
            tls.port
        ));
    }
    check_relay_host(config, &own, findings).await;
    check_context(config, https, &own, findings);
    check_ways(config, findings);
}

/// Checks that browsers find the relay, which no CDN or proxy forwards to.
async fn check_relay_host(config: &Config, own: &BTreeSet<IpAddr>, findings: &mut Findings) {
    let relay = &config.relay;
    let is_elsewhere = |net: &IpNet| !net.addr().is_loopback() && !own.contains(&net.addr());
    let is_address = relay.host.starts_with('[') || relay.host.parse::<IpAddr>().is_ok();
    if !relay.enabled {
    } else if relay.host.is_empty() {
        if config.server.trusted_proxies.iter().any(is_elsewhere) {
            findings.note(format!(
                "relay.host: browsers look for the relay by the page's name at port {}; if that name leads to a CDN or to a \
                 proxy on another machine, which pass no UDP, set relay.host to a name that leads to this machine itself",
                relay.port
            ));
        }
    } else if !is_address {
        check_name("relay.host", &relay.host, own, findings).await;
    }
}

/// Tells at which addresses the page is a secure context.
fn check_context(config: &Config, https: u16, own: &BTreeSet<IpAddr>, findings: &mut Findings) {
    let (server, tls) = (&config.server, &config.tls);
    let port = if https == HTTPS_PORT { String::new() } else { format!(":{https}") };
    // `certificate` has told whether ACME can be used at all.
    let is_trusted = Acme::new(tls, None).is_ok_and(|acme| acme.is_trusted());
    for name in &tls.domains {
        if is_trusted {
            findings.ok(format!("https://{name}{port}: browsers give camera and microphone"));
        } else {
            findings.note(format!(
                "https://{name}{port}: browsers do not trust this authority unless somebody has told them to"
            ));
        }
    }
    if tls.lan {
        let pages = shown(LanHost::look(server.host).hosts(), "https", &port);
        findings.ok(format!("{pages}: browsers warn once, then give camera and microphone"));
    }
    if tls.is_on() {
        return;
    }
    findings
        .ok(format!("http://localhost:{}: browsers on this machine give camera and microphone", server.port));
    if !server.trusted_proxies.is_empty() {
        findings.note(
            "server.trusted_proxies: HTTPS is the reverse proxy's task; without it browsers give no camera"
                .into(),
        );
    } else if !server.host.is_loopback() {
        let reached = own.iter().filter(|ip| server.host.is_unspecified() || **ip == server.host);
        let hosts = reached.map(|ip| addresses::in_brackets(*ip)).collect();
        let addresses = shown(hosts, "http", &format!(":{}", server.port));
        findings.note(format!(
            "{addresses}: browsers will give no camera and no microphone without HTTPS; use --lan in your own \
             network, --domain NAME for a public name, or a reverse proxy with HTTPS"
        ));
    }
}

/// Tells by which transports calls get through.
fn check_ways(config: &Config, findings: &mut Findings) {
    let (relay, tls) = (&config.relay, &config.tls);
    match (relay.enabled, config.ice.servers.is_empty()) {
        (true, _) if tls.is_on() => {
            findings.ok("calls get through by UDP, TCP and TLS relay where no direct way is".into())
        }
        (true, _) => findings
            .ok("calls get through by UDP and TCP relay where no direct way is; by TLS only with HTTPS"
                .into()),
        (false, true) => findings
            .note("relay.enabled: without any relay many calls between two homes or offices fail".into()),
        (false, false) => findings.ok("browsers find a way by the servers of ice.servers".into()),
    }
    if relay.enabled && !relay.secret.is_empty() && relay.secret.len() < SHORT_SECRET {
        findings.note(format!(
            "relay.secret: it is short; take {SHORT_SECRET} random letters or more, or leave it empty"
        ));
    }
    let short = |secret: &Option<String>| secret.as_ref().is_some_and(|secret| secret.len() < SHORT_SECRET);
    if config.ice.servers.iter().any(|server| short(&server.secret)) {
        findings
            .note(format!("ice.servers: a secret is shorter than {SHORT_SECRET} letters and can be guessed"));
    }
}

async fn check_name(key: &str, name: &str, own: &BTreeSet<IpAddr>, findings: &mut Findings) {
    let found: BTreeSet<IpAddr> = match timeout(LOOKUP_WITHIN, lookup_host((name, 0))).await {
        Ok(Ok(found)) => found.map(|address| address.ip().to_canonical()).collect(),
        Ok(Err(fault)) => return findings.wrong(format!("{key}: {name} has no address in the DNS: {fault}")),
        Err(_) => return findings.wrong(format!("{key}: the DNS did not answer for {name}")),
    };
    let list = found.iter().map(IpAddr::to_string).collect::<Vec<_>>().join(", ");
    if found.is_subset(own) {
        findings.ok(format!("{key}: {name} is {list}, this machine"));
    } else {
        findings.note(format!(
            "{key}: {name} is {list}, not all addresses of this machine; right if a router or provider passes it on"
        ));
    }
}

fn shown(hosts: Vec<String>, scheme: &str, port: &str) -> String {
    let mut all: Vec<_> = hosts.into_iter().map(|host| format!("{scheme}://{host}{port}")).collect();
    let left = all.len().saturating_sub(MOST_NAMED);
    all.truncate(MOST_NAMED);
    match (all.is_empty(), left) {
        (true, _) => "other machines".into(),
        (false, 0) => all.join(", "),
        (false, left) => format!("{} and {left} more", all.join(", ")),
    }
}
