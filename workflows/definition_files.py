"""A city's definitions as files: read, brought into shape, and held against each other.

A folder has `city.json`, `departments.json`, `categories.json`, `calendar.json`, `routing.json`;
`process.json` if the default one does not fit; `answers.json` for texts that staff start from;
`consents.json` for own words of what people are asked to agree to.
Whatever is wrong is named by its file and JSON pointer, all of it at once. Nothing here asks the
database.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Literal, TypeVar

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from core.errors import InvalidInput
from core.validation import to_pointer
from workflows.consent_texts import ConsentsFile, ConsentTexts, built_in_texts, faults_of
from workflows.process_document import Process
from workflows.rules import Ruleset

DEFINITIONS = Path(__file__).parent / "definitions"
CONSENTS = "consents.json"
# The six fields of the ministry's letter 2333/BTTTT-CĐSQG: every city's tree has these roots.
ROOTS = ("traffic", "environment", "energy", "waste", "security", "urban_order")

Document = dict[str, Any]
Code = Annotated[str, Field(pattern=r"^[a-z0-9_.]{1,60}$")]
Label = Annotated[str, Field(min_length=1, max_length=200)]
M = TypeVar("M", bound=BaseModel)


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class CityFile(_Part):
    """`code` is the province's official one, two digits."""

    code: Annotated[str, Field(pattern=r"^\d{2}$")]
    name: Label
    name_en: Label
    default_department: Code
    calendar: Code
    timezone: Label


class DepartmentRow(_Part):
    """What is null here is left to the city's administrators."""

    code: Code
    name: Label
    name_en: Label
    phone: str | None = None
    email: str | None = None
    deputy: Code | None = None
    calendar: Code | None = None


class CategoryRow(_Part):
    """See `tables.Category`."""

    code: Code
    parent: Code | None
    name: Label
    name_en: Label
    position: int
    photo_required: bool = False
    after_photo_required: bool = False
    visibility: Literal["exact", "rounded", "hidden"] = "exact"
    target_on_time: Annotated[int, Field(ge=1, le=100)] | None = None
    publish_check: bool = False
    photos_public: Literal["never", "after_approval"] = "after_approval"
    questions: Document = {}


class CalendarRow(_Part):
    """`week` has seven days, Monday first; `holidays` is the country whose holidays are closed."""

    code: Code
    name: Label
    timezone: Label
    holidays: Literal["VN"] | None
    week: Annotated[list[list[list[str]]], Field(min_length=7, max_length=7)]


class AnswerRow(_Part):
    """A text to start an answer from; what is null fits all. See `workflows.canned_answers`."""

    title: Label
    text: Annotated[str, Field(min_length=1, max_length=4000)]
    category: Code | None = None
    state: Code | None = None
    department: Code | None = None


class DepartmentsFile(_Part):
    departments: Annotated[tuple[DepartmentRow, ...], Field(min_length=1)]


class CategoriesFile(_Part):
    categories: Annotated[tuple[CategoryRow, ...], Field(min_length=1)]


class CalendarsFile(_Part):
    calendars: Annotated[tuple[CalendarRow, ...], Field(min_length=1)]


class AnswersFile(_Part):
    answers: tuple[AnswerRow, ...] = ()


@dataclass(frozen=True, slots=True)
class Definitions:
    """All files of a folder in shape. The two documents are also kept as they were written."""

    city: CityFile
    departments: tuple[DepartmentRow, ...]
    categories: tuple[CategoryRow, ...]
    calendars: tuple[CalendarRow, ...]
    answers: tuple[AnswerRow, ...]
    consents: ConsentsFile
    process: Process
    process_document: Document
    ruleset: Ruleset
    ruleset_document: Document


@dataclass(frozen=True, slots=True)
class FileProblem:
    """What is wrong, and where: the JSON pointer into the file, "" for the whole of it."""

    file: str
    pointer: str
    reason: str

    def __str__(self) -> str:
        return f"{self.file}{' ' + self.pointer if self.pointer else ''}: {self.reason}"


