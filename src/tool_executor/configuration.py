"""Where options come from: code, the environment, a TOML file, in this order, else defaults.

The file is ``tool-executor.toml`` in the working folder, or what ``TOOL_EXECUTOR_CONFIG`` or the caller names::

    max_workers = 20
    preset = "production"       # development, production, ci_cd or high_volume: what nothing else says

    [agents]
    tool_timeout_seconds = 60
    tool_max_retries = 2

A variable of the environment is named like the option: ``TOOL_EXECUTOR_MAX_WORKERS``,
``TOOL_EXECUTOR_AGENTS__TOOL_TIMEOUT_SECONDS``.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final, Self, cast

from pydantic import ValidationError

from tool_contract.errors import ErrorCode
from tool_contract.options import PRESETS, ToolExecutorOptions
from tool_contract.problems import problems_from, shortened
from tool_executor.errors import InvalidConfigurationError
from tool_executor.frozen_dict import FrozenDict

if TYPE_CHECKING:
    from tool_executor.settings import Settings

DEFAULT_FILE: Final = "tool-executor.toml"
FILE_VARIABLE: Final = "TOOL_EXECUTOR_CONFIG"
DEFAULT: Final = "default"

#: What an option of a call amounts to when it is said as the agents' setting. The option itself wins.
_AGENTS_SAY: Final = MappingProxyType(
    {
        "timeout_per_tool_ms": ("agents.tool_timeout_seconds", 1000),
        "max_retries": ("agents.tool_max_retries", 1),
    }
)
_DELAYS: Final = ("initial_retry_delay_ms", "max_retry_delay_ms", "use_exponential_backoff")


@dataclass(frozen=True, slots=True)
class Said:
    """A value and who said it: ``code``, a variable's name, a file's path, ``preset NAME`` or ``default``."""

    value: Any
    source: str


@dataclass(frozen=True)
class ConfigurationManager:
    """Options by dotted name. ``values`` are the code's own; ``file`` is read in place of the default one.

    Raises :class:`InvalidConfigurationError` with everything that is wrong, and where it was said.
    """

    values: Mapping[str, Any] = field(default_factory=dict)
    file: Path | str | None = None
    environment: Mapping[str, str] | None = None
    said: Mapping[str, Said] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        if not isinstance(self.values, Mapping):
            raise _wrong_type("values", "a mapping of options by dotted name", self.values, '{"max_workers": 20}')
        if self.file is not None and not isinstance(self.file, (str, Path)):
            raise _wrong_type("file", "a path", self.file, "tool-executor.toml")
        object.__setattr__(self, "values", FrozenDict(self.values))
        object.__setattr__(self, "said", FrozenDict(_merged(self)))

    def get(self, name: str, default: object = None) -> Any:  # noqa: ANN401 - options are of several types
        """Return an option's value by its dotted name; ``default`` if nothing says it and it has none of its own."""
        said = self.said.get(name)
        return default if said is None or said.value is None else said.value

    def with_values(self, values: Mapping[str, Any]) -> Self:
        """Return the same configuration with more values of the code; None is no value."""
        given = {name: value for name, value in values.items() if value is not None}
        return type(self)({**self.values, **given}, self.file, self.environment)

    def with_options(self, options: ToolExecutorOptions) -> Self:
        """Return the same configuration with all of these options as the code's, whatever it said of them before.

        ``max_workers`` is their ``max_concurrent_tools``, unless it was said here and they leave theirs at its default.
        """
        concurrency = {"max_workers": options.max_concurrent_tools}
        if options.max_concurrent_tools == ToolExecutorOptions().max_concurrent_tools:
            concurrency |= {name: value for name, value in self.values.items() if name in concurrency}
        return self.with_values({**options.to_json(), **concurrency})

    @property
    def options(self) -> ToolExecutorOptions:
        """The options as one object."""
        return ToolExecutorOptions(**{name: self.said[name].value for name in ToolExecutorOptions().to_json()})

    @property
    def region(self) -> str | None:
        """AWS's region, if one is configured here."""
        return cast("str | None", self.get("region"))

    @property
    def stage(self) -> str:
        """The deployment's stage."""
        return str(self.get("stage"))

    @property
    def route(self) -> str:
        """How executions are run."""
        return str(self.get("route"))

    @property
    def wait(self) -> str:
        """How executions of the state machine are waited for."""
        return str(self.get("wait"))

    @property
    def caller(self) -> str | None:
        """Who asks, for the history."""
        return cast("str | None", self.get("caller"))

    @property
    def max_workers(self) -> int:
        """How many calls run at once."""
        said = "max_concurrent_tools" if self._is_said("max_concurrent_tools") else "max_workers"
        return int(self.get("max_workers" if self._is_said("max_workers") else said))

    def call_fields(self) -> dict[str, Any]:
        """Return the fields of a call that somebody has said; what nobody has is the tool's, then the stage's."""
        options = self.options
        fields: dict[str, Any] = {}
        if self._is_said("timeout_per_tool_ms"):
            fields["timeout_seconds"] = options.timeout_seconds
        if self._is_said("max_retries"):
            fields["max_retries"] = options.max_retries
        if any(self._is_said(name) for name in _DELAYS):
            fields["retry"] = options.retry_policy.model_dump()
        return fields

    def _is_said(self, name: str) -> bool:
        return self.said[name].source != DEFAULT


def configuration_of(config: object, options: object = None) -> ConfigurationManager:
    """Return the configuration that a caller gives; None is that of the environment. ``options`` win over it.

    Raises InvalidConfigurationError where one of them is something else, or cannot be used.
    """
    given = ConfigurationManager() if config is None else config
    if not isinstance(given, ConfigurationManager):
        raise _wrong_type("config", "a ConfigurationManager", given, "ConfigurationManager({'max_workers': 20})")
    if options is None:
        return given
    if not isinstance(options, ToolExecutorOptions):
        raise _wrong_type("options", "ToolExecutorOptions", options, "ToolExecutorOptions(max_retries=3)")
    return given.with_options(options)


