//! Tests of the sources of settings, of faults and of their places.
#![expect(clippy::result_large_err, reason = "the jail asks for figment's own error")]

use std::net::Ipv4Addr;
use std::path::Path;
use std::time::Duration;

use clap::Parser;
use figment::providers::{Format, Toml};
use figment::{Figment, Jail};

use super::arguments::{Arguments, MANUAL};
use super::load::DEFAULT_FILE;
use super::*;

fn error(toml: &str, environment: &[(&str, &str)]) -> String {
    let mut text = String::new();
    Jail::expect_with(|jail| {
        jail.clear_env();
        jail.create_file(DEFAULT_FILE, toml)?;
        environment.iter().for_each(|(key, value)| jail.set_env(key, value));
        text = match Config::load(&Arguments::default()) {
            Ok(_) => "accepted".into(),
            Err(error) => error.to_string(),
        };
        Ok(())
    });
    text
}

#[test]
fn later_sources_win() {
    Jail::expect_with(|jail| {
        jail.clear_env();
        let load = |arguments: &Arguments| Config::load(arguments).map_err(|error| error.to_string());
        assert_eq!(load(&Arguments::default())?, Config::default());
        jail.create_file(DEFAULT_FILE, "[server]\nport = 1\n[rooms]\ncapacity = 3\ngrace = 0.5")?;
        let config = load(&Arguments::default())?;
        assert_eq!((config.server.port, config.rooms.capacity), (1, 3));
        assert_eq!(config.rooms.grace, Duration::from_millis(500));
        jail.set_env("PORT", "");
        assert_eq!(load(&Arguments::default())?.server.port, 1, "an empty PORT is none");
        jail.set_env("PORT", "2");
        assert_eq!(load(&Arguments::default())?.server.port, 2);
        jail.set_env("PARLOR_SERVER_PORT", "3");
        jail.set_env("PARLOR_ROOMS_UNLOAD_GRACE", "7");
        let config = load(&Arguments::default())?;
        assert_eq!((config.server.port, config.rooms.unload_grace), (3, Duration::from_secs(7)));
        let arguments =
            Arguments { port: Some(4), host: Some(Ipv4Addr::LOCALHOST.into()), ..Arguments::default() };
        assert_eq!(load(&arguments)?.address().to_string(), "127.0.0.1:4");
        jail.create_file("other.toml", "[rooms]\ncapacity = 8")?;
        let arguments = Arguments { config: Some("other.toml".into()), ..Arguments::default() };
        assert_eq!(load(&arguments)?.rooms.capacity, 8);
        Ok(())
    });
}

