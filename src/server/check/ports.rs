//! Whether the ports of the settings can be bound.

use std::io::ErrorKind;
use std::net::IpAddr;

use socket2::Type;

use super::findings::Findings;
use super::health;
use crate::server::config::Config;
use crate::server::listeners::{FIRST_FREE_PORT, LAN_PORT};
use crate::server::net::bind::bound;

/// A port, its setting and its purpose.
struct Port {
    key: &'static str,
    host: IpAddr,
    number: u16,
    transport: Type,
    purpose: &'static str,
}

/// Tries to bind each port; returns the one at which browsers will find HTTPS.
pub(super) async fn check(config: &Config, findings: &mut Findings) -> u16 {
    let mut https = config.tls.port;
    let is_running = health::is_well(config.address()).await;
    if is_running {
        findings.note(format!("a Parlor is running on port {}; it has the ports below", config.server.port));
    }
    for port in ports(config) {
        let Port { key, host, number, transport, purpose } = port;
        let name = format!(
            "port {number}/{} ({key}, {purpose})",
            if transport == Type::STREAM { "tcp" } else { "udp" }
        );
        // Bound for a moment only, without listening.
        match bound(transport, host, number).map(drop) {
            Ok(()) if number == 0 => {
                findings.note(format!("{key} = 0: any free port, another at each start"))
            }
            Ok(()) => findings.ok(format!("{name} is free")),
            Err(fault) if fault.kind() == ErrorKind::AddrInUse && is_running => {
                findings.note(format!("{name} is in use, by the running Parlor or another program"));
            }
            Err(fault) if fault.kind() == ErrorKind::AddrInUse => {
                findings
                    .wrong(format!("{name} is in use by another program; choose another port or stop it"));
            }
            Err(fault) if fault.kind() == ErrorKind::PermissionDenied && is_running => {
                findings.note(format!("{name} is not for this user, but for the one that Parlor runs as"));
            }
            Err(fault)
                if fault.kind() == ErrorKind::PermissionDenied && key == "tls.port" && config.tls.lan =>
            {
                https = LAN_PORT;
                findings.note(format!("{name} is not for this user, so HTTPS will be at port {LAN_PORT}"));
            }
            Err(fault) if fault.kind() == ErrorKind::PermissionDenied && number < FIRST_FREE_PORT => {
                findings.wrong(format!(
                    "{name} is not for this user: start Parlor by its systemd unit, or allow it once with \
                     `setcap cap_net_bind_service=+ep` on the program, or choose a port from {FIRST_FREE_PORT}"
                ));
            }
            Err(fault) if fault.kind() == ErrorKind::AddrNotAvailable => {
                let key = match key {
                    "relay.port" => "relay.listen",
                    "ops.address" => key,
                    _ => "server.host",
                };
                findings.wrong(format!("{key}: this machine has no address {host}"));
                break;
            }
            Err(fault) => findings.wrong(format!("{name} cannot be opened: {fault}")),
        }
    }
    let open: Vec<_> = ports(config)
        .iter()
        .filter(|port| !port.host.is_loopback() && port.key != "ops.address")
        .map(|port| format!("{}/{}", port.number, if port.transport == Type::STREAM { "tcp" } else { "udp" }))
        .collect();
    if !open.is_empty() {
        findings.note(format!("a firewall or router in front must let these ports in: {}", open.join(", ")));
    }
    if config.tls.public_port == 0 { https } else { config.tls.public_port }
}

fn ports(config: &Config) -> Vec<Port> {
    let (tcp, udp) = (Type::STREAM, Type::DGRAM);
    let (own, relay) = (config.server.host, config.relay.listen);
    let port = |key, host, number, transport, purpose| Port { key, host, number, transport, purpose };
    let mut ports = vec![port("server.port", own, config.server.port, tcp, "HTTP")];
    if config.tls.is_on() {
        ports.push(port("tls.port", own, config.tls.port, tcp, "HTTPS and the relay over TLS"));
    }
    if config.relay.enabled {
        ports.push(port("relay.port", relay, config.relay.port, udp, "the relay"));
        ports.push(port("relay.port", relay, config.relay.port, tcp, "the relay"));
    }
    if let Some(ops) = config.ops.address() {
        ports.push(port("ops.address", ops.ip(), ops.port(), tcp, "for those who watch the server"));
    }
    ports
}
