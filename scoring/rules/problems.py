"""What is wrong with a definition, told in whole sentences."""

from dataclasses import dataclass, field

LIMIT = 100  # more sentences than this help nobody, and hostile input must not grow the answer
SHOWN = 60  # characters of a wrong value that a sentence repeats


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing to mend: where it stands (``when.all.0.value``) and a sentence that says how."""

    path: str
    sentence: str


class InvalidDefinition(ValueError):
    """Raised when a definition cannot be read; ``problems`` holds every reason found."""

    def __init__(self, problems: list[Problem]) -> None:
        self.problems = problems
        super().__init__(" ".join(problem.sentence for problem in problems[:5]))


@dataclass(slots=True)
class Findings:
    """Collects problems while a body is read, up to LIMIT of them."""

    problems: list[Problem] = field(default_factory=list)

    def add(self, path: str, sentence: str) -> None:
        """Note one problem at ``path``."""
        if len(self.problems) < LIMIT:
            self.problems.append(Problem(path, sentence))


def join(path: str, name: object) -> str:
    """Return ``path`` with one more step, shortened so that a hostile name stays small."""
    step = shown(name)
    return f"{path}.{step}" if path else step


def shown(value: object) -> str:
    """Return ``value`` as a short text that a sentence may quote."""
    if isinstance(value, str):
        text = value
    elif isinstance(value, int) and abs(value) >= 10**SHOWN:
        return "a very large number"  # int to text is quadratic, and refused past 4,300 digits
    elif value is None or isinstance(value, bool | int | float):
        text = str(value)
    else:
        text = "a list" if isinstance(value, list | tuple) else "a set of fields"
    return text if len(text) <= SHOWN else f"{text[: SHOWN - 1]}…"
