//! Seals: derives the keys of each pair, closes what goes to the other page, and opens what comes from it.
//!
//! The algorithms stand in [`sealed`]. Keys are `CryptoKey`s that cannot be read, and live in the task of their seal,
//! which takes one command at a time: so the order of signals is kept, and no number is used twice.

use futures::StreamExt;
use futures::channel::mpsc::{UnboundedReceiver, UnboundedSender, unbounded};
use futures::future::try_join3;
use js_sys::{Array, Promise, Uint8Array};
use leptos::prelude::window;
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::spawn_local;
use web_sys::{CryptoKey, SubtleCrypto, WebSocket};

use super::base64url::{bytes_of, text_of};
use super::early;
use super::env::{Events, log};
use super::error::{BrowserError, failure, settled};
use super::object::object;
use super::peer::stat;
use super::word::Exchange;
use crate::call::{Agreement, Event, PictureNumbers, SealCommand, SealEvent, SealId};
use crate::protocol::cpace::SessionKey;
use crate::protocol::sealed::{self, Block, KEYS_INFO, Proof, ReplayWindow};
use crate::protocol::{self, ClientMsg, Credential, PeerId, SealedBox};

/// First byte of a box.
const VERSION: u8 = 2;
/// Bytes of the version and the number before the ciphertext.
const HEAD: usize = 5;
/// Bytes of a key, and of what ECDH gives on P-256.
const KEY: u32 = 32;
/// Prefix of a public key's text.
const HELLO: &str = "2.";

/// All seals of this page, for as long as it lives.
#[derive(Default)]
pub(super) struct Seals(Vec<(SealId, UnboundedSender<Job>)>);

type Job = (SealCommand, Option<WebSocket>);

impl Seals {
    /// Begins a command of a seal. What is closed goes out on `socket`.
    pub(super) fn perform(
        &mut self,
        id: SealId,
        command: SealCommand,
        socket: Option<WebSocket>,
        events: &Events,
    ) {
        if matches!(command, SealCommand::Agree(_)) {
            let (sender, jobs) = unbounded();
            self.0.push((id, sender));
            spawn_local(serve(id, jobs, events.clone()));
        }
        if let Some((_, sender)) = self.0.iter().find(|(known, _)| *known == id) {
            // Its task lives as long as this end.
            let _ = sender.unbounded_send((command, socket));
        }
    }
}

/// The keys of a pair, the number of boxes sent, and the numbers of those opened.
struct Keys {
    to: CryptoKey,
    from: CryptoKey,
    /// Known to both pages alone; the pictures are made of it.
    check: Vec<u8>,
    /// The own number for the pictures.
    nonce: Vec<u8>,
    is_low: bool,
    sent: u32,
    opened: ReplayWindow,
}

async fn serve(id: SealId, mut jobs: UnboundedReceiver<Job>, events: Events) {
    let mut keys: Option<Keys> = None;
    let mut word: Option<Exchange> = None;
    // To whom the own share could not be sent yet, as the chunk had not loaded.
    let mut owed: Option<(PeerId, Option<WebSocket>)> = None;
    while let Some((command, socket)) = jobs.next().await {
        let done = match (command, keys.as_mut()) {
            (SealCommand::Agree(agreement), _) => match (agreement.proof, agreement.credential.clone()) {
                (Proof::Word, Credential::Word(common)) => {
                    word = Some(Exchange::new(agreement, common));
                    Ok(None)
                }
                (Proof::Link, Credential::Link(secret)) => match bytes_of(secret.as_str()) {
                    Ok(secret) => agree(&agreement, &secret).await.map(Some),
                    Err(error) => Err(error),
                },
                (Proof::Open, _) => agree(&agreement, &[]).await.map(Some),
                _ => Err(failure("nothing to prove it by")),
            },
            (SealCommand::Share(to), _) => match word.as_mut() {
                Some(word) => match word.share().await {
                    Ok(sealed) => {
                        send(socket, to, sealed);
                        Ok(None)
                    }
                    Err(error) => {
                        owed = Some((to, socket));
                        Err(error)
                    }
                },
                None => Ok(None),
            },
            (SealCommand::Open(sealed), None) => match word.as_mut() {
                Some(word) => match finish(word, &sealed, &mut owed).await {
                    Ok(Some((agreement, key))) => match agree(&agreement, &key).await {
                        Ok(agreed) => Ok(Some(agreed)),
                        Err(error) => {
                            events.push(Event::Seal(id, SealEvent::Failed));
                            Err(error)
                        }
                    },
                    Ok(None) => Ok(None),
                    Err(error) => Err(error),
                },
                None => Ok(None),
            },
            (SealCommand::Open(sealed), Some(_)) if sealed.is_share() => Ok(None),
            (SealCommand::Compare { theirs, commit }, Some(keys)) => {
                compare(keys, &theirs, commit.as_ref()).await.map(|pictures| {
                    events.push(Event::Seal(id, SealEvent::Pictures(pictures)));
                    None
                })
            }
            (SealCommand::Close(to, signal), Some(keys)) => match sealed::plain(&signal) {
                Ok(plain) => close(keys, &plain).await.map(|sealed| {
                    send(socket, to, sealed);
                    None
                }),
                Err(error) => Err(failure(&format!("a signal that was not sealed: {error}"))),
            },
            (SealCommand::Open(sealed), Some(keys)) => match open(keys, &sealed).await {
                Ok(plain) => {
                    let text = str::from_utf8(&plain).ok();
                    let signal = text.and_then(|text| protocol::read(text).ok());
                    let signal = signal.ok_or_else(|| failure("a signal that is not understood"));
                    signal.map(|signal| {
                        events.push(Event::Seal(id, SealEvent::Opened(signal)));
                        None
                    })
                }
                Err(error) => {
                    if word.is_some() {
                        events.push(Event::Seal(id, SealEvent::Unopened));
                    }
                    Err(error)
                }
            },
            (_, None) => Ok(None),
        };
        match done {
            Ok(Some((agreed, drawn))) => {
                keys = Some(agreed);
                events.push(Event::Seal(id, drawn));
            }
            Ok(None) => {}
            Err(error) => {
                log(&format!("seal: {}", BrowserError::from(error)));
                if keys.is_none() && word.is_none() {
                    events.push(Event::Seal(id, SealEvent::Failed));
                }
            }
        }
    }
}

