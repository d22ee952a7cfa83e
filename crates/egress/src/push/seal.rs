//! Sealing for one browser (RFC 8291, RFC 8188), and saying who sends (RFC 8292).

use super::PushError;
use super::place::Subscription;
use crate::limits::{PUSH_TEXT_BYTES_MAX, PUSH_TOKEN_TIME};
use aes_gcm::aead::{Aead as _, KeyInit as _};
use aes_gcm::{Aes128Gcm, Nonce};
use data_encoding::BASE64URL_NOPAD;
use hkdf::Hkdf;
use p256::ecdsa::signature::Signer as _;
use p256::ecdsa::{Signature, SigningKey};
use p256::elliptic_curve::sec1::ToEncodedPoint as _;
use p256::{PublicKey, SecretKey};
use sha2::Sha256;
use zeroize::Zeroizing;

/// Whom a push service may write to about what we send; it has to be given, and we have no
/// address: this one is reserved for those who have none (RFC 2606).
const CONTACT: &str = "mailto:nobody@legwork.invalid";
/// Bytes of a record; ours is never full.
const RECORD_BYTES: u32 = 4096;

/// Who sends: a key of this daemon, by which a browser's push service knows it again.
#[derive(Clone)]
pub struct Sender {
    secret: SecretKey,
}

impl std::fmt::Debug for Sender {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.write_str("Sender(..)")
    }
}

impl Sender {
    /// A new one; `None`: the system has no chance to give.
    pub fn new() -> Option<Self> {
        Some(Self { secret: chance()? })
    }

    /// The one whose secret this is.
    pub fn of_secret(text: &str) -> Option<Self> {
        let bytes = Zeroizing::new(BASE64URL_NOPAD.decode(text.as_bytes()).ok()?);
        Some(Self { secret: SecretKey::from_slice(&bytes).ok()? })
    }

    /// To be kept as secrets are.
    pub fn secret(&self) -> Zeroizing<String> {
        Zeroizing::new(BASE64URL_NOPAD.encode(&Zeroizing::new(self.secret.to_bytes())))
    }

    /// What browsers are given when they subscribe, base64url.
    pub fn key(&self) -> String {
        BASE64URL_NOPAD.encode(&point(&self.secret.public_key()))
    }

    /// Says to `audience`, an origin, that it is us, for some hours.
    pub(super) fn token(&self, audience: &str, now_s: u64) -> Result<String, PushError> {
        let claims = serde_json::json!({
            "aud": audience,
            "exp": now_s + PUSH_TOKEN_TIME.as_secs(),
            "sub": CONTACT,
        });
        let head = BASE64URL_NOPAD.encode(br#"{"typ":"JWT","alg":"ES256"}"#);
        let claims = BASE64URL_NOPAD.encode(claims.to_string().as_bytes());
        let signed = format!("{head}.{claims}");
        let signature: Signature = SigningKey::from(&self.secret)
            .try_sign(signed.as_bytes())
            .map_err(|_| PushError::Seal)?;
        Ok(format!("{signed}.{}", BASE64URL_NOPAD.encode(&signature.to_bytes())))
    }

    /// The body that only this browser can read.
    pub(super) fn seal(&self, to: &Subscription, text: &[u8]) -> Result<Vec<u8>, PushError> {
        let mut salt = [0; 16];
        getrandom::fill(&mut salt).map_err(|_| PushError::Seal)?;
        // A key for this message alone: one that was found out opens no other.
        sealed(to, text, &chance().ok_or(PushError::Seal)?, salt)
    }
}

fn chance() -> Option<SecretKey> {
    let mut bytes = Zeroizing::new([0; 32]);
    // One in 2^32 is no key of the curve.
    (0..4).find_map(|_| {
        getrandom::fill(&mut *bytes).ok()?;
        SecretKey::from_slice(&*bytes).ok()
    })
}

fn point(key: &PublicKey) -> Vec<u8> {
    key.to_encoded_point(false).as_bytes().to_vec()
}

fn sealed(
    to: &Subscription,
    text: &[u8],
    own: &SecretKey,
    salt: [u8; 16],
) -> Result<Vec<u8>, PushError> {
    if text.len() > PUSH_TEXT_BYTES_MAX {
        return Err(PushError::Seal);
    }
    let (theirs, auth) = to.keys()?;
    let shared = p256::ecdh::diffie_hellman(own.to_nonzero_scalar(), theirs.as_affine());
    let (theirs, ours) = (point(&theirs), point(&own.public_key()));
    let derived = |salt: &[u8], from: &[u8], info: &[&[u8]], out: &mut [u8]| {
        let key = Hkdf::<Sha256>::new(Some(salt), from);
        key.expand_multi_info(info, out).map_err(|_| PushError::Seal)
    };
    let mut seed = Zeroizing::new([0; 32]);
    let info: [&[u8]; 3] = [b"WebPush: info\0", &theirs, &ours];
    derived(&auth, shared.raw_secret_bytes(), &info, &mut *seed)?;
    let (mut key, mut nonce) = (Zeroizing::new([0; 16]), [0; 12]);
    derived(&salt, &*seed, &[b"Content-Encoding: aes128gcm\0"], &mut *key)?;
    derived(&salt, &*seed, &[b"Content-Encoding: nonce\0"], &mut nonce)?;
    // What ends the last record.
    let mut plain = Zeroizing::new(text.to_vec());
    plain.push(2);
    let cipher = Aes128Gcm::new_from_slice(&*key).map_err(|_| PushError::Seal)?;
    let cipher = cipher.encrypt(Nonce::from_slice(&nonce), plain.as_slice());
    let cipher = cipher.map_err(|_| PushError::Seal)?;
    let length = u8::try_from(ours.len()).map_err(|_| PushError::Seal)?;
    Ok([&salt, &RECORD_BYTES.to_be_bytes()[..], &[length], &ours, &cipher].concat())
}

#[cfg(test)]
mod tests {
    use super::*;
    use p256::ecdsa::VerifyingKey;
    use p256::ecdsa::signature::Verifier as _;

