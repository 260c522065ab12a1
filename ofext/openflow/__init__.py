"""The little of OpenFlow 1.3, 1.4 and 1.5 that a shim needs, on raw bytes."""
