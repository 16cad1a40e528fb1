//! Devices that come, go and change their ids.

use proptest::prelude::*;

use super::*;

fn device(kind: DeviceKind, id: &str, label: &str) -> Device {
    Device { kind, id: DeviceId(id.to_owned()), label: label.to_owned(), group: String::new() }
}

fn microphone(id: &str, label: &str) -> Device {
    device(DeviceKind::Microphone, id, label)
}

fn id(id: &str) -> DeviceId {
    DeviceId(id.to_owned())
}

fn choice(id: &str, label: &str) -> Choice {
    Choice { id: DeviceId(id.to_owned()), label: label.to_owned() }
}

fn used(id: &str) -> [(Source, DeviceId); 1] {
    [(Source::Microphone, DeviceId(id.to_owned()))]
}

#[test]
fn the_first_list_is_no_news() {
    let mut devices = Devices::default();
    let changes = devices.list(vec![microphone("a", "Desk"), microphone("b", "Headset")], &used("a"));
    assert_eq!(changes, Changes::default());
    assert_eq!(devices.listed().len(), 2);
}

#[test]
fn a_headset_that_is_plugged_in_is_offered_with_its_speaker() {
    let mut devices = Devices::default();
    devices.list(vec![microphone("a", "Desk")], &used("a"));
    let mut headset = [microphone("b", "Headset"), device(DeviceKind::Speaker, "s", "Headset")];
    headset.iter_mut().for_each(|device| device.group = "usb".into());
    let with_headset: Vec<_> = [microphone("a", "Desk")].into_iter().chain(headset).collect();
    let changes = devices.list(with_headset.clone(), &used("a"));
    assert_eq!(changes.notice, Some(Notice::DeviceFound("Headset".into())));
    assert_eq!(changes.came, SourceSet::MICROPHONE);
    assert_eq!(devices.take_found(), [(DeviceKind::Microphone, id("b")), (DeviceKind::Speaker, id("s"))]);
    assert_eq!(devices.list(with_headset, &used("a")), Changes::default(), "once");
}

#[test]
fn names_that_are_told_after_permission_are_not_offered() {
    let mut devices = Devices::default();
    devices.list(vec![microphone("", "")], &[]);
    let changes = devices.list(vec![microphone("a", "Desk"), microphone("b", "Headset")], &used("a"));
    assert_eq!(changes.notice, None);
}

#[test]
fn what_nobody_uses_or_what_is_listed_twice_is_not_offered() {
    let mut devices = Devices::default();
    let desk = microphone("a", "Desk");
    devices.list(vec![desk.clone()], &used("a"));
    let alias = microphone("default", "Default - Desk");
    let camera = device(DeviceKind::Camera, "c", "Cam");
    let changes = devices.list(vec![alias, desk, camera], &used("a"));
    assert_eq!((changes.notice, changes.came), (None, SourceSet::DEVICES));
}

#[test]
fn an_unplugged_device_is_named_once_it_is_replaced() {
    let mut devices = Devices::default();
    let (desk, headset) = (microphone("a", "Desk"), microphone("b", "Headset"));
    devices.list(vec![desk.clone(), headset], &used("b"));
    let changes = devices.list(vec![desk.clone()], &used("b"));
    assert_eq!((changes.gone, changes.notice), (SourceSet::MICROPHONE, None));
    let replaced = devices.list(vec![desk.clone()], &used("a")).notice;
    assert_eq!(replaced, Some(Notice::DeviceReplaced { gone: "Headset".into(), now: "Desk".into() }));
    assert_eq!(devices.list(vec![desk], &used("a")), Changes::default(), "once");
}

#[test]
fn a_track_that_ended_first_is_named_all_the_same_unless_nothing_replaces_it() {
    let mut devices = Devices::default();
    let (desk, headset) = (microphone("a", "Desk"), microphone("b", "Headset"));
    devices.list(vec![desk.clone(), headset.clone()], &used("b"));
    devices.ended(SourceSet::MICROPHONE, &used("b"));
    let replaced = devices.list(vec![desk.clone()], &used("a")).notice;
    assert_eq!(replaced, Some(Notice::DeviceReplaced { gone: "Headset".into(), now: "Desk".into() }));

    devices.list(vec![headset], &used("b"));
    devices.ended(SourceSet::MICROPHONE, &used("b"));
    devices.not_replaced(SourceSet::MICROPHONE);
    assert_eq!(devices.list(vec![desk], &used("a")).notice, None);
}

