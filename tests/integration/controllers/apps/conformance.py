"""os-ken's own switch-conformance tests, their results written down as they come.

Each result is a line of JSON in the file that the environment variable RESULTS names.
"""

from __future__ import annotations

import json
import logging
import os
from pathlib import Path
from typing import Any

from os_ken.tests.switch import tester


class Conformance(tester.OfTester):
    """The tester as it is, with a list of results."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        self._group = ""
        self._said = _Last()
        super().__init__(*args, **kwargs)

    def _set_logger(self) -> None:
        super()._set_logger()
        self.logger.addHandler(self._said)

    def _test_execute(self, test: Any, description: str | None) -> str:
        self._group = description or self._group  # the first test of a file brings its title
        result: str = super()._test_execute(test, description)
        detail = "" if result == tester.TEST_OK else self._said.text.strip()
        line = json.dumps({"group": self._group, "test": test.description, "result": result, "detail": detail})
        with Path(os.environ["RESULTS"]).open("a") as results:
            results.write(line + "\n")
        return result


class _Last(logging.Handler):
    """Keeps the last line of the log: it says why a test failed."""

    text = ""

    def emit(self, record: logging.LogRecord) -> None:
        self.text = record.getMessage()