/// Takes the other page's share, and sends the own one first where that is owed.
async fn finish(
    word: &mut Exchange,
    sealed: &SealedBox,
    owed: &mut Option<(PeerId, Option<WebSocket>)>,
) -> Result<Option<(Agreement, SessionKey)>, JsValue> {
    if let Some((to, socket)) = owed.clone() {
        send(socket, to, word.share().await?);
        *owed = None;
    }
    word.finish(sealed).await
}

/// Sends a sealed signal. A socket that was closed meanwhile loses it, as it loses what was sent before.
fn send(socket: Option<WebSocket>, to: PeerId, sealed: SealedBox) {
    let text = serde_json::to_string(&ClientMsg::Signal { to, sealed }).unwrap_or_default();
    let _ = socket.map(|socket| socket.send_with_str(&text));
}

fn subtle() -> Result<SubtleCrypto, JsValue> {
    Ok(window().crypto()?.subtle())
}

/// Derives the keys of what both pages share beside their public keys, and commits to the number that it draws for the
/// pictures. What does not wait for each other is begun together: each step is a turn of the page's event loop, and the
/// first picture waits for all of them.
async fn agree(agreement: &Agreement, shared: &[u8]) -> Result<(Keys, SealEvent), JsValue> {
    let Agreement { hello, transcript, proof, is_low, .. } = agreement;
    let subtle = subtle()?;
    let point = hello.as_str().strip_prefix(HELLO).ok_or_else(|| failure("a key of another version"))?;
    let point = bytes_of(point)?;
    let (theirs, own, salt) = try_join3(
        import(&subtle, &point, "ECDH", None),
        settled(Ok(Promise::resolve(&early::read(early::KEYS)))),
        settled(subtle.digest_with_str_and_u8_array("SHA-256", transcript)),
    )
    .await?;
    let own: CryptoKey = stat(&own, "key").dyn_into()?;
    let agreed = object(&[("name", "ECDH".into()), ("public", theirs.into())]);
    let mut material =
        bytes_in(subtle.derive_bits_with_object(agreed.unchecked_ref(), &own, 8 * KEY)).await?;
    material.extend(shared);
    let key = import(&subtle, &material, "HKDF", Some("deriveBits")).await?;
    let info = [KEYS_INFO, proof.name()].concat();
    let hkdf = object(&[
        ("name", "HKDF".into()),
        ("hash", "SHA-256".into()),
        ("salt", salt),
        ("info", Uint8Array::from(info.as_bytes()).into()),
    ]);
    let okm = bytes_in(subtle.derive_bits_with_object(hkdf.unchecked_ref(), &key, 8 * 4 * KEY)).await?;
    let (low, rest) = okm.split_at_checked(KEY as usize).ok_or_else(|| failure("too few bytes"))?;
    let (high, rest) = rest.split_at_checked(KEY as usize).ok_or_else(|| failure("too few bytes"))?;
    let (check, _) = rest.split_at_checked(KEY as usize).ok_or_else(|| failure("too few bytes"))?;
    let mut nonce = vec![0; KEY as usize];
    window().crypto()?.get_random_values_with_u8_array(&mut nonce)?;
    let (to, from) = if *is_low { (low, high) } else { (high, low) };
    let parts = [sealed::COMMIT, check, &nonce];
    let (to, from, commit) = try_join3(
        import(&subtle, to, "AES-GCM", Some("encrypt")),
        import(&subtle, from, "AES-GCM", Some("decrypt")),
        digest(&parts),
    )
    .await?;
    let drawn = SealEvent::Drawn { commit: block(&commit)?, nonce: block(&nonce)? };
    let (check, opened) = (check.to_vec(), ReplayWindow::default());
    Ok((Keys { to, from, check, nonce, is_low: *is_low, sent: 0, opened }, drawn))
}

