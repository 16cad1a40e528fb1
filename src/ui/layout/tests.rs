use proptest::prelude::*;

use super::*;

/// Rows of bar and dock.
const BAR: i32 = 52;
const DOCK: i32 = 88;

/// Windows of telephones, tablets, computers, halves of screens, and some at 200 % zoom.
const WINDOWS: [(i32, i32); 20] = [
    (360, 640),
    (360, 740),
    (390, 844),
    (412, 915),
    (430, 932),
    (740, 360),
    (844, 390),
    (932, 430),
    (600, 960),
    (768, 1024),
    (820, 1180),
    (1024, 768),
    (1180, 820),
    (1280, 720),
    (1366, 768),
    (1440, 900),
    (1920, 1080),
    (2560, 1440),
    (960, 1080),
    (3440, 1440),
];

fn scene((width, height): (i32, i32), others: usize) -> Scene {
    let stage = Rect { x: GAP, y: BAR, width: width - 2 * GAP, height: height - BAR - DOCK };
    let window = Size { width, height };
    Scene { window, stage, others, screens: 0, large: vec![], shows_own: true, is_bare: false }
}

fn overlap(a: Rect, b: Rect) -> bool {
    a.x < b.right() && b.x < a.right() && a.y < b.bottom() && b.y < a.bottom()
}

fn inside(inner: Rect, outer: Rect) -> bool {
    inner.x >= outer.x
        && inner.y >= outer.y
        && inner.right() <= outer.right()
        && inner.bottom() <= outer.bottom()
}

/// Columns and rows of tiles.
fn shape(tiles: &[Rect]) -> String {
    let count = |place: fn(&Rect) -> i32| {
        let mut places: Vec<_> = tiles.iter().map(place).collect();
        places.sort_unstable();
        places.dedup();
        places.len()
    };
    let rows = count(|tile| tile.y);
    let columns = tiles.iter().filter(|tile| tile.y == tiles[0].y).count();
    format!("{columns}x{rows}")
}

#[test]
fn tiles_stand_as_the_table_of_the_design_says() {
    for (window, shapes) in [
        ((1440, 900), ["2x1", "3x1", "2x2", "3x2", "3x2", "4x2", "4x2"]),
        ((1024, 768), ["2x1", "2x2", "2x2", "3x2", "3x2", "4x2", "4x2"]),
        ((768, 1024), ["1x2", "2x2", "2x2", "2x3", "2x3", "2x4", "2x4"]),
        ((390, 844), ["1x2", "1x3", "2x2", "2x3", "2x3", "2x4", "2x4"]),
        ((360, 740), ["1x2", "1x3", "2x2", "2x3", "2x3", "2x4", "2x4"]),
        ((740, 360), ["2x1", "3x1", "4x1", "5x1", "3x2", "4x2", "4x2"]),
    ] {
        for (count, wanted) in (2..).zip(shapes) {
            assert_eq!(shape(&grid(scene(window, 0).stage, count)), wanted, "{count} in {window:?}");
        }
    }
}

/// The share of the stage that a grid fills with the gaps between its tiles, in thousandths; the bound is of all
/// grids that tiles of these aspects can make, computed apart from the code above.
#[test]
fn the_stage_is_used_where_the_aspects_allow_it() {
    let mut well_used = 0;
    for window in WINDOWS {
        for count in 1..=8_i32 {
            let stage = scene(window, 0).stage;
            let (w, h) = (f64::from(stage.width), f64::from(stage.height));
            let used = |width: f64, height: f64| width * height * f64::from(count) * 1000.0 / (w * h);
            let tile = grid(stage, usize::try_from(count).unwrap())[0];
            let share = used(f64::from(tile.width), f64::from(tile.height));
            let bound = (1..=count).map(|columns| {
                let rows = count / columns + i32::from(count % columns > 0);
                let width = (w - f64::from((columns - 1) * GAP)) / f64::from(columns);
                let height = (h - f64::from((rows - 1) * GAP)) / f64::from(rows);
                let least = if h > w { 9.0 / 16.0 } else { 0.75 };
                used(width.min(height * 16.0 / 9.0), height.min(width / least))
            });
            let bound = bound.fold(0.0, f64::max);
            // Pixels are whole, and a fewer column wins where it loses less than two per cent.
            assert!(share >= 850.0 || share * 1.03 >= bound, "{count} in {window:?}: {share} of {bound}");
            well_used += i32::from(share >= 850.0);
        }
    }
    assert!(well_used >= 85, "{well_used} of 160");
}

