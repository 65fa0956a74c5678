# The pages: packages of the lock file, then `web/dist`. Node stays here.
FROM node:22-bookworm-slim AS pages
WORKDIR /src/web
# All of it: npm installs for the workspace folders that it finds. Not `npm ci`: see scripts/install.sh.
COPY web .
RUN PLAYWRIGHT_SKIP_BROWSER_DOWNLOAD=1 npm install --no-save --no-audit --no-fund && npm run build

# Build: the toolchain stays here.
FROM rust:1.95-bookworm AS build
WORKDIR /src
COPY . .
COPY --from=pages /src/web/dist web/dist
RUN cargo build --release --locked -p api

# Run: the binary, a certificate store and an unprivileged user. The database is a service of its own (docker-compose.yml).
FROM debian:bookworm-slim
RUN apt-get update && apt-get install -y --no-install-recommends ca-certificates curl \
 && rm -rf /var/lib/apt/lists/* && useradd --system --uid 10001 ledger
COPY --from=build /src/target/release/credit-ledger /usr/local/bin/credit-ledger
USER ledger
ENV CREDIT_LEDGER_LISTEN=0.0.0.0:8080
EXPOSE 8080
HEALTHCHECK --interval=10s --timeout=3s --start-period=10s CMD curl -fsS http://127.0.0.1:8080/healthz || exit 1
ENTRYPOINT ["credit-ledger"]
CMD ["serve"]
