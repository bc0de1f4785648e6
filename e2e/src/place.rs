//! The private directories of a lab, and the watcher that clears up whatever happens to the process that owns them.

use std::fs;
use std::io::Write;
use std::os::unix::fs::{DirBuilderExt, PermissionsExt};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError};

use crate::error::{Doing, LabError};
use crate::system;

/// Where a lab keeps its files: `root` for data and logs, `run` for sockets, whose paths may have at most 107 bytes.
///
/// Both are removed when the place is dropped, but `root` stays after [`Place::keep`] or with `POSTA_LAB_KEEP` set. A small
/// shell process watches the owner: should it die by a signal, the servers are stopped and the directories removed too.
#[derive(Debug)]
pub struct Place {
    root: PathBuf,
    run: PathBuf,
    kept: AtomicBool,
    watcher: Mutex<Option<(Child, ChildStdin)>>,
}

/// Reads `add <pid> <signal>`, `del <pid>` and `keep`; at the end of input it ends what is left and removes the
/// two directories given. A server leads its own process group, hence the negative numbers.
const WATCHER: &str = r#"
pids=""; keep=no
while read -r verb pid signal; do
  case "$verb" in
    add) pids="$pids $pid:$signal" ;;
    del) rest=""; for p in $pids; do [ "${p%%:*}" = "$pid" ] || rest="$rest $p"; done; pids="$rest" ;;
    keep) keep=yes ;;
  esac
done
alive() { for p in $pids; do kill -0 "${p%%:*}" 2>/dev/null && return 0; done; return 1; }
for p in $pids; do kill "-${p##*:}" "${p%%:*}" 2>/dev/null; done
n=0; while [ $n -lt 50 ] && alive; do sleep 0.1; n=$((n+1)); done
for p in $pids; do kill -KILL "-${p%%:*}" 2>/dev/null; done
rm -rf "$2"; [ $keep = yes ] || rm -rf "$1"
"#;

impl Place {
    /// Makes the directories below `base`, or below the build's target directory when none is given.
    ///
    /// # Errors
    /// When a directory cannot be made or no shell can be started.
    pub fn new(base: Option<&Path>) -> Result<Self, LabError> {
        let unique = system::unique();
        let base = base.map_or_else(default_base, Path::to_path_buf);
        fs::create_dir_all(&base).doing(format_args!("making {}", base.display()))?;
        let root = base.join(&unique);
        make(&root)?;
        let run = std::env::temp_dir().join(format!("posta-{unique}"));
        let run = if run.as_os_str().len() > 60 { PathBuf::from(format!("/tmp/posta-{unique}")) } else { run };
        make(&run)?;
        make(&root.join("log"))?;
        let mut child = Command::new("/bin/sh")
            .args(["-c", WATCHER, "posta-lab-watcher"])
            .args([&root, &run])
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .current_dir("/")
            .process_group(0)
            .spawn()
            .doing("starting the lab's watcher")?;
        let watcher = child.stdin.take().map(|stdin| (child, stdin));
        let place = Self { root, run, kept: AtomicBool::new(false), watcher: Mutex::new(watcher) };
        if std::env::var_os("POSTA_LAB_KEEP").is_some() {
            place.keep();
        }
        Ok(place)
    }

    /// Data and logs.
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// Sockets; a short path.
    pub fn run(&self) -> &Path {
        &self.run
    }

    /// The file to which a server writes its log.
    pub fn log(&self, server: &str) -> PathBuf {
        self.root.join("log").join(format!("{server}.log"))
    }

    /// Makes a directory below `root` that every user may enter.
    pub(crate) fn directory(&self, name: &str) -> Result<PathBuf, LabError> {
        let path = self.root.join(name);
        make(&path)?;
        Ok(path)
    }

    /// Keeps the directories, for a look at the logs after a failure.
    pub fn keep(&self) {
        if !self.kept.swap(true, Ordering::Relaxed) {
            self.tell("keep");
        }
    }

    /// Lets the watcher end this process group should we die first.
    pub(crate) fn watch(&self, pid: u32, signal: &str) {
        self.tell(&format!("add {pid} {signal}"));
    }

    /// The process is gone; its number may be given to another one.
    pub(crate) fn forget(&self, pid: u32) {
        self.tell(&format!("del {pid}"));
    }

    fn tell(&self, line: &str) {
        let mut watcher = self.watcher.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((_, stdin)) = watcher.as_mut() {
            // A watcher that is gone cannot be told; the orderly way of stopping still works.
            let _ = writeln!(stdin, "{line}").and_then(|()| stdin.flush());
        }
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        if std::thread::panicking() {
            self.keep();
        }
        if self.kept.load(Ordering::Relaxed) {
            let _ = writeln!(std::io::stderr(), "the mail lab's files are kept in {}", self.root.display());
        }
        if let Some((mut child, stdin)) = self.watcher.lock().unwrap_or_else(PoisonError::into_inner).take() {
            drop(stdin);
            let _ = child.wait();
        }
    }
}

fn make(path: &Path) -> Result<(), LabError> {
    fs::DirBuilder::new().mode(0o755).create(path).doing(format_args!("making {}", path.display()))?;
    // The mode above is cut by the umask; the servers' users must be able to enter.
    fs::set_permissions(path, fs::Permissions::from_mode(0o755)).doing(format_args!("opening {}", path.display()))
}

/// The build's target directory: as the environment names it, else the one in which this program lies.
pub fn target_directory() -> Option<PathBuf> {
    let target = std::env::var_os("CARGO_TARGET_DIR").map(PathBuf::from).or_else(|| {
        let program = std::env::current_exe().ok()?;
        program.ancestors().find(|directory| directory.join("CACHEDIR.TAG").is_file()).map(Path::to_path_buf)
    });
    target.map(|target| std::path::absolute(&target).unwrap_or(target))
}

/// `<target>/lab`, or a directory for temporary files when the servers' own users could not enter the former.
pub(crate) fn default_base() -> PathBuf {
    target_directory()
        .filter(|target| enterable(target))
        .unwrap_or_else(std::env::temp_dir)
        .join(if system::is_root() { "lab".into() } else { format!("lab-{}", system::current_owner().uid) })
}

fn enterable(path: &Path) -> bool {
    path.ancestors()
        .all(|directory| fs::metadata(directory).map_or(true, |metadata| metadata.permissions().mode() & 0o001 != 0))
}
