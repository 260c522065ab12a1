"""The engine accepts the shipped signature files and finds names in them."""

import pytest

from plugins.loader import signature_files
from switch_dpi._native import Catalogue, Signatures, catalogue


@pytest.fixture(scope="module")
def signatures() -> Signatures:
    return Signatures.load(signature_files())


@pytest.fixture(scope="module")
def keys(signatures: Signatures) -> dict[int, str]:
    known: Catalogue = catalogue(signatures)
    return {app.app_id: app.key for app in known.apps}


@pytest.mark.parametrize(
    ("host", "key"),
    [
        ("WWW.YouTube.COM", "youtube"),
        ("drive.google.com.", "google-drive"),
        ("xn--j1ay.xn--p1ai", "kc-rf"),
        ("www.кц.рф", "kc-rf"),
        ("notyoutube.com", None),
        ("example.com", None),
    ],
)
def test_names_are_found_in_any_case_and_form(
    signatures: Signatures, keys: dict[int, str], host: str, key: str | None
) -> None:
    app_id = signatures.match_host(host)
    assert (None if app_id is None else keys[app_id]) == key


def test_the_examples_hold(signatures: Signatures) -> None:
    assert signatures.example_count >= 10
    assert signatures.failed_examples() == []
