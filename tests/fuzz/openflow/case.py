"""A case: what happens to one session, step by step. Made from a seed and a number; written to a file and read."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from ofext.hello import Hello
from ofext.messages import encode_message
from ofext.openflow import basic
from tests.fuzz.openflow import mutate, seeds

MAX_STREAMS = 8
MAX_EARLY_STEPS = 12
MAX_MESSAGES = 32  # of one stream
RELAYING_SHARE = 0.9  # of cases that begin with a handshake that goes well
EXTENSION_SHARE = 0.8  # of those in which the controller says the extension's hello


@dataclass(frozen=True, slots=True)
class Up:
    """Bytes from the bridge."""

    data: bytes


@dataclass(frozen=True, slots=True)
class Down:
    """Bytes from the controller."""

    data: bytes


@dataclass(frozen=True, slots=True)
class Connect:
    """The controller's connection stands."""


@dataclass(frozen=True, slots=True)
class Lost:
    """The controller's connection has ended."""


@dataclass(frozen=True, slots=True)
class Tick:
    """Time goes by."""

    seconds: float


Step = Up | Down | Connect | Lost | Tick


@dataclass(frozen=True, slots=True)
class Case:
    """Steps in order."""

    steps: tuple[Step, ...]

    def to_json(self, broken: str) -> str:
        """For keeping, with the rule that was broken."""
        steps: list[list[Any]] = []
        for step in self.steps:
            match step:
                case Up(data) | Down(data):
                    steps.append([type(step).__name__, data.hex()])
                case Tick(seconds):
                    steps.append(["Tick", seconds])
                case _:
                    steps.append([type(step).__name__])
        return json.dumps({"broken": broken, "steps": steps}, indent=1) + "\n"

    @staticmethod
    def from_json(text: str) -> Case:
        """Reads what `to_json` wrote."""
        made: list[Step] = []
        for name, *values in json.loads(text)["steps"]:
            match name:
                case "Up" | "Down":
                    made.append((Up if name == "Up" else Down)(bytes.fromhex(values[0])))
                case "Tick":
                    made.append(Tick(values[0]))
                case _:
                    made.append(Connect() if name == "Connect" else Lost())
        return Case(tuple(made))


def make(seed: int, number: int) -> Case:
    """The case of this number: the same for the same seed."""
    random = mutate.Dice(f"{seed}:{number}")
    version = random.choice(seeds.VERSIONS)
    steps: list[Step] = []
    if random.random() < RELAYING_SHARE:
        steps += handshake(version, knows_l7=random.random() < EXTENSION_SHARE)
        steps += [_stream(random, version) for _ in range(random.randint(1, MAX_STREAMS))]
    else:
        steps += [_early_step(random, version) for _ in range(random.randint(2, MAX_EARLY_STEPS))]
    return Case(tuple(steps))


def handshake(version: int, *, knows_l7: bool) -> list[Step]:
    """All goes well; perhaps the controller says the extension's hello too."""
    steps: list[Step] = [Up(basic.hello({1, 4, 5, 6})), Connect(), Down(basic.hello([version]))]
    return [*steps, Down(encode_message(Hello(), version=version, xid=1))] if knows_l7 else steps


def _stream(random: mutate.Dice, version: int) -> Up | Down:
    is_up = random.random() < 0.5
    known = seeds.from_switch(version) if is_up else seeds.from_controller(version)
    data = b"".join(mutate.message(random, known) for _ in range(random.randint(1, MAX_MESSAGES)))
    return Up(data) if is_up else Down(data)


def _early_step(random: mutate.Dice, version: int) -> Step:
    """Before both sides have agreed on anything."""
    hello = basic.hello(random.sample((1, 4, 5, 6, 7), random.randint(1, 5)))
    if random.random() < 0.5:
        hello = mutate.message(random, [hello])
    made: list[Step] = [Up(hello), Down(hello), Connect(), Connect(), Lost(), Tick(random.choice((0.1, 0.5, 4.0)))]
    return random.choice((*made, _stream(random, version)))
