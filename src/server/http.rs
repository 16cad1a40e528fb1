//! HTTP: connections accepted, requests checked, pages and files served.

pub(crate) mod accept;
pub(crate) mod forwarded;
pub(crate) mod headers;
pub(crate) mod https_redirect;
pub(crate) mod ice_servers;
pub(crate) mod idle_timeout;
pub(crate) mod language;
pub(crate) mod load_shedding;
pub(crate) mod origin;
pub(crate) mod pages;
pub(crate) mod path_prefix;
pub(crate) mod site;
