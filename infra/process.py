"""What this process may leave behind: no core dump, no file that others can read, no telemetry."""

import os
import resource


def keep_private() -> None:
    """Write no core dump (it would hold deliveries and keys), and files for their owner alone.

    Dagster's and Great Expectations' telemetry are off whatever their configuration says.
    """
    resource.setrlimit(resource.RLIMIT_CORE, (0, resource.getrlimit(resource.RLIMIT_CORE)[1]))
    os.umask(0o077)
    os.environ["DAGSTER_DISABLE_TELEMETRY"] = "1"
    os.environ["GX_ANALYTICS_ENABLED"] = "False"
