"""`make fuzz-wireshark`: FUZZ_MESSAGES damaged messages through tshark and the dissector, and what became of them.

The same seed makes the same messages. A capture that makes the dissector fail, or end before its last message, is kept.
"""

from __future__ import annotations

import os
import re
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path
from random import Random
from typing import Final

from ofext.ids import EXPERIMENTER_BYTES
from ofext.messages import Hello, encode_message
from tests.fakes.capture_file import Conversation, openflow_messages, read_pcapng, write_pcapng
from tests.fakes.tshark import tshark
from tests.golden.record_session import SESSION

EXAMPLES: Final = Path(__file__).parents[1] / "golden" / "ofext"
A_CAPTURE: Final = 2_000  # messages; tshark needs half a second to begin
VERSIONS: Final = (4, 5, 6)
LAST: Final = encode_message(Hello(), version=5, xid=0x1A57)
KEPT: Final = Path("build") / "fuzz-wireshark"


def main() -> int:
    """Until the messages are through; 1 when one broke the dissector."""
    wanted = int(os.environ.get("FUZZ_MESSAGES", "100000"))
    seed = int(os.environ.get("FUZZ_SEED") or Random().randrange(1 << 32))
    print(f"FUZZ_SEED={seed} FUZZ_MESSAGES={wanted}", flush=True)
    random, seeds = Random(seed), _seeds()
    figures: Counter[str] = Counter()
    began = time.monotonic()
    with tempfile.TemporaryDirectory() as folder:
        while figures["messages"] < wanted:
            capture = Path(folder) / f"{figures['captures']}.pcapng"
            _write(capture, [damaged(random, random.choice(seeds)) for _ in range(A_CAPTURE)], random)
            shown = tshark("-r", capture, "-V", "-O", "appsteer")
            figures.update(messages=A_CAPTURE, captures=1, shown=shown.count("\nAppSteer, "))
            figures["malformed"] += shown.count("[Expert Info (Error/Malformed): at offset")
            if "Lua Error" in shown or "Versions: 0x00000002" not in shown.rpartition("\nAppSteer, ")[2]:
                figures["broken"] += 1
                KEPT.mkdir(parents=True, exist_ok=True)
                print(f"broken: {capture.rename(KEPT / capture.name)}", flush=True)
            else:
                capture.unlink()
    print(f"{dict(figures)} in {time.monotonic() - began:.0f} s")
    return 1 if figures["broken"] else 0


def damaged(random: Random, raw: bytes) -> bytes:
    """A message with bytes changed, put in, left out or cut off, and mostly a true size in its header."""
    message = bytearray(raw)
    message[0] = random.choice(VERSIONS)
    for _ in range(random.randrange(6)):
        at = random.randrange(8, len(message)) if len(message) > 8 else 8
        match random.randrange(4):
            case 0:
                message[at : at + 1] = random.randbytes(1)
            case 1:
                message[at : at + 2] = random.choice((b"\0\0", b"\xff\xff", b"\0\1", random.randbytes(2)))
            case 2:
                message[at:at] = random.choice((EXPERIMENTER_BYTES, random.randbytes(random.randrange(20))))
            case 3:
                del message[at : at + random.randrange(20)]
    if random.randrange(4) == 0:
        del message[random.randrange(8, len(message) + 1) :]
    message[2:4] = min(len(message), 0xFFFF).to_bytes(2, "big")
    return bytes(message[:0xFFFF])


def _seeds() -> list[bytes]:
    """The examples of the specification, and the recorded session's messages that have layer 7 in them."""
    examples = [bytes.fromhex(re.sub(r"[;#].*", "", path.read_text())) for path in sorted(EXAMPLES.glob("*.hex"))]
    messages = [raw for raw in examples if raw[0] in VERSIONS]
    messages += [
        raw for raw in openflow_messages(read_pcapng(SESSION)) if EXPERIMENTER_BYTES in raw and len(raw) < 4096
    ]
    return messages


def _write(path: Path, messages: list[bytes], random: Random) -> None:
    conversation = Conversation()
    stream = b"".join(messages)
    while stream:
        size = random.choice((7, 100, 1460, 9000))
        conversation.send(stream[:size])
        stream = stream[size:]
    conversation.send(LAST)
    write_pcapng(path, conversation.packets)


if __name__ == "__main__":
    sys.exit(main())
