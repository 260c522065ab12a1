"""The acts of the demo, one module each. An act makes traffic, then checks its claims against outside evidence."""
