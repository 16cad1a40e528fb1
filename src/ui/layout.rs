//! The layout of a call: where tiles and the own picture stand, as a pure function of sizes in CSS pixels.

/// Between two tiles.
const GAP: i32 = 8;
/// Between the own picture and the edges of the window.
const EDGE: i32 = 16;
/// The strip beside a large tile, in hundredths of the stage.
const STRIP: i32 = 22;
/// From so many others on the own picture is a tile among theirs.
const OWN_IS_TILE_FROM: usize = 3;
/// The strip of people at the right of a shown screen, in windows that are at least so wide; else below it.
const STRIP_WIDTH: i32 = 176;
/// The width of windows in which people stand at the right of a screen; in narrower ones they stand below it.
const STRIP_RIGHT_FROM: i32 = 1024;
/// The least height of that strip below.
const STRIP_HEIGHT: i32 = 116;
/// The width from which a window has a strip below a screen; on a telephone people have what the screen leaves.
const STRIP_BELOW_FROM: i32 = 576;
/// The height under which a window that is wider than high has the strip at the right all the same.
const LOW: i32 = 480;
/// The part of an upright narrow window that a screen takes, in hundredths.
const SCREEN_ABOVE: i32 = 34;

/// A size in CSS pixels.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Size {
    pub(super) width: i32,
    pub(super) height: i32,
}

/// A rectangle in the window of a call.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Rect {
    pub(super) x: i32,
    pub(super) y: i32,
    pub(super) width: i32,
    pub(super) height: i32,
}

impl Rect {
    fn right(self) -> i32 {
        self.x + self.width
    }

    fn bottom(self) -> i32 {
        self.y + self.height
    }

    fn is_upright(self) -> bool {
        self.height > self.width
    }
}

/// A corner of the window, in which the own picture rests.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Corner {
    pub(super) left: bool,
    pub(super) top: bool,
}

impl Corner {
    /// The corners in an order that can be kept in a browser's storage.
    pub(super) const ALL: [Self; 4] = [
        Self { left: false, top: false },
        Self { left: true, top: false },
        Self { left: false, top: true },
        Self { left: true, top: true },
    ];

    /// The corner nearest to the middle of the picture when it is let go.
    pub(super) fn nearest(window: Size, picture: Rect) -> Self {
        let (x, y) = (2 * picture.x + picture.width, 2 * picture.y + picture.height);
        Self { left: x < window.width, top: y < window.height }
    }
}

/// The scene that is laid out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Scene {
    /// The window of the call.
    pub(super) window: Size,
    /// The stage: the window without the rows of bar and dock.
    pub(super) stage: Rect,
    /// How many others are there.
    pub(super) others: usize,
    /// How many screens are shown.
    pub(super) screens: usize,
    /// Those of the others who stand large, by their places; with none all are equal.
    pub(super) large: Vec<usize>,
    /// The own picture is shown.
    pub(super) shows_own: bool,
    /// Bar and dock have faded, so that what floats may lie where they were.
    pub(super) is_bare: bool,
}

/// The places of a scene.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Layout {
    /// The screens, in their order.
    pub(super) screens: Vec<Rect>,
    /// The tiles of the others, in their order.
    pub(super) tiles: Vec<Rect>,
    /// The own tile; without it the own picture floats, or is not shown.
    pub(super) own: Option<Rect>,
    /// One picture fills the window, below bar and dock.
    pub(super) is_single: bool,
}

impl Layout {
    pub(super) fn of(scene: &Scene) -> Self {
        let &Scene { window, stage, others, screens, .. } = scene;
        if (others, screens) == (1, 0) {
            let Size { width, height } = window;
            let tiles = vec![Rect { x: 0, y: 0, width, height }];
            return Self { tiles, is_single: true, ..Self::default() };
        }
        let has_own_tile = scene.shows_own && (screens > 0 || others >= OWN_IS_TILE_FROM);
        let count = others + usize::from(has_own_tile);
        let is_large = |at: &usize| *at < others && scene.large.contains(at);
        let large = (0..others).filter(is_large).count();
        let small = count - large;
        let (main, strip) = match (screens, large, small) {
            (_, _, 0) | (0, 0, _) => (stage, stage),
            (0, ..) => split(stage),
            _ => split_for_screen(window, stage),
        };
        // A screen has all the room there is: it is shown whole, whatever its shape.
        let alone = screens == 1 && large == 0;
        let mut first = if alone { vec![main] } else { grid(main, screens + large) }.into_iter();
        let screens = first.by_ref().take(screens).collect();
        let mut rest = grid(strip, small).into_iter();
        let mut tiles: Vec<_> =
            (0..count).filter_map(|at| if is_large(&at) { first.next() } else { rest.next() }).collect();
        let own = if has_own_tile { tiles.pop() } else { None };
        Self { screens, tiles, own, is_single: false }
    }
}

/// The place of the own picture that floats in a corner.
pub(super) fn floating(scene: &Scene, corner: Corner) -> Rect {
    let Size { width, height } = scene.window;
    let own = (width.min(height) * 18 / 100 + 48).clamp(112, 240);
    let size = (own, if height > width { own * 4 / 3 } else { own * 10 / 16 });
    let (top, bottom) =
        if scene.is_bare { (0, height) } else { (scene.stage.y, scene.stage.bottom().min(height)) };
    Rect {
        x: if corner.left { EDGE } else { width - EDGE - size.0 },
        y: if corner.top { top + EDGE } else { bottom - EDGE - size.1 },
        width: size.0,
        height: size.1,
    }
}

