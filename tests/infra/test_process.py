import subprocess
import sys
from pathlib import Path

LEFT_BEHIND = """
import os, resource
from pathlib import Path
from infra.process import keep_private
keep_private()
Path("written").write_text("rows")
print(resource.getrlimit(resource.RLIMIT_CORE)[0], oct(os.stat("written").st_mode)[-3:])
print(os.environ["DAGSTER_DISABLE_TELEMETRY"], os.environ["GX_ANALYTICS_ENABLED"])
"""


def test_a_process_leaves_no_core_dump_and_no_file_for_others_and_calls_nobody(tmp_path: Path):
    done = subprocess.run(
        [sys.executable, "-c", LEFT_BEHIND],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=True,
    )

    assert done.stdout.split() == ["0", "600", "1", "False"]
