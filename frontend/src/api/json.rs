//! Reads the server's JSON into the shared types, in little code.
//!
//! `serde_json` parses; this only hands its values to the types' `Deserialize`. Its own deserialisers take a struct as
//! an array, too, look at each value in every way, and borrow where they can: with a hundred types that is a tenth of
//! the whole page. Here a struct is an object, a text a text, and nothing else is compiled.

mod error;

pub use error::Error;
use serde::Deserialize;
use serde::de::{
    DeserializeOwned, DeserializeSeed, Deserializer, EnumAccess, Error as _, IntoDeserializer, MapAccess, SeqAccess,
    Unexpected, VariantAccess, Visitor, value::StringDeserializer,
};
use serde_json::{Map, Value};
use shared::{
    api::{campaigns::AccountHealth, conversations::Delivery, interactions::InteractionSummary, presence::AgentState},
    ids::{CampaignId, ConversationId, InteractionId, MessageId, Seq, SessionId, TemplateId, UserId},
    live::{LiveEvent, ServerFrame},
    time::Timestamp,
};

/// Reads `text` as a `T`.
///
/// # Errors
/// It is no JSON, or not that of a `T`.
pub fn read<T: DeserializeOwned>(text: &str) -> Result<T, Error> {
    T::deserialize(Node(parse(text)?))
}

/// Reads `text` as it is.
///
/// # Errors
/// It is no JSON.
pub fn read_value(text: &str) -> Result<Value, super::ApiError> {
    parse(text).map_err(|_| super::ApiError::Unreadable { status: 200 })
}

/// A part of what was read as it is, as a `T`; nothing, if it is none.
pub fn take<T: DeserializeOwned>(value: &Value) -> Option<T> {
    T::deserialize(Node(value.clone())).ok()
}

/// Reads a frame of the live socket.
///
/// The wire has its enums tagged from within (`{"type": "ping", …}`). What serde makes of that looks at all that comes
/// before it knows what it is, and so compiles every type within once more. Here the tag is taken out first.
///
/// # Errors
/// It is no JSON, or not that of a frame.
pub fn read_frame(text: &str) -> Result<ServerFrame, Error> {
    Frame::deserialize(Node(untagged(parse(text)?, "type")))
}

/// `{"type": "ping", "now": 1}` as `{"ping": {"now": 1}}`.
fn untagged(mut value: Value, tag: &str) -> Value {
    let Some(Value::String(name)) = value.as_object_mut().and_then(|members| members.remove(tag)) else { return value };
    let mut outer = Map::new();
    outer.insert(name, value);
    Value::Object(outer)
}

fn event<'de, D: Deserializer<'de>>(deserializer: D) -> Result<LiveEvent, D::Error> {
    let value = Value::deserialize(deserializer)?;
    Event::deserialize(Node(untagged(value, "kind"))).map_err(D::Error::custom)
}

/// [`ServerFrame`], tagged from without. What writes it (in tests only) knows all variants: with one missing here they do
/// not compile.
#[derive(Deserialize)]
#[cfg_attr(test, derive(serde::Serialize))]
#[serde(remote = "ServerFrame", rename_all = "snake_case")]
enum Frame {
    Snapshot {
        seq: Seq,
        now: Timestamp,
        me: AgentState,
        active: Vec<InteractionSummary>,
    },
    Event {
        seq: Seq,
        at: Timestamp,
        #[serde(deserialize_with = "event")]
        event: LiveEvent,
    },
    Ping {
        now: Timestamp,
    },
}

/// [`LiveEvent`], tagged from without.
#[derive(Deserialize)]
#[cfg_attr(test, derive(serde::Serialize))]
#[expect(clippy::large_enum_variant, reason = "most events are of the largest kind")]
#[serde(remote = "LiveEvent", rename_all = "snake_case")]
enum Event {
    InteractionChanged {
        interaction: InteractionSummary,
    },
    InteractionGone {
        interaction_id: InteractionId,
    },
    MessageAdded {
        conversation_id: ConversationId,
        interaction_id: Option<InteractionId>,
        message_id: MessageId,
    },
    TimelineChanged {
        conversation_id: ConversationId,
    },
    DeliveryChanged {
        conversation_id: ConversationId,
        message_id: MessageId,
        delivery: Delivery,
        due_at: Option<Timestamp>,
        last_reply: Option<String>,
    },
    AgentStateChanged {
        state: AgentState,
    },
    CampaignChanged {
        campaign_id: CampaignId,
    },
    SettingsChanged {},
    TemplateChanged {
        template_id: TemplateId,
    },
    RatingGiven {
        conversation_id: ConversationId,
        interaction_id: InteractionId,
        message_id: MessageId,
        score: i32,
    },
    AccountHealthChanged {
        campaign_id: CampaignId,
        health: AccountHealth,
        last_error: Option<String>,
    },
    RightsChanged {
        user_id: UserId,
    },
    SessionsRevoked {
        user_id: UserId,
        session_ids: Vec<SessionId>,
    },
}

