//! The anchor of the API: the same framework answering with the same rows, which it has at hand.

use std::io::{self, Write};
use std::path::Path;

use actix_web::{App, HttpResponse, HttpServer, web};
use shared::{api::interactions::InteractionSummary, page::Page};

/// Serves the page of interactions in the file as JSON at `/`, written anew for each answer, on a free loopback port, tells the port on standard output, and runs until
/// standard input ends.
///
/// # Errors
/// The file cannot be read or holds something else, or nothing can be bound.
pub fn serve(file: &Path) -> io::Result<()> {
    let page: Page<InteractionSummary> = serde_json::from_slice(&std::fs::read(file)?)?;
    let page = web::Data::new(page);
    actix_web::rt::System::new().block_on(async move {
        let server = HttpServer::new(move || App::new().app_data(page.clone()).route("/", web::get().to(answer)))
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

async fn answer(page: web::Data<Page<InteractionSummary>>) -> HttpResponse {
    HttpResponse::Ok().json(page.get_ref())
}
