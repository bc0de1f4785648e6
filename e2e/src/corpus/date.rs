//! Dates in headers (RFC 5322 §3.3).

/// Days of a week that began on the day of the epoch, a Thursday.
const DAYS: [&str; 7] = ["Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed"];
const MONTHS: [&str; 12] = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

/// The date of a header in a time zone so many minutes east of UTC.
pub fn header_date(ms: i64, zone_minutes: i64) -> String {
    let local = ms.div_euclid(1_000) + zone_minutes * 60;
    let (days, second) = (local.div_euclid(86_400), local.rem_euclid(86_400));
    let (year, month, day) = civil(days);
    let name = |names: &[&'static str], index: i64| {
        usize::try_from(index).ok().and_then(|index| names.get(index).copied()).unwrap_or_default()
    };
    format!(
        "{}, {day} {} {year} {:02}:{:02}:{:02} {}{:02}{:02}",
        name(&DAYS, days.rem_euclid(7)),
        name(&MONTHS, month - 1),
        second / 3_600,
        second / 60 % 60,
        second % 60,
        if zone_minutes < 0 { '-' } else { '+' },
        zone_minutes.abs() / 60,
        zone_minutes.abs() % 60,
    )
}

/// Year, month and day of a day counted from the epoch, in the Gregorian calendar. Counts in eras of 400 years from
/// 1 March, so that the leap day is the last of its year.
fn civil(days: i64) -> (i64, i64, i64) {
    let from_march = days + 719_468;
    let era = from_march.div_euclid(146_097);
    let day_of_era = from_march.rem_euclid(146_097);
    let year_of_era = (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let from_march_month = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * from_march_month + 2) / 5 + 1;
    let month = if from_march_month < 10 { from_march_month + 3 } else { from_march_month - 9 };
    (year_of_era + era * 400 + i64::from(month <= 2), month, day)
}

#[cfg(test)]
mod tests {
    use super::header_date;

    #[test]
    fn known_dates() {
        assert_eq!(header_date(0, 0), "Thu, 1 Jan 1970 00:00:00 +0000");
        assert_eq!(header_date(1_709_164_799_000, 0), "Wed, 28 Feb 2024 23:59:59 +0000");
        assert_eq!(header_date(1_709_164_799_000, 60), "Thu, 29 Feb 2024 00:59:59 +0100");
        assert_eq!(header_date(1_795_305_600_000, -210), "Sat, 21 Nov 2026 20:30:00 -0330");
    }
}
