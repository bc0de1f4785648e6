//! Ids and tokens that only we can make.
//!
//! Everything is written in lower-case base 32 (RFC 4648 alphabet), which survives mailers that change case. Each
//! kind of token has its own label under the MAC, so that none passes for another.

use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::Sha256;
use subtle::ConstantTimeEq as _;

const ALPHABET: &[u8; 32] = b"abcdefghijklmnopqrstuvwxyz234567";
/// 96 bits of MAC: far beyond guessing, short enough for a local part.
const TAG_BYTES: usize = 12;
/// Characters of a token: its letter, eight bytes of number, the tag.
const TOKEN_LENGTH: usize = 1 + 13 + 20;
/// Candidates that are verified in one text.
const MAX_CANDIDATES: usize = 200;
/// How much of a text is searched, in bytes.
const MAX_TEXT: usize = 256 * 1024;

/// A Message-ID (without brackets) that carries its conversation. `nonce` makes it unique and must be random.
#[must_use]
pub fn mint_message_id(key: &[u8; 32], conversation: i64, nonce: [u8; 8], domain: &str) -> String {
    let payload = [conversation.to_be_bytes(), nonce].concat();
    let tag = tag(key, "message-id", &payload);
    let domain: String = domain.chars().filter(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '.')).collect();
    let domain = if domain.is_empty() { "localhost".to_owned() } else { domain.to_ascii_lowercase() };
    format!("posta.{}.{}@{domain}", encode(&payload), encode(&tag))
}

/// The conversation of a Message-ID that we made; none for any other id.
#[must_use]
pub fn verify_message_id(key: &[u8; 32], id: &str) -> Option<i64> {
    let id = id.trim().trim_matches(['<', '>']);
    let (local, _) = id.split_once('@')?;
    let mut fields = local.split('.');
    if !fields.next()?.eq_ignore_ascii_case("posta") {
        return None;
    }
    let (payload, given) = (decode(fields.next()?)?, decode(fields.next()?)?);
    if fields.next().is_some() || payload.len() != 16 {
        return None;
    }
    let expected = tag(key, "message-id", &payload);
    let genuine: bool = expected.as_slice().ct_eq(given.as_slice()).into();
    genuine.then_some(())?;
    Some(i64::from_be_bytes(payload.get(..8)?.try_into().ok()?))
}

/// A token that leads an answer to its conversation, in a plus-address or in the text.
#[must_use]
pub fn mint_reply_token(key: &[u8; 32], conversation: i64) -> String {
    mint(key, 'r', "reply", conversation)
}

/// The conversations of the genuine reply tokens among the addresses, then in the text.
pub fn reply_tokens<'t>(
    key: &'t [u8; 32],
    addresses: &'t [String],
    text: &'t str,
) -> impl Iterator<Item = i64> + use<'t> {
    let text = text.get(..text.floor_char_boundary(MAX_TEXT)).unwrap_or_default();
    in_addresses(addresses).chain(words(text)).filter_map(|word| verify(key, 'r', "reply", word))
}

/// A token for the return path of one message (VERP), by which its bounce is recognised.
#[must_use]
pub fn mint_bounce_token(key: &[u8; 32], message_id: i64) -> String {
    mint(key, 'b', "bounce", message_id)
}

/// The message of the first genuine bounce token among the addresses.
#[must_use]
pub fn find_bounce_token(key: &[u8; 32], addresses: &[String]) -> Option<i64> {
    in_addresses(addresses).find_map(|word| verify(key, 'b', "bounce", word))
}

/// `local+token@domain`; none when the local part would pass 64 octets (RFC 5321 §4.5.3.1.1) or the address has
/// no `@`.
#[must_use]
pub fn plus_address(email: &str, token: &str) -> Option<String> {
    let (local, domain) = email.rsplit_once('@')?;
    (!local.starts_with('"') && local.len() + 1 + token.len() <= 64).then(|| format!("{local}+{token}@{domain}"))
}

