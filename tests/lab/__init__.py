"""A small network of a test's own, all parts real: Open vSwitch, hosts, controller and agent as operators run them."""
