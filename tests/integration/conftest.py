"""What all integration tests stand on."""

from collections.abc import Iterator

import pytest

from tests.open_vswitch import open_vswitch, why_not


@pytest.fixture(scope="session", autouse=True)
def _switch_daemon() -> Iterator[None]:
    """Open vSwitch runs while the tests do; tests that cannot have it say so themselves."""
    if why_not():
        yield
        return
    with open_vswitch():
        yield
