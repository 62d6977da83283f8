"""The kinds of edits, a file each: found here, and registered nowhere."""
