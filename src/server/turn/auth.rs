//! Credentials and nonces of requests, checked without any state for each client.
//!
//! Credentials are long-term ones (RFC 8489 section 9.2) whose passwords are derived from the user name, see
//! [`ice`](super::super::ice).

use std::net::SocketAddr;
use std::time::Duration;

use turn_types::message::ALLOCATE;
use turn_types::stun::attribute::{ErrorCode, Nonce, Realm, UnknownAttributes, Username};
use turn_types::stun::message::{IntegrityAlgorithm, IntegrityKey, LongTermKeyCredentials, Message};

use super::message::error_answer;
use super::time::Now;
use crate::server::ice::{Secret, is_tester, parse_username};

/// The realm of all credentials.
pub(super) const REALM: &str = "parlor";
/// Shortest life of a nonce; the longest is twice that.
const NONCE_PERIOD: Duration = Duration::from_secs(3600);

/// Checks the credentials of requests.
#[derive(Debug)]
pub(super) struct Authenticator {
    secret: Secret,
    /// Nonces are derived from this secret in the same way as passwords.
    nonces: Secret,
}

/// The verified credentials of a request.
#[derive(Debug)]
pub(super) struct Credentials {
    pub(super) username: String,
    pub(super) password: String,
    pub(super) key: IntegrityKey,
    /// Expiry of the credentials, since the Unix epoch.
    expiry: Duration,
}

impl Credentials {
    /// Names the quota holder of the credentials.
    pub(super) fn holder(&self) -> &str {
        parse_username(&self.username).map_or("", |(_, holder)| holder)
    }

    /// Returns when allocations by these credentials must end. Only connection tests have such an end.
    pub(super) fn until(&self, now: Now) -> Option<Duration> {
        is_tester(self.holder()).then(|| now.running + self.expiry.saturating_sub(now.date))
    }

    /// Builds a signed error answer.
    pub(super) fn refuse(&self, request: &Message<'_>, code: u16) -> Vec<u8> {
        error_answer(request, code, &[], Some(&self.key))
    }

    /// Builds a signed error answer that lists the attributes not understood.
    pub(super) fn refuse_unknown(&self, request: &Message<'_>, unknown: &UnknownAttributes) -> Vec<u8> {
        error_answer(request, ErrorCode::UNKNOWN_ATTRIBUTE, &[unknown], Some(&self.key))
    }
}

/// The reason why a request is not authenticated.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum AuthError {
    /// No valid credentials.
    Stranger,
    /// Valid credentials, but no valid nonce.
    Stale,
}

impl Authenticator {
    /// Takes the secret of the passwords, and another one for nonces.
    pub(super) fn new(secret: Secret, nonces: Secret) -> Self {
        Self { secret, nonces }
    }

    /// Authenticates a request at `now`, a time since the Unix epoch.
    ///
    /// Expired credentials are refused for new allocations only, see also [`Credentials::until`].
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

    /// Answers a request that was not authenticated.
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
