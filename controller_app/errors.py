"""Errors of the controller application: one base class, each saying what was wrong and where."""


class ControllerError(Exception):
    """What went wrong, in one sentence fit for a terminal.

    `place` is where it went wrong (a file with line and column, a switch, an address), `value` the offending value.
    """

    def __init__(self, message: str, *, place: str = "", value: object = None) -> None:
        super().__init__(f"{place}: {message}" if place else message)
        self.place = place
        self.value = value


class ConfigError(ControllerError):
    """The configuration file cannot be used."""


class AuthorityError(ControllerError):
    """The authority cannot make, read or write the certificate or key that was asked for."""


class StateError(ControllerError):
    """The state directory cannot be read or written."""


class UntranslatableError(ControllerError):
    """A rule, group or message has no equivalent on the other side of the OpenFlow boundary."""


class SwitchError(ControllerError):
    """A switch refused a request, did not answer in time or went away."""


class StatisticsError(ControllerError):
    """A switch cannot be asked for statistics: it is not there, or nobody beside it counts."""


class NotReadyError(ControllerError):
    """What was asked for needs knowledge of the network that the controller does not have yet."""


class NorthboundError(ControllerError):
    """The northbound API cannot be served or reached, or refused a request."""
