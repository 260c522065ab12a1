from importlib.metadata import EntryPoint

import pytest
from typer.testing import CliRunner

from controller_app.cli import plugins
from controller_app.cli.main import app


def greet(name: str = "world") -> None:
    """Say hello."""
    print(f"hello {name}")


@pytest.fixture(autouse=True)
def _two_plugins(monkeypatch: pytest.MonkeyPatch) -> None:
    found = {
        name: EntryPoint(name, value, plugins.GROUP)
        for name, value in (("greet", f"{__name__}:greet"), ("broken", "no_such_module_here:command"))
    }
    monkeypatch.setattr(plugins, "_found", lambda: found)


def test_a_command_of_another_package_is_run_with_its_options() -> None:
    assert CliRunner().invoke(app, ["greet", "--name", "you"]).stdout == "hello you\n"


def test_both_are_listed_and_the_broken_one_is_marked() -> None:
    text = CliRunner().invoke(app, ["--help"]).stdout
    assert "Say hello." in text
    assert "not available" in text


def test_a_broken_command_says_why_only_when_it_is_called() -> None:
    assert CliRunner().invoke(app, ["greet"]).exit_code == 0
    done = CliRunner().invoke(app, ["broken", "--any", "thing"])
    assert done.exit_code == 1
    assert done.stderr.startswith("'appsteer broken' cannot be loaded")
    assert len(done.stderr.splitlines()) == 1
