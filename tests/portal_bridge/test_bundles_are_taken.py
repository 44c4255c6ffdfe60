"""Every file of every bundle is taken by the portals without an error, and the counts are as the check list says."""

from __future__ import annotations

from copy import deepcopy
from pathlib import Path

from seatsync.domain.failure import ExitCode
from tests.faults.history_databases import databases_of
from tests.faults.history_torture import figures, replayable, seeds
from tests.portal_bridge.life import Life
from tests.support.long_form import times
from tests.support.vendors.registrar import Registrar

LIVES = (1, 60)
ROUNDS = times(short=4, long=60)


def test_every_bundle_is_taken_as_it_is(database: str, tmp_path: Path) -> None:
    here = databases_of(database, tmp_path)
    with figures("bundles carried out in order", database) as count:
        for seed in seeds(*LIVES):
            with replayable(seed) as chance:
                life = Life(tmp_path / str(seed), here.fresh(), chance, count)
                for _ in range(ROUNDS):
                    one_round(life)
                here.drop(life.ledger)
            count["lives"] += 1


def one_round(life: Life) -> None:
    """Edit the files, carry out the bundle of the plan on a copy of the portals, apply, and carry out the work list."""
    before = life.files.contents()
    life.tick()
    life.note(life.files.edit(life.now.date()))
    planned = life.at / f"planned-{life.count['rounds']}"
    outcome = life.run("plan", "--bundle", str(planned), allowed=(ExitCode.DONE, ExitCode.REFUSED))
    if outcome.code == ExitCode.DONE and (planned / "CHECKLIST.md").exists():
        must_be_taken(life, planned, Registrar(deepcopy(life.registrar.portals), life.chance))
    life.apply(otherwise=before)
    if life.chance.random() < 0.6 and (folder := life.bundle()):
        must_be_taken(life, folder, life.registrar)
    life.count["rounds"] += 1


def must_be_taken(life: Life, folder: Path, registrar: Registrar) -> None:
    done, complaints = registrar.carry_out(folder)
    assert complaints == [], "\n".join(life.log[-12:])
    life.count["steps carried out"] += len(done)
    if registrar is life.registrar:
        life.tick()
        for step in done:
            life.run(*step.command, "--yes")
