//! What a browser has to load, and how long it takes until the tray can be used.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use serde::Deserialize;

use super::Options;
use super::report::{Bound, Row};
use super::stand::{LIMIT, Stand};
use crate::error::{Doing, LabError};
use crate::posta::{PostaError, SIGN_IN_PASSWORD};

#[derive(Deserialize)]
struct Manifest {
    assets: BTreeMap<String, Asset>,
}

#[derive(Deserialize)]
struct Asset {
    brotli: u32,
    lazy: bool,
}

/// Milliseconds from the start of navigation until the tray shows its first row.
#[derive(Deserialize)]
struct UntilTray {
    cold: Vec<f64>,
    warm: Vec<f64>,
}

pub fn measure(options: &Options) -> Result<Vec<Row>, PostaError> {
    let root = repository();
    let mut rows = Vec::new();
    match size(&root.join("frontend/dist/manifest.json"))? {
        Some(kilobytes) => rows.push(
            Row::figure("page: wasm + js + css, brotli", "KB", kilobytes)
                .bars(Bound::AtMost(500.0), Bound::AtMost(300.0))
                .note("without the editor, which is loaded when needed"),
        ),
        None => return Ok(rows),
    }
    let script = root.join("e2e/bench/tray.mjs");
    if root.join("e2e/browser/node_modules/playwright-core").is_dir() && script.is_file() {
        let times = until_tray(options, &script)?;
        let row = |name: &str, values: &[f64], must: f64, aim: f64| {
            Row::figure(name, "s", super::stats::median(values) / 1_000.0).bars(Bound::AtMost(must), Bound::AtMost(aim))
        };
        rows.push(row("page → tray usable, cold, 4 × CPU throttle", &times.cold, 2.5, 1.5));
        rows.push(row("page → tray usable, warm, 4 × CPU throttle", &times.warm, 1.2, 0.7));
    }
    Ok(rows)
}

fn repository() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().map(Path::to_path_buf).unwrap_or_default()
}

/// Kilobytes of what every agent's browser loads; `None` when the page was not built.
fn size(manifest: &Path) -> Result<Option<f64>, LabError> {
    let Ok(text) = std::fs::read_to_string(manifest) else { return Ok(None) };
    let manifest: Manifest = serde_json::from_str(&text).doing("reading the page's manifest")?;
    let first: u32 = manifest.assets.values().filter(|asset| !asset.lazy).map(|asset| asset.brotli).sum();
    Ok(Some(f64::from(first) / 1_000.0))
}

fn until_tray(options: &Options, script: &Path) -> Result<UntilTray, PostaError> {
    let stand = Stand::new(options)?;
    let (campaign, account) = stand.campaign("Página")?;
    let agent = stand.office.hire("ana", &[campaign.id])?;
    for number in 0..20 {
        let from = format!("c{number}@cliente.test");
        let raw = format!(
            "From: {from}\r\nTo: {}\r\nSubject: P{number}\r\nMessage-ID: <p{number}@cliente.test>\r\n\r\nHola.\r\n",
            account.address
        );
        stand.lab.deliver(raw.as_bytes(), &from, &account.address)?;
    }
    agent.live.wait("a full tray", LIMIT, |state| (state.active.len() == 20).then_some(()))?;
    let done = Command::new("node")
        .arg(script)
        .args([&stand.office.posta.base_url(), "ana", SIGN_IN_PASSWORD, &options.rounds.to_string()])
        .stdin(Stdio::null())
        .output()
        .map_err(|_| LabError::MissingProgram { program: "node".into(), package: "nodejs".into() })?;
    if !done.status.success() {
        return Err(LabError::Usage(format!("the browser: {}", String::from_utf8_lossy(&done.stderr))).into());
    }
    Ok(serde_json::from_slice(&done.stdout).doing("reading the browser's times")?)
}
