"""How the name recogniser is trained: word lists, invented sentences, weights; one command.

    uv pip install --group training
    .venv/bin/python -m quality.privacy.detection.training

Needs the packages of the group `training` in pyproject.toml; nothing here is needed to redact.
"""
