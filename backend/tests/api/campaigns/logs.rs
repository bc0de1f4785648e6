//! Watches what this process logs for a secret that must not be there.

use std::{
    io::Write,
    sync::{
        Arc, OnceLock,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
};

/// What was seen of the logs.
#[derive(Clone)]
pub struct Watch {
    secret: &'static str,
    lines: Arc<AtomicUsize>,
    met: Arc<AtomicBool>,
}

impl Watch {
    /// How many lines were logged.
    pub fn lines(&self) -> usize {
        self.lines.load(Ordering::SeqCst)
    }

    /// Whether the secret was among them.
    pub fn met(&self) -> bool {
        self.met.load(Ordering::SeqCst)
    }
}

impl Write for Watch {
    fn write(&mut self, line: &[u8]) -> std::io::Result<usize> {
        self.lines.fetch_add(1, Ordering::SeqCst);
        let secret = self.secret.as_bytes();
        if line.windows(secret.len()).any(|part| part == secret) {
            self.met.store(true, Ordering::SeqCst);
        }
        Ok(line.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

/// Watches all logs of this process from now on; of the product itself, every detail.
pub fn watch_for(secret: &'static str) -> Watch {
    static WATCH: OnceLock<Watch> = OnceLock::new();
    let start = || {
        let watch = Watch { secret, lines: Arc::default(), met: Arc::default() };
        let writer = watch.clone();
        tracing_subscriber::fmt().with_env_filter("info,posta=trace").with_writer(move || writer.clone()).init();
        watch
    };
    WATCH.get_or_init(start).clone()
}
