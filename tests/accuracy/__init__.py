"""How often the engine is right: records against labels, guesses against verdicts. Nothing here passes or fails."""
