use proptest::prelude::*;

use super::*;

const KEY: TransferKey = TransferKey { life: 9, number: 7 };

fn digest() -> FileDigest {
    FileDigest(std::array::from_fn(|index| u8::try_from(index * 8 + 3).unwrap()))
}

fn of(message: FileMsg) -> FileControl {
    FileControl::Transfer(KEY, message)
}

fn file(name: &str, size: u64) -> FileInfo {
    FileInfo { name: name.into(), size, modified: 5 }
}

fn control(bytes: &[u8]) -> Result<Option<FileControl>, FileError> {
    match FileFrame::read(bytes)? {
        FileFrame::Control(json) => FileControl::read(json),
        other => panic!("{other:?}"),
    }
}

#[test]
fn control_messages_look_as_documented() {
    let hex = "030b131b232b333b434b535b636b737b838b939ba3abb3bbc3cbd3dbe3ebf3fb";
    let with_digest = |front: &str| format!(r#"{front},"digest":"{hex}"}}"#);
    let (sender, receiver) = (Side::Sender, Side::Receiver);
    for (message, json) in [
        (
            of(FileMsg::Offer { file: file("a.txt", 3) }),
            r#"{"type":"offer","life":9,"number":7,"name":"a.txt","size":3,"modified":5}"#,
        ),
        (of(FileMsg::Keep), r#"{"type":"keep","life":9,"number":7}"#),
        (
            of(FileMsg::Have { offset: 0, to: 4, digest: None }),
            r#"{"type":"have","life":9,"number":7,"offset":0,"to":4}"#,
        ),
        (
            of(FileMsg::Have { offset: 2, to: 4, digest: Some(digest()) }),
            &with_digest(r#"{"type":"have","life":9,"number":7,"offset":2,"to":4"#),
        ),
        (of(FileMsg::Begin { offset: 2 }), r#"{"type":"begin","life":9,"number":7,"offset":2}"#),
        (of(FileMsg::Credit { to: 8 }), r#"{"type":"credit","life":9,"number":7,"to":8}"#),
        (of(FileMsg::End { digest: digest() }), &with_digest(r#"{"type":"end","life":9,"number":7"#)),
        (of(FileMsg::Done), r#"{"type":"done","life":9,"number":7}"#),
        (
            of(FileMsg::Fail { side: receiver, reason: FailReason::Full }),
            r#"{"type":"fail","life":9,"number":7,"reason":"full","sender":false}"#,
        ),
        (of(FileMsg::Closed { side: sender }), r#"{"type":"closed","life":9,"number":7,"sender":true}"#),
        (
            of(FileMsg::Pause { side: sender, paused: true }),
            r#"{"type":"pause","life":9,"number":7,"sender":true,"paused":true}"#,
        ),
        (FileControl::Listed, r#"{"type":"listed"}"#),
    ] {
        let bytes = message.clone().write();
        assert_eq!(str::from_utf8(&bytes[1..]).unwrap(), json);
        assert_eq!(control(&bytes), Ok(Some(message)));
    }
}

#[test]
fn the_end_of_a_list_is_known_by_its_bytes() {
    assert_eq!(FileControl::Listed.write(), LISTED_MESSAGE);
}

#[test]
fn every_reason_is_read_as_it_was_told() {
    for reason in FailReason::ALL {
        let message = of(FileMsg::Fail { side: Side::Sender, reason });
        assert_eq!(control(&message.clone().write()), Ok(Some(message)));
    }
}

#[test]
fn what_a_newer_page_says_beyond_is_ignored() {
    for (json, message) in [
        (r#"{"type":"dance"}"#, None),
        (r#"{"type":"done","life":9,"number":7,"x":[{"y":null}]}"#, Some(of(FileMsg::Done))),
        (
            r#"{"type":"fail","life":9,"number":7,"reason":"bored","sender":true}"#,
            Some(of(FileMsg::Fail { side: Side::Sender, reason: FailReason::Broken })),
        ),
    ] {
        assert_eq!(FileControl::read(json.as_bytes()), Ok(message), "{json}");
    }
    for kind in (0..=u8::MAX).filter(|kind| ![CONTROL, CHUNK].contains(kind)) {
        assert_eq!(FileFrame::read(&[kind, 1, 2, 3]), Ok(FileFrame::Unknown));
    }
}

#[test]
fn a_chunk_is_a_header_and_bytes() {
    let header = ChunkHeader { key: KEY, offset: 0x0102_0304, length: 3 };
    let mut bytes = header.write().to_vec();
    assert_eq!(bytes, [2, 0, 0, 0, 0, 0, 0, 0, 9, 0, 0, 0, 7, 0, 0, 0, 0, 1, 2, 3, 4]);
    bytes.extend(b"abc");
    assert_eq!(FileFrame::read(&bytes), Ok(FileFrame::Chunk(header)));
    assert!(CHUNK_BYTES as usize <= MAX_CHUNK_BYTES);
}

#[test]
fn unreadable_messages_are_refused() {
    let longest = [&[CHUNK][..], &[0; MAX_FILES_BYTES - 1]].concat();
    assert!(matches!(FileFrame::read(&longest), Ok(FileFrame::Chunk(_))));
    let far = ChunkHeader { key: KEY, offset: MAX_FILE_BYTES + 1, length: 1 };
    for (bytes, error) in [
        (vec![], FileError::Unreadable),
        (vec![CHUNK], FileError::Unreadable),
        (vec![CHUNK; CHUNK_HEADER_BYTES], FileError::Unreadable),
        ([longest, vec![0]].concat(), FileError::TooLarge),
        ([&far.write()[..], b"a"].concat(), FileError::Unreadable),
        ([&[CONTROL][..], &[b' '; MAX_FILE_CONTROL_BYTES + 1]].concat(), FileError::TooLarge),
        ([&[CONTROL][..], &[b'['; MAX_FILE_CONTROL_BYTES]].concat(), FileError::Unreadable),
    ] {
        let read = FileFrame::read(&bytes).and_then(|frame| match frame {
            FileFrame::Control(json) => FileControl::read(json).map(|_| ()),
            _ => Ok(()),
        });
        assert_eq!(read, Err(error), "{:?}", &bytes[..bytes.len().min(30)]);
    }
    let digest = "0".repeat(64);
    for json in [
        "",
        r#"{"life":9,"number":7}"#,
        r#"{"type":"done","number":7}"#,
        r#"{"type":"done","life":9}"#,
        r#"{"type":"done","life":9007199254740993,"number":7}"#,
        r#"{"type":"done","life":9,"number":4294967296}"#,
        r#"{"type":"offer","life":9,"number":7,"size":3,"modified":5}"#,
        r#"{"type":"offer","life":9,"number":7,"name":"a","size":-1,"modified":5}"#,
        r#"{"type":"offer","life":9,"number":7,"name":"a","size":1.5,"modified":5}"#,
        r#"{"type":"offer","life":9,"number":7,"name":"a","size":9007199254740993,"modified":5}"#,
        r#"{"type":"offer","life":9,"number":7,"name":"a","size":18446744073709551616,"modified":5}"#,
        r#"{"type":"offer","life":9,"number":7,"name":["a"],"size":1,"modified":5}"#,
        r#"{"type":"have","life":9,"number":7,"offset":1}"#,
        r#"{"type":"have","life":9,"number":7,"offset":1,"to":2,"digest":"00"}"#,
        r#"{"type":"begin","life":9,"number":7,"offset":9007199254740993}"#,
        r#"{"type":"end","life":9,"number":7}"#,
        &format!(r#"{{"type":"end","life":9,"number":7,"digest":"x{}"}}"#, &digest[1..]),
        &format!(r#"{{"type":"end","life":9,"number":7,"digest":"+{}"}}"#, &digest[1..]),
        r#"{"type":"fail","life":9,"number":7,"reason":"full"}"#,
        r#"{"type":"pause","life":9,"number":7,"sender":true}"#,
        &format!(r#"{{"type":"keep","life":9,"number":7,"x":{}{}}}"#, "[".repeat(8), "]".repeat(8)),
    ] {
        assert_eq!(FileControl::read(json.as_bytes()), Err(FileError::Unreadable), "{json}");
    }
}

#[test]
fn a_longest_name_fits_into_a_message_whatever_it_is_made_of() {
    for letter in ["'", "&", "한", "😀", "\u{e000}", "a\u{200d}"] {
        let message = of(FileMsg::Offer { file: file(&letter.repeat(200), MAX_FILE_BYTES) });
        let bytes = message.clone().write();
        assert!(bytes.len() <= MAX_FILE_CONTROL_BYTES, "{letter}");
        assert_eq!(control(&bytes), Ok(Some(message)));
    }
}

proptest! {
    #[test]
    fn no_bytes_make_the_reader_panic(bytes: Vec<u8>, kind in 0_u8..4, text: String) {
        let framed = [&[kind][..], &bytes].concat();
        for bytes in [&bytes, &framed] {
            if let Ok(FileFrame::Control(json)) = FileFrame::read(bytes) {
                drop(FileControl::read(json));
            }
        }
        let json = serde_json::json!({ "type": "end", "life": 1, "number": 2, "digest": text }).to_string();
        drop(FileControl::read(json.as_bytes()));
    }

    #[test]
    fn every_offer_is_read_as_it_was_told(name: String, size in 0..=MAX_FILE_BYTES, life in 0..=MAX_FILE_BYTES) {
        let key = TransferKey { life, number: 1 };
        let message = FileControl::Transfer(key, FileMsg::Offer { file: file(&name, size) });
        prop_assert_eq!(control(&message.clone().write()), Ok(Some(message)));
    }
}
