from dataclasses import replace
from types import SimpleNamespace

import pytest

from controller_app.datapath_state import MAX_PARTS, TRANSITIONS, Stage, Step, SwitchState
from controller_app.session import Session
from ofext.catalogue import AppEntry, Catalogue
from ofext.catalogue_change import CatalogueChange
from ofext.errors import DecodeError
from ofext.hello import AgentInfo, Hello

AGENT = Hello(agent=AgentInfo(tap_port=9, edge_zone=1, service_zone=2))


def connected() -> SwitchState:
    switch = SwitchState(dpid=1, name="s1")
    switch.joined(Session(SimpleNamespace(id=1), timeout_s=1.0), "s1", 5.0)
    return switch


def part(number: int, *, more: bool) -> Catalogue:
    return Catalogue(version="1", apps=(AppEntry(app_id=number, key=f"a{number}", name="A"),), more=more)


def test_hello_then_catalogue_then_rules() -> None:
    switch = connected()
    assert switch.hello(AGENT)
    assert switch.catalogue(part(1, more=True)) is None
    assert switch.stage is Stage.GREETED
    whole = switch.catalogue(part(2, more=False))
    assert whole is not None
    assert [app.app_id for app in whole.apps] == [1, 2]
    assert switch.step(Step.INSTALLED)
    assert switch.stage is Stage.READY


def test_an_ordinary_switch_is_decided_without_a_catalogue() -> None:
    switch = connected()
    assert switch.no_agent()
    assert switch.is_decided
    assert not switch.no_agent()


def test_an_agent_that_answers_late_is_taken_all_the_same() -> None:
    switch = connected()
    switch.no_agent()
    assert switch.hello(AGENT)
    assert switch.agent == AGENT.agent


def test_a_catalogue_before_the_hello_is_refused_and_changes_nothing() -> None:
    switch = connected()
    for more in (True, False):
        with pytest.raises(DecodeError):
            switch.catalogue(part(1, more=more))
    assert (switch.stage, switch.unexpected) == (Stage.CONNECTED, 2)


def test_a_catalogue_that_never_ends_is_given_up() -> None:
    switch = connected()
    switch.hello(AGENT)
    for number in range(MAX_PARTS):
        assert switch.catalogue(part(number, more=True)) is None
    with pytest.raises(DecodeError):
        switch.catalogue(part(0, more=True))
    whole = switch.catalogue(part(1, more=False))
    assert whole is not None
    assert len(whole.apps) == 1


def test_no_common_version_is_a_problem_to_show() -> None:
    switch = connected()
    assert not switch.hello(Hello(versions=frozenset({7}), agent=AGENT.agent))
    assert "[7]" in switch.problem


def test_every_stage_can_be_left_and_joined_again() -> None:
    for stage in Stage:
        assert TRANSITIONS[stage, Step.LEFT] is Stage.AWAY
        assert TRANSITIONS[stage, Step.JOINED] is Stage.CONNECTED


def test_what_the_agent_said_is_kept_while_the_switch_is_away() -> None:
    switch = connected()
    switch.hello(AGENT)
    switch.left()
    assert switch.agent == AGENT.agent
    assert not switch.is_connected


def test_a_change_of_the_catalogue_makes_the_next_one_and_a_change_of_another_is_refused() -> None:
    switch = connected()
    switch.hello(AGENT)
    known = switch.catalogue(part(1, more=False))
    assert known is not None
    first = CatalogueChange(before=known.version, version="b", gone_apps=frozenset({1}), more=True)
    assert switch.catalogue_change(first, known) is None
    new = AppEntry(app_id=9, key="new", name="New")
    after = switch.catalogue_change(replace(first, gone_apps=frozenset(), apps=(new,), more=False), known)
    assert after is not None
    assert (after.version, after.apps) == ("b", (new,))
    with pytest.raises(DecodeError, match="a change of catalogue 'b'"):
        switch.catalogue_change(replace(first, more=False), after)


def test_a_change_of_the_catalogue_that_never_ends_is_given_up() -> None:
    switch = connected()
    switch.hello(AGENT)
    known = switch.catalogue(part(1, more=False))
    assert known is not None
    for _ in range(MAX_PARTS):
        switch.catalogue_change(CatalogueChange(before=known.version, version="b", more=True), known)
    with pytest.raises(DecodeError, match="at most"):
        switch.catalogue_change(CatalogueChange(before=known.version, version="b", more=True), known)
