"""What refused requests are told."""

import re

import httpx

from runtime.problems import Problem
from runtime.problems.catalogue import problem_text


def code_of(answer: httpx.Response) -> tuple[int, str]:
    """Return the status and the code of a problem."""
    return answer.status_code, answer.json()["type"].removeprefix("urn:jieban:problem:")


def errors_of(answer: httpx.Response) -> list[tuple[str, str]]:
    """Return the pointers and codes of what was wrong with a request."""
    assert answer.status_code == 422, answer.text
    return [(error["pointer"], error["code"]) for error in answer.json()["errors"]]


def names_in_chinese(problem: Problem) -> bool:
    """Whether what a problem says in Chinese has no codes in it, nor gaps."""
    return re.search("[a-z{}]", problem_text(problem.code, "zh-CN", problem.params)[1]) is None
