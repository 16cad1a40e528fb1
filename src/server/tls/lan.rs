//! A certificate that this machine makes for itself.
//!
//! A phone in the same network may use its camera only by HTTPS.
//! No authority vouches for it, so browsers warn once for every certificate, and it is kept for as long as possible.

use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, UdpSocket};
use std::path::Path;
use std::time::{Duration, SystemTime};

use qrcode::QrCode;
use qrcode::render::unicode::Dense1x2;
use rcgen::{CertificateParams, DnType, ExtendedKeyUsagePurpose, KeyPair, KeyUsagePurpose};
use tokio::time::sleep;
use tracing::{info, warn};
use x509_parser::time::ASN1Time;

use super::certificate::{Certificate, Validity};
use super::resolver::CertResolver;
use crate::server::net::clock::since_epoch_at;
use crate::server::net::{addresses, authority, private_file};

/// Longest life that Apple's systems accept (support.apple.com/102028).
const LIFE_DAYS: u64 = 825;
/// Days left at which the certificate is replaced. Its end could come in the middle of a call.
const RENEW_DAYS: i64 = 30;
/// Earliest time of a clock that was set. It is 2026-01-01, when there was no Parlor yet; a machine without a battery
/// for its clock starts earlier.
const CLOCK_IS_SET: Duration = Duration::from_secs(1_767_225_600);
/// Interval of checks whether the certificate still suits the clock, which may be set late.
const LOOK_EVERY: Duration = Duration::from_secs(10);
/// Validity before the present, as clocks of phones differ.
const BEFORE_NOW: Duration = Duration::from_secs(60 * 60);
/// Most names in a certificate, former ones included.
const MOST_NAMES: usize = 50;
/// Longest name of the machine, in bytes; with `.local` behind it, it is still one of the DNS.
const MAX_NAME: usize = 200;
const FILE: &str = "lan.pem";

/// The names and addresses of this machine.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LanHost {
    name: Option<String>,
    addresses: Vec<IpAddr>,
    main: Option<IpAddr>,
}

impl LanHost {
    /// Looks up the names and addresses of a server that listens at `host`.
    pub fn look(host: IpAddr) -> Self {
        if !host.is_unspecified() {
            return Self { name: None, addresses: vec![host], main: Some(host) };
        }
        let name = gethostname::gethostname()
            .into_string()
            .ok()
            .filter(|name| name.len() <= MAX_NAME && authority::is_host_name(&as_local(name)));
        let addresses: Vec<_> = addresses::own().into_iter().collect();
        let main = main_address().filter(|main| addresses.contains(main));
        let main = main.or_else(|| addresses.iter().find(|address| address.is_ipv4()).copied());
        Self { name, main: main.or_else(|| addresses.first().copied()), addresses }
    }

    /// Lists the hosts for others in the network, the likeliest first. IPv6 addresses are in brackets.
    pub fn hosts(&self) -> Vec<String> {
        let others = self.addresses.iter().filter(|address| Some(**address) != self.main);
        let addresses = self.main.iter().chain(others).map(|address| addresses::in_brackets(*address));
        addresses.chain(self.name.iter().map(|name| as_local(name))).collect()
    }

    /// Lists the names of its certificate.
    fn names(&self) -> Vec<String> {
        let mut names: Vec<_> = self.addresses.iter().map(IpAddr::to_string).collect();
        names.push("localhost".into());
        names.extend([Ipv4Addr::LOCALHOST.to_string(), Ipv6Addr::LOCALHOST.to_string()]);
        if let Some(name) = &self.name {
            names.extend(Some(name.to_lowercase()).filter(|name| authority::is_host_name(name)));
            names.push(as_local(name));
        }
        names.sort();
        names.dedup();
        names
    }

    /// Whether a certificate for `names` covers this machine. IPv6 addresses may be missing: they change daily (RFC
    /// 8981), and another certificate is another warning on every phone.
    fn is_in(&self, names: &[String]) -> bool {
        let known = |name: &String| name.parse::<Ipv6Addr>().is_ok() || names.contains(name);
        self.names().iter().all(known)
    }
}

/// Finds the address from which this machine reaches others. Nothing is sent: the system only looks up its route to an
/// address for documentation (RFC 5737).
fn main_address() -> Option<IpAddr> {
    let socket = UdpSocket::bind((Ipv4Addr::UNSPECIFIED, 0)).ok()?;
    socket.connect((Ipv4Addr::new(192, 0, 2, 1), 9)).ok()?;
    socket.local_addr().ok().map(|address: SocketAddr| address.ip())
}

