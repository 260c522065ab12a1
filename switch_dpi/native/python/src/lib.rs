//! The engine under a Python interface.
