//! Where rooms register their routes. The server has them alone; their descriptions are collected once, when the document is
//! asked for. Collected along the way, as utoipa's own configuration does, each worker thread of the server spent megabytes
//! on a document that nobody reads.

use actix_web::{dev::HttpServiceFactory, web};
use utoipa_actix_web::{OpenApiFactory, service_config::ServiceConfig};

/// What a room's routes are registered with.
pub enum Routes<'c, 's> {
    /// The server.
    Server(&'c mut web::ServiceConfig),
    /// The document.
    Document(&'c mut ServiceConfig<'s>),
}

impl Routes<'_, '_> {
    /// Registers a handler.
    pub fn service<F: HttpServiceFactory + OpenApiFactory + 'static>(&mut self, handler: F) -> &mut Self {
        match self {
            Self::Server(server) => {
                server.service(handler);
            }
            Self::Document(document) => {
                document.service(handler);
            }
        }
        self
    }

    /// Registers what `routes` registers.
    pub fn configure(&mut self, routes: impl FnOnce(&mut Routes<'_, '_>)) -> &mut Self {
        match self {
            Self::Server(server) => routes(&mut Routes::Server(server)),
            Self::Document(document) => routes(&mut Routes::Document(document)),
        }
        self
    }
}
