use proptest::prelude::*;

use super::*;

const NOW: Duration = Duration::from_secs(100);
const ANN: PeerId = PeerId(1);
const BEN: PeerId = PeerId(2);
const CLEO: PeerId = PeerId(3);

fn at(x: u16) -> Spot {
    Spot { x, y: 7 }
}

fn point(screen: PeerId, draws: bool, spot: Option<Spot>) -> PointAction {
    PointAction::To { screen, draws, spot }
}

fn draw(x: u16) -> PointAction {
    point(ANN, true, Some(at(x)))
}

const LIFT: PointAction = PointAction::To { screen: ANN, draws: true, spot: None };
const LEAVE: PointAction = PointAction::To { screen: ANN, draws: false, spot: None };

fn moved(x: u16) -> PointAction {
    point(ANN, false, Some(at(x)))
}

fn to(draws: bool, path: &[u16]) -> PointTo {
    PointTo { screen: ANN, draws, path: path.iter().copied().map(at).collect() }
}

/// The pointers of a page that sees the screens of these people.
fn seeing(screens: &[PeerId]) -> Pointers {
    let mut pointers = Pointers::default();
    pointers.open(screens.to_vec());
    pointers
}

/// What is told from now on, each message in its time.
fn told(pointers: &mut Pointers, mut now: Duration) -> Vec<PointTo> {
    let mut told = vec![];
    while !pointers.waiting.is_empty() {
        if let Some(PeerMsg::Pointer { screen, draws, path }) = pointers.tell(now) {
            told.push(PointTo { screen, draws, path });
        }
        now += POINT_EVERY;
    }
    told
}

/// The lines that are shown of somebody, from their ends.
fn ends(pointers: &Pointers) -> Vec<(u16, u16)> {
    let lines = pointers.pointers.iter().flat_map(|pointer| &pointer.lines);
    lines.map(|line| (line.path.first().unwrap().x, line.path.last().unwrap().x)).collect()
}

#[test]
fn a_pointer_is_told_at_once_and_of_a_burst_only_its_newest_spot() {
    let mut pointers = seeing(&[ANN]);
    pointers.act(NOW, BEN, moved(1));
    assert!(pointers.tell(NOW).is_some());
    for x in 2..50 {
        pointers.act(NOW, BEN, moved(x));
        assert_eq!(pointers.tell(NOW), None);
    }
    assert_eq!(pointers.deadline(), Some(NOW + POINT_EVERY));
    assert_eq!(told(&mut pointers, NOW + POINT_EVERY), [to(false, &[49])]);
    assert_eq!(pointers.view()[0].spot, Some((at(49), NOW + POINTER_FOR)), "the own person sees it as well");
    pointers.act(NOW, BEN, LEAVE);
    assert_eq!(told(&mut pointers, NOW + POINT_EVERY * 2), [to(false, &[])]);
    assert_eq!(*pointers.view(), []);
}

#[test]
fn a_pointer_that_rests_goes_before_a_line_and_the_page_wakes_for_both() {
    let mut pointers = seeing(&[ANN]);
    pointers.received(NOW, BEN, to(true, &[1, 2]));
    pointers.tell(NOW);
    let view = pointers.view();
    assert_eq!(pointers.deadline(), Some(NOW + POINTER_FOR));
    pointers.tell(NOW + POINTER_FOR);
    assert_eq!((pointers.view()[0].spot, pointers.view()[0].lines.len()), (None, 1));
    assert_eq!(view[0].lines, pointers.view()[0].lines);
    assert_eq!(pointers.deadline(), Some(NOW + LINE_FOR));
    pointers.tell(NOW + LINE_FOR);
    assert_eq!((pointers.view().len(), pointers.deadline()), (0, None));
}

#[test]
fn the_view_is_the_same_as_long_as_nothing_changes() {
    let mut pointers = seeing(&[ANN]);
    pointers.received(NOW, BEN, to(false, &[1]));
    pointers.tell(NOW);
    let view = pointers.view();
    pointers.open(vec![ANN]);
    pointers.received(NOW, BEN, PointTo { screen: CLEO, ..to(false, &[1]) });
    pointers.tell(NOW);
    assert!(Arc::ptr_eq(&view, &pointers.view()));
}

#[test]
fn a_line_goes_on_over_messages_until_the_pen_is_lifted() {
    let mut pointers = seeing(&[ANN, CLEO]);
    for part in
        [to(true, &[1, 2]), to(true, &[3]), to(true, &[]), to(true, &[8, 9]), to(false, &[5]), to(true, &[6])]
    {
        pointers.received(NOW, BEN, part);
    }
    assert_eq!(ends(&pointers), [(1, 3), (8, 9), (6, 6)]);
    pointers.received(NOW, BEN, PointTo { screen: CLEO, ..to(true, &[7]) });
    pointers.received(NOW, BEN, to(true, &[4]));
    assert_eq!(ends(&pointers), [(1, 3), (8, 9), (6, 6), (4, 4), (7, 7)], "there is one pen");
    let spots: Vec<_> = pointers.pointers.iter().map(|pointer| pointer.spot.is_some()).collect();
    assert_eq!(spots, [true, false], "and one pointer");
}

