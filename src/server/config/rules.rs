//! Validation of the settings, each and in combination; `parlor check` tests them on this machine.

use std::net::{IpAddr, SocketAddr};

use super::hooks::SECRET_BYTES;
use super::{Config, HookConfig, IceServerConfig, LimitsConfig, OpsConfig, RelayConfig, TlsConfig};
use crate::protocol::{CAPACITY_RANGE, HEARTBEAT_WITHIN, MAX_FRAME_BYTES};
use crate::server::net::authority;
use crate::server::net::web_address::WebAddress;

/// Shortest lifetime of credentials that leaves pages time to ask for new ones.
const LEAST_LIFETIME: u64 = 60;
/// Shortest token of the ops listener, for which anybody who reaches it may try words.
const LEAST_TOKEN: usize = 16;
/// Upper bound of every count: far beyond one machine, yet no sum overflows and every queue can hold it.
const MOST: usize = 1_000_000;

/// A setting and what is wrong with it.
type Fault = (String, String);

/// Finds every fault in the settings.
pub(super) fn faults(config: &Config) -> Vec<Fault> {
    let mut faults = Vec::new();
    let mut wrong = |key: &str, what: String| faults.push((key.to_owned(), what));
    let Config { server, rooms, limits, ice, tls, relay, ops, log: _ } = config;
    if !CAPACITY_RANGE.contains(&rooms.capacity) {
        let (least, most) = (CAPACITY_RANGE.start(), CAPACITY_RANGE.end());
        wrong("rooms.capacity", format!("a room has {least} to {most} seats, not {}", rooms.capacity));
    }
    for name in server.names.iter().filter(|name| !is_host(name.strip_suffix('.').unwrap_or(name))) {
        let what = format!("{name:?} is no name or address such as \"call.example\": no port, no wildcard");
        wrong("server.names", what);
    }
    for origin in server.origins.iter().filter(|origin| !is_origin(origin)) {
        let what =
            format!("{origin:?} is no origin, which is a scheme, a host, maybe a port and nothing more");
        wrong("server.origins", what);
    }
    if server.state.as_os_str().is_empty() {
        wrong("server.state", "it must be a folder, or \"auto\", or \"none\"".into());
    }
    check_limits(limits, &mut wrong);
    for (index, server) in ice.servers.iter().enumerate() {
        if let Some(what) = fault_of_entry(server) {
            wrong(&format!("ice.servers.{index}"), what);
        }
    }
    check_tls(tls, &mut wrong);
    check_relay(relay, &mut wrong);
    check_ops(ops, &mut wrong);
    let mut ports = vec![("server.port", server.port)];
    ports.extend(tls.is_on().then_some(("tls.port", tls.port)));
    ports.extend(relay.enabled.then_some(("relay.port", relay.port)));
    ports.extend(ops.address().map(|address| ("ops.address", address.port())));
    for (index, (key, port)) in ports.iter().enumerate() {
        // Port 0 stands for any free port.
        if let Some((other, _)) = ports[..index].iter().find(|(_, other)| other == port && *port != 0) {
            wrong(key, format!("{port} is the port of {other} already"));
        }
    }
    faults
}

fn check_limits(limits: &LimitsConfig, wrong: &mut impl FnMut(&str, String)) {
    check_counts(
        &[
            ("limits.rooms", limits.rooms),
            ("limits.sockets", limits.sockets),
            ("limits.sockets_per_address", limits.sockets_per_address),
            ("limits.requests", limits.requests),
            ("limits.requests_per_address", limits.requests_per_address),
            ("limits.queue_frames", limits.queue_frames),
        ],
        wrong,
    );
    at_least_one(
        &[
            ("limits.joins_per_minute_per_address", limits.joins_per_minute_per_address),
            ("limits.join_burst_per_address", limits.join_burst_per_address),
            ("limits.messages_per_second", limits.messages_per_second),
            ("limits.message_burst", limits.message_burst),
            ("limits.bytes_per_second", limits.bytes_per_second),
        ],
        wrong,
    );
    if limits.returning_sockets > MOST {
        wrong("limits.returning_sockets", format!("it must be at most {MOST}"));
    }
    if (limits.byte_burst as usize) < MAX_FRAME_BYTES {
        wrong("limits.byte_burst", format!("one frame must fit, so at least {MAX_FRAME_BYTES}"));
    }
    if limits.queue_bytes < 2 * MAX_FRAME_BYTES {
        wrong("limits.queue_bytes", format!("two frames must fit, so at least {}", 2 * MAX_FRAME_BYTES));
    }
    for (key, time) in [
        ("limits.write_timeout", limits.write_timeout),
        ("limits.request_timeout", limits.request_timeout),
        ("limits.ping", limits.ping),
        ("limits.idle", limits.idle),
    ] {
        if time.is_zero() {
            wrong(key, "it must be longer than 0 seconds".into());
        }
    }
    if 2 * limits.ping > HEARTBEAT_WITHIN {
        let most = HEARTBEAT_WITHIN.as_secs_f64() / 2.0;
        wrong("limits.ping", format!("pages give a silent server up, so at most {most} seconds"));
    }
    if limits.silent <= limits.ping {
        wrong("limits.silent", "it must be longer than limits.ping".into());
    }
}

