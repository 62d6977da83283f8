"""The Dagster instance of an installation: telemetry off, no captured output."""

import os
from pathlib import Path
from typing import TYPE_CHECKING, Final

from infra.settings import Settings

if TYPE_CHECKING:
    import dagster as dg

# What a step prints could hold a value: it is not captured (spec: privacy traps, C3). A run whose
# process was killed would count as running for ever, and nothing would be asked for meanwhile. One
# run may fill the memory of a small machine.
CONFIG: Final = """\
telemetry:
  enabled: false
nux:
  enabled: false
compute_logs:
  module: dagster._core.storage.noop_compute_log_manager
  class: NoOpComputeLogManager
run_monitoring:
  enabled: true
  start_timeout_seconds: 300
  max_runtime_seconds: 21600
concurrency:
  runs:
    max_concurrent_runs: 2
"""

# The same name as in the repository's workspace.yaml: what is switched on there is on here.
_WORKSPACE: Final = """\
load_from:
  - python_module:
      module_name: orchestration.definitions
      location_name: gemello
"""


def workspace_file(settings: Settings) -> Path:
    """The file that tells Dagster's pages what to load, in the folder of the instance."""
    path = dagster_home(settings) / "workspace.yaml"
    if not path.exists():
        path.write_text(_WORKSPACE, encoding="utf-8")
    return path


def dagster_home(settings: Settings) -> Path:
    """The folder of the instance: DAGSTER_HOME if set, else in the installation's folder."""
    declared = os.environ.get("DAGSTER_HOME")
    home = Path(declared) if declared else settings.home / "dagster"
    home.mkdir(parents=True, exist_ok=True)
    config = home / "dagster.yaml"
    if not config.exists():
        config.write_text(CONFIG, encoding="utf-8")
    return home


def is_quiet(config: str) -> bool:
    """Whether a `dagster.yaml` has telemetry, captured output and captured loggers off."""
    import yaml

    declared = yaml.safe_load(config) or {}
    captures = (declared.get("compute_logs") or {}).get("class") != "NoOpComputeLogManager"
    tells = (declared.get("telemetry") or {}).get("enabled") is not False
    return not (captures or tells or declared.get("python_logs"))


def open_instance(settings: Settings) -> "dg.DagsterInstance":
    """The instance that `gemello run` fills and `gemello ui` shows.

    Its SQLite files, if it has none of another kind, are kept open while it is.
    """
    import dagster as dg
    from dagster._core.instance.ref import InstanceRef

    reference = InstanceRef.from_dir(str(dagster_home(settings)))
    storage = reference.storage_data
    if storage is not None and storage.class_name == "DagsterSqliteStorage":
        kept_open = storage._replace(
            module_name="orchestration.event_store", class_name="OpenStorage"
        )
        reference = reference._replace(storage_data=kept_open)
    return dg.DagsterInstance.from_ref(reference)
