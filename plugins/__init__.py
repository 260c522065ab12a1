"""What the engine knows: applications, categories and protocol signatures as data files."""
