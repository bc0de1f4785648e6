# syntax=docker/dockerfile:1
# One program with the page inside, on Debian, as an ordinary user. Data lives in the volume /var/lib/posta.

FROM rust:1.95-slim-trixie AS build
RUN apt-get update \
 && apt-get install --no-install-recommends -y gcc libc6-dev libpq-dev make nodejs npm \
 && rm -rf /var/lib/apt/lists/* \
 && rustup target add wasm32-unknown-unknown
WORKDIR /src
COPY . .
ENV POSTA_CACHE=/cache
RUN --mount=type=cache,target=/cache \
    --mount=type=cache,target=/usr/local/cargo/registry \
    export CARGO_TARGET_DIR=/cache/target \
 && .ci/npm-ci frontend \
 && cargo run --quiet --locked --package posta-bundle -- --check-budget \
 && cargo build --locked --profile dist --package posta \
 && install -D --mode=755 --strip /cache/target/dist/posta /out/posta

FROM debian:trixie-slim
ARG VERSION=dev
ARG REVISION=unknown
LABEL org.opencontainers.image.title="Posta" \
      org.opencontainers.image.description="The e-mail channel for contact centres" \
      org.opencontainers.image.licenses="Apache-2.0" \
      org.opencontainers.image.version="${VERSION}" \
      org.opencontainers.image.revision="${REVISION}"
RUN apt-get update \
 && apt-get install --no-install-recommends -y ca-certificates libpq5 \
 && rm -rf /var/lib/apt/lists/* \
 && useradd --uid 10001 --user-group --no-create-home --home-dir /var/lib/posta --shell /usr/sbin/nologin posta \
 && install --directory --owner=posta --group=posta --mode=750 /var/lib/posta
COPY --from=build /out/posta /usr/local/bin/posta
USER posta
WORKDIR /var/lib/posta
ENV POSTA__DATA__DIR=/var/lib/posta \
    POSTA__SERVER__LISTEN=0.0.0.0:8080
VOLUME /var/lib/posta
EXPOSE 8080
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=15s --timeout=5s --start-period=20s CMD ["posta", "healthcheck"]
ENTRYPOINT ["posta"]
CMD ["serve"]
