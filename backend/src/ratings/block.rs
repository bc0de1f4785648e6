//! What stands in a mail: the question and five faces, each a link with its words.

use crate::{kernel::secrets::hex, mail::text::escape_html};
use sha2::{Digest as _, Sha256};
use shared::api::{access::Language, ratings::BEST};

/// The token in the links of one mail: 128 random bits, of which the database keeps the hash alone.
#[derive(Clone, PartialEq, Eq)]
pub struct Invitation {
    token: String,
}

impl std::fmt::Debug for Invitation {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Invitation")
    }
}

impl Invitation {
    /// The invitation of these random bits.
    #[must_use]
    pub fn new(random: [u8; 16]) -> Self {
        Self { token: hex(&random) }
    }

    /// What the database knows of it.
    #[must_use]
    pub fn hash(&self) -> Vec<u8> {
        hash(&self.token)
    }
}

/// What the database knows of a token.
pub fn hash(token: &str) -> Vec<u8> {
    Sha256::digest(token.as_bytes()).to_vec()
}

/// The face of a score, and what it says.
#[must_use]
pub fn face(score: i32, language: Language) -> (&'static str, &'static str) {
    match (score, language) {
        (1, Language::Es) => ("😞", "Muy mal"),
        (2, Language::Es) => ("🙁", "Mal"),
        (3, Language::Es) => ("😐", "Regular"),
        (4, Language::Es) => ("🙂", "Bien"),
        (_, Language::Es) => ("😀", "Muy bien"),
        (1, Language::En) => ("😞", "Very bad"),
        (2, Language::En) => ("🙁", "Bad"),
        (3, Language::En) => ("😐", "Fair"),
        (4, Language::En) => ("🙂", "Good"),
        (_, Language::En) => ("😀", "Very good"),
    }
}

/// Clean HTML for below what the agent wrote: the question, and the faces with their words, best first.
#[must_use]
pub fn block(prompt: &str, public_url: &str, invitation: &Invitation, language: Language) -> String {
    let base = public_url.trim_end_matches('/');
    let link = |score: i32| {
        let (face, words) = face(score, language);
        format!(
            "<p style=\"margin:0\"><a href=\"{}/rate/{}/{score}\" style=\"text-decoration:none;color:#1b1f24\">\
             <span style=\"font-size:22px\">{face}</span> {words}</a></p>",
            escape_html(base),
            invitation.token,
        )
    };
    let links: String = (1..=BEST).rev().map(link).collect();
    format!(
        "<div style=\"margin-top:16px\"><p style=\"margin:0 0 6px 0;font-weight:bold\">{}</p>{links}</div>",
        escape_html(prompt)
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mail::{sanitize::sanitize_outgoing, text::html_to_plain};

    #[test]
    fn the_block_passes_the_sanitiser_and_reads_as_text() {
        let invitation = Invitation::new([7; 16]);
        let html = block("¿Qué tal <b>fue</b>?", "https://posta.example/", &invitation, Language::Es);
        let clean = sanitize_outgoing(&html);
        let text = html_to_plain(&clean);
        for score in 1..=5 {
            let link = format!("https://posta.example/rate/{}/{score}", "07".repeat(16));
            assert!(clean.contains(&format!("href=\"{link}\"")), "{clean}");
            let (face, words) = face(score, Language::Es);
            assert!(text.contains(&format!("{face} {words} <{link}>")), "{text}");
        }
        assert!(text.contains("¿Qué tal <b>fue</b>?"), "{text}");
        assert!(clean.contains("&lt;b&gt;"), "{clean}");
        assert!(!format!("{invitation:?}").contains("07"));
    }
}