// Kept apart so that the parser is compiled once.
#[inline(never)]
fn parse(text: &str) -> Result<Value, Error> {
    Ok(serde_json::from_str(text)?)
}

/// Something else stood there.
#[cold]
fn mismatch(wanted: &'static str) -> Error {
    Error::invalid_type(Unexpected::Unit, &wanted)
}

struct Node(Value);

impl Node {
    #[inline(never)]
    fn bool(self) -> Result<bool, Error> {
        self.0.as_bool().ok_or_else(|| mismatch("a boolean"))
    }

    #[inline(never)]
    fn signed(self) -> Result<i64, Error> {
        self.0.as_i64().ok_or_else(|| mismatch("a whole number"))
    }

    #[inline(never)]
    fn unsigned(self) -> Result<u64, Error> {
        self.0.as_u64().ok_or_else(|| mismatch("a whole number from 0"))
    }

    #[inline(never)]
    fn float(self) -> Result<f64, Error> {
        self.0.as_f64().ok_or_else(|| mismatch("a number"))
    }

    #[inline(never)]
    fn text(self) -> Result<String, Error> {
        match self.0 {
            Value::String(text) => Ok(text),
            _ => Err(mismatch("a text")),
        }
    }

    #[inline(never)]
    fn items(self) -> Result<Items, Error> {
        match self.0 {
            Value::Array(items) => Ok(Items(items.into_iter())),
            _ => Err(mismatch("an array")),
        }
    }

    #[inline(never)]
    fn members(self) -> Result<Members, Error> {
        match self.0 {
            Value::Object(members) => Ok(Members { rest: members.into_iter(), value: None }),
            _ => Err(mismatch("an object")),
        }
    }

    #[inline(never)]
    fn variant(self) -> Result<Variant, Error> {
        match self.0 {
            Value::String(name) => Ok(Variant { name, content: None }),
            Value::Object(members) if members.len() == 1 => {
                let (name, content) = members.into_iter().next().unwrap_or_default();
                Ok(Variant { name, content: Some(Self(content)) })
            }
            _ => Err(mismatch("a variant")),
        }
    }
}

macro_rules! by {
    ($take:ident, $visit:ident: $($method:ident)+) => {
        $(fn $method<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
            visitor.$visit(self.$take()?)
        })+
    };
}

impl<'de> Deserializer<'de> for Node {
    type Error = Error;

    by!(bool, visit_bool: deserialize_bool);
    by!(signed, visit_i64: deserialize_i8 deserialize_i16 deserialize_i32 deserialize_i64);
    by!(unsigned, visit_u64: deserialize_u8 deserialize_u16 deserialize_u32 deserialize_u64);
    by!(float, visit_f64: deserialize_f32 deserialize_f64);
    by!(text, visit_string: deserialize_str deserialize_string deserialize_char deserialize_identifier);
    by!(items, visit_seq: deserialize_seq);
    by!(members, visit_map: deserialize_map);

    /// For types that look at what comes, as tagged enums do.
    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        match self.0 {
            Value::Null => visitor.visit_unit(),
            Value::Bool(value) => visitor.visit_bool(value),
            Value::Number(ref number) => match (number.as_u64(), number.as_i64()) {
                (Some(value), _) => visitor.visit_u64(value),
                (None, Some(value)) => visitor.visit_i64(value),
                (None, None) => visitor.visit_f64(self.float()?),
            },
            Value::String(text) => visitor.visit_string(text),
            Value::Array(_) => visitor.visit_seq(self.items()?),
            Value::Object(_) => visitor.visit_map(self.members()?),
        }
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        if self.0.is_null() { visitor.visit_none() } else { visitor.visit_some(self) }
    }

    fn deserialize_unit<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        if self.0.is_null() { visitor.visit_unit() } else { Err(mismatch("nothing")) }
    }

    fn deserialize_unit_struct<V: Visitor<'de>>(self, _: &'static str, visitor: V) -> Result<V::Value, Error> {
        self.deserialize_unit(visitor)
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(self, _: &'static str, visitor: V) -> Result<V::Value, Error> {
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_tuple<V: Visitor<'de>>(self, _: usize, visitor: V) -> Result<V::Value, Error> {
        self.deserialize_seq(visitor)
    }

    fn deserialize_tuple_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: usize,
        visitor: V,
    ) -> Result<V::Value, Error> {
        self.deserialize_seq(visitor)
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Error> {
        self.deserialize_map(visitor)
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Error> {
        visitor.visit_enum(self.variant()?)
    }

    fn deserialize_ignored_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        visitor.visit_unit()
    }

    fn deserialize_bytes<V: Visitor<'de>>(self, _: V) -> Result<V::Value, Error> {
        Err(mismatch("no octets"))
    }

    fn deserialize_byte_buf<V: Visitor<'de>>(self, _: V) -> Result<V::Value, Error> {
        Err(mismatch("no octets"))
    }
}

