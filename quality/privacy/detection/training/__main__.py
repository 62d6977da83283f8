"""Make the word lists, train the name recogniser, write both with their hashes."""

import hashlib
import json
import lzma
import sys
from collections.abc import Sequence
from importlib.metadata import version
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final

from quality.privacy.detection import lexicon as trained
from quality.privacy.detection.folding import case_of
from quality.privacy.detection.names import LABELS, features_of
from quality.privacy.detection.tokens import kind_of, tokens_of
from quality.privacy.detection.training import lists

SEED: Final = 20_250_401
_TEXTS: Final = 16_000
_PACKAGES: Final = (
    "faker",
    "mimesis",
    "wordfreq",
    "simplemma",
    "python-codicefiscale",
    "python-crfsuite",
)
_SETTINGS: Final = {
    "c1": 0.3,
    "c2": 0.05,
    "max_iterations": 80,
    "feature.minfreq": 4,
    "feature.possible_transitions": True,
}
# Weights below this change no decision worth its bytes.
_LEAST: Final = 0.03


def main() -> None:
    """Write the files of the folder `trained`."""
    folder = Path(trained.__file__).parent / "trained"
    folder.mkdir(exist_ok=True)
    words = lists.lexicon()
    _say(f"{len(words)} words")
    _pack(folder / trained.WORDS, "\n".join(f"{word}\t{kind}" for word, kind in words.items()))
    _manifest(folder)
    weights = _weights()
    _say(f"{len(weights['features'])} features")
    _pack(folder / trained.WEIGHTS, json.dumps(weights, separators=(",", ":"), sort_keys=True))
    _manifest(folder)


def _weights() -> dict[str, Any]:  # JSON
    import pycrfsuite

    from quality.privacy.detection.training.generate import Writer

    trainer = pycrfsuite.Trainer(algorithm="lbfgs", verbose=False)
    for text, labels in Writer(SEED).texts(_TEXTS):
        trainer.append(_features(text), list(labels))
    _say("learning")
    trainer.set_params(_SETTINGS)
    with TemporaryDirectory() as name:
        trainer.train(str(Path(name) / "model"))
        tagger = pycrfsuite.Tagger()
        tagger.open(str(Path(name) / "model"))
        info = tagger.info()
    features: dict[str, list[float]] = {}
    for (feature, label), weight in info.state_features.items():
        if abs(weight) >= _LEAST:
            features.setdefault(feature, [0.0] * 4)[LABELS.index(label)] = round(weight, 2)
    moves = [[round(info.transitions.get((a, b), -9.0), 2) for b in LABELS] for a in LABELS]
    return {"features": features, "moves": moves}


def _features(text: str) -> Sequence[Sequence[str]]:
    case = case_of(text)
    kinds = (kind_of(token.text, case) for token in tokens_of(text))
    return features_of([(kind.class_, kind.cue, kind.features) for kind in kinds])


def _pack(file: Path, text: str) -> None:
    file.write_bytes(lzma.compress(text.encode(), preset=9 | lzma.PRESET_EXTREME))
    _say(f"{file.name}: {file.stat().st_size} bytes")


def _manifest(folder: Path) -> None:
    files = sorted(folder.glob("*.xz"))
    manifest = {
        "seed": SEED,
        "texts": _TEXTS,
        "packages": {name: version(name) for name in _PACKAGES},
        "sha256": {file.name: hashlib.sha256(file.read_bytes()).hexdigest() for file in files},
    }
    text = json.dumps(manifest, indent=2) + "\n"
    (folder / trained.MANIFEST).write_text(text, encoding="utf-8")


def _say(text: str) -> None:
    sys.stderr.write(f"{text}\n")


if __name__ == "__main__":
    main()
