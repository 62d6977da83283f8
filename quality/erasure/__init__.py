"""Erasing a person (GDPR Art. 17 and 21): every place, byte by byte, proved and certified."""