#[test]
fn faults_name_the_key_and_the_place() {
    let lan = "[tls]\nlan = true\n";
    let secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
    for (toml, expected) in [
        ("[rooms]\ncapacity = 9", "Leptos.toml:2: rooms.capacity: a room has 2 to 8 seats, not 9"),
        ("\n[rooms]\n\ncapacity = 'two'", "Leptos.toml:4: rooms.capacity: it must be "),
        ("[rooms]\ngrace = -1", "Leptos.toml:2: rooms.grace: it must be 0 to 86400 seconds, not "),
        (
            "rooms.seats = 2",
            "Leptos.toml:1: rooms.seats: there is no such setting; there are capacity, grace, ",
        ),
        ("[rooms]\n# more\nseats = 2", "Leptos.toml:3: rooms.seats: there is no such setting"),
        ("\n[room]\ncapacity = 2", "Leptos.toml:2: room: there is no such setting; there are server, rooms"),
        ("capacity = 2", "Leptos.toml:1: capacity: there is no such setting"),
        ("[server\nport = 1", "Leptos.toml:1: "),
        ("[server]\nport = 1\nport = 2", "Leptos.toml:3: duplicate key"),
        ("[server]\nport = 70000", "Leptos.toml:2: server.port"),
        ("[server]\nhost = 'here'", "Leptos.toml:2: server.host"),
        (
            "[server]\norigins = ['call.example']",
            "Leptos.toml:2: server.origins: \"call.example\" is no origin",
        ),
        ("[server]\norigins = ['https://call.example/']", "Leptos.toml:2: server.origins"),
        (
            "[server]\nnames = ['call.example:443']",
            "Leptos.toml:2: server.names: \"call.example:443\" is no name",
        ),
        ("[server]\nnames = ['*.call.example']", "Leptos.toml:2: server.names"),
        (
            "[server]\ntrusted_proxies = ['10.0.0.0/99']",
            "Leptos.toml:2: server.trusted_proxies: it must be an address, or a network such as 10.0.0.0/8, not",
        ),
        ("[server]\ntrusted_proxies = 7", "Leptos.toml:2: server.trusted_proxies: it must be a list"),
        ("[rooms]\ncapacity = 2.5", "Leptos.toml:2: rooms.capacity: it must be a whole number from 0 on"),
        ("rooms = 2", "Leptos.toml:1: rooms: it must be a section or entry with keys"),
        ("[limits]\nsockets = 0", "Leptos.toml:2: limits.sockets: it must be at least 1"),
        (
            "[limits]\nrequests = 9223372036854775807",
            "Leptos.toml:2: limits.requests: it must be at least 1 and at most 1000000",
        ),
        (
            "[relay]\nconnections = 1000001",
            "Leptos.toml:2: relay.connections: it must be at least 1 and at most",
        ),
        (
            "[limits]\nsockets_per_address = 0",
            "Leptos.toml:2: limits.sockets_per_address: it must be at least 1",
        ),
        (
            "[limits]\nreturning_sockets = 1000001",
            "Leptos.toml:2: limits.returning_sockets: it must be at most",
        ),
        ("[limits]\njoin_burst_per_address = 0", "Leptos.toml:2: limits.join_burst_per_address: it must be"),
        ("[limits]\nmessage_burst = 0", "Leptos.toml:2: limits.message_burst: it must be at least 1"),
        ("[limits]\nsilent = 1", "Leptos.toml:2: limits.silent"),
        ("[limits]\nping = 8\nsilent = 20", "Leptos.toml:2: limits.ping"),
        ("[limits]\nqueue_bytes = 1", "Leptos.toml:2: limits.queue_bytes"),
        ("[limits]\nbyte_burst = 1", "Leptos.toml:2: limits.byte_burst"),
        (
            "[ice]\nservers = [\n  { urls = ['https://x'] }]",
            "Leptos.toml:3: ice.servers.0: \"https://x\" is no URL that browsers take",
        ),
        (
            "[[ice.servers]]\nurls = ['stun:x']\n[[ice.servers]]\nurls = []",
            "Leptos.toml:3: ice.servers.1: an entry",
        ),
        (
            "[ice]\nservers = [{ url = 'stun:x' }]",
            "Leptos.toml:2: ice.servers.0.url: there is no such setting",
        ),
        (
            "[ice]\nservers = [{ urls = ['turn:x'], username = 'u' }]",
            "needs a username and a credential, or a secret",
        ),
        ("[ice]\nservers = [{ urls = ['turn:x'], username = 'u', secret = 's' }]", "not both"),
        (
            "[ice]\nservers = [{ urls = ['turn:x'], secret = '' }]",
            "Leptos.toml:2: ice.servers.0: the secret is empty",
        ),
        (
            "[tls]\ncertificate = 'c.pem'",
            "Leptos.toml:2: tls.certificate: it needs its private key in tls.key",
        ),
        ("[tls]\nkey = 'k.pem'", "Leptos.toml:2: tls.key: it needs its certificate"),
        (&format!("{lan}domains = ['a.example']"), "Leptos.toml:2: tls.lan: there is tls.domains already"),
        (&format!("{lan}port = 3000"), "Leptos.toml:3: tls.port: 3000 is the port of server.port already"),
        ("[relay]\nport = 3000", "Leptos.toml:2: relay.port: 3000 is the port of server.port already"),
        ("[tls]\ndomains = ['*.call.example']", "Leptos.toml:2: tls.domains: \"*.call.example\" is no name"),
        ("[tls]\ndomains = ['192.0.2.1']", "tls.domains"),
        ("[tls]\ndomains = ['call.example:443']", "tls.domains"),
        ("[tls]\ncontact = 'mailto:a@call.example'", "tls.contact"),
        ("[tls]\ndirectory = 'http://call.example'", "tls.directory"),
        ("[relay]\ncredential_lifetime = 59", "relay.credential_lifetime: it must be at least 60 seconds"),
        ("[relay]\nallocations = 0", "Leptos.toml:2: relay.allocations: it must be at least 1"),
        ("[relay]\nhost = 'turn:here'", "relay.host"),
        ("[log]\nformat = 'xml'", "Leptos.toml:2: log.format: it must be one of text, json, not \"xml\""),
        (
            "[ops]\naddress = 'localhost:9464'",
            "Leptos.toml:2: ops.address: \"localhost:9464\" is no address with a port",
        ),
        (
            "[ops]\naddress = '127.0.0.1'",
            "Leptos.toml:2: ops.address: \"127.0.0.1\" is no address with a port",
        ),
        ("[ops]\naddress = '127.0.0.1:3000'", "Leptos.toml:2: ops.address: 3000 is the port of server.port"),
        (
            "[ops]\ntoken = ''\naddress = '192.0.2.1:9464'",
            "Leptos.toml:2: ops.token: it must be set for 192.0.2.1:9464, which other machines may reach",
        ),
        (
            "[ops]\ntoken = ''\naddress = '[::]:9464'",
            "Leptos.toml:2: ops.token: it must be set for [::]:9464",
        ),
        ("[ops]\ntoken = 'short'", "Leptos.toml:2: ops.token: it must have at least 16 letters"),
        (
            &format!("[ops]\nhooks = [\n  {{ url = 'call.example/hook', secret = '{secret}' }}]"),
            "Leptos.toml:3: ops.hooks.0: the url must be such as \"https://",
        ),
        (
            "[[ops.hooks]]\nurl = 'https://call.example'\nsecret = 'whsec_not base64'",
            "Leptos.toml:1: ops.hooks.0: the secret must be \"whsec_\" and 24 to 64 random bytes in base64",
        ),
        (
            "[[ops.hooks]]\nurl = 'https://call.example'\nsecret = 'whsec_AAAA'",
            "ops.hooks.0: the secret must be",
        ),
        (
            &format!("[[ops.hooks]]\nurl = 'https://call.example'\nsecret = '{}'", &secret["whsec_".len()..]),
            "ops.hooks.0: the secret must be",
        ),
        (
            &format!("[[ops.hooks]]\nurl = 'https://call.example'\nsecret = '{secret}'\nevents = []"),
            "ops.hooks.0: an entry names no event",
        ),
        (
            &format!(
                "[[ops.hooks]]\nurl = 'https://call.example'\nsecret = '{secret}'\nevents = ['room.full']"
            ),
            "ops.hooks.0.events.0: it must be one of room.opened, room.closed, seat.taken, seat.left, not \"room.full\"",
        ),
        ("[[ops.hooks]]\nurl = 'https://call.example'", "Leptos.toml:1: ops.hooks.0: missing field `secret`"),
        ("[ops]\ntoken = 'with a space in its midst'", "Leptos.toml:2: ops.token: it must have at least"),
    ] {
        let text = error(toml, &[]);
        assert!(text.contains(expected) && text.starts_with("Leptos.toml:"), "{toml}: {text}");
    }
}