#[test]
fn a_browser_that_hides_ids_again_has_lost_no_device() {
    let mut devices = Devices::default();
    devices.list(vec![microphone("a", "Desk")], &used("a"));
    assert_eq!(devices.list(vec![microphone("", "")], &used("a")).gone, SourceSet::NONE);
    let mut strange = Devices::default();
    strange.list(vec![microphone("x", "Desk")], &used("a"));
    assert_eq!(
        strange.list(vec![microphone("y", "Desk")], &used("a")).gone,
        SourceSet::NONE,
        "ids of no list"
    );
}

#[test]
fn a_choice_survives_other_ids_by_its_name() {
    let kept = [Some(choice("old", "Headset")), None, None];
    let mut devices = Devices::new(kept.clone());
    let changes = devices.list(vec![microphone("a", "Desk"), microphone("new", "Headset")], &used("a"));
    assert_eq!(changes.moved, [(DeviceKind::Microphone, choice("new", "Headset"))]);
    assert_eq!(devices.present(DeviceKind::Microphone), Some(&id("new")));

    let mut twins = Devices::new(kept);
    let changes = twins.list(vec![microphone("1", "Headset"), microphone("2", "Headset")], &used("1"));
    assert_eq!(changes.moved, []);
    assert_eq!(twins.present(DeviceKind::Microphone), None);
    assert_eq!(twins.chosen(DeviceKind::Microphone), Some(&id("old")), "it may come back");
}

#[test]
fn only_what_is_there_can_be_chosen() {
    let mut devices = Devices::default();
    devices.list(vec![microphone("a", "Desk")], &used("a"));
    assert_eq!(devices.choose(DeviceKind::Camera, &id("a")), None);
    assert_eq!(devices.choose(DeviceKind::Microphone, &id("a")), Some(Some(choice("a", "Desk"))));
    assert_eq!(devices.choose(DeviceKind::Microphone, &id("")), Some(None), "the system's choice");
    assert_eq!(devices.chosen(DeviceKind::Microphone), None);
}

#[test]
fn long_names_are_cut_and_said_shorter() {
    let mut devices = Devices::default();
    let long = "ⅷ".repeat(3000);
    devices.list(vec![microphone("a", &long), microphone("b", "two\nlines")], &[]);
    assert_eq!(devices.listed()[0].label.chars().count(), LONGEST);
    assert_eq!(devices.name(DeviceKind::Microphone, &id("a")).chars().count(), LONGEST_SAID);
    assert_eq!(devices.name(DeviceKind::Microphone, &id("b")), "two");
}

proptest! {
    /// Whatever a browser lists, and in whatever order.
    #[test]
    fn every_list_is_kept_within_bounds(
        lists in prop::collection::vec(prop::collection::vec((0..3_usize, "[ab]{0,2}", ".{0,400}"), 0..100), 1..4),
    ) {
        let mut devices = Devices::new([Some(choice("a", "b")), None, Some(choice("b", ""))]);
        for list in lists {
            let listed = list.iter().map(|(kind, id, label)| device(DeviceKind::ALL[*kind], id, label)).collect();
            let changes = devices.list(listed, &used("a"));
            let kept = devices.listed();
            prop_assert!(kept.len() <= MOST);
            for (at, one) in kept.iter().enumerate() {
                prop_assert!(one.label.chars().count() <= LONGEST);
                prop_assert_eq!(find(kept, one.kind, &one.id).map(std::ptr::from_ref), Some(std::ptr::from_ref(&kept[at])));
            }
            prop_assert!(changes.gone.and(SourceSet::CAMERA).is_empty(), "nobody uses one");
        }
    }
}
