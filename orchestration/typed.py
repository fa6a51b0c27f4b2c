"""What a YAML file holds as the dataclass that says what may stand in it; all that is wrong with it is told at once, each with its place.

Plain Python, since every command reads such files: to import pydantic, which contracts are read with, takes longer than a small
command may.
"""

from __future__ import annotations

from dataclasses import MISSING, dataclass, fields, is_dataclass
from datetime import date
from types import NoneType, UnionType
from typing import Annotated, Any, Literal, TypeVar, Union, get_args, get_origin, get_type_hints

T = TypeVar("T")
_WORDS = {
    str: "a text (in quotes where YAML takes it for something else)",
    int: "a whole number",
    float: "a number",
    bool: "yes or no",
    date: "a day as 2028-11-07",
    NoneType: "nothing",
}


@dataclass(frozen=True)
class Within:
    """Beside a type in `Annotated`: the least and the most that a number may be, or the entries that a list may have."""

    least: float
    most: float = float("inf")


class Wrong(Exception):
    """Values are not what their dataclass says; the message has each with its place, as `keep.runs_days is not a whole number`."""


def read(kind: type[T], values: object) -> T:
    """An instance of a dataclass of what YAML read. Fields may be texts, numbers, days, yes or no, `Literal`, lists, tuples, sets,
    dictionaries by text and dataclasses of these, also `|` and bounds by `Annotated[..., Within(...)]`.

    Raises:
        Wrong: an entry is missing, unknown, or something else than its field says.
    """
    problems: list[str] = []
    made = _made(kind, values, "", problems)
    if problems:
        raise Wrong("; ".join(problems))
    return made


def _made(kind: Any, value: Any, place: str, problems: list[str]) -> Any:
    origin, of = get_origin(kind), get_args(kind)
    if origin is Annotated:
        made, bounds = _made(of[0], value, place, problems), of[1]
        size = len(made) if isinstance(made, list) else made
        if size is not None and not bounds.least <= size <= bounds.most:
            allowed = f"at least {bounds.least:g}"
            if bounds.most < float("inf"):
                allowed = f"between {bounds.least:g} and {bounds.most:g}"
            told = f"has {size} entries, not {allowed}" if isinstance(made, list) else f"is {size:g}, not {allowed}"
            problems.append(f"{place} {told}")
        return made
    if origin in (Union, UnionType):
        for one in of:
            tried: list[str] = []
            made = _made(one, value, place, tried)
            if not tried:
                return made
    elif origin is Literal:
        if any(type(value) is type(one) and value == one for one in of):
            return value
    elif is_dataclass(kind):
        if isinstance(value, dict):
            return _instance(kind, value, place, problems)
    elif origin is dict:
        if isinstance(value, dict):
            return {name: _made(of[1], entry, _within(place, name), problems) for name, entry in value.items()}
    elif origin in (list, tuple, frozenset):
        if isinstance(value, list) and (origin is not tuple or len(value) == len(of)):
            each = of if origin is tuple else of * len(value)
            return origin(
                _made(one, entry, _within(place, number), problems)
                for number, (one, entry) in enumerate(zip(each, value, strict=True), 1)
            )
    elif type(value) is kind or (kind is float and type(value) is int):
        return value
    problems.append(f"{place or 'it'} {'is missing' if value is MISSING else f'is not {_in_words(kind)}'}")
    return None


def _instance(kind: Any, values: dict, place: str, problems: list[str]) -> Any:
    known = {field.name: field for field in fields(kind)}
    hints = get_type_hints(kind, include_extras=True)
    problems += [f"{_within(place, name)} is no entry of this file" for name in values if name not in known]
    before = len(problems)
    made = {
        name: _made(hints[name], values.get(name, MISSING), _within(place, name), problems)
        for name, field in known.items()
        if name in values or (field.default is MISSING and field.default_factory is MISSING)
    }
    return kind(**made) if len(problems) == before else None


def _within(place: str, name: object) -> str:
    return f"{place}.{name}" if place else str(name)


def _in_words(kind: Any) -> str:
    origin, of = get_origin(kind), get_args(kind)
    if origin is Annotated:
        return _in_words(of[0])
    if origin in (Union, UnionType):
        return " or ".join(dict.fromkeys(_in_words(one) for one in of))
    if origin is Literal:
        return " or ".join("yes" if one is True else "no" if one is False else str(one) for one in of)
    if origin is tuple:
        return f"a list of {len(of)}"
    if origin in (list, frozenset):
        return "a list"
    return _WORDS.get(kind, "lines of `key: value`")
