"""Random lives of institutions whose seats are in the vendors' portals.

Files change; bundles are carried out whole, in part, twice and in the wrong order; people click by hand in the portals; members
claim and opt out there; exports come back late. At the end everything is carried out and imported, and then: no drift, nothing on
the work list, who the files grant a license has it unless declined, and nobody was given a permanent one that neither the files nor
a hand gave.
"""

from __future__ import annotations

from collections import Counter
from pathlib import Path

from tests.faults.history_databases import databases_of
from tests.faults.history_torture import figures, replayable, seeds
from tests.portal_bridge.life import Life
from tests.portal_bridge.settling import settle
from tests.support.long_form import times

LIVES = (1, 20)
STEPS = times(short=15, long=300)


def test_whatever_happens_nothing_is_left_open_at_the_end(database: str, tmp_path: Path) -> None:
    here = databases_of(database, tmp_path)
    with figures("lives at vendors' portals", database) as count:
        for seed in seeds(*LIVES):
            with replayable(seed) as chance:
                life = Life(tmp_path / str(seed), here.fresh(), chance, Counter())
                for _ in range(STEPS):
                    life.step()
                settle(life)
                here.drop(life.ledger)
            count.update(life.count)
            count["lives"] += 1
