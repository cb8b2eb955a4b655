# Two commands matter: `make run` and `make test`.

PORT ?= 8000
# The first of these that is new enough; PYTHON=... chooses another one.
PYTHON ?= $(shell for p in python3 python3.14 python3.13 python3.12 python3.11; do \
	if $$p -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then echo $$p; exit; fi; \
	done; echo python3)
BIN = .venv/bin

.PHONY: run demo test test-long test-all coverage test-system reach attack bad-days sbom check pictures pseudo messages lock bench scale-test clean

run: .venv/catalogues
	@exec $(BIN)/campaign run --port $(PORT)

# The same in instance-demo, made anew each time (a minute or two): a month of made-up supporters and organisers.
demo: .venv/test .venv/catalogues
	@$(BIN)/python -m tests.demo --port $(PORT)
	@CAMPAIGN_ENVIRONMENT=development CAMPAIGN_INSTANCE=instance-demo CAMPAIGN_DATABASE_URL= \
		CAMPAIGN_TRANSPORT=outbox exec $(BIN)/campaign run --port $(PORT)

# Static checks, both databases, a local mail server, the journey in Chromium.
PYTEST = $(BIN)/python -m pytest -n 3 --dist loadfile --no-loadscope-reorder
test: .venv/test check
	@$(BIN)/python -m tests.browser.chromium
	$(PYTEST) -m "not long"

# What `make test` leaves out because it takes long: garbage for every form and parser, all mails in 24
# languages, upgrades from the version before, killed processes and ended runs, random walks and months,
# hundreds of repeats, the browser's rarer ways.
test-long: .venv/test .venv/catalogues
	@$(BIN)/python -m tests.browser.chromium
	$(PYTEST) -m long

# Both, and pages and commands on PostgreSQL, too.
test-all: .venv/test check
	@$(BIN)/python -m tests.browser.chromium
	$(PYTEST) --all-databases

# All tests, half as long again: which lines and branches none of them reaches.
coverage: .venv/test .venv/catalogues
	@rm -f .coverage .coverage.*
	$(BIN)/coverage run -m pytest -q -n 3 --dist loadfile --no-loadscope-reorder
	@$(BIN)/coverage combine -q
	$(BIN)/coverage report

check: .venv/test .venv/catalogues
	$(BIN)/ruff format --check --quiet .
	$(BIN)/ruff check --quiet .
	$(BIN)/mypy
	$(BIN)/mypy benchmarks
	$(BIN)/bandit --quiet --recursive --configfile pyproject.toml campaign app.py
	$(BIN)/lint-imports --no-cache

# Needs root, Debian's Postfix, nginx and debootstrap, a Debian mirror and ten minutes, and says so: a real relay,
# bounces, killed and many workers, what the proxy keeps and whom it lets through, a disk that is full during
# backup and restore, and docs/operating.md typed as it stands into a bare Debian.
test-system: .venv/test .venv/catalogues
	$(BIN)/python -m pytest tests/system

# Needs Node, Java and a Chromium, and says so: every public page in 24 languages, with scripts and
# without, seen by axe, Lighthouse and the W3C's checker, and over a slow line. Writes docs/reach.md.
reach: .venv/test .venv/catalogues
	$(BIN)/python -m tests.reach

# Needs Debian's nginx and an hour at most, and says so: stalled clients in front of the site as it is
# deployed, Wapiti and sqlmap, atheris on the parsers. Writes docs/attack.md.
attack: .venv/test .venv/catalogues
	$(BIN)/python -m tests.attack

# Needs root, Debian's faketime and half an hour, and says so: parts killed, disks full, clocks wrong,
# and a busy hour's rate meanwhile. Writes docs/reliability.md.
bad-days: .venv/test .venv/catalogues
	$(BIN)/python -m tests.bad_days

# What is in it, for whoever has to know: CycloneDX, of the versions that are pinned.
sbom: .venv/python
	@test -x .sbom/bin/cyclonedx-py || { $(BIN)/python -m venv .sbom && \
		.sbom/bin/pip install --quiet --disable-pip-version-check --require-hashes -r deploy/sbom.txt; }
	@.sbom/bin/cyclonedx-py requirements requirements.txt --pyproject pyproject.toml \
		--short-PURLs --output-reproducible --output-file sbom.json
	@echo "sbom.json: CycloneDX 1.6"

# For developers: walk the journey in Chromium and leave a picture of every page in tests/.pictures.
pictures: .venv/test .venv/catalogues
	@$(BIN)/python -m tests.browser.chromium
	PICTURES=$(CURDIR)/tests/.pictures $(BIN)/python -m pytest tests/browser/test_journey.py

