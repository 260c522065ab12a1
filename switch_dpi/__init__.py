"""The agent beside the switch: engine, OpenFlow shim, tap, marks."""
