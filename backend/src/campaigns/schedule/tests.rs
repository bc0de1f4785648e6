use super::*;
use proptest::prelude::*;
use shared::api::schedules::{Holiday, Weekday};

/// Zones with whole and half hours of summer time, with none, and with rules that change within the ten years.
const ZONES: [&str; 8] = [
    "Europe/Madrid",
    "America/Sao_Paulo",
    "America/St_Johns",
    "Australia/Lord_Howe",
    "Asia/Kathmandu",
    "Africa/Casablanca",
    "America/Santiago",
    "UTC",
];

fn span(days: &[Weekday], from: &str, to: &str) -> Span {
    Span { weekdays: days.to_vec(), from: from.into(), to: to.into() }
}

fn schedule(zone: &str, spans: Vec<Span>, holidays: &[&str]) -> Schedule {
    let holidays = holidays.iter().map(|date| Holiday { date: (*date).into(), name: String::new() }).collect();
    Schedule { zone: zone.into(), spans, holidays }
}

fn hours(zone: &str, spans: Vec<Span>, holidays: &[&str]) -> Hours {
    Hours::new(&schedule(zone, spans, holidays)).unwrap()
}

fn at(text: &str) -> Timestamp {
    Timestamp::from_millis(text.parse::<jiff::Timestamp>().unwrap().as_millisecond())
}

fn minutes_open(hours: &Hours, from: &str, to: &str) -> u64 {
    hours.open_time(at(from), at(to)).as_secs() / 60
}

#[test]
fn without_spans_it_is_open_but_on_holidays() {
    let always = hours("Europe/Madrid", vec![], &[]);
    assert!(always.is_open(at("2026-11-22T03:00:00Z")));
    assert_eq!(always.next_change(at("2026-11-22T03:00:00Z")), None);
    let feast = hours("Europe/Madrid", vec![], &["2026-12-25"]);
    assert!(!feast.is_open(at("2026-12-24T23:00:00Z")), "midnight in Madrid");
    assert_eq!(feast.next_change(at("2026-12-20T00:00:00Z")), Some(at("2026-12-24T23:00:00Z")));
    assert_eq!(feast.next_change(at("2026-12-25T12:00:00Z")), Some(at("2026-12-25T23:00:00Z")));
}

#[test]
fn a_span_begins_sharp_and_ends_sharp() {
    let office = hours("Europe/Madrid", vec![span(&[Weekday::Monday], "09:00", "17:30")], &[]);
    // 23 November 2026 is a Monday; Madrid is an hour ahead of UTC.
    for (time, open) in [
        ("2026-11-23T07:59:59.999Z", false),
        ("2026-11-23T08:00:00Z", true),
        ("2026-11-23T16:29:59.999Z", true),
        ("2026-11-23T16:30:00Z", false),
        ("2026-11-24T08:00:00Z", false),
    ] {
        assert_eq!(office.is_open(at(time)), open, "{time}");
    }
    assert_eq!(office.next_change(at("2026-11-23T16:30:00Z")), Some(at("2026-11-30T08:00:00Z")));
    assert_eq!(minutes_open(&office, "2026-11-20T00:00:00Z", "2026-12-05T00:00:00Z"), 2 * 510);
}

#[test]
fn over_midnight_it_belongs_to_the_day_on_which_it_begins() {
    let night = |holidays: &[&str]| hours("Europe/Madrid", vec![span(&[Weekday::Friday], "22:00", "06:00")], holidays);
    // Friday is the 27th.
    let week = ("2026-11-23T00:00:00Z", "2026-11-30T00:00:00Z");
    assert_eq!(minutes_open(&night(&[]), week.0, week.1), 480);
    assert!(night(&[]).is_open(at("2026-11-28T04:59:00Z")));
    assert!(!night(&[]).is_open(at("2026-11-27T04:59:00Z")), "not on the morning of the Friday");
    assert_eq!(minutes_open(&night(&["2026-11-27"]), week.0, week.1), 0, "it does not begin on a holiday");
    assert_eq!(minutes_open(&night(&["2026-11-28"]), week.0, week.1), 120, "it ends where a holiday begins");
    let round = hours("UTC", vec![span(&[Weekday::Friday], "08:00", "08:00")], &[]);
    assert_eq!(minutes_open(&round, week.0, week.1), 1_440, "from a time to the same is a whole day");
    let late = hours(
        "UTC",
        vec![span(&[Weekday::Friday], "20:00", "24:00"), span(&[Weekday::Saturday], "00:00", "02:00")],
        &[],
    );
    assert_eq!(late.next_change(at("2026-11-27T21:00:00Z")), Some(at("2026-11-28T02:00:00Z")), "they touch");
}

#[test]
fn a_minute_of_a_day_is_told_by_its_clock() {
    let hours = Hours::new(&Schedule { zone: "Europe/Madrid".into(), ..Schedule::default() }).unwrap();
    for (day, minute, at, clock) in [
        ("2025-01-01", 0, "2024-12-31T23:00:00Z", "00:00"),
        ("2025-01-01", 1_440, "2025-01-01T23:00:00Z", "00:00"),
        ("2025-07-01", 9 * 60 + 30, "2025-07-01T07:30:00Z", "09:30"),
        // Leapt over in spring; twice in autumn.
        ("2025-03-30", 2 * 60 + 30, "2025-03-30T01:30:00Z", "03:30"),
        ("2025-10-26", 2 * 60 + 30, "2025-10-26T00:30:00Z", "02:30"),
    ] {
        let found = hours.minute_of(day, minute).unwrap();
        assert_eq!(
            (found.to_string().replace(".000", ""), hours.clock(found).as_str()),
            (at.into(), clock),
            "{day} {minute}"
        );
    }
    assert_eq!(hours.minute_of("yesterday", 0), None);
}

