"""Settings from a study file, before they are checked."""

import tomllib
from pathlib import Path
from typing import Any

from holdfast.errors import RequestError

# Seconds for a study that was given neither a budget nor a number of trials.
DEFAULT_BUDGET = 60.0

# Folds by this name: each group is judged by a model that was fitted on all others.
LEAVE_ONE_GROUP_OUT = "logo"


def read_settings(path: Path) -> dict[str, Any]:
    """Read a study file, so that other settings can be laid over it; RequestError when it can't be read.

    What stands under [validation] are settings like all others.
    """
    try:
        settings = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise RequestError(f"{path} can't be read ({error.strerror}); expected a study file in TOML") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise RequestError(f'{path} is not valid TOML ({error}); expected lines such as target = "churned"') from None
    validation = settings.pop("validation", {})
    if not isinstance(validation, dict):
        raise RequestError(
            f"{path}: validation is {validation!r}; expected a table: [validation], and below it lines such as nested = true"
        )
    return {**settings, **validation}


def read_folds(value: Any) -> tuple[Any, int | None]:
    """Read what folds may be, a number, "logo", or "5x3" for folds and repeats, and give folds and repeats.

    >>> read_folds("5x3"), read_folds("10"), read_folds("LOGO"), read_folds(4)
    ((5, 3), (10, None), ('logo', None), (4, None))
    """
    words = value.strip().lower() if isinstance(value, str) else value
    numbers = words.split("x") if isinstance(words, str) else []
    if not numbers or words == LEAVE_ONE_GROUP_OUT:
        return words, None
    if not all(number.strip().isdigit() for number in numbers) or len(numbers) > 2:
        raise RequestError(
            f"setting 'folds' got {value!r}; expected a number such as 10, folds x repeats such as 5x3, or "
            f"{LEAVE_ONE_GROUP_OUT} for one fold a group (with --group)"
        )
    return int(numbers[0]), int(numbers[1]) if len(numbers) == 2 else None
