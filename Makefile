# Every target works on a fresh machine with a Rust toolchain and the package registries.
.PHONY: setup build web run demo check test soak bench deny

# What is built is looked for here, wherever the caller's cargo would put it.
export CARGO_TARGET_DIR := $(CURDIR)/target

setup: ; @scripts/setup
build: setup ; cargo build --release -p api
web: ; @scripts/web
run: ; @scripts/web || echo 'Going on without the web pages.' >&2
	@$(MAKE) build
	@cargo build --release -p stripe-fake && scripts/run
demo: build ; target/release/credit-ledger demo $(if $(TRACE),--trace $(TRACE)) $(if $(BUDGET),--budget $(BUDGET)) $(if $(MODEL),--model $(MODEL))
check: ; cargo fmt --all --check && cargo clippy --workspace --all-targets -- -D warnings && cargo test -p domain -p store --lib
test: setup ; @scripts/test
soak: setup ; @scripts/soak
bench: build ; cargo build --release -p ledger-bench && target/release/ledger-bench $(if $(QUICK),--quick)
deny: ; cargo deny --version >/dev/null 2>&1 || cargo install --locked cargo-deny; cargo deny check bans licenses sources
