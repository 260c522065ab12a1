"""How much of each application and each user a bridge has seen since the agent's start. Bounded. Pure, single owner.

Flows count when they have ended; what lives is added when somebody asks. What finds no room is counted together.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from typing import Final

from ofext.events import FlowEvent
from ofext.statistics import MAX_NAME_SIZE, OTHER_APPS, AppStats, UserKind, UserStats, Volume

MAX_APPS: Final = 65_536  # several times what any catalogue has; sites, whose ids are computed, may be more
MAX_USERS: Final = 65_536  # as many as live flows a bridge usually has; some 20 MB

User = tuple[int, str]
"""Kind and name."""
OTHER_USERS: Final[User] = (UserKind.OTHERS, "")


@dataclass(slots=True)
class _Sum:
    live_flows: int = 0
    flows: int = 0
    packets_c2s: int = 0
    packets_s2c: int = 0
    bytes_c2s: int = 0
    bytes_s2c: int = 0
    last_seen_ns: int = 0
    category: int = 0

    def add(self, event: FlowEvent, *, is_live: bool = False) -> None:
        self.live_flows += is_live
        self.flows += 1
        self.packets_c2s += event.packets_c2s
        self.packets_s2c += event.packets_s2c
        self.bytes_c2s += event.bytes_c2s
        self.bytes_s2c += event.bytes_s2c
        self.last_seen_ns = max(self.last_seen_ns, event.last_seen_ns)
        self.category = event.category or self.category

    def copy(self) -> _Sum:
        return _Sum(**{name: getattr(self, name) for name in self.__slots__})

    def volume(self) -> Volume:
        return Volume(
            live_flows=self.live_flows,
            flows=self.flows,
            packets_c2s=self.packets_c2s,
            packets_s2c=self.packets_s2c,
            bytes_c2s=self.bytes_c2s,
            bytes_s2c=self.bytes_s2c,
            last_seen_ns=self.last_seen_ns,
        )


class Totals:
    """Sums over flows that have ended."""

    def __init__(self, max_apps: int = MAX_APPS, max_users: int = MAX_USERS) -> None:
        self._max_apps, self._max_users = max_apps, max_users
        self._apps: dict[int, _Sum] = {}
        self._users: dict[User, _Sum] = {}

    def ended(self, event: FlowEvent, user_attributes: Collection[int]) -> None:
        """A flow's last state."""
        self._app(self._apps, event).add(event)
        self._user(self._users, user_of(event, user_attributes)).add(event)

    def copy(self) -> Totals:
        """Another one with the same sums."""
        made = Totals(self._max_apps, self._max_users)
        made._apps = {app: known.copy() for app, known in self._apps.items()}
        made._users = {user: known.copy() for user, known in self._users.items()}
        return made

    def apps(self, live: Iterable[FlowEvent]) -> list[AppStats]:
        """Of each application, those that live added for good: asked of a copy."""
        sums = self._apps
        for event in live:
            self._app(sums, event).add(event, is_live=True)
        return [AppStats(app_id=app, category=sums[app].category, volume=sums[app].volume()) for app in sorted(sums)]

    def users(self, live: Iterable[FlowEvent], user_attributes: Collection[int]) -> list[UserStats]:
        """Of each user, those that live added for good: asked of a copy."""
        sums = self._users
        for event in live:
            self._user(sums, user_of(event, user_attributes)).add(event, is_live=True)
        return [UserStats(user=user[1], kind=user[0], volume=sums[user].volume()) for user in sorted(sums)]

    def _app(self, sums: dict[int, _Sum], event: FlowEvent) -> _Sum:
        app = event.app_id if event.app_id in sums or len(sums) < self._max_apps else OTHER_APPS
        return sums.setdefault(app, _Sum())

    def _user(self, sums: dict[User, _Sum], user: User) -> _Sum:
        return sums.setdefault(user if user in sums or len(sums) < self._max_users else OTHER_USERS, _Sum())


def user_of(event: FlowEvent, user_attributes: Collection[int]) -> User:
    """The name that was given in a protocol (the first of several), else the originator's address."""
    for attribute, value in event.metadata:
        if attribute in user_attributes:
            return UserKind.NAME, value[:MAX_NAME_SIZE].decode("utf-8", "ignore")
    return UserKind.ADDRESS, event.src
