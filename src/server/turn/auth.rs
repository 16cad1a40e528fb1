//! Who may ask for what: the credentials of requests, and nonces that nothing has to be kept for.
//!
//! Long-term credentials (RFC 8489 section 9.2) whose passwords follow from the user name, see [`ice`](super::super::ice).

use std::net::SocketAddr;
use std::time::Duration;

use turn_types::message::ALLOCATE;
use turn_types::stun::attribute::{ErrorCode, Nonce, Realm, UnknownAttributes, Username};
use turn_types::stun::message::{IntegrityAlgorithm, IntegrityKey, LongTermKeyCredentials, Message};

use super::message::error_answer;
use super::time::Now;
use crate::server::ice::{Secret, is_tester, parse_username};

/// What credentials are for.
pub(super) const REALM: &str = "parlor";
/// How long a nonce is good, up to twice that.
const NONCE_PERIOD: Duration = Duration::from_secs(3600);

/// Checks requests.
#[derive(Debug)]
pub(super) struct Authenticator {
    secret: Secret,
    /// What nonces are made of, by the same construction as passwords.
    nonces: Secret,
}

/// Who sent a request, proved.
#[derive(Debug)]
pub(super) struct Credentials {
    pub(super) username: String,
    pub(super) password: String,
    pub(super) key: IntegrityKey,
    /// When the credentials end, since the Unix epoch.
    expiry: Duration,
}

impl Credentials {
    /// Whose the credentials are.
    pub(super) fn holder(&self) -> &str {
        parse_username(&self.username).map_or("", |(_, holder)| holder)
    }

    /// When what they allocate has to end: for whoever only tests, with the credentials. Calls go on.
    pub(super) fn until(&self, now: Now) -> Option<Duration> {
        is_tester(self.holder()).then(|| now.running + self.expiry.saturating_sub(now.date))
    }

    /// A signed error answer.
    pub(super) fn refuse(&self, request: &Message<'_>, code: u16) -> Vec<u8> {
        error_answer(request, code, &[], Some(&self.key))
    }

    /// A signed error answer that lists attributes which are not understood.
    pub(super) fn refuse_unknown(&self, request: &Message<'_>, unknown: &UnknownAttributes) -> Vec<u8> {
        error_answer(request, ErrorCode::UNKNOWN_ATTRIBUTE, &[unknown], Some(&self.key))
    }
}

/// Why a request is not let in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum AuthError {
    /// No valid credentials.
    Stranger,
    /// Valid ones, with a nonce that is not.
    Stale,
}

impl Authenticator {
    /// Takes the secret of the passwords, and one of its own for nonces.
    pub(super) fn new(secret: Secret, nonces: Secret) -> Self {
        Self { secret, nonces }
    }

    /// Lets a request in whose credentials are valid at `now`, a time since the Unix epoch.
    ///
    /// That they have ended matters for new allocations only, see also [`Credentials::until`].
    pub(super) fn admit(
        &self,
        request: &Message<'_>,
        from: SocketAddr,
        now: Duration,
    ) -> Result<Credentials, AuthError> {
        let username = request.attribute::<Username>().map_err(|_| AuthError::Stranger)?;
        let nonce = request.attribute::<Nonce>().map_err(|_| AuthError::Stranger)?;
        let username = username.username().to_owned();
        let (expiry, _) = parse_username(&username).ok_or(AuthError::Stranger)?;
        if expiry < now && request.has_method(ALLOCATE) {
            return Err(AuthError::Stranger);
        }
        let password = self.secret.password(&username);
        let key = LongTermKeyCredentials::new(username.clone(), password.clone(), REALM.to_owned())
            .make_key(IntegrityAlgorithm::Sha1);
        // Compares in constant time.
        request.validate_integrity_with_key(&key).map_err(|_| AuthError::Stranger)?;
        let good = [now, now.saturating_sub(NONCE_PERIOD)];
        if !good.iter().any(|time| self.nonce(from, *time) == nonce.nonce()) {
            return Err(AuthError::Stale);
        }
        Ok(Credentials { username, password, key, expiry })
    }

    /// The answer to a request that was not let in.
    pub(super) fn challenge(
        &self,
        request: &Message<'_>,
        from: SocketAddr,
        now: Duration,
        why: AuthError,
    ) -> Vec<u8> {
        let code = match why {
            AuthError::Stranger => ErrorCode::UNAUTHORIZED,
            AuthError::Stale => ErrorCode::STALE_NONCE,
        };
        match (Realm::new(REALM), Nonce::new(&self.nonce(from, now))) {
            (Ok(realm), Ok(nonce)) => error_answer(request, code, &[&realm, &nonce], None),
            _ => Vec::new(),
        }
    }

    fn nonce(&self, from: SocketAddr, now: Duration) -> String {
        self.nonces.password(&format!("{} {from}", now.as_secs() / NONCE_PERIOD.as_secs()))
    }
}
