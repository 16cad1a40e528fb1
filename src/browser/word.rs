//! The exchange of shares for a word. CPace is a chunk of its own, as few calls have a word.

use js_sys::{Promise, Uint8Array};
use leptos::prelude::window;
use wasm_bindgen::JsValue;

use super::base64url::{bytes_of, text_of};
use super::early;
use super::error::{failure, settled};
use super::peer::stat;
use crate::call::Agreement;
use crate::protocol::cpace::{self, Run, SessionKey, Share};
use crate::protocol::sealed::{SHARE_MARK, SHARE_TAG, WORD_CHANNEL};
use crate::protocol::{SealedBox, Word};

/// The exchange with one page: the own share is the same each time it is sent, and the first of theirs counts.
pub(super) struct Exchange {
    agreement: Agreement,
    word: Word,
    /// Begun with the first command that needs it; again with the next one if the chunk did not load.
    begun: Option<Begun>,
    is_finished: bool,
}

struct Begun {
    exchange: cpace::Exchange,
    finish: Finish,
    /// The digest of the transcript.
    session: Vec<u8>,
    own_hello: String,
}

type Finish = fn(&Begun, &Share, &str) -> Option<SessionKey>;

/// What the chunk holds.
type Cpace = (fn(&[u8], &Word, &[u8; 64]) -> cpace::Exchange, Finish);

chunk! { word: load_word -> Cpace = (begin, finish) }

fn begin(session: &[u8], word: &Word, random: &[u8; 64]) -> cpace::Exchange {
    cpace::Exchange::begin(run(session), word.as_str(), random)
}

fn finish(begun: &Begun, theirs: &Share, hello: &str) -> Option<SessionKey> {
    begun.exchange.finish(run(&begun.session), begun.own_hello.as_bytes(), theirs, hello.as_bytes())
}

fn run(session: &[u8]) -> Run<'_> {
    Run { channel: WORD_CHANNEL, session }
}

impl Exchange {
    pub(super) fn new(agreement: Agreement, word: Word) -> Self {
        Self { agreement, word, begun: None, is_finished: false }
    }

    /// The own share, as it is sent.
    pub(super) async fn share(&mut self) -> Result<SealedBox, JsValue> {
        let begun = self.begun().await?;
        let bytes = [&head(&begun.session), &begun.exchange.share()[..]].concat();
        text_of(&bytes)?.try_into().map_err(|_| failure("no share"))
    }

    /// What was agreed on and the key that follows of the other page's share, if this is the first one of this exchange.
    /// One that is no element of the group counts for nothing.
    pub(super) async fn finish(
        &mut self,
        sealed: &SealedBox,
    ) -> Result<Option<(Agreement, SessionKey)>, JsValue> {
        let bytes = bytes_of(sealed.as_str())?;
        let session = &self.begun().await?.session;
        let theirs = bytes.strip_prefix(&head(session)[..]).and_then(|share| share.try_into().ok());
        let Some(theirs) = theirs.filter(|_| !self.is_finished) else { return Ok(None) };
        // The own share may have to be sent again, so it is kept.
        let hello = self.agreement.hello.as_str();
        let key = self.begun.as_ref().and_then(|begun| (begun.finish)(begun, &theirs, hello));
        self.is_finished = key.is_some();
        Ok(key.map(|key| (self.agreement.clone(), key)))
    }

    async fn begun(&mut self) -> Result<&Begun, JsValue> {
        if self.begun.is_none() {
            let crypto = window().crypto()?;
            let digest = crypto.subtle().digest_with_str_and_u8_array("SHA-256", &self.agreement.transcript);
            let session = Uint8Array::new(&settled(digest).await?).to_vec();
            let keys = settled(Ok(Promise::resolve(&early::read(early::KEYS)))).await?;
            let own_hello = stat(&keys, "hello").as_string().ok_or_else(|| failure("no key of this page"))?;
            let (begin, finish) = load_word().await.map_err(|error| failure(&error.to_string()))?;
            let mut random = [0; 64];
            crypto.get_random_values_with_u8_array(&mut random)?;
            let exchange = begin(&session, &self.word, &random);
            self.begun = Some(Begun { exchange, finish, session, own_hello });
        }
        self.begun.as_ref().ok_or_else(|| failure("no exchange"))
    }
}

/// What stands before a share: whoever has had the seat before has another session.
fn head(session: &[u8]) -> Vec<u8> {
    [&[SHARE_MARK], session.get(..SHARE_TAG).unwrap_or_default()].concat()
}
