"""The signature files that are shipped: well formed, and right about names that everybody knows."""

import tomllib
from pathlib import Path

import pytest

import plugins
from plugins.lint import lint
from plugins.loader import signature_files
from switch_dpi._native import Signatures, catalogue

FOLDER = Path(plugins.__file__).parent
NEEDED_CATEGORIES = {
    "unknown", "web", "video", "music", "social", "messaging", "voip", "conferencing", "email", "file-transfer",
    "cloud-storage", "cloud-platform", "remote-access", "business", "collaboration", "developer", "database", "network",
    "authentication", "vpn", "security", "software-update", "advertising", "analytics", "games", "shopping", "finance",
    "news", "education", "travel", "health", "iot", "industrial", "streaming-protocol", "peer-to-peer",
    "crypto-currency", "ai", "maps", "adult", "government", "telephony-core", "monitoring",
}  # fmt: skip


@pytest.fixture(scope="module")
def signatures() -> Signatures:
    return Signatures.load(signature_files())


def test_the_lint_finds_nothing() -> None:
    assert [str(finding) for finding in lint(FOLDER)] == []


def test_the_categories_that_protocols_and_policies_use_are_there() -> None:
    categories = tomllib.loads((FOLDER / "categories.toml").read_text(encoding="utf-8"))["category"]
    ids = {category["key"]: category["id"] for category in categories}
    assert set(ids) >= NEEDED_CATEGORIES
    assert ids["unknown"] == 0


def test_every_category_has_a_risk() -> None:
    categories = tomllib.loads((FOLDER / "categories.toml").read_text(encoding="utf-8"))["category"]
    assert {category["key"] for category in categories if "risk" not in category} == {"unknown"}


@pytest.mark.parametrize(
    ("risk", "keys"),
    [
        (0, ["dns", "tls", "lets-encrypt", "bbc", "windows-update"]),
        (20, ["http", "youtube", "syslog", "facebook"]),
        (40, ["dropbox", "snmp", "postgresql", "tailscale", "quad9"]),
        (60, ["ftp", "ssh", "modbus", "bittorrent", "pastebin"]),
        (80, ["telnet", "vnc", "smb1", "tor", "stratum", "ngrok"]),
        (100, ["coinhive"]),
    ],
)
def test_risks_are_as_the_scale_says(signatures: Signatures, risk: int, keys: list[str]) -> None:
    risks = {app.key: app.risk for app in catalogue(signatures).apps}
    assert {key: risks[key] for key in keys} == dict.fromkeys(keys, risk)


@pytest.mark.parametrize(
    ("host", "key"),
    [
        ("www.youtube.com", "youtube"),
        ("rr4---sn-4g5edn7s.googlevideo.com", "youtube"),
        ("occ-0-778-999.1.nflxso.net", "netflix"),
        ("mail.google.com", "gmail"),
        ("drive.google.com", "google-drive"),
        ("www.google.com", "google"),
        ("teams.microsoft.com", "teams"),
        ("www.microsoft.com", "microsoft"),
        ("login.microsoftonline.com", "microsoft-login"),
        ("outlook.office365.com", "outlook"),
        ("contoso.sharepoint.com", "sharepoint"),
        ("edge-mqtt.facebook.com", "messenger"),
        ("scontent.fbcdn.net", "facebook"),
        ("mmg.whatsapp.net", "whatsapp-files"),
        ("web.whatsapp.com", "whatsapp"),
        ("us02web.zoom.us", "zoom"),
        ("wss-primary.slack.com", "slack"),
        ("na1.salesforce.com", "salesforce"),
        ("d111111abcdef8.cloudfront.net", "cloudfront"),
        ("fe2cr.update.microsoft.com", "windows-update"),
        ("dns.google", "doh-dot"),
        ("chatgpt.com", "chatgpt"),
    ],
)
def test_well_known_names_are_those_of_their_application(signatures: Signatures, host: str, key: str) -> None:
    found = signatures.lookup(host)
    assert found is not None
    assert found.app_key == key