#[test]
fn faults_name_the_variable_or_the_argument() {
    for (name, value, expected) in [
        ("PARLOR_ROOMS_CAPACITY", "1", "PARLOR_ROOMS_CAPACITY: rooms.capacity: a room has 2 to 8 seats"),
        ("PARLOR_ROOMS_SEATS", "2", "PARLOR_ROOMS_SEATS: rooms.seats: there is no such setting"),
        ("PARLOR_NONSENSE", "2", "PARLOR_NONSENSE: nonsense: there is no such setting"),
        ("PARLOR__X", "1", "PARLOR__X: it names no setting"),
        ("PARLOR_", "1", "PARLOR_: it names no setting"),
        ("PARLOR_ROOMS_", "1", "PARLOR_ROOMS_: it names no setting"),
        ("PORT", "http", "PORT: server.port: it must be a whole number from 0 to 65535, not string \"http\""),
    ] {
        let text = error("[rooms]\ncapacity = 2", &[(name, value)]);
        assert!(text.starts_with(expected), "{text}");
    }
    Jail::expect_with(|jail| {
        jail.clear_env();
        let line = "parlor --set .x=1 --set rooms..capacity=4";
        let text = Config::load(&Arguments::parse_from(line.split(' '))).unwrap_err().to_string();
        assert_eq!(text.matches(": it names no setting").count(), 2, "{text}");
        let line = "parlor --set rooms.capacity=0 --port 3478 --domain=here";
        let text = Config::load(&Arguments::parse_from(line.split(' '))).unwrap_err().to_string();
        let lines: Vec<_> = text.lines().collect();
        assert_eq!(lines.len(), 3, "{text}");
        assert!(lines[0].starts_with("--set rooms.capacity: rooms.capacity: a room has"), "{text}");
        assert!(lines[1].starts_with("--domain: tls.domains: \"here\" is no name"), "{text}");
        assert_eq!(lines[2], "relay.port: 3478 is the port of server.port already");
        Ok(())
    });
}

