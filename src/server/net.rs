//! Sockets, addresses, hosts, clock, rates and private files: all parts of the server build on them.

pub(crate) mod addresses;
pub(crate) mod authority;
pub(crate) mod bind;
pub(crate) mod clock;
pub(crate) mod connection_limit;
pub(crate) mod file_reserve;
pub(crate) mod private_file;
pub(crate) mod random;
pub(crate) mod rate;
pub(crate) mod tcp;
pub(crate) mod web_address;
