//! Stored files: what is collected, and what must not be.

use crate::support::{TestApp, block_on, insert_desk, insert_mail};
use posta::{
    files::sweep::{GRACE, Sweep},
    kernel::storage::{Blob, Blobs},
};
use std::{
    fs::File,
    path::PathBuf,
    time::{Duration, SystemTime},
};

fn path(app: &TestApp, blob: &Blob) -> PathBuf {
    let sha256 = &blob.sha256;
    app.dir().join("blobs").join(&sha256[..2]).join(&sha256[2..4]).join(sha256)
}

fn put(app: &TestApp, content: &str) -> Blob {
    block_on(app.posta.core.blobs.put(content.into())).unwrap()
}

/// As if its file had been written two days ago. What shall stay must be registered before: the sweep that every Posta
/// begins with may come at any moment.
fn age(app: &TestApp, blob: &Blob) {
    let file = File::options().write(true).open(path(app, blob)).unwrap();
    file.set_modified(SystemTime::now() - GRACE * 2).unwrap();
}

both_engines! {
    // Files are put before the transaction that names them: of one that failed no row tells.
    fn a_file_of_which_no_row_knows_is_collected(app) {
        let core = &app.posta.core;
        let lost = put(&app, "of a transaction that failed");
        let fresh = put(&app, "of one that is under way");
        let (sent, upload) = (put(&app, "of a mail that waits"), put(&app, "of a file that nobody sent"));
        app.write(|conn| {
            let (now, before) = (core.now(), core.now().minus(GRACE * 2));
            Blobs::register(conn, &sent, before)?;
            Blobs::register(conn, &upload, now)?;
            let desk = insert_desk(conn, "ventas")?;
            insert_mail(conn, desk, &sent.sha256, now.plus(GRACE), now)?;
            Ok(())
        });
        for blob in [&lost, &sent, &upload] {
            age(&app, blob);
        }
        let there = |blob: &Blob| path(&app, blob).exists();
        let mut sweep = Sweep::default();
        assert!(block_on(sweep.tick(core)).unwrap() > Duration::from_secs(600));
        assert_eq!([&lost, &fresh, &sent, &upload].map(there), [false, true, true, true]);
        app.advance(GRACE + Duration::from_secs(1));
        block_on(Sweep::default().tick(core)).unwrap();
        assert_eq!([&fresh, &sent, &upload].map(there), [true, true, false]);
    }
}