#[test]
fn a_secret_is_not_shown_even_where_it_is_wrong() {
    let text = error("[relay]\nsecret = 4711", &[]);
    assert!(text.starts_with("Leptos.toml:2: relay.secret: it must be") && !text.contains("4711"), "{text}");
    for (name, value) in [
        ("PARLOR_ICE_SERVERS", "[{urls=[\"turn:x\"],secret=\"geheim\"}"),
        ("PARLOR_ICE_SERVERS", "[{urls=[\"turn:x\"],secret=\"geheim]"),
        ("PARLOR_ICE_SERVERS", "[\"geheim\"]"),
        ("PARLOR_OPS_HOOKS", "[\"geheim\"]"),
        ("PARLOR_OPS_HOOKS", "[{url=\"https://call.example/geheim\",secret=\"geheim\"}]"),
        ("PARLOR_OPS_HOOKS", "[{url=\"call.example/geheim\",secret=\"geheim\"}]"),
        ("PARLOR_ICE_SERVERS", "[{urls=\"turn:geheim\",secret=\"geheim\"}]"),
        ("PARLOR_ICE", "{servers=[{secret=\"geheim\"}"),
        ("PARLOR_RELAY", "{secret=\"geheim\""),
        ("PARLOR_OPS", "{token=\"geheim\""),
    ] {
        let text = error("", &[(name, value)]);
        assert!(text.starts_with(name) && text.contains("must be"), "{value}: {text}");
        assert!(!text.contains("geheim"), "{text}");
    }
}

#[test]
fn the_environment_may_quote_as_the_file_does() {
    Jail::expect_with(|jail| {
        jail.clear_env();
        for text in ["[{urls=['turn:x'],secret='geheim'}]", "[{urls=[\"turn:x\"], secret=\"geheim\"}]"] {
            jail.set_env("PARLOR_ICE_SERVERS", text);
            let config = Config::load(&Arguments::default()).map_err(|error| error.to_string())?;
            assert_eq!(config.ice.servers[0].urls, ["turn:x"]);
            assert_eq!(config.ice.servers[0].secret.as_deref(), Some("geheim"));
        }
        Ok(())
    });
}