class DefinitionsRefused(InvalidInput):
    """The whole folder is refused; `problems` names each place."""

    default_code = "definitions_refused"

    def __init__(self, problems: list[FileProblem]) -> None:
        self.problems = problems
        super().__init__(problems=[str(problem) for problem in problems])


def list_shipped() -> list[str]:
    """Names of the cities whose definitions come with the source."""
    return sorted(path.parent.name for path in DEFINITIONS.glob("*/city.json"))


def read_document(path: Path) -> Document:
    """The JSON object in a definition file."""
    return json.loads(path.read_text(encoding="utf-8"))


def process_path(directory: Path) -> Path:
    """The process of the city in `directory`: its own, or the default."""
    own = directory / "process.json"
    return own if own.exists() else DEFINITIONS / "process.json"


def read_definitions(directory: Path) -> Definitions:
    """The files of `directory`, each in its shape. Raises DefinitionsRefused with all that are
    not; whether they fit together is for `definition_check` to say.
    """
    files = _Files()
    city, _ = files.read(directory / "city.json", CityFile)
    departments, _ = files.read(directory / "departments.json", DepartmentsFile)
    categories, _ = files.read(directory / "categories.json", CategoriesFile)
    calendars, _ = files.read(directory / "calendar.json", CalendarsFile)
    answers, _ = files.read(directory / "answers.json", AnswersFile, optional=True)
    consents, _ = files.read(directory / CONSENTS, ConsentsFile, optional=True)
    process, process_document = files.read(process_path(directory), Process)
    ruleset, ruleset_document = files.read(directory / "routing.json", Ruleset)
    if not (
        city
        and departments
        and categories
        and calendars
        and answers
        and consents
        and process
        and ruleset
    ):
        raise DefinitionsRefused(files.problems)
    return Definitions(
        city=city,
        departments=departments.departments,
        categories=categories.categories,
        calendars=calendars.calendars,
        answers=answers.answers,
        consents=consents,
        process=process,
        process_document=process_document,
        ruleset=ruleset,
        ruleset_document=ruleset_document,
    )


def read_consents(directory: Path) -> ConsentTexts:
    """The built-in texts with those of the city in `directory`, if it has any. Raises
    DefinitionsRefused.
    """
    files = _Files()
    own, _ = files.read(directory / CONSENTS, ConsentsFile, optional=True)
    problems = files.problems if own is None else consent_problems(own)
    if own is None or problems:
        raise DefinitionsRefused(problems)
    return built_in_texts().with_own(own)


def consent_problems(own: ConsentsFile) -> list[FileProblem]:
    """What is wrong with a city's own texts."""
    return [FileProblem(CONSENTS, pointer, reason) for pointer, reason in faults_of(own)]


def find_shipped(code: str) -> Path | None:
    """The folder of the city with this official code, if it comes with the source."""
    folders = (DEFINITIONS / name for name in list_shipped())
    return next((f for f in folders if read_document(f / "city.json")["code"] == code), None)


class _Files:
    """Reads files one after the other and collects what is wrong with them."""

    def __init__(self) -> None:
        self.problems: list[FileProblem] = []

    def read(
        self, path: Path, shape: type[M], *, optional: bool = False
    ) -> tuple[M | None, Document]:
        """A file in `shape`, and as written; None for one that is not in shape. A missing one
        that is `optional` is empty.
        """
        try:
            document = {} if optional and not path.exists() else read_document(path)
            return shape.model_validate(document), document
        except FileNotFoundError:
            self._add(path, "", "the file is missing")
        except UnicodeDecodeError:
            self._add(path, "", "the file is not UTF-8")
        except json.JSONDecodeError as error:
            self._add(path, "", f"line {error.lineno}, column {error.colno}: {error.msg}")
        except ValidationError as error:
            for fault in error.errors():
                reason = fault["msg"].removeprefix("Value error, ")
                self._add(path, to_pointer(fault["loc"]), reason)
        return None, {}

    def _add(self, path: Path, pointer: str, reason: str) -> None:
        self.problems.append(FileProblem(path.name, pointer, reason))
