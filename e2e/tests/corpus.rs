//! The corpus: what it claims of its mails must be found in them by an independent reader.

use std::collections::HashSet;

use mail_parser::{MessageParser, MimeHeaders};
use posta_e2e::corpus::{Coding, Corpus, Malformation};

#[test]
fn same_seed_same_mails() {
    let one = Corpus::new(7).take(50).map(|mail| mail.raw).collect::<Vec<_>>();
    let two = Corpus::new(7).take(50).map(|mail| mail.raw).collect::<Vec<_>>();
    let other = Corpus::new(8).take(50).map(|mail| mail.raw).collect::<Vec<_>>();
    assert!(one == two && one != other);
}

#[test]
fn facts_are_found_in_clean_mails() {
    let mut seen = HashSet::new();
    let mut answers = 0;
    for mail in Corpus::new(1).malformed(0).take(600) {
        let source = String::from_utf8_lossy(&mail.raw).chars().take(3_000).collect::<String>();
        let parsed = MessageParser::default().parse(&mail.raw).unwrap();
        assert_eq!(parsed.subject(), Some(mail.subject.as_str()), "{source}");
        let from = parsed.from().unwrap().first().unwrap();
        assert_eq!((from.name(), from.address()), (Some(mail.from.name.as_str()), Some(mail.from.address.as_str())));
        assert_eq!(parsed.message_id(), Some(mail.message_id.as_str()));
        assert_eq!(parsed.date().unwrap().to_timestamp() * 1_000, mail.date_ms / 1_000 * 1_000);
        assert_eq!(parsed.in_reply_to().as_text(), mail.in_reply_to.as_deref());
        answers += u32::from(mail.in_reply_to.is_some());
        // A reader that guesses no charsets cannot read these.
        if mail.coding != Coding::UndeclaredLatin1 {
            let text = parsed.body_text(0).unwrap().replace("\r\n", "\n");
            assert!(text.contains(mail.text.trim_end()), "{:?}\n{text}\n--\n{}", mail.coding, mail.text);
        }
        let parts = parsed.attachments().collect::<Vec<_>>();
        assert_eq!(parts.len(), mail.parts.len(), "{source}");
        for (part, fact) in parts.iter().zip(&mail.parts) {
            assert_eq!((part.attachment_name(), part.contents().len()), (Some(fact.name.as_str()), fact.size));
            assert_eq!(part.content_id().is_some(), fact.inline);
        }
        seen.insert(mail.coding);
        assert!(
            mail.coding == Coding::UndeclaredLatin1
                || mail.raw.split(|&byte| byte == b'\n').all(|line| line.len() <= 999)
        );
    }
    assert_eq!(seen.len(), 6, "every coding occurs");
    assert!((90..210).contains(&answers), "{answers} of 600 are answers");
}

#[test]
fn sizes_and_faults_are_those_of_the_field() {
    let mut sizes = Vec::new();
    let mut broken = 0;
    for mail in Corpus::new(42).take(10_000) {
        sizes.push(mail.raw.len());
        broken += u32::from(mail.malformed.is_some());
    }
    sizes.sort_unstable();
    let mean = sizes.iter().sum::<usize>() / sizes.len();
    println!(
        "mean {mean}, median {}, p90 {}, p99 {}, largest {}",
        sizes[5_000], sizes[9_000], sizes[9_900], sizes[9_999]
    );
    assert!((38_000..46_000).contains(&mean), "mean {mean}");
    assert!(sizes[5_000] < 12_000 && sizes[9_999] > 1_000_000);
    assert!((150..250).contains(&broken), "{broken} of 10,000 are malformed");
}

#[test]
fn every_malformation_occurs_and_breaks_something() {
    let mut seen = HashSet::new();
    for mail in Corpus::new(3).malformed(100).take(400) {
        let kind = mail.malformed.unwrap();
        seen.insert(kind);
        let parsed = MessageParser::default().parse(&mail.raw);
        let text = parsed.as_ref().and_then(|parsed| parsed.body_text(0)).unwrap_or_default().replace("\r\n", "\n");
        let whole = parsed.as_ref().is_some_and(|parsed| {
            parsed.subject() == Some(mail.subject.as_str())
                && parsed.message_id() == Some(mail.message_id.as_str())
                && parsed.date().is_some_and(|date| date.is_valid())
                && parsed.from().and_then(|from| from.first()?.name()) == Some(mail.from.name.as_str())
                && text.contains(mail.text.trim_end())
                && parsed.attachments().count() == mail.parts.len()
        });
        let survives = [
            Malformation::CutOff,
            Malformation::Nul,
            Malformation::EndlessLine,
            Malformation::EndlessHeaders,
            Malformation::UnknownCoding,
            Malformation::BareLineEnds,
        ];
        assert!(!whole || survives.contains(&kind), "{kind:?} broke nothing");
    }
    assert_eq!(seen.len(), Malformation::ALL.len());
}
