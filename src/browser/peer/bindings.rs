//! WebRTC as it is: what web-sys does not bind, and what it binds as if it never threw.
//!
//! A member of the room decides what its descriptions say, and so which of these throw. An exception that crosses
//! WebAssembly ends the task it comes out of for good, be it the driver's loop; hence `catch` on every method.

use js_sys::{Object, Promise};
use wasm_bindgen::prelude::*;
use web_sys::{
    MediaStream, MediaStreamTrack, RtcPeerConnection, RtcRtpSender, RtcRtpTransceiver,
    RtcRtpTransceiverDirection, RtcRtpTransceiverInit, RtcSessionDescriptionInit,
};

#[wasm_bindgen]
extern "C" {
    /// `RTCPeerConnection`
    #[wasm_bindgen(extends = RtcPeerConnection)]
    #[derive(Clone)]
    pub(in crate::browser) type Connection;

    /// Makes the offer or answer that fits the state, and sets it (W3C WebRTC 1.0, section 4.4.1.5).
    #[wasm_bindgen(method, catch, js_name = setLocalDescription)]
    pub(in crate::browser) fn set_local(this: &Connection) -> Result<Promise, JsValue>;

    #[wasm_bindgen(method, catch, js_name = setRemoteDescription)]
    pub(in crate::browser) fn set_remote(
        this: &Connection,
        description: &RtcSessionDescriptionInit,
    ) -> Result<Promise, JsValue>;

    /// The next offer gets new ICE credentials.
    #[wasm_bindgen(method, catch, js_name = restartIce)]
    pub(super) fn restart(this: &Connection) -> Result<(), JsValue>;

    /// Adds an `RTCIceCandidate` or an `RTCIceCandidateInit`.
    #[wasm_bindgen(method, catch, js_name = addIceCandidate)]
    pub(in crate::browser) fn add_candidate(
        this: &Connection,
        candidate: &JsValue,
    ) -> Result<Promise, JsValue>;

    /// Says that there are no further candidates, which some browsers refuse to be told.
    #[wasm_bindgen(method, catch, js_name = addIceCandidate)]
    pub(super) fn end_of_candidates(this: &Connection) -> Result<Promise, JsValue>;

    #[wasm_bindgen(method, catch, js_name = addTransceiver)]
    pub(super) fn add_media(
        this: &Connection,
        kind: &str,
        init: &RtcRtpTransceiverInit,
    ) -> Result<JsValue, JsValue>;

    /// `RTCRtpTransceiver`
    #[wasm_bindgen(extends = RtcRtpTransceiver)]
    pub(in crate::browser) type Transceiver;

    /// Throws for a transceiver that is stopped, as one is whose part of an offer or an answer was rejected (port 0),
    /// and for a connection that is closed (W3C WebRTC 1.0, section 5.4).
    #[wasm_bindgen(method, catch, setter, js_name = direction)]
    pub(super) fn direct(this: &Transceiver, direction: RtcRtpTransceiverDirection) -> Result<(), JsValue>;

    /// `RTCRtpSender`
    #[wasm_bindgen(extends = RtcRtpSender)]
    pub(in crate::browser) type Sender;

    #[wasm_bindgen(method, catch, js_name = replaceTrack)]
    pub(super) fn replace(this: &Sender, track: Option<&MediaStreamTrack>) -> Result<Promise, JsValue>;

    /// Missing in older browsers, where only lip synchronism is lost.
    #[wasm_bindgen(method, catch, js_name = setStreams)]
    pub(super) fn set_streams(this: &Sender, stream: &MediaStream) -> Result<(), JsValue>;

    #[wasm_bindgen(method, catch, js_name = getParameters)]
    pub(in crate::browser) fn parameters(this: &Sender) -> Result<Object, JsValue>;

    #[wasm_bindgen(method, catch, js_name = setParameters)]
    pub(in crate::browser) fn set_parameters(this: &Sender, parameters: &Object) -> Result<Promise, JsValue>;
}
