"""The press: a template and its data in, a PDF out. No font of the machine is used, so paper looks alike everywhere."""

import json
import re
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any, Literal

import typst
from anyascii import anyascii

TEMPLATES = Path(__file__).parent / "templates"
MOST_ROUNDS = 40  # scripts in one paper for which we have no font; then all that is not ASCII is transliterated
JOINERS = "\u200c\u200d"  # they shape letters in Persian and in Indic scripts


@dataclass(frozen=True)
class Printed:
    pdf: bytes
    _compiler: typst.Compiler

    def find(self, label: str) -> dict[str, Any]:
        """The metadata that the template left under `label`."""
        found: dict[str, Any] = json.loads(self._compiler.query(label, field="value", one=True))
        return found


def typeset(
    template: Path, said: dict[str, Any], at: datetime, standard: Literal["a-2a", "a-2b", "a-3a"], more: dict[str, str]
) -> Printed:
    """Print `said` by `template`. A letter that no font here can show is transliterated, and `transliterated` tells."""
    said = _each_text(said, _clean) | {"transliterated": False}
    second = at.astimezone(UTC).replace(microsecond=0)  # finer, or in another zone, the typesetter takes none
    for round_ in range(MOST_ROUNDS + 1):
        inputs = {"data": json.dumps(said, ensure_ascii=False), "fonts": json.dumps(_families()), **more}
        compiler = typst.Compiler(template, font_paths=_fonts(), ignore_system_fonts=True, sys_inputs=inputs)
        try:
            pdf = compiler.compile(format="pdf", pdf_standards=standard, timestamp=second)
        except typst.TypstError as error:
            unknown = _undisplayable(error.message)
            if not unknown or round_ == MOST_ROUNDS:
                raise
            said = _transliterated(said, unknown if round_ < MOST_ROUNDS - 1 else None)
        else:
            assert isinstance(pdf, bytes), "one PDF is one piece"
            return Printed(pdf, compiler)
    raise AssertionError("the last round returns or raises")


@cache
def _fonts() -> typst.Fonts:
    packages = [str(files(package)) for package in ("manimgx_fonts", "manimgx_fonts_cjk")]
    return typst.Fonts(include_system_fonts=False, include_embedded_fonts=True, font_paths=packages)


@cache
def _families() -> list[str]:
    noto = [family for family in _fonts().families() if family.startswith("Noto")]
    first = ["Noto Sans", "Noto Sans CJK SC"]  # Han characters look as in China where nothing says otherwise
    return first + [family for family in sorted(noto, key=lambda name: "Emoji" in name) if family not in first]


def _clean(text: str) -> str:
    """Composed, and without what cannot be seen or turns the reading direction of the words around it."""
    return "".join(_visible(letter) for letter in unicodedata.normalize("NFC", text))


def _visible(letter: str) -> str:
    category = unicodedata.category(letter)
    if category in {"Cc", "Zl", "Zp"}:
        return " "
    if category == "Cf" and letter not in JOINERS:
        return ""
    return "\ufffd" if category in {"Cs", "Co", "Cn"} else letter


def _undisplayable(message: str) -> str:
    """The letters that the typesetter complains of, or nothing when it complains of something else."""
    found = re.search(r'the text `"(.+?)"` could not be displayed', message, re.DOTALL)
    return re.sub(r"\\u\{([0-9a-f]+)\}", lambda code: chr(int(code[1], 16)), found[1]) if found else ""


def _transliterated(said: dict[str, Any], unknown: str | None) -> dict[str, Any]:
    """Latin letters for whole scripts at a time: half a name in one script and half in another helps nobody."""
    scripts = None if unknown is None else {_script(letter) for letter in unknown}

    def latin(letter: str) -> str:
        if letter.isascii() or (scripts is not None and _script(letter) not in scripts):
            return letter
        return anyascii(letter) or "?"

    changed: dict[str, Any] = _each_text(said, lambda text: "".join(map(latin, text)))
    return changed | {"transliterated": True}


def _script(letter: str) -> str:
    word = unicodedata.name(letter, letter).split()[0]
    return letter if word in {"LATIN", "COMBINING"} else word  # of these only the one letter is at fault


def _each_text(value: Any, change: Callable[[str], str]) -> Any:
    if isinstance(value, str):
        return change(value)
    if isinstance(value, dict):
        return {key: _each_text(part, change) for key, part in value.items()}
    return [_each_text(part, change) for part in value] if isinstance(value, list) else value
