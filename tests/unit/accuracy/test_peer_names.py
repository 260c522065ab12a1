"""The tables of `tests/peers`: every name that they lead to is one of ours, and says what it should."""

import re
from pathlib import Path

import pytest

from plugins.loader import signature_files
from switch_dpi._native import Signatures, catalogue
from tests.accuracy.corrections import read_corrections

FOLDER = Path(__file__).parents[2] / "peers"
SITE = re.compile(r"[a-z0-9.-]+\.[a-z]{2,}")  # a run-time application is called by its domain


def plain(name: str) -> str:
    """A name as it is compared (`score_labels.py`): letters and digits in lower case."""
    return "".join(c for c in name.lower() if c.isalnum())


@pytest.fixture(scope="module")
def ours() -> set[str]:
    return {plain(app.name) for app in catalogue(Signatures.load(signature_files())).apps}


def test_aliases_lead_to_names_of_ours(ours: set[str]) -> None:
    lines = (FOLDER / "ndpi_aliases.tsv").read_text(encoding="utf-8").splitlines()
    rows = [line.split("\t") for line in lines if line and not line.startswith("#")]
    assert [row for row in rows if len(row) != 3 or not all(row)] == []
    assert [row[1] for row in rows if plain(row[1]) not in ours] == []
    names = [plain(row[0]) for row in rows]
    assert [name for name in names if names.count(name) > 1] == []
    assert [row[0] for row in rows if plain(row[0]) == plain(row[1])] == []


def test_what_is_right_in_place_of_a_label_is_a_name_of_ours(ours: set[str]) -> None:
    corrections = [c for c in read_corrections(FOLDER / "label_errors.tsv") if c.kind != "ends"]
    names = {name for c in corrections if c.right != "Unknown" for name in _parts(c.right)}
    assert sorted(name for name in names if plain(name) not in ours and not SITE.fullmatch(name)) == []


def _parts(label: str) -> list[str]:
    carrier, dot, app = label.partition(".")
    return [carrier, app] if dot else [carrier]