/// Makes the name of a host in multicast DNS (RFC 6762).
fn as_local(name: &str) -> String {
    let first = name.split('.').next().unwrap_or(name);
    format!("{}.local", first.to_lowercase())
}

/// Reads the certificate in the folder, if it still suits the machine and the clock.
pub(crate) fn kept(folder: &Path, machine: &LanHost, now: SystemTime) -> Option<Certificate> {
    let file = folder.join(FILE);
    let is_of_use = |old: &Certificate| machine.is_in(old.names()) && has_time_left(old, now);
    Certificate::read(&file, &file).ok().filter(is_of_use)
}

/// Whether a certificate's dates suit `now`. By a clock that was never set a good certificate seems to lie in the
/// future; it stays, as phones know it already.
fn has_time_left(certificate: &Certificate, now: SystemTime) -> bool {
    match certificate.standing(now) {
        Validity::Good(days) => days >= RENEW_DAYS,
        Validity::Early => is_unset(now),
        Validity::Over => false,
    }
}

fn is_unset(now: SystemTime) -> bool {
    since_epoch_at(now) < CLOCK_IS_SET
}

/// Replaces the certificate when its dates no longer suit. Above all that is when the clock was set after the start.
pub(super) async fn follow(
    folder: Option<&Path>,
    machine: &LanHost,
    shown: &CertResolver,
    clock: impl Fn() -> SystemTime,
) {
    loop {
        sleep(LOOK_EVERY).await;
        let now = clock();
        if shown.get().is_some_and(|old| has_time_left(&old, now)) {
            continue;
        }
        match certificate(folder, machine, now) {
            Ok(new) => shown.show(new),
            Err(fault) => warn!("no new certificate for this machine could be made: {fault}"),
        }
    }
}

/// Returns the certificate from the state folder if it still suits, else a new one.
///
/// # Errors
/// If none can be made.
pub(super) fn certificate(
    folder: Option<&Path>,
    machine: &LanHost,
    now: SystemTime,
) -> Result<Certificate, String> {
    if let Some(old) = folder.and_then(|folder| kept(folder, machine, now)) {
        return Ok(old);
    }
    let file = folder.map(|folder| folder.join(FILE));
    let old = file.and_then(|file| Certificate::read(&file, &file).ok());
    let names = with_former(machine.names(), old.as_ref().map(Certificate::names).unwrap_or_default());
    let pem = make(names, now)?;
    let keep = |folder: &Path| -> io::Result<()> {
        private_file::make_folder(folder)?;
        private_file::write(&folder.join(FILE), pem.as_bytes())
    };
    match folder.map(keep) {
        Some(Ok(())) => info!("a new certificate for this machine was made; browsers will warn once"),
        Some(Err(fault)) => warn!(
            "the certificate for this machine cannot be kept, so browsers will warn after every start: {fault}"
        ),
        None => warn!(
            "the certificate for this machine is not kept (server.state), so browsers will warn after every start"
        ),
    }
    Certificate::from_pem(pem.as_bytes(), pem.as_bytes()).map_err(|fault| fault.to_string())
}

/// Adds the names of a former certificate, except IPv6 addresses, which are outdated.
///
/// A laptop that moves between networks would otherwise get a new certificate, and phones a new warning, each time.
fn with_former(mut names: Vec<String>, former: &[String]) -> Vec<String> {
    for name in former {
        if names.len() < MOST_NAMES && !names.contains(name) && name.parse::<Ipv6Addr>().is_err() {
            names.push(name.clone());
        }
    }
    names
}

fn make(names: Vec<String>, now: SystemTime) -> Result<String, String> {
    let wrong = |error: &dyn ToString| error.to_string();
    let key = KeyPair::generate().map_err(|error| wrong(&error))?;
    let mut about = CertificateParams::new(names).map_err(|error| wrong(&error))?;
    let begins = since_epoch_at(now).saturating_sub(BEFORE_NOW);
    let ends = begins + Duration::from_secs(LIFE_DAYS * 24 * 60 * 60);
    let moment = |time: Duration| {
        let seconds = i64::try_from(time.as_secs()).map_err(|error| wrong(&error))?;
        ASN1Time::from_timestamp(seconds).map(|time| time.to_datetime()).map_err(|error| wrong(&error))
    };
    (about.not_before, about.not_after) = (moment(begins)?, moment(ends)?);
    about.distinguished_name.push(DnType::CommonName, "Parlor");
    about.key_usages = vec![KeyUsagePurpose::DigitalSignature];
    about.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
    let certificate = about.self_signed(&key).map_err(|error| wrong(&error))?;
    Ok(key.serialize_pem() + &certificate.pem())
}