    #[test]
    fn what_is_sealed_is_as_in_the_standards_example() {
        let to = Subscription {
            endpoint: "https://push.example.net/push/JzLQ3raZJfFBR0aqvOMsLrt54w4rJUsV".to_owned(),
            key: "BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkN\
                  toIAiw4"
                .to_owned(),
            auth: "BTBZMqHH6r4Tts7J_aSIgg".to_owned(),
        };
        let own = Sender::of_secret("yfWPiYE-n46HLnH0KqZOF1fJJU3MYrct3AELtAQ-oRw").unwrap();
        let salt = BASE64URL_NOPAD.decode(b"DGv6ra1nlYgDCS1FRnbzlw").unwrap();
        let text = b"When I grow up, I want to be a watermelon";
        let sealed = sealed(&to, text, &own.secret, salt.try_into().unwrap()).unwrap();
        let expected = "DGv6ra1nlYgDCS1FRnbzlwAAEABBBP4z9KsN6nGRTbVYI_c7VJSPQTBtkgcy27mlmlMoZIIg\
                        Dll6e3vCYLocInmYWAmS6TlzAC8wEqKK6PBru3jl7A_yl95bQpu6cVPTpK4Mqgkf1CXztLVB\
                        St2Ks3oZwbuwXPXLWyouBWLVWGNWQexSgSxsj_Qulcy4a-fN";
        assert_eq!(BASE64URL_NOPAD.encode(&sealed), expected);
    }

    #[test]
    fn a_token_says_for_whom_it_is_and_how_long_and_is_signed() {
        let sender = Sender::new().unwrap();
        let again = Sender::of_secret(&sender.secret()).unwrap();
        assert_eq!(again.key(), sender.key());
        let token = again.token("https://push.example.net", 1_000).unwrap();
        let (signed, signature) = token.rsplit_once('.').unwrap();
        let plain = |text: &str| BASE64URL_NOPAD.decode(text.as_bytes()).unwrap();
        let key = VerifyingKey::from_sec1_bytes(&plain(&sender.key())).unwrap();
        let signature = Signature::from_slice(&plain(signature)).unwrap();
        key.verify(signed.as_bytes(), &signature).unwrap();
        let claims = plain(signed.split_once('.').unwrap().1);
        let claims: serde_json::Value = serde_json::from_slice(&claims).unwrap();
        assert_eq!(claims["aud"], "https://push.example.net");
        assert_eq!(claims["exp"], 1_000 + PUSH_TOKEN_TIME.as_secs());
        assert!(PUSH_TOKEN_TIME.as_secs() <= 24 * 3600, "more is refused (RFC 8292)");
    }
}
