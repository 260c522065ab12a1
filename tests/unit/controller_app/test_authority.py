"""The demo authority: what it writes, who may read it, what it refuses; and files that cannot be used."""

from __future__ import annotations

import logging
import os
import stat
from datetime import timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import serialization
from typer.testing import CliRunner

from controller_app.cli.tls import tls
from ofext.securechannel.complaints import MAX_KEPT, REPEAT_S, Complaints
from ofext.securechannel.contexts import Contexts, TlsFiles
from ofext.securechannel.errors import FilesError
from tests.fakes.tls_lab import Lab


def run(*words: str) -> tuple[int, str]:
    result = CliRunner().invoke(tls, list(words))
    return result.exit_code, result.output


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    assert run("init", str(tmp_path / "ca"))[0] == 0
    return tmp_path / "ca"


def test_keys_are_readable_by_their_owner_only_whatever_the_umask_is(tmp_path: Path) -> None:
    before = os.umask(0)
    try:
        run("init", str(tmp_path))
        run("issue", str(tmp_path), "s1", "--for", "switch")
    finally:
        os.umask(before)
    modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in tmp_path.iterdir()}
    assert modes == {"ca.key": 0o600, "ca.crt": 0o644, "s1.key": 0o600, "s1.crt": 0o644}


def test_certificate_has_its_names_and_its_lifetime(folder: Path) -> None:
    code, output = run(
        "issue", str(folder), "ctl", "--for", "controller", "--also", "10.0.0.1", "--also", "::1", "--days", "2"
    )
    assert code == 0, output
    made = x509.load_pem_x509_certificate((folder / "ctl.crt").read_bytes())
    names = made.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert names.get_values_for_type(x509.DNSName) == ["ctl"]
    assert [str(found) for found in names.get_values_for_type(x509.IPAddress)] == ["10.0.0.1", "::1"]
    assert timedelta(days=2) < made.not_valid_after_utc - made.not_valid_before_utc < timedelta(days=2, hours=2)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["init", "{}"], "is there already"),
        (["issue", "{}", "ca", "--for", "switch"], "the authority's own name"),
        (["issue", "{}", "../s1", "--for", "switch"], "expected a host name"),
        (["issue", "{}", "s" * 65, "--for", "switch"], "expected a host name"),
        (["issue", "{}", "s1", "--for", "switch", "--also", "a..b"], "expected a host name or an IP address"),
        (["issue", "{}/none", "s1", "--for", "switch"], "appsteer tls init"),
        (["init", "/dev/null/ca"], "cannot be made"),
        (["init", "{}/x", "--name", ""], "expected a name"),
    ],
)
def test_what_cannot_be_made_is_refused_in_a_sentence(folder: Path, words: list[str], said: str) -> None:
    code, output = run(*(word.replace("{}", str(folder)) for word in words))
    assert (code, said in output, output.count("\n")) == (1, True, 1), output


def test_certificate_is_replaced_only_when_asked(folder: Path) -> None:
    run("issue", str(folder), "s1", "--for", "switch")
    before = (folder / "s1.crt").read_bytes()
    assert "--renew" in run("issue", str(folder), "s1", "--for", "switch")[1]
    assert (folder / "s1.crt").read_bytes() == before
    assert run("issue", str(folder), "s1", "--for", "switch", "--renew")[0] == 0
    assert (folder / "s1.crt").read_bytes() != before


@pytest.fixture
def files(tmp_path: Path) -> TlsFiles:
    return Lab(tmp_path).issue("s1", "agent")


def use(files: TlsFiles) -> str:
    with pytest.raises(FilesError) as caught:
        Contexts(files, is_server=True).current()
    return str(caught.value)


def test_file_that_is_not_there_or_no_pem_is_named(files: TlsFiles, tmp_path: Path) -> None:
    for name in ("private_key", "certificate", "authority"):
        missing = tmp_path / "none.pem"
        assert use(_with(files, name, missing)).startswith(f"{missing}: cannot be read: No such file")
        text = tmp_path / "text.pem"
        text.write_text("no certificate\n")
        assert "text.pem" in use(_with(files, name, text))
        text.write_bytes(b"\xff\xfe")
        assert "is not PEM" in use(_with(files, name, text))


def test_key_of_another_certificate_is_refused(files: TlsFiles, tmp_path: Path) -> None:
    other = Lab(tmp_path / "other").issue("s2", "agent")
    assert "is not the certificate of" in use(_with(files, "private_key", other.private_key))


def test_locked_key_is_refused_without_asking_for_the_passphrase(files: TlsFiles) -> None:
    key = serialization.load_pem_private_key(files.private_key.read_bytes(), None)
    locked = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.BestAvailableEncryption(b"secret")
    )
    files.private_key.write_bytes(locked)
    assert "locked by a passphrase" in use(files)


def test_key_that_everyone_can_read_is_warned_of(files: TlsFiles, caplog: pytest.LogCaptureFixture) -> None:
    Contexts(files, is_server=True).current()
    assert not caplog.text
    files.private_key.chmod(0o644)
    Contexts(files, is_server=True).current()
    assert "s1.key can be used by others" in caplog.text


@pytest.mark.parametrize(("days", "words"), [(-1, "s2.crt has expired on"), (3, "s2.crt expires on"), (15, "")])
def test_certificate_that_ends_soon_is_warned_of_once_a_day(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, days: int, words: str
) -> None:
    contexts = Contexts(Lab(tmp_path).issue("s2", "agent", lifetime=timedelta(days=days)), is_server=True)
    contexts.current()
    contexts.current()
    assert [words in record.message for record in caplog.records] == ([True] if words else [])


def test_files_that_became_unusable_leave_what_was_read_before(
    files: TlsFiles, caplog: pytest.LogCaptureFixture
) -> None:
    contexts = Contexts(files, is_server=True)
    before = contexts.current()
    files.certificate.write_text("half of it")
    assert contexts.current() is before
    assert contexts.current() is before
    assert caplog.text.count("going on with what was read before") == 1


def test_complaints_are_counted_while_they_are_silent(caplog: pytest.LogCaptureFixture) -> None:
    complaints = Complaints(logging.getLogger("test"))
    for now in (0.0, 1.0, 2.0, REPEAT_S):
        complaints.say("bad peer", now)
    assert [record.message for record in caplog.records] == ["bad peer", "bad peer (2 more times since)"]
    for number in range(2 * MAX_KEPT):
        complaints.say(f"peer {number}", REPEAT_S)
    assert len(complaints._told) == MAX_KEPT


def _with(files: TlsFiles, name: str, path: Path) -> TlsFiles:
    paths = {key: getattr(files, key) for key in ("private_key", "certificate", "authority")}
    return TlsFiles(**{**paths, name: path})