# For developers: the site in a made-up language, 40 % longer, that shows what overflows and
# what was never given to translators.
pseudo: .venv/catalogues
	@$(BIN)/python -m tests.language.pseudo_language instance/pseudo
	@CAMPAIGN_INSTANCE=instance/pseudo CAMPAIGN_TRANSLATIONS=instance/pseudo/translations \
		CAMPAIGN_CAMPAIGNS=instance/pseudo/campaigns exec $(BIN)/campaign run --port $(PORT)

# For developers: bring the catalogues up to date with the code, and CLDR's words with Babel.
# No places, dates and guesses, so that the catalogues are the same on every machine.
messages: .venv/runtime
	$(BIN)/python -m tests.language.cldr_table
	$(BIN)/pybabel --quiet extract --mapping-file babel.cfg --no-location --project campaign \
		--header-comment "# Catalogue of PROJECT." --output-file .venv/messages.pot .
	$(BIN)/pybabel --quiet update --input-file .venv/messages.pot --output-dir campaign/translations --width 100 \
		--no-fuzzy-matching --ignore-obsolete --ignore-pot-creation-date
	@$(MAKE) --no-print-directory .venv/catalogues

# For developers: pin and hash every dependency anew, valid for every supported Python.
TOOLS = $(BIN)/uv pip compile --upgrade --universal --python-version 3.11 \
	--generate-hashes --no-header --no-emit-find-links --quiet
LOCK = $(TOOLS) pyproject.toml
lock: .venv/test
	$(LOCK) --extra build -o requirements.txt
	$(LOCK) --extra build --extra test -c requirements.txt -o requirements-test.txt
	$(TOOLS) tests/attack/scanners.in -o tests/attack/scanners.txt
	$(TOOLS) tests/attack/fuzzing.in -o tests/attack/fuzzing.txt
	$(TOOLS) deploy/sbom.in -o deploy/sbom.txt

# Needs wrk, psql and Postfix's smtp-sink from Debian, 20 GB of disk and an hour, and says so.
# Writes benchmarks/RESULTS.md. `make bench BENCHMARKS=web` prints one of them, or of the others that
# docs/measured.md tells of: first_letters print_letters exports console answers garbage hostile_mail paced_week
# scrape inbound directory way drafts.
BENCHMARKS = web processor journeys delivery pdfs footprint a_million_rows growth worker_memory
bench: .venv/test .venv/catalogues .deployed/runtime
	@.deployed/bin/python -m compileall -q campaign app.py  # as pip leaves what it installs
	@rm -f benchmarks/.rows
	@for one in $(BENCHMARKS); do echo "$$one:"; \
		BENCHMARK_ROWS=$(CURDIR)/benchmarks/.rows $(BIN)/python benchmarks/$$one.py || exit 1; done
	@test "$(origin BENCHMARKS)" != file || \
		BENCHMARK_ROWS=$(CURDIR)/benchmarks/.rows $(BIN)/python benchmarks/write_results.py

# Needs root, Debian's nginx, redis-server and pgbouncer and half an hour, alone on the machine, and says so: every
# page through nginx, everything under 50 signatures a second, each part killed once; then again with a pooler, a
# replica and two hosts. Writes docs/scale.md.
scale-test: .venv/test .venv/catalogues
	$(BIN)/python -m tests.scale

clean:
	rm -rf .venv .deployed .attack .sbom

.venv/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || { \
		echo "Python 3.11 or newer is needed, and $(PYTHON) is not. Name another one: make PYTHON=python3.12 run"; exit 1; }
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || { \
		echo "This Python comes without venv. On Debian and Ubuntu: apt install python3-venv"; exit 1; }
	@{ mkdir -p .venv && touch .venv/writable; } 2>/dev/null || { \
		echo "This folder cannot be written to: $(CURDIR)"; exit 1; }
	@$(PYTHON) -m venv .venv
	@touch $@

.venv/runtime: .venv/python requirements.txt pyproject.toml
	@echo "Installing what it needs (once) ..."
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.txt
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $@

.venv/test: .venv/runtime requirements-test.txt
	@echo "Installing what the tests need (once) ..."
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements-test.txt
	@touch $@

# All of them, if one was changed or is not compiled; one with a fault stops everything.
CATALOGUES = $(wildcard campaign/translations/*/LC_MESSAGES/messages.po)
COMPILED = $(CATALOGUES:.po=.mo)
.venv/catalogues: .venv/runtime $(CATALOGUES) $(filter-out $(wildcard $(COMPILED)),$(COMPILED))
	@$(BIN)/pybabel --quiet compile --directory campaign/translations
	@touch $@
campaign/translations/%/LC_MESSAGES/messages.mo: ;

# What a server has, to weigh it: beside the tests' packages structlog loads rich, some 5 MB.
.deployed/runtime: .venv/python requirements.txt
	@$(BIN)/python -m venv .deployed
	@.deployed/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.txt
	@touch $@
