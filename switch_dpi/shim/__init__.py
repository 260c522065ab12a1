"""The OpenFlow shim: relays between one bridge and the controller, and speaks layer 7 for the bridge."""
