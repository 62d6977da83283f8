"""What can be seen of who may read the lake, from the side of whoever is looking."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Final, Literal

from infra.lake.places import Place

if TYPE_CHECKING:
    from s3fs import S3FileSystem

# Of a folder: the widest circle that its permissions let in. Of a bucket: whether somebody who
# gives no name is let in; `unknown` where the store did not say.
Access = Literal["everyone", "group", "owner", "nobody_unnamed", "unknown", "absent"]
_OTHERS: Final = 0o005
_THROUGH: Final = 0o001
_GROUP: Final = 0o050


def access(place: Place, stage: str) -> Access:
    """Who may read a stage, as far as can be seen. Asks, and changes nothing."""
    root = place.root(stage)
    base = root if "{stage}" in place.location else f"{root}/{stage}"
    return _of_bucket(place, base) if place.is_remote else _of_folder(Path(base))


def _of_folder(folder: Path) -> Access:
    if not folder.is_dir():
        return "absent"
    above = [one.stat().st_mode for one in folder.absolute().parents]
    return let_in(folder.stat().st_mode, above)


def let_in(mode: int, above: Sequence[int]) -> Access:
    """Whom the permissions of a folder let in, and those of the folders above it let through."""
    if mode & _OTHERS == _OTHERS and all(one & _THROUGH for one in above):
        return "everyone"
    return "group" if mode & _GROUP == _GROUP else "owner"


def _of_bucket(place: Place, base: str) -> Access:
    """Ask for a list and for one file, as anybody on the network could."""
    import s3fs

    folder = base.removeprefix("s3://")
    named = place.files
    try:
        if not named.exists(folder):
            return "absent"
        one = next((name for name in named.find(folder, maxdepth=4)), None)
    except OSError:
        return "unknown"
    anyone = s3fs.S3FileSystem(
        anon=True,
        endpoint_url=place.options.get("AWS_ENDPOINT_URL"),
        client_kwargs={"region_name": place.options["AWS_REGION"]},
        config_kwargs={"connect_timeout": 5, "retries": {"max_attempts": 1}},
        use_listings_cache=False,
        skip_instance_cache=True,
    )
    answers = [_lists(anyone, folder), _reads(anyone, one)]
    if True in answers:
        return "everyone"
    return "nobody_unnamed" if answers == [False, False] else "unknown"


def _lists(anyone: "S3FileSystem", folder: str) -> bool | None:
    try:
        anyone.ls(folder, detail=False)
    except PermissionError:
        return False
    except OSError:
        return None
    return True


def _reads(anyone: "S3FileSystem", name: str | None) -> bool | None:
    if name is None:
        return False
    try:
        anyone.cat_file(name, start=0, end=1)
    except PermissionError:
        return False
    except OSError:
        return None
    return True