struct Items(std::vec::IntoIter<Value>);

impl<'de> SeqAccess<'de> for Items {
    type Error = Error;

    fn next_element_seed<T: DeserializeSeed<'de>>(&mut self, seed: T) -> Result<Option<T::Value>, Error> {
        self.0.next().map(|value| seed.deserialize(Node(value))).transpose()
    }

    fn size_hint(&self) -> Option<usize> {
        Some(self.0.len())
    }
}

struct Members {
    rest: serde_json::map::IntoIter,
    value: Option<Value>,
}

impl Members {
    #[inline(never)]
    fn next(&mut self) -> Option<StringDeserializer<Error>> {
        let (key, value) = self.rest.next()?;
        self.value = Some(value);
        Some(key.into_deserializer())
    }

    #[inline(never)]
    fn value(&mut self) -> Node {
        Node(self.value.take().unwrap_or_default())
    }
}

impl<'de> MapAccess<'de> for Members {
    type Error = Error;

    fn next_key_seed<K: DeserializeSeed<'de>>(&mut self, seed: K) -> Result<Option<K::Value>, Error> {
        self.next().map(|key| seed.deserialize(key)).transpose()
    }

    fn next_value_seed<V: DeserializeSeed<'de>>(&mut self, seed: V) -> Result<V::Value, Error> {
        seed.deserialize(self.value())
    }
}

/// An enum's variant: its name alone, or with its content.
struct Variant {
    name: String,
    content: Option<Node>,
}

impl<'de> EnumAccess<'de> for Variant {
    type Error = Error;
    type Variant = Content;

    fn variant_seed<V: DeserializeSeed<'de>>(self, seed: V) -> Result<(V::Value, Content), Error> {
        let name: StringDeserializer<Error> = self.name.into_deserializer();
        Ok((seed.deserialize(name)?, Content(self.content)))
    }
}

struct Content(Option<Node>);

impl Content {
    #[inline(never)]
    fn node(self) -> Node {
        self.0.unwrap_or(Node(Value::Null))
    }
}

impl<'de> VariantAccess<'de> for Content {
    type Error = Error;

    fn unit_variant(self) -> Result<(), Error> {
        match self.0 {
            None => Ok(()),
            Some(_) => Err(mismatch("a variant without content")),
        }
    }

