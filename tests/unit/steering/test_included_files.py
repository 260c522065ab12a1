"""Files that include others: order, places of mistakes, cycles, and the way to another machine."""

from pathlib import Path

import pytest

from steering.errors import PolicyErrors
from steering.policy import files, load_policy, pack, parse_policy
from steering.policy.model import SendThrough

MAIN = """\
version: 1
include: [shared/functions.yaml, teams/web.yaml]
defaults: {action: deny}
policies:
  - {name: first, match: {vlan: 1}, action: allow}  # the word of the operator
"""
FUNCTIONS = """\
version: 1
services:
  - {name: fw, kind: transparent, attach: {switch: s1, ingress: 5, egress: 6}}
chains: [{name: guarded, services: [fw]}]
groups: [{name: office, addresses: 10.1.0.0/16}]
"""
WEB = """\
version: 1
include: ../shared/functions.yaml
policies:
  - {name: web, match: {src_group: office, dst_port: 80}, action: {chain: guarded}}
  - {name: rest, action: allow}
"""


@pytest.fixture
def main(tmp_path: Path) -> Path:
    """A policy of three files; two of them include the third."""
    for name, text in (("main.yaml", MAIN), ("shared/functions.yaml", FUNCTIONS), ("teams/web.yaml", WEB)):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text)
    return tmp_path / "main.yaml"


def told(main: Path) -> list[str]:
    """The mistakes, with file names from the folder of the policy on."""
    with pytest.raises(PolicyErrors) as caught:
        load_policy(main)
    return [str(error).removeprefix(f"{main.parent}/") for error in caught.value.errors]


def change(main: Path, name: str, old: str, new: str) -> None:
    path = main.parent / name
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new))


def test_who_includes_has_the_first_word_and_everything_may_name_everything(main: Path) -> None:
    policy = load_policy(main)
    assert [rule.name for rule in policy.rules] == ["first", "web", "rest"]
    assert policy.rules[1].action == SendThrough(chain="guarded")
    assert policy.rules[1].match.src == ("10.1.0.0/16",)
    assert policy.defaults.action == "deny"
    assert list(policy.services) == ["fw"]


def test_files_are_only_read(main: Path) -> None:
    load_policy(main)
    assert main.read_text() == MAIN


def test_a_policy_travels_as_one_text_with_its_comments_and_the_places_of_its_mistakes(main: Path) -> None:
    text = pack(main)
    assert "# the word of the operator" in text
    assert parse_policy(text, "elsewhere") == load_policy(main)
    change(main, "teams/web.yaml", "chain: guarded", "chain: garded")
    with pytest.raises(PolicyErrors) as here:
        load_policy(main)
    with pytest.raises(PolicyErrors) as there:
        parse_policy(pack(main))
    assert str(here.value) == str(there.value)


def test_a_packed_policy_is_read_from_a_file_too(main: Path, tmp_path: Path) -> None:
    kept = tmp_path / "kept.yaml"
    kept.write_text(pack(main))
    assert load_policy(kept) == load_policy(main)
    assert pack(kept) == kept.read_text()


def test_a_policy_of_one_file_travels_as_it_is(main: Path) -> None:
    alone = main.parent / "shared" / "functions.yaml"
    assert pack(alone) == FUNCTIONS


@pytest.mark.parametrize("ending", ["", "\n", "\n\n", "\n# file 3 x\n", "\r\n", "\u2028\n"])
def test_whatever_a_file_ends_with_it_arrives_unchanged(main: Path, ending: str) -> None:
    web = main.parent / "teams" / "web.yaml"
    web.write_bytes((WEB.rstrip() + "  # end" + ending).encode())
    sent = files.from_disk(main)
    assert [file.text for file in files.from_text(pack(main), "")] == [file.text for file in sent]


@pytest.mark.parametrize(
    ("name", "old", "new", "said"),
    [
        ("teams/web.yaml", "action: allow", "action: alow", "teams/web.yaml:5:26: expected 'allow' or 'deny'"),
        (
            "teams/web.yaml",
            "src_group: office",
            "src_group: ofice",
            "teams/web.yaml:4:36: expected the name of a group with addresses (at 'ofice'); did you mean 'office'?",
        ),
        ("teams/web.yaml", "name: rest", "name: first", "teams/web.yaml:5:12: two of the policies have this name"),
        (
            "teams/web.yaml",
            "policies:",
            "defaults: {}\npolicies:",
            "teams/web.yaml:3:1: another file of this policy has defaults already",
        ),
        ("teams/web.yaml", "version: 1", "version: 2", "teams/web.yaml:1:10: expected version 1"),
        (
            "teams/web.yaml",
            "functions.yaml",
            "function.yaml",
            "teams/web.yaml:2:10: the file cannot be read: No such file or directory "
            "(at '../shared/function.yaml'); did you mean 'functions.yaml'?",
        ),
        (
            "teams/web.yaml",
            "../shared/functions.yaml",
            "/etc/passwd",
            "teams/web.yaml:2:10: expected the name of a file, relative to this one",
        ),
        ("main.yaml", "teams/web.yaml]", "5]", "main.yaml:2:34: expected the name of a file, relative to this one"),
        (
            "shared/functions.yaml",
            "[fw]",
            "[fw, fv]",
            "shared/functions.yaml:4:41: expected the name of a service (at 'fv')",
        ),
        ("shared/functions.yaml", "version: 1", "- version", "shared/functions.yaml:"),
    ],
)
def test_a_mistake_is_told_in_the_file_where_it_is(main: Path, name: str, old: str, new: str, said: str) -> None:
    change(main, name, old, new)
    assert any(error.startswith(said) for error in told(main)), told(main)


def test_a_mistake_of_the_defaults_is_told_where_they_are(main: Path) -> None:
    change(main, "main.yaml", "defaults: {action: deny}\n", "")
    change(main, "teams/web.yaml", "policies:", "defaults: {action: {chain: none}}\npolicies:")
    assert told(main) == ["teams/web.yaml:3:28: expected the name of a chain (at 'none')"]


def test_files_that_include_each_other_are_refused_with_the_way(main: Path) -> None:
    change(main, "shared/functions.yaml", "version: 1", "version: 1\ninclude: ../teams/web.yaml")
    change(main, "main.yaml", "shared/functions.yaml, ", "")
    folder = main.parent
    (error,) = told(main)
    assert error.startswith("shared/functions.yaml:2:10: a file cannot include itself: ")
    way = [f"{folder}/{name}" for name in ("teams/web.yaml", "shared/functions.yaml", "teams/web.yaml")]
    assert " → ".join(way) in error
    change(main, "main.yaml", "teams/web.yaml", "main.yaml")
    assert "a file cannot include itself" in told(main)[0]


def test_a_text_that_came_alone_includes_nothing_of_this_machine(main: Path) -> None:
    with pytest.raises(PolicyErrors, match=r"main\.yaml:2:11: the file did not come along"):
        parse_policy(MAIN, str(main))


def test_all_files_together_are_bounded(main: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(files, "MAX_FILES", 2)
    assert any("at most 2 files" in error for error in told(main))
    monkeypatch.setattr(files, "MAX_SIZE", len(MAIN) + 10)
    assert any("a policy has at most" in error for error in told(main))


def test_the_name_of_an_included_switch_is_told_in_its_file(main: Path) -> None:
    policy = load_policy(main)
    assert policy.source is not None
    error = policy.source.error(("policies", 2, "action"), "x")
    assert (error.file, error.line) == (str(main.parent / "teams" / "web.yaml"), 5)
