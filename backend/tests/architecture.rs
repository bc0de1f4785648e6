//! Who may know whom (the rules of the design): `mail` knows neither kernel nor rooms, the kernel knows no room, rooms
//! know only the rooms below them; inside a room routes know the service, the service the queries. The present is told
//! by one clock, and what differs between the engines stands in one file.
#![expect(clippy::unwrap_used, clippy::string_slice, reason = "tests and their helpers fail by panicking")]

use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
};

/// Rooms from the ground up; those of one line do not know each other.
const ORDER: &[&[&str]] = &[
    &["access", "files"],
    &["templates"],
    &["campaigns"],
    &["presence", "outbox"],
    &["tracking", "ratings"],
    &["conversations", "lists"],
    &["routing", "dialers"],
    &["inbox"],
    &["recordings", "supervision", "operations"],
    &["integrations"],
];

/// Files that join the rooms.
const COMPOSITION: &[&str] = &["app.rs", "housekeeping.rs", "lib.rs", "live_gate.rs", "main.rs"];

fn src() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("src")
}

struct Source {
    /// Path below `src`.
    path: String,
    /// Code without comments.
    code: String,
}

impl Source {
    /// First segment of the path.
    fn module(&self) -> &str {
        self.path.split('/').next().unwrap()
    }

    /// Whether it is the room's file, or in the room's folder, of this name.
    fn is(&self, part: &str) -> bool {
        let rest = self.path.split_once('/').map_or("", |(_, rest)| rest);
        rest == format!("{part}.rs") || rest.starts_with(&format!("{part}/"))
    }

    /// Modules of this crate that it names.
    fn knows(&self) -> BTreeSet<String> {
        let mut known = BTreeSet::new();
        for (at, _) in self.code.match_indices("crate::") {
            // `$crate` of a macro names the same.
            let rest = &self.code[at + "crate::".len()..];
            if let Some(group) = rest.strip_prefix('{') {
                let mut depth = 0;
                let mut start = 0;
                for (at, sign) in group.char_indices() {
                    match sign {
                        '{' => depth += 1,
                        ',' if depth == 0 => {
                            known.extend(first_name(&group[start..at]));
                            start = at + 1;
                        }
                        '}' if depth == 0 => {
                            known.extend(first_name(&group[start..at]));
                            break;
                        }
                        '}' => depth -= 1,
                        _ => {}
                    }
                }
            } else {
                known.extend(first_name(rest));
            }
        }
        known
    }
}

fn first_name(text: &str) -> Option<String> {
    let name: String = text.trim_start().chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect();
    (!name.is_empty()).then_some(name)
}

fn sources() -> Vec<Source> {
    let mut files = Vec::new();
    walk(&src(), &mut files);
    let read = |path: PathBuf| {
        let text = fs::read_to_string(&path).unwrap();
        let code: Vec<&str> = text.lines().map(|line| line.split("//").next().unwrap_or("")).collect();
        Source { path: path.strip_prefix(src()).unwrap().to_str().unwrap().to_owned(), code: code.join("\n") }
    };
    let all: Vec<Source> = files.into_iter().map(read).collect();
    assert!(all.len() > 50);
    all
}

fn walk(dir: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(dir).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            walk(&path, found);
        } else if path.extension().is_some_and(|kind| kind == "rs") {
            found.push(path);
        }
    }
}

fn rank(room: &str) -> Option<usize> {
    ORDER.iter().position(|line| line.contains(&room))
}

fn modules() -> BTreeSet<String> {
    let all = sources();
    let inside = all.iter().filter(|source| !COMPOSITION.contains(&source.path.as_str()));
    inside.map(|source| source.module().trim_end_matches(".rs").to_owned()).collect()
}

#[test]
fn every_room_has_its_place() {
    for module in modules() {
        assert!(
            matches!(module.as_str(), "kernel" | "mail") || rank(&module).is_some(),
            "{module} is no declared room"
        );
    }
}

#[test]
fn modules_know_only_what_is_below_them() {
    let modules = modules();
    let mut faults = Vec::new();
    for source in sources().iter().filter(|source| !COMPOSITION.contains(&source.path.as_str())) {
        let module = source.module().trim_end_matches(".rs");
        for known in source.knows().iter().filter(|known| modules.contains(*known) && known.as_str() != module) {
            let may = match module {
                "mail" => false,
                // The kernel's network helpers (TLS, host policy) may not come from mail either.
                "kernel" => false,
                room => matches!(known.as_str(), "kernel" | "mail") || rank(known) < rank(room),
            };
            if !may {
                faults.push(format!("{} knows {known}", source.path));
            }
        }
    }
    assert!(faults.is_empty(), "{faults:#?}");
}

#[test]
fn layers_inside_a_room_look_down_only() {
    let mut faults = Vec::new();
    for source in sources().iter().filter(|source| rank(source.module()).is_some()) {
        let mut refuse = |part: &str, words: &[&str]| {
            if source.is(part) {
                let named = words.iter().filter(|word| source.code.contains(**word));
                faults.extend(named.map(|word| format!("{} names {word}", source.path)));
            }
        };
        refuse("routes", &["queries::", "diesel::", ".db.write(", ".write_here("]);
        refuse("service", &["actix_web::", "routes::"]);
        refuse("queries", &["actix_web::", "routes::", "service::", ".db.write(", ".write_here("]);
        refuse("rows", &["actix_web::", "routes::", "service::", "queries::"]);
    }
    assert!(faults.is_empty(), "{faults:#?}");
}

#[test]
fn one_clock_tells_the_present() {
    for source in sources() {
        if source.path == "kernel/clock.rs" {
            continue;
        }
        for word in ["SystemTime::now", "Utc::now", "Local::now", "CURRENT_TIMESTAMP", "now()::"] {
            assert!(!source.code.contains(word), "{} asks {word}", source.path);
        }
    }
}

#[test]
fn what_differs_between_engines_stands_in_one_file() {
    for source in sources() {
        if source.path.starts_with("kernel/db/") {
            continue;
        }
        for word in [".on_conflict(", ".for_update()", ".skip_locked()", "Connection::Sqlite(", "Connection::Postgres("]
        {
            assert!(!source.code.contains(word), "{} names {word}", source.path);
        }
    }
}

#[test]
fn page_and_server_share_types_and_nothing_else() {
    let manifest = |path: &str| fs::read_to_string(src().join("../..").join(path)).unwrap();
    let names = |text: &str, name: &str| text.lines().any(|line| line.starts_with(name));
    assert!(!names(&manifest("shared/Cargo.toml"), "posta"), "shared depends on one of ours");
    let page = manifest("frontend/Cargo.toml");
    assert!(names(&page, "posta-shared"));
    assert!(!names(&page, "posta =") && !names(&page, "posta-e2e"), "the page depends on the server");
    assert!(!names(&manifest("backend/Cargo.toml"), "posta-web"), "the server depends on the page");
}
