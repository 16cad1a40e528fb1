//! Korean, in the polite form.

use super::{Missing, ProblemWords, Words};
use crate::call::{DeviceProblem, MediaError};

pub(super) static WORDS: Words = Words {
    title: "우리끼리 영상 통화",
    welcome: "어서 오세요, 편히 이야기 나누세요.",
    promise: "종단간 암호화로 지키는 비공개 영상 통화입니다. 설치도 가입도 필요 없습니다.",
    language: "언어",
    room_label: "방 번호",
    room_example: "예: 4711",
    room_hint: "같은 번호를 입력한 사람과 이 방에서 만납니다.",
    propose: "번호 추천",
    name_label: "이름",
    optional: "선택 사항",
    connect: "연결",
    joining: "연결하는 중…",
    cancel: "취소",
    preview_label: "상대방에게 보일 내 모습",
    start_preview: "카메라와 마이크 켜기",
    preview_hint: "먼저 내 모습을 확인해 보세요. 연결하기 전에는 아무것도 전송되지 않습니다.",
    asking: "브라우저가 사용 권한을 묻고 있습니다. ‘허용’을 눌러 주세요.",
    own_camera_off: "카메라가 꺼져 있습니다",
    own_camera_missing: "카메라 없음",
    mute: "음소거",
    unmute: "음소거 해제",
    microphone_missing: "마이크 없음",
    microphone_asking: "마이크 확인 중…",
    camera_off: "카메라 끄기",
    camera_on: "카메라 켜기",
    camera_missing: "카메라 없음",
    camera_asking: "카메라 확인 중…",
    press_to_retry: "누르면 다시 시도합니다",
    copy_link: "초대 링크 복사",
    copied: "링크를 복사했습니다. 통화할 분에게 보내 주세요.",
    copy_by_hand: "브라우저가 복사를 허용하지 않습니다. 아래 링크를 직접 복사해 주세요.",
    link_label: "초대 링크",
    leave: "나가기",
    call_label: "영상 통화",
    controls_label: "통화 버튼",
    room: "방",
    you: "나",
    guest: "손님",
    waiting_title: "상대방을 기다리고 있습니다",
    waiting_text: "방 번호를 알려 주거나 초대 링크를 보내 주세요. 상대방이 들어오면 통화가 바로 시작됩니다.",
    link_connecting: "연결하는 중…",
    link_interrupted: "다시 연결하는 중… 계속 말씀하셔도 됩니다",
    link_away: "잠시 자리를 비웠습니다. 자리는 그대로 있습니다.",
    link_failed: "연결하지 못했습니다.",
    link_failed_hidden: "내 주소를 숨긴 채로는 연결하지 못했습니다. 여기서 중계 서버에 닿지 못하는 것 같습니다. 직접 연결하려면 ‘주소 숨기기’를 꺼 주세요.",
    path_direct: "직접 연결",
    path_direct_hint: "소리와 영상이 기기에서 기기로 바로 전달됩니다.",
    path_relayed: "중계 연결",
    path_relayed_tcp: "중계 연결 (TCP)",
    path_relayed_tls: "중계 연결 (TLS)",
    path_relayed_hint: "소리와 영상이 서버를 거쳐 전달되며, 서버는 그 내용을 열어 볼 수 없습니다.",
    connection: "연결 설정",
    hide_address: "내 주소 숨기기",
    hide_address_short: "주소 숨기기",
    hide_address_hint: "통화가 항상 서버를 거칩니다. 상대방과 상대방의 네트워크에는 내 주소 대신 서버 주소만 보입니다. 조금 느려질 수 있지만 암호화는 그대로입니다.",
    test_connection: "연결 테스트",
    test_hint: "이 네트워크에서 밖으로 나가는 길이 열려 있는지 확인합니다. 전화를 걸지는 않습니다.",
    testing: "테스트하는 중…",
    way_direct: "직접 연결",
    way_udp: "UDP로 중계",
    way_tcp: "TCP로 중계",
    way_tls: "웹 페이지처럼 TLS로 중계",
    way_through: "중계를 통한 데이터 전송",
    finding_trying: "확인 중…",
    finding_not_offered: "이 서버에서 제공하지 않음",
    finding_works: "사용 가능",
    finding_blocked: "사용 불가",
    finding_refused: "응답하지만 거절함",
    finding_not_tried: "테스트하지 못함",
    direct_likely: "가능성 높음",
    direct_unlikely: "여기서는 불가",
    verdict_everywhere: "이 네트워크에서 통화할 수 있습니다.",
    verdict_by_tcp: "이 네트워크에서 통화할 수 있습니다. UDP가 통하지 않아 서버를 거치므로 소리나 영상이 조금 끊길 수 있습니다.",
    verdict_without_relay: "아마 대부분의 네트워크에 있는 상대와 통화할 수 있을 것입니다. 나머지 상대와 통화하려면 서버 운영자가 중계 기능을 켜야 합니다.",
    verdict_relay_blocked: "아마 대부분의 네트워크에 있는 상대와 통화할 수 있을 것입니다. 여기서는 중계 기능을 쓸 수 없으니, 통화가 되지 않으면 모바일 핫스팟 같은 다른 네트워크를 써 보세요.",
    verdict_blocked: "이 네트워크 안에 있는 사람이 아니면 통화할 수 없습니다. 모바일 핫스팟 같은 다른 네트워크를 쓰거나, 네트워크 관리자에게 이 서버를 허용해 달라고 요청해 주세요.",
    verdict_unclear: "일부를 테스트하지 못해 여기서 모든 통화가 되는지는 알 수 없습니다. 잠시 후 다시 테스트해 주세요. 그래도 같으면 서버 운영자에게 알려 주세요.",
    verdict_nothing_offered: "이 서버는 연결을 돕는 기능이 없어 같은 네트워크 안에서만 통화할 수 있습니다. 서버 운영자가 STUN과 중계 기능을 켤 수 있습니다.",
    verdict_no_server: "서버가 응답하지 않습니다. 네트워크를 확인하고 다시 테스트해 주세요.",
    verdict_same_computer: "테스트할 내용이 없습니다. 서버가 바로 이 컴퓨터에서 실행되고 있습니다. 다른 기기에서 페이지를 열어 보세요.",
    try_again: "다시 시도",
    empty_room: "방 번호를 입력해 주세요",
    bad_room: "방 번호에는 영문자, 숫자, -, _만 64자까지 쓸 수 있습니다",
    bad_name: "이름은 일반 문자로 40자까지 쓸 수 있고, 보이는 글자가 하나는 있어야 합니다",
    room_full: "방이 가득 찼습니다. 자리를 비워 달라고 하거나 다른 번호를 입력해 주세요.",
    unreachable: "서버에 연결할 수 없거나 서버가 혼잡합니다. 네트워크를 확인해 주세요. 연결은 계속 시도합니다.",
    unsupported: "이 브라우저에서는 영상 통화를 할 수 없습니다. 최신 Firefox, Chrome, Edge, Safari를 사용해 주세요.",
    left: "통화에서 나왔습니다.",
    dropped: "서버가 이 페이지의 통화를 끝냈습니다. 다시 들어갈 수 있습니다.",
    moved_elsewhere: "이 통화는 이제 다른 탭이나 창에서 이어집니다.",
    no_relay: "여기서는 내 주소를 숨길 수 없습니다. 이 서버에는 통화를 중계하는 기능이 없습니다.",
    hidden_without_relay: "내 주소를 숨기도록 설정되어 있지만 이 서버에는 중계 기능이 없어 연결할 수 없습니다. 직접 연결하려면 ‘내 주소 숨기기’를 꺼 주세요.",
    address_hidden: "이제부터 통화가 서버를 거치며 상대방에게는 서버 주소만 보입니다. 이미 보인 주소는 되돌릴 수 없습니다.",
    address_shown: "다시 직접 연결할 수 있습니다. 상대방이 내 네트워크 주소를 볼 수 있습니다.",
    line_reconnecting: "서버와의 연결이 끊겨 다시 연결하고 있습니다. 통화는 계속됩니다.",
    sound_blocked: "브라우저가 소리를 막고 있습니다.",
    tap_to_hear: "눌러서 소리 듣기",
    dismiss: "닫기",
    lost_title: "이런 문은 없습니다",
    lost_text: "존재하지 않는 페이지입니다. 링크에서 글자가 빠지지 않았는지 확인해 주세요.",
    lost_link: "입구로 돌아가기",
    load_failed: "페이지를 다 불러오지 못해 아직 통화할 수 없습니다. 네트워크를 확인하고 다시 불러와 주세요. 그래도 안 되면 브라우저 확장 프로그램 때문일 수 있습니다.",
    reload: "다시 불러오기",
    no_script: "통화하려면 JavaScript가 필요합니다. 이 페이지에서 JavaScript를 켜 주세요.",
    peer_joined: |name| format!("{} 들어왔습니다.", subject(name)),
    peer_left: |name| format!("{} 나갔습니다.", subject(name)),
    device_problem,
};

