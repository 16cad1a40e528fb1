//! The command line.

use std::net::IpAddr;
use std::path::PathBuf;

use clap::{Parser, Subcommand};

use super::environment::unquoted;
use super::given::Given;

/// The settings' manual: each with its default, and a sentence on what it does.
pub const MANUAL: &str = include_str!("../../../Leptos.toml");

/// Stands before the manual in the long help.
const ABOUT_SETTINGS: &str = "\
Settings:
  Later sources win: the defaults, the file, the environment, the arguments. An empty variable is not set. The file
  is the one named by --config, else Leptos.toml in the working directory if there is one. It looks like this, with
  these defaults:";

/// A private video call that anyone can host.
#[derive(Clone, Debug, Default, Parser)]
#[command(
    name = "parlor",
    version,
    max_term_width = 100,
    after_help = "More, and all settings, with --help."
)]
#[command(after_long_help = format!("{ABOUT_SETTINGS}\n\n{MANUAL}"), disable_help_subcommand = true)]
pub struct Arguments {
    /// What to do; serves if nothing else is asked for.
    #[command(subcommand)]
    pub task: Option<Task>,
    /// File with settings, instead of Leptos.toml in the working directory.
    #[arg(long, value_name = "FILE", global = true)]
    pub config: Option<PathBuf>,
    /// Address to listen on, instead of server.host.
    #[arg(long, value_name = "ADDRESS", global = true)]
    pub host: Option<IpAddr>,
    /// Port to listen on, instead of server.port.
    #[arg(long, global = true)]
    pub port: Option<u16>,
    /// Port for HTTPS, instead of tls.port.
    #[arg(long, value_name = "PORT", global = true)]
    pub tls_port: Option<u16>,
    /// Name of this server to fetch a certificate for, instead of tls.domains; may be given several times.
    #[arg(long = "domain", value_name = "NAME", global = true)]
    pub domains: Vec<String>,
    /// Mail address for the certificate authority, instead of tls.contact.
    #[arg(long, value_name = "ADDRESS", global = true)]
    pub contact: Option<String>,
    /// PEM file with the certificate chain, instead of tls.certificate.
    #[arg(long, value_name = "FILE", global = true)]
    pub certificate: Option<PathBuf>,
    /// PEM file with the private key, instead of tls.key.
    #[arg(long, value_name = "FILE", global = true)]
    pub key: Option<PathBuf>,
    /// HTTPS for one's own network with a certificate made here, as tls.lan = true.
    #[arg(long, global = true)]
    pub lan: bool,
    /// Folder for what outlives a restart, instead of server.state.
    #[arg(long, value_name = "FOLDER", global = true)]
    pub state: Option<PathBuf>,
    /// Any other setting, such as rooms.capacity=4; may be given several times.
    #[arg(long = "set", value_name = "SECTION.KEY=VALUE", value_parser = setting, global = true)]
    pub settings: Vec<(String, String)>,
}

/// What the program does instead of serving.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Subcommand)]
pub enum Task {
    /// Say what is wrong with the settings and what browsers will be able to do.
    ///
    /// Takes the same arguments as the server, and leaves a running one alone. Each line begins with `ok`, `note`
    /// (worth knowing, may be as wanted) or `wrong`. Ends with status 0, or with 2 if something is wrong.
    Check,
    /// Ask the server that runs with these settings whether it is well.
    ///
    /// Ends with status 0 if it answers, else with 1; for the health checks of containers.
    Health,
}

impl Arguments {
    /// Returns the settings among the arguments, the more particular ones last.
    pub(super) fn given(&self) -> Vec<Given> {
        let text = |path: &PathBuf| path.display().to_string();
        let one = |by: &str, key: &str, text: Option<String>| {
            text.map(|text| Given { by: by.to_owned(), key: key.to_owned(), text })
        };
        let domains = (!self.domains.is_empty()).then(|| self.domains.join(","));
        let named = [
            one("--host", "server.host", self.host.map(|host| host.to_string())),
            one("--port", "server.port", self.port.map(|port| port.to_string())),
            one("--tls-port", "tls.port", self.tls_port.map(|port| port.to_string())),
            one("--domain", "tls.domains", domains),
            one("--contact", "tls.contact", self.contact.clone()),
            one("--certificate", "tls.certificate", self.certificate.as_ref().map(text)),
            one("--key", "tls.key", self.key.as_ref().map(text)),
            one("--lan", "tls.lan", self.lan.then(|| true.to_string())),
            one("--state", "server.state", self.state.as_ref().map(text)),
        ];
        let others = self.settings.iter().map(|(key, text)| Given {
            by: format!("--set {key}"),
            key: key.clone(),
            text: text.clone(),
        });
        named.into_iter().flatten().chain(others).collect()
    }
}

fn setting(text: &str) -> Result<(String, String), String> {
    match text.split_once('=') {
        Some((key, value)) if key.contains('.') => Ok((key.trim().to_owned(), unquoted(value))),
        _ => Err("write it as section.key=value, such as rooms.capacity=4".into()),
    }
}
