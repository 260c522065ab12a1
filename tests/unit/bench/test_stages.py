"""Instructions by stage, from an output of callgrind."""

from tests.bench.stages import OTHERS, counted

OUTPUT = """\
version: 1
positions: line
events: Ir

fl=(1) /src/core/src/engine/intake.rs
fn=(1) feed
10 5
fi=(2) /rustc/library/core/src/option.rs
+3 7
fi=(3) /src/core/src/frame/mod.rs
* 11
fe=(1)
20 2
cfi=(4) /libc/memcpy.S
cfn=(2) memcpy
calls=3 0
21 100
22 1

fl=(4)
fn=(2)
1 40
-1 60
"""


def test_what_a_library_does_inside_our_function_is_ours_and_calls_count_where_they_go() -> None:
    assert counted(OUTPUT.splitlines()) == {"find and keep flows": 5 + 7 + 2 + 1, "decode": 11, OTHERS: 100}
