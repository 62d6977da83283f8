"""What the twin contains: sources, silver entities, gold indicators, and what makes them assets."""
