"""The agent's side of a switch without a connection tracker: its tables, its marks, and what a controller is shown."""