/// Draws the URL for phones, as text and as a QR code.
///
/// Cameras want the code dark on light. Characters stand for the light parts, as most terminals are dark;
/// `for_terminal` also sets the colours.
pub fn poster(url: &str, for_terminal: bool) -> String {
    let code = QrCode::new(url).map(|code| {
        let text = code.render::<Dense1x2>().dark_color(Dense1x2::Light).light_color(Dense1x2::Dark).build();
        if for_terminal { text.lines().map(in_colours).collect::<Vec<_>>().join("\n") } else { text }
    });
    format!(
        "\n{}\n\nOn a phone in the same network: {url}\nIts browser will warn once, because this machine vouches for \
         itself: choose \"Advanced\" and go on.\n",
        code.unwrap_or_default()
    )
}

/// Colours a line bright white on black.
///
/// See ECMA-48, section 8.3.117, and its extension by bright colours.
fn in_colours(line: &str) -> String {
    format!("\x1b[97;40m{line}\x1b[0m")
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::time::UNIX_EPOCH;

    use super::*;

    const DAY: Duration = Duration::from_secs(86_400);

    fn machine(addresses: &[&str]) -> LanHost {
        let addresses: Vec<IpAddr> = addresses.iter().map(|address| address.parse().unwrap()).collect();
        LanHost { name: Some("Laptop".into()), main: addresses.last().copied(), addresses }
    }

    #[test]
    fn a_certificate_is_kept_until_it_is_of_no_more_use() {
        let place = tempfile::tempdir().unwrap();
        let folder = place.path().join("tls");
        let now = SystemTime::now();
        let get = |addresses: &[&str], now| {
            let certificate = certificate(Some(&folder), &machine(addresses), now).unwrap();
            (certificate.key().cert[0].clone(), certificate)
        };
        let (first, about) = get(&["192.168.1.5", "2001:db8::1"], now);
        for name in ["192.168.1.5", "2001:db8::1", "localhost", "127.0.0.1", "laptop", "laptop.local"] {
            assert!(about.names().iter().any(|known| known == name), "{name}: {:?}", about.names());
        }
        assert!(matches!(about.standing(now), Validity::Good(820..=825)));
        assert_eq!(get(&["192.168.1.5", "2001:db8::1"], now).0, first);
        assert_eq!(get(&["192.168.1.5", "2001:db8::2"], now + 700 * DAY).0, first, "only IPv6 has changed");
        let (second, _) = get(&["192.168.1.6"], now);
        assert_ne!(second, first, "another address");
        assert_eq!(get(&["192.168.1.5"], now).0, second, "back at the first");
        let (third, about) = get(&["192.168.1.6"], now + 800 * DAY);
        assert_ne!(third, second, "near its end");
        assert!(about.names().iter().all(|name| name != "2001:db8::1"), "{:?}", about.names());
        fs::write(folder.join(FILE), "rubbish").unwrap();
        assert_ne!(get(&["192.168.1.6"], now).0, third, "unreadable");
    }

    #[test]
    fn a_certificate_of_an_unset_clock_is_replaced_and_a_good_one_stays() {
        let place = tempfile::tempdir().unwrap();
        let (folder, machine) = (place.path().join("tls"), machine(&["192.168.1.5"]));
        let get = |now| certificate(Some(&folder), &machine, now).unwrap();
        let is = |one: &Certificate, other: &Certificate| one.key().cert == other.key().cert;
        let (unset, right) = (UNIX_EPOCH + DAY / 2, SystemTime::now());
        let early = get(unset);
        assert_eq!(early.first_day(), "1970-01-01");
        assert!(is(&get(unset + DAY), &early));
        let good = get(right);
        assert!(!is(&good, &early) && good.standing(right) != Validity::Over);
        for unset in [UNIX_EPOCH - DAY, UNIX_EPOCH, unset] {
            assert!(is(&get(unset), &good), "phones know it");
        }
        // A certificate from the future is of no use to a correct clock.
        let future = get(right + 4000 * DAY);
        assert!(!is(&future, &good) && !is(&get(right), &future));
        fs::remove_file(folder.join(FILE)).unwrap();
        for moment in [UNIX_EPOCH - DAY, UNIX_EPOCH, UNIX_EPOCH + DAY / 48] {
            assert_eq!(certificate(None, &machine, moment).unwrap().first_day(), "1970-01-01");
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_clock_that_is_set_while_it_runs_gives_a_new_certificate_once() {
        let place = tempfile::tempdir().unwrap();
        let (folder, machine) = (place.path().join("tls"), machine(&["192.168.1.5"]));
        let shown = CertResolver::default();
        shown.show(certificate(Some(&folder), &machine, UNIX_EPOCH).unwrap());
        let early = shown.get().unwrap();
        let (set, moment) = (SystemTime::now(), std::cell::Cell::new(UNIX_EPOCH));
        let follow_at = async |now| {
            moment.set(now);
            let clock = || moment.get();
            let follow = follow(Some(&folder), &machine, &shown, clock);
            assert!(tokio::time::timeout(3 * LOOK_EVERY, follow).await.is_err());
            shown.get().unwrap()
        };
        let is = |one: &Certificate, other: &Certificate| one.key().cert == other.key().cert;
        assert!(is(&follow_at(UNIX_EPOCH + DAY).await, &early));
        let new = follow_at(set).await;
        assert!(!is(&new, &early) && matches!(new.standing(set), Validity::Good(820..=825)));
        assert!(is(&follow_at(set + 700 * DAY).await, &new), "it stays for as long as it is of use");
        assert!(!is(&follow_at(set + 800 * DAY).await, &new), "and not until its end");
        let kept = kept(&folder, &machine, moment.get()).unwrap();
        assert!(shown.is(&kept));
    }

    #[test]
    fn former_names_are_kept_up_to_a_number() {
        let former: Vec<_> = (0..200).map(|number| format!("10.0.0.{number}")).collect();
        let names = with_former(vec!["192.168.1.5".into(), "10.0.0.1".into()], &former);
        assert_eq!((names.len(), &*names[0], &*names[2]), (MOST_NAMES, "192.168.1.5", "10.0.0.0"));
        assert_eq!(names.iter().filter(|name| *name == "10.0.0.1").count(), 1);
    }

    #[test]
    fn without_a_folder_it_works_all_the_same() {
        assert!(certificate(None, &machine(&[]), SystemTime::now()).is_ok());
        assert!(certificate(Some(Path::new("/proc/no")), &machine(&[]), SystemTime::now()).is_ok());
    }

    #[test]
    fn the_likeliest_address_comes_first() {
        let hosts = machine(&["10.0.0.1", "2001:db8::1", "192.168.1.5"]).hosts();
        assert_eq!(hosts, ["192.168.1.5", "10.0.0.1", "[2001:db8::1]", "laptop.local"]);
    }

    #[test]
    fn the_poster_holds_address_and_code() {
        let for_terminal = poster("https://192.168.1.5", true);
        let poster = poster("https://192.168.1.5", false);
        assert_eq!(for_terminal.replace("\x1b[97;40m", "").replace("\x1b[0m", ""), poster);
        let drawn = |line: &&str| line.contains(['█', '▀', '▄']);
        assert!(for_terminal.lines().filter(drawn).all(|line| line.starts_with("\x1b[97;40m")));
        assert!(poster.contains("https://192.168.1.5\n"), "{poster}");
        let lines: Vec<_> = poster.lines().skip(1).take_while(|line| !line.is_empty()).collect();
        let width = lines[0].chars().count();
        assert!(lines.iter().all(|line| line.chars().count() == width) && width >= 29, "{poster}");
        // The quiet zone is light, so it is drawn, all around.
        assert!(
            lines[0].chars().all(|c| c == '█')
                && lines.iter().all(|line| line.starts_with("████") || line.starts_with("▀▀▀▀")),
            "{poster}"
        );
    }

    #[test]
    fn this_machine_is_found_where_it_listens() {
        let all = LanHost::look(Ipv6Addr::UNSPECIFIED.into()).hosts();
        assert!(all.iter().all(|host| host != "127.0.0.1" && host != "[::1]"), "{all:?}");
        assert_eq!(LanHost::look(Ipv6Addr::LOCALHOST.into()).hosts(), ["[::1]"]);
    }
}
