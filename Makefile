# Everything that a machine needs is installed by these targets themselves; tools/setup says what it does.

CARGO := cargo
HOME_FOR_TESTS := target/test-home
WEB_SOURCES := $(shell find web -path web/node_modules -prune -o -path web/dist -prune -o -path web/e2e -prune -o -type f -print)

.PHONY: run build test test-rust test-web test-browser check bench setup clean

run: setup web/dist/index.html
	@echo "==> Building the program (the first time takes some minutes)"
	@$(CARGO) build --release --locked
	@exec target/release/khot serve --demo

build: setup web/dist/index.html
	$(CARGO) build --release --locked

test: test-rust test-web test-browser
	@echo "==> All tests passed"

test-rust: setup-test web/dist/index.html
	@echo "==> Rust tests on a private PostgreSQL with PostGIS"
	@$(CARGO) build --locked --tests
	@tools/with-postgres $(HOME_FOR_TESTS) tools/cargo-test

test-web: web/node_modules/.package-lock.json
	@echo "==> Units of the web app"
	@cd web && npm test

test-browser: setup-test web/dist/index.html
	@echo "==> The whole story in a browser"
	@$(CARGO) build --locked --tests
	@tools/browser-test

check: setup-check web/dist/index.html
	@echo "==> Formatting and lints"
	@$(CARGO) fmt --check
	@$(CARGO) clippy --locked --all-targets -- -D warnings
	@echo "==> Licences, sources and unused dependencies"
	@$(CARGO) deny check licenses bans sources
	@tools/advisories
	@$(CARGO) machete
	@cd web && npm run lint && npm run format:check
	@echo "==> All checks passed"

# One line for each bench; a section alone: cargo bench --bench division -- lattice-100k
bench: setup-test web/dist/index.html
	@echo "==> The division engine against METIS, in one run"
	@$(CARGO) bench --locked --bench division
	@echo "==> Assignment against OR-Tools, travel times against SciPy, each in one run"
	@$(CARGO) bench --locked --bench assign
	@$(CARGO) bench --locked --bench reach
	@echo "==> A month's subsidies of 60,000 workers"
	@$(CARGO) bench --locked --bench pay
	@echo "==> What scope costs, on the demo with and without it"
	@$(CARGO) bench --locked --bench scope

.PHONY: setup-test setup-check
setup:
	@tools/setup run
setup-test:
	@tools/setup test
setup-check:
	@tools/setup check

web/node_modules/.package-lock.json: web/package.json web/package-lock.json
	@echo "==> Installing the web app's packages"
	@cd web && npm ci --no-audit --no-fund
	@touch $@

web/dist/index.html: web/node_modules/.package-lock.json $(WEB_SOURCES)
	@echo "==> Building the web app"
	@cd web && npm run build
	@touch $@

clean:
	rm -rf target web/dist web/node_modules
