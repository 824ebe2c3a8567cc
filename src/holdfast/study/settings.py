"""Settings from a study file, before they are checked."""

import tomllib
from pathlib import Path
from typing import Any

from holdfast.errors import RequestError

# Seconds for a study that was given neither a budget nor a number of trials.
DEFAULT_BUDGET = 60.0


def read_settings(path: Path) -> dict[str, Any]:
    """Read a study file, so that other settings can be laid over it; RequestError when it can't be read."""
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise RequestError(f"{path} can't be read ({error.strerror}); expected a study file in TOML") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise RequestError(f'{path} is not valid TOML ({error}); expected lines such as target = "churned"') from None
