"""Whether answers fit the questions of a category."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import date

from intake_service.domain.configuration.items import Question, Stop, exceeds
from intake_service.domain.flaws import Flaw

Answers = Mapping[str, object]


def flaws_of_answers(questions: Sequence[Question], answers: Answers) -> Iterator[Flaw]:
    """Yield what is wrong with `answers`, each at its place in `/attributes`; null is no answer.

    What nobody asked stays what it is: partners send what their own systems know.
    """
    for question in questions:
        answer = answers.get(question.name)
        pointer = f"/attributes/{question.name}"
        if answer is None:
            if question.required:
                yield Flaw(pointer, "attribute-missing", question.name)
        elif code := _flaw(question, answer):
            yield Flaw(pointer, code, _expected(question, code))


def stop_of(questions: Sequence[Question], answers: Answers) -> tuple[str, Stop] | None:
    """Return the name of the first question whose answer stops the report, and the advice; None where none does."""
    for question in questions:
        if question.stops and (answer := answers.get(question.name)) is not None:
            given = answer if isinstance(answer, list) else [answer]
            for stop in question.stops:
                if any(type(each) is type(stop.answer) and each == stop.answer for each in given):
                    return question.name, stop
    return None


def _flaw(question: Question, answer: object) -> str | None:
    """Return the code of what is wrong with an answer, None where it is good."""
    match question.type:
        case "text":
            return _measured(question, len(answer.strip())) if isinstance(answer, str) else "attribute-type"
        case "number":
            is_number = isinstance(answer, int | float) and not isinstance(answer, bool)
            return _measured(question, answer) if is_number else "attribute-type"
        case "yes_no":
            return None if isinstance(answer, bool) else "attribute-type"
        case "single_choice":
            return _chosen(question, [answer])
        case "multiple_choice":
            if not isinstance(answer, list):
                return "attribute-type"
            return _chosen(question, answer) or _measured(question, len(answer))
        case "date":
            day = _day(answer)
            return "attribute-type" if day is None else _measured(question, day)


def _chosen(question: Question, answers: Sequence[object]) -> str | None:
    if not all(isinstance(each, str) for each in answers):
        return "attribute-type"
    if len(set(answers)) < len(answers):
        return "attribute-choice-twice"
    codes = {each.code for each in question.choices}
    return None if codes.issuperset(answers) else "attribute-unknown-choice"


def _measured(question: Question, size: object) -> str | None:
    is_out = exceeds(question.min, size) or exceeds(size, question.max)  # a bound that is not given is no measure
    return "attribute-out-of-range" if is_out else None


def _day(answer: object) -> date | None:
    try:
        return date.fromisoformat(answer) if isinstance(answer, str) and len(answer) == 10 else None
    except ValueError:
        return None


def _expected(question: Question, code: str) -> str:
    """Return what the answer should be, for the message."""
    match code:
        case "attribute-unknown-choice":
            return ", ".join(each.code for each in question.choices)
        case "attribute-out-of-range":
            return "…".join("" if bound is None else str(bound) for bound in (question.min, question.max))
        case _:
            return question.type
