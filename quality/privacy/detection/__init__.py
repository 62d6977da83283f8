"""Personal data in Italian free text: finding it, and keeping only what is known to be harmless."""