fn check_tls(tls: &TlsConfig, wrong: &mut impl FnMut(&str, String)) {
    let (certificate, key) = (!tls.certificate.as_os_str().is_empty(), !tls.key.as_os_str().is_empty());
    if certificate && !key {
        wrong("tls.certificate", "it needs its private key in tls.key".into());
    }
    if key && !certificate {
        wrong("tls.key", "it needs its certificate in tls.certificate".into());
    }
    let ways =
        [("tls.certificate", certificate), ("tls.domains", !tls.domains.is_empty()), ("tls.lan", tls.lan)];
    let chosen: Vec<_> = ways.into_iter().filter(|(_, is_chosen)| *is_chosen).map(|(key, _)| key).collect();
    if let [first, others @ ..] = chosen.as_slice() {
        for other in others {
            wrong(
                other,
                format!("there is {first} already; a server has one certificate, so choose one of them"),
            );
        }
    }
    for name in tls.domains.iter().filter(|name| !is_public_name(name)) {
        let what = format!("{name:?} is no name such as \"call.example\": no address, no port, no wildcard");
        wrong("tls.domains", what);
    }
    if !tls.contact.is_empty() && !is_mail_address(&tls.contact) {
        wrong("tls.contact", format!("{:?} is no mail address", tls.contact));
    }
    if !tls.directory.is_empty() && !tls.directory.starts_with("https://") {
        wrong("tls.directory", "it must be an https:// address".into());
    }
    if tls.staging && !tls.directory.is_empty() {
        wrong("tls.staging", "it is for Let's Encrypt; tls.directory names another authority".into());
    }
}

fn check_relay(relay: &RelayConfig, wrong: &mut impl FnMut(&str, String)) {
    if relay.credential_lifetime.as_secs() < LEAST_LIFETIME {
        wrong("relay.credential_lifetime", format!("it must be at least {LEAST_LIFETIME} seconds"));
    }
    check_counts(
        &[
            ("relay.allocations", relay.allocations),
            ("relay.allocations_per_seat", relay.allocations_per_seat),
            ("relay.allocations_per_address", relay.allocations_per_address),
            ("relay.connections", relay.connections),
            ("relay.connections_per_address", relay.connections_per_address),
        ],
        wrong,
    );
    at_least_one(
        &[
            ("relay.bytes_per_second", relay.bytes_per_second),
            ("relay.bytes_per_second_per_seat", relay.bytes_per_second_per_seat),
            ("relay.strangers_per_second", relay.strangers_per_second),
        ],
        wrong,
    );
    if !relay.host.is_empty() && !is_host(&relay.host) {
        wrong(
            "relay.host",
            format!("{:?} is neither a name nor an address; the port is relay.port", relay.host),
        );
    }
}

fn check_ops(ops: &OpsConfig, wrong: &mut impl FnMut(&str, String)) {
    let OpsConfig { address, token, hooks } = ops;
    match address.parse::<SocketAddr>() {
        Ok(address) if !address.ip().is_loopback() && token.is_empty() => {
            let what = format!(
                "it must be set for {address}, which other machines may reach; only at a loopback address such as \
                 127.0.0.1:{} may it be empty",
                address.port()
            );
            wrong("ops.token", what);
        }
        Err(_) if !address.is_empty() => {
            let what = format!("{address:?} is no address with a port, such as \"127.0.0.1:9464\"");
            wrong("ops.address", what);
        }
        _ => {}
    }
    let is_of_token = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~+/=".contains(&byte);
    if !token.is_empty() && (token.len() < LEAST_TOKEN || !token.bytes().all(is_of_token)) {
        // RFC 6750, section 2.1.
        let what = format!("it must have at least {LEAST_TOKEN} letters, digits and -._~+/=");
        wrong("ops.token", what);
    }
    for (index, hook) in hooks.iter().enumerate() {
        if let Some(what) = fault_of_hook(hook) {
            wrong(&format!("ops.hooks.{index}"), what);
        }
    }
}

