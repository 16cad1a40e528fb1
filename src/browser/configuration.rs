//! `RTCConfiguration`: how a connection of the call is described to the browser.

use js_sys::Array;
use wasm_bindgen::JsValue;
use web_sys::{RtcBundlePolicy, RtcConfiguration, RtcIceServer, RtcIceTransportPolicy};

use crate::call::PeerConfig;

/// Makes an `RTCConfiguration` (W3C WebRTC 1.0, section 4.2.1). A connection keeps the certificate it was made with,
/// and refuses a new configuration that lacks it.
pub(super) fn configuration(config: &PeerConfig, certificate: Option<&JsValue>) -> RtcConfiguration {
    let servers = Array::new();
    for server in &config.ice_servers {
        let entry = RtcIceServer::new();
        let urls: Array = server.urls.iter().map(|url| JsValue::from_str(url)).collect();
        entry.set_urls(&urls);
        if let Some(username) = &server.username {
            entry.set_username(username);
        }
        if let Some(credential) = &server.credential {
            entry.set_credential(credential);
        }
        servers.push(&entry);
    }
    let configuration = RtcConfiguration::new();
    configuration.set_ice_servers(&servers);
    // One transport for voice and picture from the beginning, so one allocation at each relay in place of two.
    configuration.set_bundle_policy(RtcBundlePolicy::MaxBundle);
    if let Some(certificate) = certificate {
        configuration.set_certificates(&Array::of1(certificate));
    }
    configuration.set_ice_transport_policy(if config.relay_only {
        RtcIceTransportPolicy::Relay
    } else {
        RtcIceTransportPolicy::All
    });
    configuration
}
