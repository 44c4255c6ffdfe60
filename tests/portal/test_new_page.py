"""An administrators' page is a route and a template. The existing tests catch a page that forgets to check the administrator."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.paths import ROOT
from tests.support.program_copy import ProgramCopy, changed_program

pytestmark = pytest.mark.slow

ASKED = "    with for_administrator(institution) as (here, connection):\n        found = lists.libraries_of(connection, institution)\n"
NOT_ASKED = """\
    from seatsync.ledger.queries.institutions.administered import Administered

    with site().reading() as connection:
        here = Administered(institution, institution, "")
        found = lists.libraries_of(connection, institution)
"""
ROUTE = """\
@pages.get("/<institution>/slots")
@signed_in
def slots(institution: str) -> str:
    \"\"\"All slots together.\"\"\"
{look}    total = sum(slots.total for _, slots in found)
    return render_template("admin/slots.html", here=here, total=total)


@pages.get("/<institution>/members")
"""
TEMPLATE = """\
{% extends "admin/frame.html" %}
{% block title %}{{ _("Slots") }}{% endblock %}
{% block body %}<p>{{ _("Slots of all libraries: %(total)s", total=total) }}</p>{% endblock %}
"""
TAB = '{{ tab("admin.libraries", _("Libraries")) }}\n'
BESIDE = TAB + '{{ tab("admin.slots", _("Slots")) }}\n'
GUARD = "tests/portal/test_admin_pages.py::test_nobody_sees_another_institution"

ASK = """
import sys
from pathlib import Path
from tests.support.mail_server import Mailroom, mail_server
from tests.support.pages import pages_of

folder, room = Path(sys.argv[1]), Mailroom()
with mail_server(room) as port, pages_of(folder, room, port) as pages:
    ruth = pages.account("ruth@grace.example")
    ruth.open("/admin/grace/libraries")
    page = ruth.open(ruth.page.links["Slots"])
    print(page.code, page.text)
    print(pages.account("eve@elsewhere.example").open("/admin/grace/slots").code)
"""
CONFIG = """\
version: 1
institution: {id: grace, name: Grace, admins: [{given_name: Ruth, family_name: Abel, email: ruth@grace.example}]}
libraries:
  books: {title: Books, system: logos-library, slots: 30}
  logos: {title: Logos, system: logos-subscription, slots: 12}
rosters: []
"""


def with_page(top: Path, look: str) -> ProgramCopy:
    """A copy of the program with a page added as CONTRIBUTING says: route, template and tab."""
    route = ('@pages.get("/<institution>/members")\n', ROUTE.format(look=look))
    return changed_program(
        top,
        {"portal/templates/admin/slots.html": TEMPLATE},
        {"portal/admin/routes.py": (route,), "portal/templates/admin/frame.html": ((TAB, BESIDE),)},
    )


def python(program: ProgramCopy, *args: str) -> subprocess.CompletedProcess[str]:
    """Run a test script with the copy in place of the program."""
    found = os.environ | {
        "PYTHONPATH": f"{program.top}:{ROOT}",
        "SEATSYNC_TEST_PART": "",
    }  # all tests, whose turn it is or not
    return subprocess.run(
        [sys.executable, *args], cwd=program.top, env=found, capture_output=True, text=True, check=False
    )


def guarded(program: ProgramCopy) -> subprocess.CompletedProcess[str]:
    """Run the test that visits all routes on the copy."""
    config = f"--rootdir={ROOT}", f"--config-file={ROOT / 'pyproject.toml'}"
    only = "-n", "0", "-k", "sqlite", "-p", "no:cacheprovider", f"--basetemp={program.top / 'tmp'}"
    return python(program, "-m", "pytest", *config, *only, f"{ROOT}/{GUARD}")


def test_a_page_that_is_added_is_shown_to_who_looks_after_the_institution(tmp_path: Path) -> None:
    program = with_page(tmp_path, ASKED)
    folder = tmp_path / "grace"
    folder.mkdir()
    (folder / "seatsync.yaml").write_text(CONFIG, encoding="utf-8")
    assert program.seatsync("apply", "--yes", folder=folder).code == 0
    done = python(program, "-c", ASK, str(folder))
    assert done.stdout.startswith("200 "), done.stderr
    assert "Slots of all libraries: 42" in done.stdout
    assert done.stdout.splitlines()[-1] == "404", "of a stranger"


def test_a_page_that_forgets_to_ask_whose_it_is_fails_the_test_that_goes_through_all_routes(tmp_path: Path) -> None:
    done = guarded(with_page(tmp_path, NOT_ASKED))
    assert (done.returncode, "AssertionError: /admin/nowhere/slots" in done.stdout) == (1, True), done.stdout