/// The honorific 님 ends in a consonant, so the particle is 이 whatever the name is.
fn subject(name: Option<&str>) -> String {
    name.map_or_else(|| "상대방이".to_owned(), |name| format!("{name} 님이"))
}

fn device_problem(problem: DeviceProblem, seated: bool) -> ProblemWords {
    let missing = Missing::from(problem.missing);
    let (object, subject) = match missing {
        Missing::Camera => ("카메라를", "카메라가"),
        Missing::Microphone => ("마이크를", "마이크가"),
        Missing::Both => ("카메라와 마이크를", "카메라와 마이크가"),
    };
    let (title, advice) = match problem.error {
        MediaError::Denied => (
            format!("{subject} 차단되어 있습니다"),
            "주소 옆의 아이콘을 눌러 사용을 허용한 다음 다시 시도해 주세요.".to_owned(),
        ),
        MediaError::NotFound => (
            format!("{object} 찾을 수 없습니다"),
            format!("{object} 연결하거나 시스템 설정에서 켠 다음 다시 시도해 주세요."),
        ),
        MediaError::Busy => (
            format!("{subject} 다른 곳에서 사용 중입니다"),
            "사용 중인 다른 프로그램이나 탭을 닫은 다음 다시 시도해 주세요.".to_owned(),
        ),
        MediaError::Insecure => (
            format!("이 주소에서는 {object} 사용할 수 없습니다"),
            "브라우저는 https:// 페이지와 localhost에서만 사용을 허용합니다. 초대한 분에게 https:// 주소를 물어봐 주세요."
                .to_owned(),
        ),
        MediaError::Unsupported => (
            format!("이 브라우저는 {object} 사용할 수 없습니다"),
            "최신 Firefox, Chrome, Edge, Safari를 사용해 주세요.".to_owned(),
        ),
    };
    let consequence = match (missing, seated) {
        (Missing::Camera, false) => "그래도 들어갈 수 있습니다. 다만 상대방이 나를 볼 수 없습니다.",
        (Missing::Microphone, false) => {
            "그래도 들어갈 수 있습니다. 다만 상대방이 내 목소리를 들을 수 없습니다."
        }
        (Missing::Both, false) => "그래도 들어갈 수 있습니다. 다만 상대방이 나를 보거나 들을 수 없습니다.",
        (Missing::Camera, true) => "그때까지는 상대방이 나를 볼 수 없습니다.",
        (Missing::Microphone, true) => "그때까지는 상대방이 내 목소리를 들을 수 없습니다.",
        (Missing::Both, true) => "그때까지는 상대방이 나를 보거나 들을 수 없습니다.",
    };
    ProblemWords { title, advice, consequence }
}