#[test]
fn an_empty_variable_is_not_set_whatever_its_kind() {
    Jail::expect_with(|jail| {
        jail.clear_env();
        for empty in ["", " ", "\r", "\"\"", "''"] {
            for name in [
                "PORT",
                "PARLOR_SERVER_PORT",
                "PARLOR_SERVER_HOST",
                "PARLOR_SERVER_STATE",
                "PARLOR_SERVER_ORIGINS",
                "PARLOR_SERVER_TRUSTED_PROXIES",
                "PARLOR_ROOMS_CAPACITY",
                "PARLOR_ROOMS_GRACE",
                "PARLOR_TLS_DOMAINS",
                "PARLOR_TLS_CERTIFICATE",
                "PARLOR_TLS_LAN",
                "PARLOR_RELAY_ENABLED",
                "PARLOR_RELAY_SECRET",
                "PARLOR_ICE_SERVERS",
                "PARLOR_ICE",
                "PARLOR_PORT",
                "PARLOR_",
            ] {
                jail.set_env(name, empty);
            }
            let config = Config::load(&Arguments::default()).map_err(|error| error.to_string())?;
            assert_eq!(config, Config::default(), "{empty:?}");
        }
        jail.create_file(DEFAULT_FILE, "[rooms]\ncapacity = 3\n[tls]\ndomains = ['a.example']")?;
        let config = Config::load(&Arguments::default()).map_err(|error| error.to_string())?;
        assert_eq!((config.rooms.capacity, &*config.tls.domains), (3, &["a.example".to_owned()][..]));
        Ok(())
    });
}

#[test]
fn quotes_of_an_environment_file_are_not_part_of_a_value() {
    for quote in ["\"", "'"] {
        Jail::expect_with(|jail| {
            jail.clear_env();
            for (name, value) in [
                ("PORT", "8080"),
                ("PARLOR_SERVER_HOST", "127.0.0.1"),
                ("PARLOR_SERVER_STATE", "/var/lib/parlor"),
                ("PARLOR_SERVER_TRUSTED_PROXIES", "127.0.0.1,10.0.0.0/8"),
                ("PARLOR_ROOMS_CAPACITY", "4"),
                ("PARLOR_ROOMS_GRACE", "1.5"),
                ("PARLOR_TLS_DOMAINS", "a.example, b.example"),
                ("PARLOR_RELAY_ENABLED", "false"),
                ("PARLOR_RELAY_SECRET", " geheim "),
                ("PARLOR_ICE_SERVERS", "[{urls=[\"turn:x\"],secret=\"geheim\"}]"),
            ] {
                jail.set_env(name, format!("{quote}{value}{quote}\r"));
            }
            let config = Config::load(&Arguments::default()).map_err(|error| error.to_string())?;
            assert_eq!(config.address().to_string(), "127.0.0.1:8080");
            assert_eq!(config.server.state, Path::new("/var/lib/parlor"));
            assert_eq!(config.server.trusted_proxies.len(), 2);
            assert_eq!((config.rooms.capacity, config.rooms.grace), (4, Duration::from_millis(1500)));
            assert_eq!(config.tls.domains, ["a.example", "b.example"]);
            assert_eq!((config.relay.enabled, &*config.relay.secret), (false, " geheim "));
            assert_eq!(config.ice.servers[0].secret.as_deref(), Some("geheim"));
            // Quotes around each name of a list, with brackets or without.
            for names in ["A, B", "[A, B]"] {
                let names = names.replace(['A', 'B'], &format!("{quote}c.example{quote}"));
                jail.set_env("PARLOR_TLS_DOMAINS", names);
                let config = Config::load(&Arguments::default()).map_err(|error| error.to_string())?;
                assert_eq!(config.tls.domains, ["c.example", "c.example"]);
            }
            Ok(())
        });
    }
}

#[test]
fn names_in_their_own_script_are_taken_as_requests_have_them() {
    Jail::expect_with(|jail| {
        jail.clear_env();
        jail.create_file(
            DEFAULT_FILE,
            "[server]\norigins = ['https://bücher.example']\n[ice]\nservers = [{ urls = ['stun:bücher.example'] }]",
        )?;
        jail.set_env("PARLOR_RELAY_HOST", "Turn.통화.example.");
        let line = "parlor --domain 통화.example --domain Call.Example. --contact host@통화.example";
        let config =
            Config::load(&Arguments::parse_from(line.split(' '))).map_err(|error| error.to_string())?;
        assert_eq!(config.tls.domains, ["xn--hz7bo8f.example", "call.example"]);
        assert_eq!(config.tls.contact, "host@xn--hz7bo8f.example");
        assert_eq!(config.relay.host, "turn.xn--hz7bo8f.example");
        assert_eq!(config.server.origins, ["https://xn--bcher-kva.example"]);
        assert!(config.ice.servers[0].urls[0].ends_with(":xn--bcher-kva.example"));
        jail.set_env("PARLOR_RELAY_HOST", "2001:db8::1");
        let config = Config::load(&Arguments::default()).map_err(|error| error.to_string())?;
        assert_eq!(config.relay.host, "[2001:db8::1]", "as it stands in an address");
        for name in ["통화", "통 화.example", "통화.example:443"] {
            let arguments = Arguments { domains: vec![name.into()], ..Arguments::default() };
            let text = Config::load(&arguments).unwrap_err().to_string();
            assert!(text.starts_with("--domain: tls.domains: "), "{text}");
        }
        Ok(())
    });
}