def _merged(given: ConfigurationManager) -> dict[str, Said]:
    """Return all options, each with its source. The later of the sources listed here wins."""
    environment = os.environ if given.environment is None else given.environment
    path = Path(given.file or environment.get(FILE_VARIABLE) or DEFAULT_FILE)
    found: dict[str, Said] = {}
    for values, source in (
        (_file_values(path, must_exist=bool(given.file is not None or environment.get(FILE_VARIABLE))), str(path)),
        (_environment_values(environment), None),
        (_flat(given.values), "code"),
    ):
        found |= {name: Said(value, source or _variable(name)) for name, value in values.items()}
    settings = _checked(found)
    checked = _flat(settings.model_dump())
    said = {name: Said(value, found[name].source if name in found else DEFAULT) for name, value in checked.items()}
    return _with_options(said, settings)


def _with_options(said: dict[str, Said], settings: Settings) -> dict[str, Said]:
    """Fill the options in: said by name, else by the agents' setting, else by the preset, else their default."""
    preset, default = PRESETS.get(settings.preset or ""), ToolExecutorOptions()
    for name, value in default.to_json().items():
        if said[name].value is not None:
            continue
        agents_name, factor = _AGENTS_SAY.get(name, (None, 1))
        if agents_name is not None and said[agents_name].value is not None:
            said[name] = Said(round(said[agents_name].value * factor), said[agents_name].source)
        elif preset is not None and getattr(preset, name) != value:
            said[name] = Said(getattr(preset, name), f"preset {settings.preset}")
        else:
            said[name] = Said(value, DEFAULT)
    problems = list(ToolExecutorOptions(**{name: said[name].value for name in default.to_json()}).problems())
    if problems:
        raise InvalidConfigurationError([_located(problem.as_detail(), said) for problem in problems])
    return said


def _checked(found: Mapping[str, Said]) -> Settings:
    from tool_executor.settings import Settings  # noqa: PLC0415 - pydantic-settings takes a while to import

    nested: dict[str, Any] = {}
    for name, said in found.items():
        _put(nested, name.split("."), said.value)
    try:
        return Settings.model_validate(nested)
    except ValidationError as error:
        problems = problems_from(error.errors(include_url=False), nested, ErrorCode.INVALID_REQUEST)
        raise InvalidConfigurationError([_located(problem.as_detail(), found) for problem in problems]) from None


def _put(nested: dict[str, Any], path: list[str], value: object) -> None:
    """Put a value where its name says. Below a plain value there is no such place: that one is told to be wrong."""
    *folders, last = path
    for folder in folders:
        below = nested.setdefault(folder, {})
        if not isinstance(below, dict):
            return
        nested = below
    nested[last] = value


def _located(detail: dict[str, str], found: Mapping[str, Said]) -> dict[str, str]:
    """Return a complaint with the option's name and who said it, or said something within it."""
    name = ".".join(part.replace("~1", "/").replace("~0", "~") for part in detail["pointer"].split("/")[1:])
    within = [said.source for own, said in found.items() if own == name or own.startswith(f"{name}.")]
    sources = dict.fromkeys(source for source in within if source != DEFAULT)
    message = detail["message"] if detail["message"].startswith(name) else f"{name}: {detail['message']}"
    who = f" It was said by {' and '.join(sources)}." if sources else ""
    return {**detail, "message": message + who}


def _file_values(path: Path, *, must_exist: bool) -> dict[str, Any]:
    import tomllib  # noqa: PLC0415 - only where there is a file

    try:
        return _flat(tomllib.loads(path.read_text(encoding="utf-8")))
    except FileNotFoundError:
        if must_exist:
            raise InvalidConfigurationError([_detail(f"There is no configuration file {str(path)!r}.")]) from None
        return {}
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise InvalidConfigurationError([_detail(f"{str(path)!r} is no TOML: {error}.")]) from None
    except (OSError, ValueError) as error:
        why = getattr(error, "strerror", None) or error
        message = f"The configuration file {str(path)!r} cannot be read: {why}."
        raise InvalidConfigurationError([_detail(message)]) from None


def _environment_values(environment: Mapping[str, str]) -> dict[str, Any]:
    from tool_executor.settings import SettingsError, environment_values  # noqa: PLC0415 - as above

    try:
        return _flat(environment_values(environment))
    except SettingsError:
        name = "TOOL_EXECUTOR_AGENTS"  # the only option that is more than one value
        message = f"{name} holds no JSON object; say its options one by one: {name}__TOOL_TIMEOUT_SECONDS=60."
        raise InvalidConfigurationError([_detail(message, "/agents")]) from None


def _flat(values: Mapping[str, Any], prefix: str = "") -> dict[str, Any]:
    flat: dict[str, Any] = {}
    for name, value in values.items():
        if isinstance(value, Mapping):
            flat |= _flat(value, f"{prefix}{name}.")
        else:
            flat[f"{prefix}{name}"] = value
    return flat


def _variable(name: str) -> str:
    return f"TOOL_EXECUTOR_{name.upper().replace('.', '__')}"


def _detail(message: str, pointer: str = "") -> dict[str, str]:
    return {"pointer": pointer, "message": message}


def _wrong_type(name: str, wanted: str, given: object, example: str) -> InvalidConfigurationError:
    message = f"{name} should be {wanted}, not {shortened(repr(given))}: say {name}={example}."
    return InvalidConfigurationError([_detail(message, f"/{name}")])