#[test]
fn a_call_of_two_fills_the_window_and_the_own_picture_floats() {
    let layout = Layout::of(&scene((1440, 900), 1));
    assert_eq!(layout.tiles, [Rect { x: 0, y: 0, width: 1440, height: 900 }]);
    assert!(layout.is_single && layout.own.is_none());
    let three = Layout::of(&scene((1440, 900), 2));
    assert_eq!((shape(&three.tiles).as_str(), three.own, three.is_single), ("2x1", None, false));
    let four = Layout::of(&scene((1440, 900), 3));
    assert_eq!((four.tiles.len(), four.own.is_some()), (3, true));
    let hidden = Layout::of(&Scene { shows_own: false, ..scene((1440, 900), 3) });
    assert_eq!((shape(&hidden.tiles).as_str(), hidden.own), ("3x1", None));
}

#[test]
fn a_large_tile_has_a_strip_beside_it_or_below_it() {
    let strip_of = |window| {
        let layout = Layout::of(&Scene { large: vec![1], ..scene(window, 4) });
        let (large, first) = (layout.tiles[1], layout.tiles[0]);
        assert!(large.width * large.height > 4 * first.width * first.height, "{layout:?}");
        (first.x > large.right(), first.y > large.bottom())
    };
    assert_eq!((strip_of((1440, 900)), strip_of((390, 844))), ((true, false), (false, true)));
    let all = Scene { large: vec![0, 1], ..scene((1440, 900), 2) };
    assert_eq!(Layout::of(&all), Layout::of(&scene((1440, 900), 2)), "with all large there is no strip");
    let gone = Scene { large: vec![9], ..scene((1440, 900), 4) };
    assert_eq!(Layout::of(&gone), Layout::of(&scene((1440, 900), 4)), "who is gone leaves no hole");
}

#[test]
fn a_screen_is_large_and_people_stand_beside_it_or_below_it() {
    for (window, beside, share) in [
        ((1440, 900), true, 85),
        ((1920, 1080), true, 85),
        ((1024, 768), true, 75),
        ((740, 360), true, 70),
        ((960, 1080), false, 75),
        ((900, 700), false, 70),
        ((768, 1024), false, 70),
        ((390, 844), false, 35),
        ((360, 740), false, 35),
    ] {
        let scene = Scene { screens: 1, ..scene(window, 2) };
        let layout = Layout::of(&scene);
        let (screen, person, own) = (layout.screens[0], layout.tiles[0], layout.own.unwrap());
        assert_eq!(person.x > screen.right(), beside, "{window:?}: {layout:?}");
        assert_eq!(person.y > screen.bottom(), !beside, "{window:?}: {layout:?}");
        let area = |rect: Rect| rect.width * rect.height;
        assert!(area(screen) * 100 >= area(scene.stage) * share, "{window:?}: {layout:?}");
        assert!(own.width > 0 && own.height > 0 && !layout.is_single, "{window:?}: {layout:?}");
    }
}

