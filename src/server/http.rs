//! HTTP: connections accepted, requests checked, pages and files served.

pub(crate) mod accept;
pub(crate) mod admission;
pub(crate) mod forwarded;
pub(crate) mod headers;
pub(crate) mod health;
mod https_redirect;
pub(crate) mod ice_servers;
mod idle_timeout;
mod language;
mod load_shedding;
mod offline;
pub(crate) mod origin;
pub(crate) mod pages;
mod path_prefix;
pub(crate) mod server_names;
pub mod site;