#[test]
fn texts_and_lists_need_no_quotes_outside_a_file() {
    Jail::expect_with(|jail| {
        jail.clear_env();
        jail.set_env("PARLOR_RELAY_SECRET", "4711");
        jail.set_env("PARLOR_TLS_DOMAINS", "a.example, b.example");
        jail.set_env("PARLOR_SERVER_TRUSTED_PROXIES", "[\"10.0.0.0/8\"]");
        let line = "parlor check --contact a@call.example --tls-port 8443 --state /s --set relay.enabled=false --set rooms.grace=1.5";
        let arguments = Arguments::parse_from(line.split(' '));
        let config = Config::load(&arguments).map_err(|error| error.to_string())?;
        assert_eq!((&*config.relay.secret, config.relay.enabled), ("4711", false));
        assert_eq!(config.tls.domains, ["a.example", "b.example"]);
        assert_eq!((&*config.tls.contact, config.tls.port), ("a@call.example", 8443));
        assert_eq!(config.server.trusted_proxies, ["10.0.0.0/8".parse().unwrap()]);
        assert_eq!(config.server.state, Path::new("/s"));
        assert_eq!(config.rooms.grace, Duration::from_millis(1500));
        let line = "parlor --lan --certificate c --key k --domain x.example --domain y.example";
        let text = Config::load(&Arguments::parse_from(line.split(' '))).unwrap_err().to_string();
        assert!(text.contains("--domain: tls.domains: there is tls.certificate already"), "{text}");
        assert!(text.contains("--lan: tls.lan: there is tls.certificate already"), "{text}");
        Ok(())
    });
}

#[test]
fn what_kubernetes_says_of_services_is_no_setting() {
    Jail::expect_with(|jail| {
        jail.clear_env();
        for (name, text) in [
            ("PARLOR_SERVICE_HOST", "10.0.0.1"),
            ("PARLOR_SERVICE_PORT", "443"),
            ("PARLOR_SERVICE_PORT_HTTPS", "443"),
            ("PARLOR_PORT", "tcp://10.0.0.1:443"),
            ("PARLOR_PORT_443_TCP", "tcp://10.0.0.1:443"),
            ("PARLOR_PORT_443_TCP_PROTO", "tcp"),
            ("PARLOR_PORT_443_TCP_PORT", "443"),
            ("PARLOR_PORT_443_TCP_ADDR", "10.0.0.1"),
            ("PARLOR_RELAY_SERVICE_HOST", "10.0.0.2"),
            ("PARLOR_RELAY_PORT", "udp://10.0.0.2:3478"),
            ("PARLOR_RELAY_PORT_3478_UDP_ADDR", "10.0.0.2"),
        ] {
            jail.set_env(name, text);
        }
        let load = || Config::load(&Arguments::default()).map_err(|error| error.to_string());
        assert_eq!(load()?, Config::default());
        // A variable that no service sets is still refused.
        jail.set_env("PARLOR_PORT", "8080");
        assert!(load().unwrap_err().starts_with("PARLOR_PORT: port: there is no such setting"));
        Ok(())
    });
}

