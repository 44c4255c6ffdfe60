# make demo and make test set up everything they need, on any machine with Python 3.11 or newer and make.
PYTHON ?= $(firstword $(foreach p,python3.14 python3.13 python3.12 python3.11 python3 python,$(shell $(p) -c 'import sys; sys.version_info >= (3, 11) and print("$(p)")' 2>/dev/null)))
BIN := .venv/bin
# Without compiled files every process of the tests compiles everything anew; images of containers often set this.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: test test-fast check demo demo-portal bench torture mutants mutants-score pictures lock schemas translations clean

test: .venv/ready check
	$(BIN)/pytest

# For the loop while writing: on SQLite alone, without a browser, faults and processes.
test-fast: .venv/ready
	$(BIN)/pytest -m "not slow and not browser and not postgres"

check: .venv/ready
	$(BIN)/ruff check src tests benchmarks docs examples
	$(BIN)/ruff format --check src tests benchmarks docs examples
	$(BIN)/mypy
	$(BIN)/lint-imports --no-cache

demo: .venv/ready
	@PATH="$(CURDIR)/$(BIN):$$PATH" sh examples/demo.sh

# The members' and administrators' pages on this machine, with an institution and a catcher of mails; Ctrl-C ends it all.
demo-portal: .venv/ready
	@$(BIN)/python examples/demo_portal.py $(ARGS)

# The long forms, by one switch (SEATSYNC_TORTURE, tests/support/long_form.py) and of all tests that have one: hours of kills, full disks,
# races, forgeries. What they found goes to docs/reliability.md. OF=tests/faults/test_races.py runs one file alone, as a part of the night.
torture: .venv/ready
	rm -f build/torture.jsonl && mkdir -p build && touch build/torture.jsonl
	SEATSYNC_TORTURE=1 SEATSYNC_TORTURE_FIGURES=$(CURDIR)/build/torture.jsonl $(BIN)/pytest $(or $(OF),$$($(BIN)/python -m tests.night long-forms))
	$(BIN)/python -m tests.faults.report build/torture.jsonl docs/reliability.md

# Mutation testing: of a room, ROOM=refusals, or of every N-th mutant of it, PART=1/4, or of single lines,
# AT="src/seatsync/reports/html.py:105 …". The rooms and their tests stand in tests/mutation/rooms.toml; TESTS="tests/reports/test_reports.py …"
# takes others in their place.
PART := 1/1
mutants: .venv/ready
	$(BIN)/python -m tests.mutation.run $(if $(AT),--at $(AT),--room $(ROOM) --part $(PART)) $(if $(TESTS),--tests $(TESTS))

# The table in docs/reliability.md, from what `make mutants` left in build/mutants.
mutants-score: .venv/ready
	$(BIN)/python -m tests.mutation.rooms score docs/reliability.md build/mutants/*.json

bench: .venv/ready
	$(BIN)/python benchmarks/run.py

# The pictures in the README and the docs, by a real browser.
pictures: .venv/ready
	$(BIN)/python docs/screenshots.py
	$(BIN)/python docs/screenshots_pages.py

schemas: .venv/ready
	@for name in seatsync roster plan; do $(BIN)/seatsync schema $$name > schemas/$$name.schema.json; done

# Gathers the pages' texts and compiles what is translated: src/seatsync/portal/translations/de/LC_MESSAGES/messages.po.
TEXTS := src/seatsync/portal/translations
translations: .venv/ready
	mkdir -p build
	$(BIN)/pybabel -q extract --mapping $(TEXTS)/babel.cfg --keyword later --keyword Facts --omit-header --no-location --sort-output --output build/messages.pot src/seatsync/portal src/seatsync/domain/action.py
	$(BIN)/pybabel -q update --input-file build/messages.pot --output-dir $(TEXTS) --omit-header --no-fuzzy-matching --ignore-obsolete --width 120
	$(BIN)/pybabel -q compile --use-fuzzy --directory $(TEXTS)

# Every package with its hash and without an address, so that any index can serve it.
lock: .venv/ready
	$(BIN)/pip install --quiet --disable-pip-version-check uv
	$(BIN)/uv lock --upgrade --quiet
	$(BIN)/uv export --quiet --all-groups --all-extras --no-emit-project --no-annotate --no-header --format requirements-txt --output-file requirements.lock
	$(BIN)/uv export --quiet --no-default-groups --group build --extra ci --extra encrypted --extra postgres --no-emit-project --no-annotate --no-header --format requirements-txt --output-file requirements-action.lock
	rm -f uv.lock
	! grep -n '://' requirements.lock requirements-action.lock

.venv/ready: requirements.lock pyproject.toml
	@test -n "$(PYTHON)" || { echo "seatsync needs Python 3.11 or newer; none was found. Name one: make PYTHON=/path/to/python3" >&2; exit 1; }
	$(PYTHON) -m venv --clear .venv
	$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes --requirement requirements.lock
	$(BIN)/pip install --quiet --disable-pip-version-check --no-build-isolation --no-deps --editable .
	@touch $@

clean:
	rm -rf .venv .mypy_cache .ruff_cache .pytest_cache .hypothesis build dist
