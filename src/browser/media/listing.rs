//! The list of devices (`enumerateDevices`).

use std::cell::Cell;
use std::rc::Rc;

use leptos::prelude::window;
use wasm_bindgen::JsCast;
use wasm_bindgen_futures::spawn_local;
use web_sys::{MediaDeviceInfo, MediaDeviceKind, MediaDevices};

use crate::browser::env::{Events, log};
use crate::browser::error::{BrowserError, settled};
use crate::call::{Device, DeviceId, DeviceKind, Event, MediaError, MediaEvent};

/// Lists the devices whenever it is told to.
#[derive(Clone)]
pub(super) struct Listing {
    events: Events,
    /// How often it was asked; only the last answer counts.
    asked: Rc<Cell<u32>>,
}

impl Listing {
    pub(super) fn new(events: Events) -> Self {
        Self { events, asked: Rc::default() }
    }

    /// Reports the devices. Where the browser does not list them, a change is reported at least.
    pub(super) fn report(&self, devices: &MediaDevices, has_changed: bool) {
        let number = self.asked.get().wrapping_add(1);
        self.asked.set(number);
        let (this, listed) = (self.clone(), devices.enumerate_devices());
        spawn_local(async move {
            let event = match settled(listed).await {
                Ok(list) => {
                    MediaEvent::Devices(js_sys::Array::from(&list).iter().filter_map(device).collect())
                }
                Err(error) => {
                    log(&format!("devices not listed: {}", BrowserError::from(error)));
                    MediaEvent::Unlisted
                }
            };
            if this.asked.get() == number && (has_changed || event != MediaEvent::Unlisted) {
                this.events.push(Event::Media(event));
            }
        });
    }
}

fn device(info: wasm_bindgen::JsValue) -> Option<Device> {
    let info: MediaDeviceInfo = info.unchecked_into();
    let kind = match info.kind() {
        MediaDeviceKind::Audioinput => DeviceKind::Microphone,
        MediaDeviceKind::Videoinput => DeviceKind::Camera,
        MediaDeviceKind::Audiooutput => DeviceKind::Speaker,
        _ => return None,
    };
    Some(Device { kind, id: DeviceId(info.device_id()), label: info.label(), group: info.group_id() })
}

/// `navigator.mediaDevices`, which browsers leave out on pages that are not a secure context.
pub(super) fn media_devices() -> Result<MediaDevices, MediaError> {
    let window = window();
    match window.navigator().media_devices() {
        Ok(devices) if !devices.is_undefined() => Ok(devices),
        _ if window.is_secure_context() => Err(MediaError::Unsupported),
        _ => Err(MediaError::Insecure),
    }
}
