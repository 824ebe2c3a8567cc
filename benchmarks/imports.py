"""Processor time of `import holdfast` and `holdfast --help`: the median of nine runs each. Run: python benchmarks/imports.py."""

import os
import statistics
import sys

COMMANDS = {
    "import holdfast": [sys.executable, "-c", "import holdfast"],
    "holdfast --help": [sys.executable, "-m", "holdfast.cli.main", "--help"],
    "python -c pass": [sys.executable, "-c", "pass"],
}


def processor_seconds(command: list[str]) -> float:
    """User and system time of a finished process."""
    pid = os.posix_spawn(
        command[0], command, os.environ, file_actions=[(os.POSIX_SPAWN_OPEN, 1, os.devnull, os.O_WRONLY, 0)]
    )
    _, _, usage = os.wait4(pid, 0)
    return usage.ru_utime + usage.ru_stime


def main() -> None:
    for name, command in COMMANDS.items():
        processor_seconds(command)
        print(f"{name:18} {statistics.median(processor_seconds(command) for _ in range(9)):.2f} s of processor time")


if __name__ == "__main__":
    main()
