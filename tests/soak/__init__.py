"""Kills controller, agent and Open vSwitch under traffic, and holds against each other what they know afterwards."""
