"""Which tests ``make test`` runs, so that it takes minutes: all quick ones on SQLite, and a sixteenth of the others.

The others are those that take long, and the twins on PostgreSQL. The commit decides which sixteenth, so the same commit always
runs the same tests. ``make test-rest`` runs what is left. A pull request runs both, so nothing is merged that has not passed
every test; the check of each commit on main runs a third of what is left. pytest alone runs all tests.

``SEATSYNC_TEST_PART`` selects the part: ``turn``, ``rest``, or a ``third`` of the rest.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from zlib import crc32

import pytest

from tests.support.long_form import part_of_this_commit
from tests.support.paths import TESTS

PART = os.environ.get("SEATSYNC_TEST_PART", "")
PARTS = 16
LONG = (
    "apply/test_at_vendor.py",
    "apply/test_import_histories.py",
    "apply/test_outdated.py",
    "cli/test_at_once.py",
    "cli/test_changed_since.py",
    "cli/test_drift.py",
    "cli/test_expect.py",
    "cli/test_from_export.py",
    "cli/test_init_from.py",
    "cli/test_init_pipeline.py",
    "cli/test_init_roster.py",
    "cli/test_outcome.py",
    "cli/test_year.py",
    "domain/test_actions.py",
    "domain/test_person.py",
    "end_to_end/test_browser.py",
    "end_to_end/test_keyboard.py",
    "end_to_end/test_demo_portal.py",
    "end_to_end/test_first_month.py",
    "end_to_end/test_work_list_page.py",
    "faults/test_claim_races.py",
    "faults/test_crashes.py",
    "faults/test_full_disk.py",
    "faults/test_line_races.py",
    "faults/test_fuzz.py",
    "faults/test_races.py",
    "faults/test_sender_outages.py",
    "faults/test_senders.py",
    "faults/test_server_loss.py",
    "faults/test_stale.py",
    "faults/test_tampering.py",
    "fetching/test_ldap.py",
    "fetching/test_oneroster.py",
    "formats/test_plan_files.py",
    "git/test_history.py",
    "git/test_planted_repository.py",
    "hosts/test_also_open.py",
    "hosts/test_asked.py",
    "hosts/test_comment.py",
    "hosts/test_mark.py",
    "hosts/test_merges.py",
    "hosts/test_notify.py",
    "hosts/test_propose.py",
    "hosts/test_review.py",
    "ledger/test_connections.py",
    "ledger/test_failover.py",
    "ledger/test_git_encrypted.py",
    "ledger/test_git_ledger.py",
    "ledger/test_ledger_addresses.py",
    "ledger/test_migrations.py",
    "ledger/test_one_of_many.py",
    "ledger/test_outlook.py",
    "ledger/test_pgbouncer.py",
    "ledger/test_renamed.py",
    "ledger/test_roles.py",
    "ledger/test_scaling.py",
    "ledger/test_server_messages.py",
    "ledger/test_shared_ledger.py",
    "ledger/test_stores.py",
    "metrics/test_scraping.py",
    "outbox/test_briefing.py",
    "outbox/test_every_institution.py",
    "outbox/test_hostile_templates.py",
    "outbox/test_languages.py",
    "outbox/test_mail_headers.py",
    "outbox/test_outbox.py",
    "outbox/test_waiting.py",
    "pipeline/test_buttons.py",
    "pipeline/test_failures.py",
    "pipeline/test_fetched.py",
    "pipeline/test_forks.py",
    "pipeline/test_git_ledgers.py",
    "pipeline/test_gitlab.py",
    "pipeline/test_letters.py",
    "pipeline/test_many.py",
    "pipeline/test_merges.py",
    "pipeline/test_newcomer.py",
    "pipeline/test_nightly.py",
    "pipeline/test_plans.py",
    "pipeline/test_written_files.py",
    "plans/test_exports.py",
    "plans/test_fast_path.py",
    "plans/test_new_version.py",
    "plans/test_one_member.py",
    "plans/test_revert.py",
    "plans/test_rollback.py",
    "plans/test_rules_cannot_be_skipped.py",
    "plans/test_shapes.py",
    "plans/year/test_comes_true.py",
    "portal/test_accounts.py",
    "portal/test_admin_pages.py",
    "portal/test_at_vendor.py",
    "portal/test_claim_steps.py",
    "portal/test_claims.py",
    "portal/test_end_dates.py",
    "portal/test_half_sent.py",
    "portal/test_hostile_requests.py",
    "portal/test_line.py",
    "portal/test_new_page.py",
    "portal/test_openid.py",
    "portal/test_reclaim.py",
    "portal/test_serve.py",
    "portal/test_serve_logs.py",
    "portal/test_what_waits.py",
    "portal/test_work_list.py",
    "portal/test_year_ahead.py",
    "portal_bridge/test_bundles_are_taken.py",
    "portal_bridge/test_three_changes.py",
    "reports/test_html_page.py",
    "reports/test_outlook_page.py",
    "reports/test_privacy.py",
    "reports/test_redaction.py",
    "reports/test_tables.py",
    "reports/test_workflow_commands.py",
    "reports/worklist/test_check_list.py",
    "sources/editing/test_there_and_back.py",
    "sources/rosters/test_new_format.py",
    "sources/tables/test_sheets.py",
    "sources/test_bad_input.py",
    "sources/test_export_as_roster.py",
    "sources/test_hostile_files.py",
    "sources/test_sops_keys.py",
    "systems/test_systems.py",
)
"""Files whose tests take turns one by one: attacks, kills, whole processes, repositories, browsers, copies of the program."""


def left_out(items: Sequence[pytest.Item]) -> list[pytest.Item]:
    """Return the tests that the selected part does not run."""
    match PART:
        case "turn":
            return [item for item in items if _takes_turns(item) and not _comes_up(item, PARTS)]
        case "rest":
            return [item for item in items if not _takes_turns(item) or _comes_up(item, PARTS)]
        case "third":
            return [
                item for item in items if not _takes_turns(item) or _comes_up(item, PARTS) or not _comes_up(item, 3, 4)
            ]
    return []


def _comes_up(item: pytest.Item, parts: int, skip: int = 0) -> bool:
    """Return whether this commit runs the test, if each commit runs one of so many parts. ``skip`` bits of its hash do not count."""
    return ((crc32(item.nodeid.encode()) >> skip) + part_of_this_commit(parts)) % parts == 0


def _takes_turns(item: pytest.Item) -> bool:
    callspec = getattr(item, "callspec", None)
    is_twin = callspec is not None and callspec.params.get("database") == "postgres"
    return is_twin or item.path.relative_to(TESTS).as_posix() in LONG