#[test]
fn a_server_has_credentials_of_its_own_or_a_secret_to_derive_them_from() {
    Jail::expect_with(|jail| {
        jail.clear_env();
        let file = "[[ice.servers]]\nurls = ['turn:eu', 'turns:us']\nsecret = 'geheim'\n\
                    [[ice.servers]]\nurls = ['stun:x']";
        jail.create_file(DEFAULT_FILE, file)?;
        let config = Config::load(&Arguments::default()).map_err(|error| error.to_string())?;
        let [derived, plain] = config.ice.servers.as_slice() else { panic!("{config:?}") };
        assert_eq!((derived.secret.as_deref(), derived.urls.len()), (Some("geheim"), 2));
        assert_eq!((plain.secret.as_deref(), &*plain.urls), (None, &["stun:x".to_owned()][..]));
        assert!(!format!("{config:?}").contains("geheim"));
        Ok(())
    });
}

#[test]
fn only_urls_that_browsers_take_are_accepted() {
    let accepts = |scheme: &str, rest: &str| {
        let entry = format!("[[ice.servers]]\nurls = ['{scheme}:{rest}']\nsecret = 'geheim'");
        match &*error(&entry, &[]) {
            "accepted" => true,
            text => {
                assert!(text.contains("ice.servers.0: ") && text.contains("is no URL"), "{text}");
                false
            }
        }
    };
    for (scheme, rest) in [
        ("stun", "call.example"),
        ("stuns", "call.example:5349"),
        ("turn", "192.0.2.1:3478?transport=udp"),
        ("turn", "[2001:db8::1]:3478?transport=tcp"),
        ("turns", "[2001:db8::1]"),
        ("turn", "turn_server:3478"),
        ("turn", "call.example."),
        ("turns", "call.example:443?transport=tcp"),
    ] {
        assert!(accepts(scheme, rest), "{scheme}:{rest}");
    }
    for rest in [
        "",
        "?transport=udp",
        "//x",
        "a b",
        "user@call.example",
        "call.example:",
        "call.example:0",
        "call.example:99999",
        "call.example:+443",
        "call.example:3478/",
        "2001:db8::1",
        "[2001:db8::1",
        "[call.example]",
        "call.example?transport=udpp",
        "call.example?transport=",
        "call.example?",
    ] {
        assert!(!accepts("turn", rest), "turn:{rest}");
    }
    assert!(!accepts("stun", "call.example?transport=udp") && !accepts("http", "call.example"));
    assert!(error("[[ice.servers]]\nurls = ['turn']", &[]).contains("is no URL"));
}

#[test]
fn the_help_is_the_manual() {
    use clap::CommandFactory;
    let help = Arguments::command().render_long_help().to_string();
    assert!(help.contains(MANUAL.trim()) && help.contains("--tls-port") && help.contains("check"), "{help}");
    Arguments::command().debug_assert();
}

#[test]
fn a_file_that_was_asked_for_must_exist() {
    let arguments = Arguments { config: Some("nowhere.toml".into()), ..Arguments::default() };
    assert!(Config::load(&arguments).unwrap_err().to_string().contains("nowhere.toml"));
}

#[test]
fn the_file_in_the_repository_explains_every_key_and_its_default() {
    let file = MANUAL;
    // No defaults beneath: a key that is missing is an error.
    let config: Config = Figment::from(Toml::string(file)).extract().unwrap();
    assert_eq!(config, Config::default());
    let lines: Vec<_> = file.lines().collect();
    for pair in lines.windows(2).filter(|pair| pair[1].contains(" = ") && !pair[1].starts_with('#')) {
        assert!(pair[0].starts_with("# ") && pair[0].ends_with('.'), "no sentence above {}", pair[1]);
    }
}

#[test]
fn secrets_stay_out_of_debug_output() {
    let servers = vec![IceServerConfig {
        urls: vec!["turn:x".into()],
        username: Some("u".into()),
        credential: Some("geheim".into()),
        ..IceServerConfig::default()
    }];
    let hook = HookConfig {
        url: "https://call.example/geheim".into(),
        secret: "geheim".into(),
        events: HookEvent::all(),
    };
    let ops = OpsConfig { token: "geheim".into(), hooks: vec![hook], ..OpsConfig::default() };
    let config = Config { ice: IceConfig { servers }, ops, ..Config::default() };
    assert!(!format!("{config:?}").contains("geheim"));
}