/// Splits the stage for large tiles and the strip of the others: at the right, or below when it is upright.
fn split(stage: Rect) -> (Rect, Rect) {
    if stage.is_upright() {
        let strip = stage.height * STRIP / 100;
        let main = Rect { height: stage.height - strip - GAP, ..stage };
        return (main, Rect { y: main.bottom() + GAP, height: strip, ..stage });
    }
    let strip = stage.width * STRIP / 100;
    let main = Rect { width: stage.width - strip - GAP, ..stage };
    (main, Rect { x: main.right() + GAP, width: strip, ..stage })
}

/// Splits the stage for screens and the strip of people. A telephone held upright has the screen above.
fn split_for_screen(window: Size, stage: Rect) -> (Rect, Rect) {
    let at_right = |width: i32| {
        let main = Rect { width: (stage.width - width - GAP).max(0), ..stage };
        (main, Rect { x: main.right() + GAP, width, ..stage })
    };
    let below = |height: i32| {
        let main = Rect { height: (stage.height - height - GAP).max(0), ..stage };
        (main, Rect { y: main.bottom() + GAP, height, ..stage })
    };
    if window.width >= STRIP_RIGHT_FROM {
        at_right(STRIP_WIDTH)
    } else if !stage.is_upright() && window.height < LOW {
        at_right(stage.width * STRIP / 100)
    } else if window.width >= STRIP_BELOW_FROM || !stage.is_upright() {
        below((stage.height * STRIP / 100).max(STRIP_HEIGHT).min(stage.height / 2))
    } else {
        let screen = (window.height * SCREEN_ABOVE / 100).min(stage.height / 2);
        below(stage.height - screen - GAP)
    }
}

/// Equal tiles in as many columns as make them largest; more columns have to win by two per cent. The last row is
/// centred, and so is all of it.
fn grid(stage: Rect, count: usize) -> Vec<Rect> {
    let count = i32::try_from(count).unwrap_or_default();
    let area = |(_, size): &(i32, Size)| i64::from(size.width) * i64::from(size.height);
    let mut best: Option<(i32, Size)> = None;
    for columns in 1..=count {
        let tried = (columns, tile(stage, columns, rows(count, columns)));
        if best.is_none_or(|best| area(&tried) * 100 > area(&best) * 102) {
            best = Some(tried);
        }
    }
    let Some((columns, Size { width, height })) = best else { return vec![] };
    let across = |tiles: i32| tiles * width + (tiles - 1) * GAP;
    let lines = rows(count, columns);
    let top = stage.y + (stage.height - (lines * height + (lines - 1) * GAP)) / 2;
    let place = |at: i32| {
        let (row, column) = (at / columns, at % columns);
        let in_row = columns.min(count - row * columns);
        Rect {
            x: stage.x + (stage.width - across(in_row)) / 2 + column * (width + GAP),
            y: top + row * (height + GAP),
            width,
            height,
        }
    };
    (0..count).map(place).collect()
}

fn rows(count: i32, columns: i32) -> i32 {
    (count + columns - 1) / columns
}

/// The size of one of these tiles: between 3:4 and 16:9, or 9:16 on an upright stage. The longer side is cut.
fn tile(stage: Rect, columns: i32, rows: i32) -> Size {
    let width = ((stage.width - (columns - 1) * GAP) / columns).max(0);
    let height = ((stage.height - (rows - 1) * GAP) / rows).max(0);
    let (narrowest, of) = if stage.is_upright() { (9, 16) } else { (3, 4) };
    Size { width: width.min(height * 16 / 9), height: height.min(width * of / narrowest) }
}

/// The place of a picture in its frame; `None` fills the frame, where at least half of the picture is seen then. Else
/// half of it is, in a box in the middle, or all of it if it is to be `whole`.
pub(super) fn picture(frame: Size, picture: Size, whole: bool) -> Option<Rect> {
    let (wide, high) = (
        i64::from(picture.width) * i64::from(frame.height),
        i64::from(picture.height) * i64::from(frame.width),
    );
    if wide == high || wide.min(high) == 0 || !whole && 2 * wide.min(high) >= wide.max(high) {
        return None;
    }
    let times = if whole { 1 } else { 2 };
    let scaled = |length: i32, by: i32, to: i32| {
        i32::try_from(i64::from(length) * times * i64::from(by) / i64::from(to)).unwrap_or(length)
    };
    if wide > high {
        let height = scaled(frame.width, picture.height, picture.width).min(frame.height);
        // Faces are above the middle.
        let y = (frame.height * 44 / 100 - height / 2).clamp(0, frame.height - height);
        return Some(Rect { x: 0, y, width: frame.width, height });
    }
    let width = scaled(frame.height, picture.width, picture.height).min(frame.width);
    Some(Rect { x: (frame.width - width) / 2, y: 0, width, height: frame.height })
}

#[cfg(test)]
mod tests;