/// The address as it is without a token that [`plus_address`] has put in. Only its shape is looked at: who sends to it
/// anyway reaches the same mailbox.
#[must_use]
pub fn without_token(email: &str) -> String {
    let bare = email.rsplit_once('@').and_then(|(local, domain)| {
        let (local, token) = local.rsplit_once('+')?;
        let shaped = token.len() == TOKEN_LENGTH && token.bytes().all(|byte| byte.is_ascii_alphanumeric());
        shaped.then(|| format!("{local}@{domain}"))
    });
    bare.unwrap_or_else(|| email.to_owned())
}

fn mint(key: &[u8; 32], letter: char, label: &str, number: i64) -> String {
    let payload = number.to_be_bytes();
    format!("{letter}{}{}", encode(&payload), encode(&tag(key, label, &payload)))
}

fn verify(key: &[u8; 32], letter: char, label: &str, word: &str) -> Option<i64> {
    let rest = word.strip_prefix([letter, letter.to_ascii_uppercase()])?;
    let (number, given) = rest.split_at_checked(13)?;
    let (payload, given) = (decode(number)?, decode(given)?);
    let genuine: bool = tag(key, label, &payload).as_slice().ct_eq(given.as_slice()).into();
    genuine.then_some(())?;
    Some(i64::from_be_bytes(payload.try_into().ok()?))
}

/// The parts of addresses that are as long as a token.
fn in_addresses(addresses: &[String]) -> impl Iterator<Item = &str> {
    addresses
        .iter()
        .filter_map(|address| address.rsplit_once('@'))
        .flat_map(|(local, _)| local.split(['+', '=', '-', '.', '<', ' ']))
        .filter(|word| word.len() == TOKEN_LENGTH)
        .take(MAX_CANDIDATES)
}

/// The words of a text that are as long as a token and in its alphabet.
fn words(text: &str) -> impl Iterator<Item = &str> {
    text.split(|c: char| !c.is_ascii_alphanumeric()).filter(|word| word.len() == TOKEN_LENGTH).take(MAX_CANDIDATES)
}

fn tag(key: &[u8; 32], label: &str, payload: &[u8]) -> Vec<u8> {
    let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(key) else { return Vec::new() };
    mac.update(b"posta ");
    mac.update(label.as_bytes());
    mac.update(b" v1\0");
    mac.update(payload);
    mac.finalize().into_bytes().iter().take(TAG_BYTES).copied().collect()
}

fn encode(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len() * 8 / 5 + 1);
    let (mut buffer, mut bits) = (0_u32, 0_u32);
    let mut push = |value: u32| {
        let letter = usize::try_from(value & 31).ok().and_then(|value| ALPHABET.get(value)).copied().unwrap_or(b'a');
        text.push(char::from(letter));
    };
    for byte in bytes {
        buffer = (buffer << 8 | u32::from(*byte)) & 0xffff;
        bits += 8;
        while bits >= 5 {
            bits -= 5;
            push(buffer >> bits);
        }
    }
    if bits > 0 {
        push(buffer << (5 - bits));
    }
    text
}

/// None when a character is foreign or the last one carries stray bits, so that no two texts decode alike.
fn decode(text: &str) -> Option<Vec<u8>> {
    let mut bytes = Vec::with_capacity(text.len() * 5 / 8);
    let (mut buffer, mut bits) = (0_u32, 0_u32);
    for letter in text.bytes() {
        let value = ALPHABET.iter().position(|known| *known == letter.to_ascii_lowercase())?;
        buffer = (buffer << 5 | u32::try_from(value).ok()?) & 0xffff;
        bits += 5;
        if bits >= 8 {
            bits -= 8;
            bytes.push(u8::try_from(buffer >> bits & 0xff).ok()?);
        }
    }
    (bits < 5 && buffer & ((1 << bits) - 1) == 0).then_some(bytes)
}
