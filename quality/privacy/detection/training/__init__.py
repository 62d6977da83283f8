"""How the name recogniser is trained: word lists, invented sentences, weights; one command.

    uv run --group training python -m quality.privacy.detection.training

Needs the packages of the group `training` in pyproject.toml; nothing here is needed to redact.
"""