#[test]
fn days_on_which_the_clocks_change() {
    let sunday = |from, to| hours("Europe/Madrid", vec![span(&[Weekday::Sunday], from, to)], &[]);
    // In March two o'clock never comes, in October three o'clock comes twice.
    let (spring, autumn) =
        (("2026-03-28T12:00:00Z", "2026-03-29T12:00:00Z"), ("2026-10-24T12:00:00Z", "2026-10-25T12:00:00Z"));
    assert_eq!(minutes_open(&sunday("02:00", "03:00"), spring.0, spring.1), 0);
    assert_eq!(minutes_open(&sunday("02:30", "03:30"), spring.0, spring.1), 30);
    assert_eq!(minutes_open(&sunday("01:00", "05:00"), spring.0, spring.1), 180);
    assert_eq!(minutes_open(&sunday("02:00", "03:00"), autumn.0, autumn.1), 120);
    assert_eq!(minutes_open(&sunday("02:30", "03:30"), autumn.0, autumn.1), 90);
    assert_eq!(minutes_open(&sunday("01:00", "05:00"), autumn.0, autumn.1), 300);
    // 02:00–02:30 is open, closed, and open again when the clock is set back.
    let half = sunday("02:00", "02:30");
    let changes: Vec<Timestamp> =
        std::iter::successors(half.next_change(at(autumn.0)), |last| half.next_change(*last)).take(4).collect();
    let expected = ["2026-10-25T00:00:00Z", "2026-10-25T00:30:00Z", "2026-10-25T01:00:00Z", "2026-10-25T01:30:00Z"];
    assert_eq!(changes, expected.map(at));
}

#[test]
fn what_cannot_be_read_has_no_hours() {
    assert!(Hours::new(&schedule("Mars/Olympus", vec![], &[])).is_none());
    assert!(Hours::new(&schedule("UTC", vec![span(&[Weekday::Monday], "9", "10:00")], &[])).is_none());
    assert!(Hours::new(&schedule("UTC", vec![], &["soon"])).is_none());
    let never = hours("UTC", vec![span(&[Weekday::Monday], "10:00", "11:00")], &[]);
    assert_eq!(never.open_time(at("2026-01-02T00:00:00Z"), at("2026-01-01T00:00:00Z")), Duration::ZERO);
}

fn any_span() -> impl Strategy<Value = Span> {
    let days = proptest::sample::subsequence(Weekday::ALL, 1..=7);
    (days, 0_u16..1_440, 0_u16..=1_440).prop_map(|(days, from, to)| {
        let text = |minutes: u16| format!("{:02}:{:02}", minutes / 60, minutes % 60);
        span(&days, &text(from), &text(to))
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, ..ProptestConfig::default() })]

    /// Against looking at every minute, anywhere within ten years; half of the times around a change of the clocks.
    #[test]
    fn agrees_with_looking_at_every_minute(
        zone in proptest::sample::select(&ZONES[..]),
        spans in proptest::collection::vec(any_span(), 0..4),
        start in 0_i64..5_260_000,
        length in 0_i64..4_000,
        near_change in any::<bool>(),
        feast in 0_i32..4,
    ) {
        // 2020 and the ten years after it, in minutes.
        let origin = jiff::Timestamp::from_second(1_577_836_800).unwrap();
        let mut begin = origin.as_millisecond() + start * 60_000;
        let tz = TimeZone::get(zone).unwrap();
        let end = jiff::Timestamp::from_second(1_893_456_000).unwrap();
        let next = tz.following(jiff::Timestamp::from_millisecond(begin).unwrap()).next();
        if near_change && let Some(change) = next.filter(|change| change.timestamp() < end) {
            begin = change.timestamp().as_millisecond() - length / 2 * 60_000;
        }
        let local = tz.to_datetime(jiff::Timestamp::from_millisecond(begin).unwrap()).date();
        let holiday = plus(local, feast).unwrap().to_string();
        let hours = hours(zone, spans, &[&holiday]);
        let minute = |n: i64| Timestamp::from_millis(begin + n * 60_000);
        let open = (0..length).filter(|n| hours.is_open(minute(*n))).count();
        prop_assert_eq!(hours.open_time(minute(0), minute(length)).as_secs(), u64::try_from(open).unwrap() * 60);
        let now = hours.is_open(minute(0));
        let change = (1..length).find(|n| hours.is_open(minute(*n)) != now).map(minute);
        let told = hours.next_change(minute(0)).filter(|told| *told < minute(length));
        prop_assert_eq!(told, change);
        let all = hours.open_time(minute(0), minute(length));
        if !all.is_zero() {
            let reached = hours.after_open_time(minute(0), all).unwrap();
            prop_assert!(reached <= minute(length));
            prop_assert_eq!(hours.open_time(minute(0), reached), all);
            prop_assert!(hours.open_time(minute(0), Timestamp::from_millis(reached.millis() - 1)) < all);
        }
    }
}
