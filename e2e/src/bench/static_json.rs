//! The anchor of the API: the same framework serving the same octets without doing anything for them.

use std::io::{self, Write};
use std::path::Path;

use actix_web::{App, HttpResponse, HttpServer, web};

/// Serves the file's content as JSON at `/` on a free loopback port, tells the port on standard output, and runs until
/// standard input ends.
///
/// # Errors
/// The file cannot be read, or nothing can be bound.
pub fn serve(file: &Path) -> io::Result<()> {
    let body = web::Bytes::from(std::fs::read(file)?);
    actix_web::rt::System::new().block_on(async move {
        let server = HttpServer::new(move || {
            let body = body.clone();
            App::new().route(
                "/",
                web::get().to(move || {
                    let body = body.clone();
                    async move { HttpResponse::Ok().content_type("application/json").body(body) }
                }),
            )
        })
        .disable_signals()
        .bind("127.0.0.1:0")?;
        let address = server.addrs().first().copied().ok_or_else(|| io::Error::other("nothing was bound"))?;
        writeln!(io::stdout(), "{address}")?;
        let server = server.run();
        let handle = server.handle();
        std::thread::spawn(move || {
            let _ = io::copy(&mut io::stdin(), &mut io::sink());
            // Whoever closed our input does not wait for us.
            drop(handle.stop(false));
            std::process::exit(0);
        });
        server.await
    })
}