#[test]
fn the_screen_of_the_only_other_leaves_room_for_both() {
    let layout = Layout::of(&Scene { screens: 1, ..scene((1440, 900), 1) });
    assert_eq!((layout.tiles.len(), layout.own.is_some(), layout.is_single), (1, true, false));
    let alone = Layout::of(&Scene { screens: 1, large: vec![0], shows_own: false, ..scene((1440, 900), 1) });
    assert_eq!(shape(&[alone.screens[0], alone.tiles[0]]), "2x1", "who is pinned stands beside the screen");
    let two = Layout::of(&Scene { screens: 2, ..scene((1440, 900), 3) });
    assert_eq!((two.screens.len(), two.tiles.len()), (2, 3));
}

#[test]
fn the_own_picture_rests_in_each_corner_and_follows_the_fading() {
    let scene = scene((1440, 900), 1);
    for corner in Corner::ALL {
        let own = floating(&scene, corner);
        assert_eq!(Corner::nearest(scene.window, own), corner);
        assert_eq!((own.width, own.height), (210, 131));
    }
    let lower = floating(&scene, Corner::ALL[0]);
    assert_eq!((lower.right(), lower.bottom()), (1440 - EDGE, 900 - DOCK - EDGE));
    let bare = floating(&Scene { is_bare: true, ..scene }, Corner::ALL[0]);
    assert_eq!(bare.bottom(), 900 - EDGE);
}

#[test]
fn a_picture_fills_its_frame_if_half_of_it_is_seen() {
    let size = |width, height| Size { width, height };
    let (desk, phone, wide, upright) = (size(1440, 900), size(390, 844), size(1280, 720), size(720, 1280));
    assert_eq!(picture(desk, wide, false), None);
    let boxed = picture(phone, wide, false).unwrap();
    assert_eq!((boxed.width, boxed.height), (390, 438), "8:9, where half of 16:9 is seen");
    assert_eq!(boxed.y + boxed.height / 2, 371, "44 % from above");
    let boxed = picture(desk, upright, false).unwrap();
    assert_eq!((boxed.width, boxed.height, boxed.x), (1012, 900, 214));
    let whole = picture(phone, wide, true).unwrap();
    assert_eq!((whole.width, whole.height), (390, 219));
    assert_eq!(picture(phone, size(0, 0), false), None, "no picture yet");
}

proptest! {
    #[test]
    fn no_tile_lies_on_another_or_outside(
        width in 200..4000,
        height in 240..3000,
        others in 0usize..8,
        screens in 0usize..8,
        large in proptest::collection::vec(0usize..8, 0..4),
        shows_own: bool,
    ) {
        let scene = Scene { screens, large, shows_own, ..scene((width, height), others) };
        let layout = Layout::of(&scene);
        prop_assert_eq!((layout.tiles.len(), layout.screens.len()), (others, screens));
        let bounds = if layout.is_single { Rect { x: 0, y: 0, width, height } } else { scene.stage };
        let all: Vec<_> = layout.tiles.iter().chain(&layout.screens).chain(&layout.own).copied().collect();
        for (at, tile) in all.iter().enumerate() {
            prop_assert!(inside(*tile, bounds), "{:?} of {:?}", tile, scene);
            prop_assert!(all[at + 1..].iter().all(|other| !overlap(*tile, *other)), "{:?}", all);
        }
    }

    #[test]
    fn a_picture_is_never_seen_by_less_than_half(
        frame_w in 50..3000, frame_h in 50..3000, w in 16..4000, h in 16..4000, whole: bool,
    ) {
        let frame = Size { width: frame_w, height: frame_h };
        let place = picture(frame, Size { width: w, height: h }, whole);
        let seen = place.unwrap_or(Rect { x: 0, y: 0, width: frame_w, height: frame_h });
        let bounds = Rect { x: 0, y: 0, width: frame_w, height: frame_h };
        prop_assert!(inside(seen, bounds), "{:?}", place);
        let (v, b) = (f64::from(w) / f64::from(h), f64::from(seen.width) / f64::from(seen.height.max(1)));
        let pixel = 1.0 / f64::from(seen.width.min(seen.height).max(1));
        prop_assert!((v / b).min(b / v) >= 0.5 - pixel, "{:?}", place);
    }
}