/// The pictures of both numbers; none if theirs does not fit what they had committed themselves to.
async fn compare(
    keys: &Keys,
    theirs: &Block,
    commit: Option<&Block>,
) -> Result<Option<PictureNumbers>, JsValue> {
    let theirs = bytes_of(theirs.as_str())?;
    if let Some(commit) = commit
        && block(&digest(&[sealed::COMMIT, &keys.check, &theirs]).await?)? != *commit
    {
        return Ok(None);
    }
    let (low, high) = if keys.is_low { (&keys.nonce, &theirs) } else { (&theirs, &keys.nonce) };
    let made = digest(&[sealed::PICTURES, &keys.check, low, high]).await?;
    Ok(sealed::picture_numbers(&made))
}

/// SHA-256 of [`parts`](sealed::parts).
async fn digest(parts: &[&[u8]]) -> Result<Vec<u8>, JsValue> {
    bytes_in(subtle()?.digest_with_str_and_u8_array("SHA-256", &sealed::parts(parts))).await
}

fn block(bytes: &[u8]) -> Result<Block, JsValue> {
    text_of(bytes)?.try_into().map_err(|_| failure("no block"))
}

async fn close(keys: &mut Keys, plain: &[u8]) -> Result<SealedBox, JsValue> {
    keys.sent = keys.sent.checked_add(1).ok_or_else(|| failure("no number is left"))?;
    let mut bytes = head(keys.sent).to_vec();
    let sealed = subtle()?.encrypt_with_object_and_u8_array(gcm(keys.sent).unchecked_ref(), &keys.to, plain);
    bytes.extend(bytes_in(sealed).await?);
    let text = text_of(&bytes)?;
    text.try_into().map_err(|_| failure("a box that is too long"))
}

async fn open(keys: &mut Keys, sealed: &SealedBox) -> Result<Vec<u8>, JsValue> {
    let bytes = bytes_of(sealed.as_str())?;
    let unreadable = || failure("a box of another version, or one that came before");
    let (begin, ciphertext) = bytes.split_at_checked(HEAD).ok_or_else(unreadable)?;
    let number = begin.last_chunk().map(|number| u32::from_be_bytes(*number)).ok_or_else(unreadable)?;
    if begin.first() != Some(&VERSION) || !keys.opened.accepts(number) {
        return Err(unreadable());
    }
    let plain =
        subtle()?.decrypt_with_object_and_u8_array(gcm(number).unchecked_ref(), &keys.from, ciphertext);
    let plain = bytes_in(plain).await?;
    keys.opened.note(number);
    Ok(plain)
}

fn head(number: u32) -> [u8; HEAD] {
    let [a, b, c, d] = number.to_be_bytes();
    [VERSION, a, b, c, d]
}

/// `AesGcmParams` of a number.
fn gcm(number: u32) -> JsValue {
    let mut iv = [0; 12];
    iv[8..].copy_from_slice(&number.to_be_bytes());
    object(&[
        ("name", "AES-GCM".into()),
        ("iv", Uint8Array::from(&iv[..]).into()),
        ("additionalData", Uint8Array::from(&head(number)[..]).into()),
    ])
}

/// Imports a raw key for the algorithm of this name; of ECDH on P-256, where that is none other.
async fn import(
    subtle: &SubtleCrypto,
    bytes: &[u8],
    algorithm: &str,
    usage: Option<&str>,
) -> Result<CryptoKey, JsValue> {
    let usages: Array = usage.into_iter().map(JsValue::from).collect();
    let algorithm = object(&[("name", algorithm.into()), ("namedCurve", "P-256".into())]);
    let bytes = Uint8Array::from(bytes);
    let key = subtle.import_key_with_object("raw", &bytes, algorithm.unchecked_ref(), false, &usages);
    settled(key).await?.dyn_into()
}

/// The bytes of a promised `ArrayBuffer`.
async fn bytes_in(promised: Result<Promise, JsValue>) -> Result<Vec<u8>, JsValue> {
    Ok(Uint8Array::new(&settled(promised).await?).to_vec())
}
