"""The twin's indicators: one pure function and one declaration a file."""
