"""The controller application: os-ken, state per datapath, northbound API, command line."""

from typing import Final

__version__: Final = "0.1.0"
