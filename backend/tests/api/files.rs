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

/// A blob whose file was written two days ago.
fn old(app: &TestApp, content: &str) -> Blob {
    let blob = block_on(app.posta.core.blobs.put(content.into())).unwrap();
    let file = File::options().write(true).open(path(app, &blob)).unwrap();
    file.set_modified(SystemTime::now() - GRACE * 2).unwrap();
    blob
}

both_engines! {
    // Files are put before the transaction that names them: of one that failed no row tells.
    fn a_file_of_which_no_row_knows_is_collected(app) {
        let core = &app.posta.core;
        let lost = old(&app, "of a transaction that failed");
        let fresh = block_on(core.blobs.put("of one that is under way".into())).unwrap();
        let (sent, upload) = (old(&app, "of a mail that waits"), old(&app, "of a file that nobody sent"));
        app.write(|conn| {
            let (now, before) = (core.now(), core.now().minus(GRACE * 2));
            Blobs::register(conn, &sent, before)?;
            Blobs::register(conn, &upload, now)?;
            let desk = insert_desk(conn, "ventas")?;
            insert_mail(conn, desk, &sent.sha256, now.plus(GRACE), now)?;
            Ok(())
        });
        let there = |blob: &Blob| path(&app, blob).exists();
        let mut sweep = Sweep::default();
        assert!(block_on(sweep.tick(core)).unwrap() > Duration::from_secs(600));
        assert_eq!([&lost, &fresh, &sent, &upload].map(there), [false, true, true, true]);
        app.advance(GRACE + Duration::from_secs(1));
        block_on(Sweep::default().tick(core)).unwrap();
        assert_eq!([&fresh, &sent, &upload].map(there), [true, true, false]);
    }
}
