"""What all integration tests stand on."""

from collections.abc import Iterator

import pytest

from tests.open_vswitch import open_vswitch, why_not

WITHOUT_TRACKER = "rules"  # part of the id of tests on a switch without a connection tracker
QUICK = "quick_without_tracker"


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """What is tried with and without a connection tracker is tried without one in `make test` only where it says so."""
    for item in items:
        _, _, parameters = item.name.partition("[")
        if WITHOUT_TRACKER in parameters.rstrip("]").split("-") and item.get_closest_marker(QUICK) is None:
            item.add_marker(pytest.mark.slow)


@pytest.fixture(scope="session", autouse=True)
def _switch_daemon() -> Iterator[None]:
    """Open vSwitch runs while the tests do; tests that cannot have it say so themselves."""
    if why_not():
        yield
        return
    with open_vswitch():
        yield
