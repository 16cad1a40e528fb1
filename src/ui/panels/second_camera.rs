//! The offer to show a second camera beside the own picture.

use leptos::prelude::*;

use super::Panels;
use super::built::{Built, IntoBuilt};
use crate::call::{Device, DeviceKind, Phase, ShareAction, ShareSource, UserAction};
use crate::ui::CallHandle;
use crate::ui::i18n::Words;
use crate::ui::icon::{self, icon};
use crate::ui::reactive::{flag, press, select, text};

/// The other cameras, each with a key, in a call; and the key that ends it.
pub(super) fn second_camera(call: CallHandle, words: &'static Words) -> Built {
    let panels = expect_context::<Panels>();
    let others = select(call, |view| {
        let used = &view.devices.used[DeviceKind::Camera as usize];
        let is_other = |device: &&Device| {
            device.kind == DeviceKind::Camera
                && !device.id.is_none()
                && used.as_ref().is_some_and(|used| *used != device.id)
        };
        if view.phase != Phase::InCall {
            return vec![];
        }
        view.devices.list.iter().filter(is_other).cloned().collect()
    });
    let offer = move |device: Device| {
        let name = if device.label.is_empty() { words.camera().to_owned() } else { device.label };
        let start = UserAction::Share(ShareAction::Start(ShareSource::Camera(device.id)));
        let show = press(move || {
            call.dispatch(start.clone());
            panels.close();
        });
        view! {
            <button type="button" class="btn btn-line second-camera" on:click=show>
                {icon(text(|| icon::CAMERA))}
                <span class="cut">{words.show_camera(&name)}</span>
            </button>
        }
    };
    view! {
        <div class="second-cameras" hidden=flag(move || others.with(Vec::is_empty))>
            <b>{words.second_camera()}</b>
            <small>{words.second_camera_hint()}</small>
            <For each=move || others.get() key=|device| device.id.0.clone() children=offer />
        </div>
    }
    .into_built()
}
