//! What a browser has to load, and how long it takes until the tray, or a long list of campaigns, can be used.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use serde::Deserialize;

use super::Options;
use super::report::{Bound, Row};
use super::stand::{LIMIT, Stand};
use crate::error::{Doing, LabError};
use crate::posta::{PostaError, SIGN_IN_PASSWORD, campaign_form};

#[derive(Deserialize)]
struct Manifest {
    assets: BTreeMap<String, Asset>,
}

#[derive(Deserialize)]
struct Asset {
    brotli: u32,
    lazy: bool,
}

/// Campaigns of the long list.
const CAMPAIGNS: usize = 500;

/// Milliseconds from the start of navigation until a list shows its rows.
#[derive(Deserialize)]
struct UntilThere {
    cold: Vec<f64>,
    warm: Vec<f64>,
}

pub fn measure(options: &Options) -> Result<Vec<Row>, PostaError> {
    let root = repository();
    let mut rows = Vec::new();
    match size(&root.join("frontend/dist/manifest.json"))? {
        Some([first, all]) => {
            rows.push(
                Row::figure("page: wasm + js + css + texts, brotli", "KB", first)
                    .bars(Bound::AtMost(500.0), Bound::AtMost(300.0))
                    .note("without the editors, which are loaded when needed"),
            );
            rows.push(Row::figure("… all screens", "KB", all).bars(Bound::AtMost(600.0), Bound::AtMost(360.0)));
        }
        None => return Ok(rows),
    }
    let script = root.join("e2e/bench/open.mjs");
    if root.join("e2e/browser/node_modules/playwright-core").is_dir() && script.is_file() {
        let times = until_tray(options, &script)?;
        let row = |name: &str, values: &[f64], must: f64, aim: f64| {
            Row::figure(name, "s", super::stats::median(values) / 1_000.0).bars(Bound::AtMost(must), Bound::AtMost(aim))
        };
        rows.push(row("page → tray usable, cold, 4 × CPU throttle", &times.cold, 2.5, 1.5));
        rows.push(row("page → tray usable, warm, 4 × CPU throttle", &times.warm, 1.2, 0.7));
        let times = until_campaigns(options, &script)?;
        rows.push(row("page → 500 campaigns listed, cold", &times.cold, 1.0, 0.5));
        rows.push(row("page → 500 campaigns listed, warm", &times.warm, 1.0, 0.5));
    }
    Ok(rows)
}

fn repository() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().map(Path::to_path_buf).unwrap_or_default()
}

/// Kilobytes of what every agent's browser loads, and of all screens: the editors apart, of the languages the heaviest.
/// `None` when the page was not built.
fn size(manifest: &Path) -> Result<Option<[f64; 2]>, LabError> {
    let Ok(text) = std::fs::read_to_string(manifest) else { return Ok(None) };
    let manifest: Manifest = serde_json::from_str(&text).doing("reading the page's manifest")?;
    let is_text = |name: &str| name.starts_with("texts/");
    let texts = manifest.assets.iter().filter(|(name, _)| is_text(name)).map(|(_, asset)| asset.brotli).max();
    let sum = |counts: &dyn Fn(&str, &Asset) -> bool| {
        let code = manifest.assets.iter().filter(|(name, asset)| !is_text(name) && counts(name, asset));
        let code: u32 = code.map(|(_, asset)| asset.brotli).sum();
        f64::from(code.saturating_add(texts.unwrap_or_default())) / 1_000.0
    };
    Ok(Some([sum(&|_, asset| !asset.lazy), sum(&|name, asset| !asset.lazy || !name.starts_with("editor/"))]))
}

fn until_tray(options: &Options, script: &Path) -> Result<UntilThere, PostaError> {
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
    until_there(options, script, &stand, "ana", ["/inbox", "tray-row", "1", "4"])
}

/// Five hundred campaigns that are switched off: the list is what is measured, and no mailbox is needed for it.
fn until_campaigns(options: &Options, script: &Path) -> Result<UntilThere, PostaError> {
    let stand = Stand::new(options)?;
    let (_, account) = stand.campaign("Una de tantas")?;
    for number in 1..CAMPAIGNS {
        let mut form = campaign_form(&stand.lab, &format!("Campaña {number:03}"), &account)?;
        form.account.address = format!("cola{number}@lab.test");
        let _: serde_json::Value = stand.office.admin.post("campaigns?save_disabled=true", &form)?;
    }
    let count = CAMPAIGNS.to_string();
    until_there(options, script, &stand, "admin", ["/admin/campaigns", "campaign-row", &count, "1"])
}

/// `what`: path, test id of a row, rows, and how many times slower the processor is.
fn until_there(
    options: &Options,
    script: &Path,
    stand: &Stand,
    login: &str,
    what: [&str; 4],
) -> Result<UntilThere, PostaError> {
    let done = Command::new("node")
        .arg(script)
        .args([&stand.office.posta.base_url(), login, SIGN_IN_PASSWORD, &options.rounds.to_string()])
        .args(what)
        .stdin(Stdio::null())
        .output()
        .map_err(|_| LabError::MissingProgram { program: "node".into(), package: "nodejs".into() })?;
    if !done.status.success() {
        return Err(LabError::Usage(format!("the browser: {}", String::from_utf8_lossy(&done.stderr))).into());
    }
    Ok(serde_json::from_slice(&done.stdout).doing("reading the browser's times")?)
}