/// Nothing of the hook is shown: its URL may hold a secret, too.
fn fault_of_hook(hook: &HookConfig) -> Option<String> {
    if WebAddress::parse(&hook.url).is_none() {
        let what =
            "the url must be such as \"https://call.example/hook\": no user, no port 0, no #, and no space";
        return Some(what.into());
    }
    if hook.key().is_none() {
        let (least, most) = (SECRET_BYTES.start(), SECRET_BYTES.end());
        return Some(format!("the secret must be \"whsec_\" and {least} to {most} random bytes in base64"));
    }
    hook.events.is_empty().then(|| "an entry names no event".into())
}

fn check_counts(counts: &[(&str, usize)], wrong: &mut impl FnMut(&str, String)) {
    for (key, _) in counts.iter().filter(|(_, count)| !(1..=MOST).contains(count)) {
        wrong(key, format!("it must be at least 1 and at most {MOST}"));
    }
}

fn at_least_one(rates: &[(&str, u32)], wrong: &mut impl FnMut(&str, String)) {
    for (key, _) in rates.iter().filter(|(_, rate)| *rate == 0) {
        wrong(key, "it must be at least 1".into());
    }
}

fn fault_of_entry(server: &IceServerConfig) -> Option<String> {
    let IceServerConfig { urls, username, credential, secret } = server;
    if urls.is_empty() {
        return Some("an entry names no URL".into());
    }
    if let Some(url) = urls.iter().find(|url| !is_ice_url(url)) {
        return Some(format!(
            "{url:?} is no URL that browsers take, such as \"stun:host\" or \"turn:host:3478?transport=udp\""
        ));
    }
    if secret.is_some() && (username.is_some() || credential.is_some()) {
        return Some("an entry has a secret, or a username and a credential, not both".into());
    }
    if secret.as_ref().is_some_and(String::is_empty) {
        return Some("the secret is empty".into());
    }
    // Browsers reject the whole configuration for this (W3C WebRTC 1.0, section 4.4.1.1).
    let nameless = secret.is_none() && (username.is_none() || credential.is_none());
    let has_turn = urls.iter().any(|url| url.starts_with("turn"));
    (has_turn && nameless).then(|| format!("{urls:?} needs a username and a credential, or a secret"))
}

/// Whether a text is an origin as browsers send it: scheme, host, maybe a port, nothing after it.
fn is_origin(text: &str) -> bool {
    let authority = text.strip_prefix("http://").or_else(|| text.strip_prefix("https://"));
    authority.and_then(authority::split).is_some()
}

/// Whether a text is a STUN or TURN URL (RFC 7064 and RFC 7065, section 3.1 of each). Browsers reject the whole
/// configuration for anything else.
fn is_ice_url(text: &str) -> bool {
    let Some((scheme, rest)) = text.split_once(':') else { return false };
    let (authority, query) = rest.split_once('?').map_or((rest, None), |(rest, query)| (rest, Some(query)));
    let has_query_of_its_kind = match scheme {
        "stun" | "stuns" => query.is_none(),
        "turn" | "turns" => matches!(query, None | Some("transport=udp" | "transport=tcp")),
        _ => return false,
    };
    has_query_of_its_kind && authority::split(authority).is_some_and(|(_, port)| port != Some(0))
}

/// Whether a certificate authority can look a name up.
fn is_public_name(name: &str) -> bool {
    name.contains('.') && authority::is_host_name(name)
}

fn is_host(text: &str) -> bool {
    let bare = text.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')).unwrap_or(text);
    bare.parse::<IpAddr>().is_ok() || authority::is_host_name(text)
}

fn is_mail_address(text: &str) -> bool {
    let parts = text.split_once('@');
    parts.is_some_and(|(who, host)| !who.is_empty() && authority::is_host_name(host))
        && !text.contains([':', ' ', ','])
}
