"""What people call a library."""

from __future__ import annotations

import pytest

from seatsync.domain.library import Titles

TITLES = {"books": "Biblical Studies", "maps": "Maps", "atlas": "maps", "jamworks": "jamworks"}


@pytest.mark.parametrize(
    ("library", "called", "with_id"),
    [
        ("books", "Biblical Studies", "Biblical Studies (books)"),
        ("maps", "Maps (maps)", "Maps (maps)"),
        ("atlas", "maps (atlas)", "maps (atlas)"),
        ("jamworks", "jamworks", "jamworks"),
        ("of-a-file-of-before", "of-a-file-of-before", "of-a-file-of-before"),
        ("", "", ""),
    ],
)
def test_a_library_is_called_by_its_title_and_by_its_id_too_where_another_has_the_same(
    library: str, called: str, with_id: str
) -> None:
    titles = Titles(TITLES)
    assert (titles.of(library), titles.with_id(library)) == (called, with_id)
