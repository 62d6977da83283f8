"""The auditor's pack: what the lake holds and proves of itself, readable, chained and signed."""
