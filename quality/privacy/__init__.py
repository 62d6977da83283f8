"""The privacy gate: what is taken, how it is protected, and what looks personal."""
