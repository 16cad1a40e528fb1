//! Signatures by Standard Webhooks, section "Signature scheme", symmetric: HMAC-SHA-256.

use data_encoding::BASE64;
use hmac::{Hmac, Mac};
use sha2::Sha256;

/// The value of `webhook-signature` for a message that is sent at `timestamp`, in seconds since 1970.
#[expect(clippy::expect_used, reason = "HMAC takes keys of any length")]
pub(super) fn sign(key: &[u8], id: &str, timestamp: u64, body: &str) -> String {
    let mac = Hmac::<Sha256>::new_from_slice(key).expect("a key");
    let mac = mac.chain_update(format!("{id}.{timestamp}.{body}")).finalize();
    format!("v1,{}", BASE64.encode(&mac.into_bytes()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn signatures_are_those_of_the_libraries_of_standard_webhooks() {
        // From their tests.
        let key = BASE64.decode(b"MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw").unwrap();
        let signature = sign(&key, "msg_p5jXN8AQM9LWM0D4loKWxJek", 1_614_265_330, r#"{"test": 2432232314}"#);
        assert_eq!(signature, "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=");
    }
}