#[test]
fn nothing_is_shown_or_told_on_a_screen_that_is_not_open() {
    let mut pointers = seeing(&[CLEO]);
    pointers.act(NOW, BEN, draw(1));
    pointers.received(NOW, CLEO, to(true, &[1]));
    assert_eq!((pointers.tell(NOW), pointers.view().len()), (None, 0));
    pointers.open(vec![ANN, CLEO]);
    pointers.received(NOW, CLEO, to(true, &[1]));
    pointers.act(NOW, BEN, draw(1));
    assert_eq!(pointers.pointers.len(), 2);
    pointers.open(vec![CLEO]);
    assert_eq!((pointers.tell(NOW), pointers.view().len()), (None, 0), "its owner has closed it");
}

#[test]
fn who_is_gone_takes_all_along() {
    let mut pointers = seeing(&[ANN]);
    for peer in [BEN, CLEO] {
        pointers.received(NOW, peer, to(true, &[1]));
    }
    pointers.forget(BEN);
    pointers.tell(NOW);
    assert_eq!(pointers.view().iter().map(|pointer| pointer.peer).collect::<Vec<_>>(), [CLEO]);
}

#[test]
fn a_flood_of_one_person_leaves_a_bounded_number_of_spots() {
    let mut pointers = seeing(&[ANN]);
    for x in 0..2_000 {
        pointers.received(NOW, BEN, to(true, &[x; MAX_PATH_SPOTS]));
        pointers.received(NOW, BEN, to(x % 3 == 0, &[]));
    }
    let [pointer] = &pointers.pointers[..] else { panic!("one person, one screen") };
    assert_eq!(pointer.lines.iter().map(|line| line.path.len()).sum::<usize>(), MOST_SPOTS);
    assert_eq!(pointer.lines.last().unwrap().path.last(), Some(&at(1_999)), "the newest are kept");
}

#[test]
fn a_pen_that_is_lifted_without_end_fills_no_queue_and_shows_no_more_than_it_tells() {
    let mut pointers = seeing(&[ANN]);
    for x in 0..1_000 {
        for action in [draw(x), draw(x), LIFT, moved(x)] {
            pointers.act(NOW, BEN, action);
        }
        assert!(pointers.waiting.len() <= MOST_WAITING + 2);
    }
    let mut other = seeing(&[ANN]);
    for one in told(&mut pointers, NOW) {
        other.received(NOW, BEN, one);
    }
    assert_eq!(ends(&other).len(), MOST_WAITING / 2);
}

#[test]
fn lifting_nothing_and_leaving_nowhere_is_not_told() {
    let mut pointers = seeing(&[ANN]);
    pointers.act(NOW, BEN, LIFT);
    pointers.act(NOW, BEN, LEAVE);
    assert_eq!(pointers.deadline(), None);
}

proptest! {
    /// Whatever a hand does, and whenever messages go out between, the others see the lines that it sees.
    #[test]
    fn every_line_arrives_with_its_ends_and_in_order(
        actions in proptest::collection::vec((0..6u8, 0..40u64), 0..400),
    ) {
        let (mut here, mut there) = (seeing(&[ANN]), seeing(&[ANN]));
        let (mut now, mut last) = (NOW, None);
        let mut x = 0;
        let mut drawn: Vec<Vec<u16>> = vec![];
        for (kind, wait) in actions {
            now += Duration::from_millis(wait);
            x += 1;
            let was_down = here.pointers.first().is_some_and(|one| one.draws);
            here.act(now, BEN, match kind {
                0 => LIFT,
                1 => moved(x),
                2 => LEAVE,
                _ => draw(x),
            });
            let is_down = here.pointers.first().is_some_and(|one| one.draws);
            match drawn.last_mut() {
                Some(line) if was_down && kind > 2 => line.push(x),
                _ if is_down => drawn.push(vec![x]),
                _ => {}
            }
            // Nothing is to go in this test for its age alone.
            for pointers in [&mut here, &mut there] {
                for pointer in &mut pointers.pointers {
                    pointer.spot = pointer.spot.map(|(spot, _)| (spot, Duration::MAX));
                    pointer.lines.iter_mut().for_each(|line| line.until = Duration::MAX);
                }
            }
            if let Some(PeerMsg::Pointer { screen, draws, path }) = here.tell(now) {
                prop_assert!(path.len() <= MAX_PATH_SPOTS);
                prop_assert!(last.is_none_or(|last| now >= last + POINT_EVERY));
                last = Some(now);
                there.received(now, BEN, PointTo { screen, draws, path });
            }
        }
        for one in told(&mut here, now + POINT_EVERY) {
            there.received(now, BEN, one);
        }
        let expected: Vec<_> = drawn.iter().map(|line| (line[0], *line.last().unwrap())).collect();
        prop_assert_eq!(ends(&here), expected.clone());
        prop_assert_eq!(ends(&there), expected);
        for line in there.pointers.iter().flat_map(|pointer| &pointer.lines) {
            prop_assert!(line.path.is_sorted_by_key(|spot| spot.x), "{:?}", line);
        }
    }
}
