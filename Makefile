# `make demo` and `make test` set up everything they need. The machine needs only make and Python 3.11 or newer.
PYTHON ?= $(firstword $(foreach p,python3.14 python3.13 python3.12 python3.11 python3 python,$(shell $(p) -c 'import sys; sys.version_info >= (3, 11) and print("$(p)")' 2>/dev/null)))
BIN := .venv/bin
# Container images often set this. Without compiled files, every process of the tests would compile everything again.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: test test-rest test-fast check demo demo-portal bench torture mutants mutants-score pictures lock schemas reference site migrations translations clean

# The quick tests on SQLite, and of the others the sixteenth whose turn it is (tests/support/turns.py).
test: .venv/ready check
	SEATSYNC_TEST_PART=turn $(BIN)/pytest

# The tests that `make test` left out. Pull requests run both. REST=third runs a third of them, another one for each commit.
REST := rest
test-rest: .venv/ready
	SEATSYNC_TEST_PART=$(REST) $(BIN)/pytest

# Fast tests for use while you write code: only SQLite, without a browser, fault injection and extra processes.
test-fast: .venv/ready
	$(BIN)/pytest -m "not slow and not browser and not postgres"

check: .venv/ready
	$(BIN)/ruff check src tests benchmarks docs examples
	$(BIN)/ruff format --check src tests benchmarks docs examples
	$(BIN)/mypy
	$(BIN)/lint-imports --no-cache

demo: .venv/ready
	@PATH="$(CURDIR)/$(BIN):$$PATH" sh examples/demo.sh

# The members' and administrators' pages on this machine, with a sample institution and a local mailbox. Ctrl-C stops it.
demo-portal: .venv/ready
	@$(BIN)/python examples/demo_portal.py $(ARGS)

# The long forms of all tests that have one (SEATSYNC_TORTURE, tests/support/long_form.py): hours of kills, full disks, races and
# forgeries. The figures go to docs/reliability.md. OF=tests/faults/test_races.py runs one file, as one job of the nightly run does.
torture: .venv/ready
	rm -f build/torture.jsonl && mkdir -p build && touch build/torture.jsonl
	SEATSYNC_TORTURE=1 SEATSYNC_TORTURE_FIGURES=$(CURDIR)/build/torture.jsonl $(BIN)/pytest $(or $(OF),$$($(BIN)/python -m tests.night long-forms))
	$(BIN)/python -m tests.faults.report build/torture.jsonl docs/reliability.md

# Mutation testing of one room (ROOM=refusals), of every N-th mutant in it (PART=1/4), or of single lines
# (AT="src/seatsync/reports/html.py:105 …"). tests/mutation/rooms.toml lists the rooms and their tests;
# TESTS="tests/reports/test_reports.py …" runs other tests instead.
PART := 1/1
mutants: .venv/ready
	$(BIN)/python -m tests.mutation.run $(if $(AT),--at $(AT),--room $(ROOM) --part $(PART)) $(if $(TESTS),--tests $(TESTS))

# Write the table in docs/reliability.md from the results of `make mutants` in build/mutants.
mutants-score: .venv/ready
	$(BIN)/python -m tests.mutation.rooms score docs/reliability.md build/mutants/*.json

bench: .venv/ready
	$(BIN)/python benchmarks/run.py

# Take the screenshots for the README and the docs with a real browser; and of every page, report and list, into build/pictures, to be
# looked at.
pictures: .venv/ready
	$(BIN)/python docs/screenshots.py
	$(BIN)/python docs/screenshots_pages.py
	$(BIN)/python docs/picture_year.py
	$(BIN)/python docs/screenshots_all.py

schemas: .venv/ready
	@for name in seatsync roster plan outcome year; do $(BIN)/seatsync schema $$name > schemas/$$name.schema.json; done
	$(BIN)/python docs/reference.py
	$(BIN)/python docs/man.py

# Write the reference in docs/reference from the help of every command and the schemas.
reference: .venv/ready
	$(BIN)/python docs/reference.py
	$(BIN)/python docs/man.py

# The documentation as a site in build/site: zensical.toml has its menu. A link that leads nowhere stops it.
site: .venv/ready
	$(BIN)/python docs/site.py

# Note the digests of new migrations, which never change from then on. Run it when a version is released.
migrations:
	cd src/seatsync/ledger/migrations/versions && sha256sum --quiet --check ../released.sha256 && sha256sum 0*.py > ../released.new && mv ../released.new ../released.sha256

# Collect the texts of the pages and of the letters, and compile their translations: portal/translations and outbox/translations
# in src/seatsync, each with LANGUAGE/LC_MESSAGES/messages.po.
TEXTS := src/seatsync/portal/translations
LETTERS := src/seatsync/outbox/translations
COLLECT := $(BIN)/pybabel -q extract --omit-header --no-location --sort-output --output build/messages.pot
translations: .venv/ready
	mkdir -p build
	$(COLLECT) --mapping $(TEXTS)/babel.cfg --keyword later --keyword Facts --keyword Words src/seatsync/portal src/seatsync/domain/action.py src/seatsync/domain/portal/progress.py src/seatsync/domain/posting/no_seat.py
	$(BIN)/pybabel -q update --input-file build/messages.pot --output-dir $(TEXTS) --omit-header --no-fuzzy-matching --ignore-obsolete --width 120
	$(COLLECT) --mapping $(LETTERS)/babel.cfg src/seatsync/outbox/templates
	$(BIN)/pybabel -q update --input-file build/messages.pot --output-dir $(LETTERS) --omit-header --no-fuzzy-matching --ignore-obsolete --width 120
	$(BIN)/python docs/translations.py

# Lock every package with its hash but without a URL, so that any package index can serve it. python-ldap has a lock of its own,
# because it must be built: not every machine can.
LOCK := $(BIN)/uv export --quiet --no-emit-project --no-annotate --no-header --format requirements-txt
lock: .venv/ready
	$(BIN)/pip install --quiet --disable-pip-version-check uv
	$(BIN)/uv lock --upgrade --quiet
	$(LOCK) --all-groups --all-extras --no-extra ldap --output-file requirements.lock
	echo "python-ldap>=3.4.5" | $(BIN)/uv pip compile --quiet --universal --generate-hashes --no-annotate --no-header --python-version 3.11 --output-file requirements-ldap.lock -
	$(LOCK) --no-default-groups --group build --extra ci --extra encrypted --extra fetch --extra notify --extra postgres --output-file requirements-action.lock
	rm -f uv.lock
	! grep -n '://' requirements.lock requirements-ldap.lock requirements-action.lock

.venv/ready: requirements.lock requirements-ldap.lock pyproject.toml
	@test -n "$(PYTHON)" || { echo "seatsync needs Python 3.11 or newer, and none was found. Set it: make PYTHON=/path/to/python3" >&2; exit 1; }
	$(PYTHON) -m venv --clear .venv
	$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes --requirement requirements.lock
	$(BIN)/pip install --quiet --disable-pip-version-check --no-build-isolation --no-deps --editable .
	@$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes --requirement requirements-ldap.lock 2> /dev/null || \
	  echo "python-ldap could not be built: it needs a C compiler and OpenLDAP's headers (Debian: gcc libldap2-dev libsasl2-dev). seatsync fetch ldap is not tested."
	@touch $@

clean:
	rm -rf .venv .mypy_cache .ruff_cache .pytest_cache .hypothesis build dist
