//! Bindings of WebRTC that web-sys lacks, or has as if they never threw.
//!
//! The SDP of another member decides which of these throw. An exception that crosses WebAssembly ends the task it
//! comes out of for good, be it the driver's loop; hence `catch` on every method.

use js_sys::{Array, Promise};
use wasm_bindgen::prelude::*;
use web_sys::{
    MediaStream, MediaStreamTrack, RtcDataChannel, RtcDataChannelInit, RtcIceCandidate, RtcIceCandidateInit,
    RtcPeerConnection, RtcRtpParameters, RtcRtpReceiver, RtcRtpSender, RtcRtpTransceiver,
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

    /// Makes an offer, and sets nothing.
    #[wasm_bindgen(method, catch, js_name = createOffer)]
    pub(super) fn make_offer(this: &Connection) -> Result<Promise, JsValue>;

    /// Makes an answer, and sets nothing.
    #[wasm_bindgen(method, catch, js_name = createAnswer)]
    pub(super) fn make_answer(this: &Connection) -> Result<Promise, JsValue>;

    /// Sets an offer or an answer that was made before.
    #[wasm_bindgen(method, catch, js_name = setLocalDescription)]
    pub(super) fn set_made(
        this: &Connection,
        description: &RtcSessionDescriptionInit,
    ) -> Result<Promise, JsValue>;

    #[wasm_bindgen(method, catch, js_name = setRemoteDescription)]
    pub(in crate::browser) fn set_remote(
        this: &Connection,
        description: &RtcSessionDescriptionInit,
    ) -> Result<Promise, JsValue>;

    /// Gives the next offer new ICE credentials.
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
    pub(in crate::browser) fn add_media(
        this: &Connection,
        kind: &str,
        init: &RtcRtpTransceiverInit,
    ) -> Result<JsValue, JsValue>;

    #[wasm_bindgen(method, catch, js_name = createDataChannel)]
    pub(in crate::browser) fn data_channel(this: &Connection, label: &str)
    -> Result<RtcDataChannel, JsValue>;

    #[wasm_bindgen(method, catch, js_name = createDataChannel)]
    pub(super) fn negotiated_channel(
        this: &Connection,
        label: &str,
        init: &RtcDataChannelInit,
    ) -> Result<RtcDataChannel, JsValue>;

    /// Reads the statistics: an `RTCStatsReport`.
    #[wasm_bindgen(method, catch, js_name = getStats)]
    pub(in crate::browser) fn stats(this: &Connection) -> Result<Promise, JsValue>;

    /// `RTCIceCandidate`
    #[wasm_bindgen(extends = RtcIceCandidate)]
    pub(super) type Candidate;

    #[wasm_bindgen(method, catch, getter, js_name = usernameFragment)]
    pub(super) fn username_fragment(this: &Candidate) -> Result<Option<String>, JsValue>;

    /// `RTCIceCandidateInit`
    #[wasm_bindgen(extends = RtcIceCandidateInit)]
    pub(super) type CandidateInit;

    #[wasm_bindgen(method, catch, setter, js_name = usernameFragment)]
    pub(super) fn set_username_fragment(this: &CandidateInit, fragment: &str) -> Result<(), JsValue>;

    /// `RTCRtpReceiver`
    #[wasm_bindgen(extends = RtcRtpReceiver)]
    pub(super) type Receiver;

    /// The packets played last, one of each source.
    #[wasm_bindgen(method, catch, js_name = getSynchronizationSources)]
    pub(super) fn sources(this: &Receiver) -> Result<Array, JsValue>;

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
    pub(in crate::browser) fn replace(
        this: &Sender,
        track: Option<&MediaStreamTrack>,
    ) -> Result<Promise, JsValue>;

    /// Missing in older browsers, where only lip synchronism is lost.
    #[wasm_bindgen(method, catch, js_name = setStreams)]
    pub(super) fn set_streams(this: &Sender, stream: &MediaStream) -> Result<(), JsValue>;

    #[wasm_bindgen(method, catch, js_name = getParameters)]
    pub(super) fn parameters(this: &Sender) -> Result<RtcRtpParameters, JsValue>;

    #[wasm_bindgen(method, catch, js_name = setParameters)]
    pub(super) fn set_parameters(this: &Sender, parameters: &RtcRtpParameters) -> Result<Promise, JsValue>;
}