    fn newtype_variant_seed<T: DeserializeSeed<'de>>(self, seed: T) -> Result<T::Value, Error> {
        seed.deserialize(self.node())
    }

    fn tuple_variant<V: Visitor<'de>>(self, _: usize, visitor: V) -> Result<V::Value, Error> {
        self.node().deserialize_seq(visitor)
    }

    fn struct_variant<V: Visitor<'de>>(self, _: &'static [&'static str], visitor: V) -> Result<V::Value, Error> {
        self.node().deserialize_map(visitor)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use shared::{api::access::Language, error::Problem};
    use std::collections::BTreeMap;

    #[derive(Debug, PartialEq, Deserialize)]
    struct All {
        flag: bool,
        small: i8,
        large: u64,
        fraction: f64,
        text: String,
        maybe: Option<u32>,
        #[serde(default)]
        absent: Option<String>,
        list: Vec<Newtype>,
        map: BTreeMap<String, i64>,
        pair: (u8, String),
        kind: Vec<Kind>,
        nothing: (),
    }

    #[derive(Debug, PartialEq, Deserialize)]
    struct Newtype(i64);

    #[derive(Debug, PartialEq, Deserialize)]
    #[serde(rename_all = "snake_case")]
    enum Kind {
        Bare,
        Of(u8),
        With { name: String },
        Two(u8, u8),
    }

    const ALL: &str = r#"{"flag":true,"small":-7,"large":18446744073709551615,"fraction":2,"text":"ñ\n","maybe":null,
        "list":[1,-2],"map":{"a":1},"pair":[1,"b"],"kind":["bare",{"of":3},{"with":{"name":"x"}},{"two":[1,2]}],
        "nothing":null,"unknown":[{"deep":1}]}"#;

    #[test]
    fn reads_what_serde_json_reads() {
        let ours: All = read(ALL).unwrap();
        assert_eq!(ours, serde_json::from_str(ALL).unwrap());
        let ping = r#"{"type":"ping","now":"2026-10-01T10:00:00.000Z"}"#;
        assert_eq!(read_frame(ping).unwrap(), serde_json::from_str(ping).unwrap());
        let event = r#"{"type":"event","seq":7,"at":"2026-10-01T10:00:00.000Z",
            "event":{"kind":"campaign_changed","campaign_id":3}}"#;
        assert_eq!(read_frame(event).unwrap(), serde_json::from_str(event).unwrap());
        let problem = r#"{"type":"about:blank","title":"Invalid","status":422,"code":"invalid","request_id":"r",
            "errors":[{"pointer":"/name","rule":"too_long","max":5,"message":"is too long"}]}"#;
        assert_eq!(read::<Problem>(problem).unwrap(), serde_json::from_str(problem).unwrap());
        assert_eq!(read::<Option<Language>>("null").unwrap(), None);
    }

    /// Every kind of frame and of event, as the server writes it.
    #[test]
    fn frames_are_read_as_they_are_written() {
        let at = Timestamp::from_millis(1_790_000_000_000);
        let (conversation_id, interaction_id, message_id) = (ConversationId(1), InteractionId(2), MessageId(3));
        let (campaign_id, user_id) = (CampaignId(4), UserId(5));
        let me = AgentState {
            user_id,
            mode: shared::api::presence::AgentMode::Break,
            break_code: Some("lunch".into()),
            since: at,
            online: true,
            wrap_up_until: None,
            in_call: false,
            external_until: Some(at),
            other_channels: [("chat".to_owned(), 2)].into(),
        };
        let row: InteractionSummary = crate::state::rows::tests::row(1, 2, 30);
        let events = vec![
            LiveEvent::InteractionChanged { interaction: row.clone() },
            LiveEvent::MessageAdded { conversation_id, interaction_id: None, message_id },
            LiveEvent::DeliveryChanged {
                conversation_id,
                message_id,
                delivery: Delivery::Queued,
                due_at: Some(at),
                last_reply: Some("451 4.7.1 later".into()),
            },
            LiveEvent::AgentStateChanged { state: me.clone() },
            LiveEvent::CampaignChanged { campaign_id },
            LiveEvent::SettingsChanged {},
            LiveEvent::TemplateChanged { template_id: TemplateId(6) },
            LiveEvent::RatingGiven { conversation_id, interaction_id, message_id, score: 5 },
            LiveEvent::AccountHealthChanged { campaign_id, health: AccountHealth::Failing, last_error: None },
            LiveEvent::RightsChanged { user_id },
            LiveEvent::SessionsRevoked { user_id, session_ids: vec![SessionId(7)] },
        ];
        let frames = events.into_iter().map(|event| ServerFrame::Event { seq: Seq(9), at, event });
        let others =
            [ServerFrame::Ping { now: at }, ServerFrame::Snapshot { seq: Seq(8), now: at, me, active: vec![row] }];
        for frame in frames.chain(others) {
            assert_eq!(read_frame(&serde_json::to_string(&frame).unwrap()).unwrap(), frame);
        }
        for wrong in ["{}", "[]", r#"{"type":"strange"}"#, r#"{"type":"ping"}"#, r#"{"now":1}"#] {
            assert!(read_frame(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn what_does_not_fit_is_refused_and_named() {
        for (found, wanted) in [("\"true\"", "true"), ("1", "true"), ("null", "true")] {
            assert!(read::<All>(&ALL.replacen(wanted, found, 1)).is_err(), "{found}");
        }
        for (from, to) in [
            ("-7", "300"),
            ("\"pair\":[1,", "\"pair\":[1,2,"),
            ("{\"of\":3}", "{\"of\":3,\"bare\":0}"),
            ("\"bare\"", "\"strange\""),
            ("\"bare\"", "{\"bare\":1}"),
            ("[1,-2]", "{}"),
            ("{\"a\":1}", "[]"),
            ("\"flag\":true,", ""),
            ("}", ""),
        ] {
            assert!(read::<All>(&ALL.replacen(from, to, 1)).is_err(), "{from} → {to}");
        }
        // serde_json takes it; nothing of ours is sent so.
        assert!(read::<Newtype>("[1]").is_err());
        let error = read::<All>(&ALL.replacen("true", "[]", 1)).unwrap_err();
        assert_eq!(error.to_string(), "expected a boolean");
    }
}
