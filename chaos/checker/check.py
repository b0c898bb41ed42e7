"""Runs all checks."""

from chaos.checker.agreement import clients_were_told_the_truth, services_agree
from chaos.checker.effects import applied_once, claimed_once, published_in_order, unreadable_parked
from chaos.checker.evidence import Evidence, Violation
from chaos.checker.existence import exactly_once, nothing_else
from chaos.checker.facts import gather
from chaos.checker.history import whole_and_legal
from chaos.checker.rest import no_wrong_answers, nothing_leaked, nothing_on_its_way
from chaos.checker.sealed import sealed

_CHECKS = (
    exactly_once,
    nothing_else,
    whole_and_legal,
    published_in_order,
    applied_once,
    claimed_once,
    services_agree,
    clients_were_told_the_truth,
    unreadable_parked,
)


async def check(evidence: Evidence) -> list[Violation]:
    """Return every violation, in the order of the invariants; none where all hold.

    Wait until the system has come to rest: what is still on its way looks lost.
    """
    facts = await gather(evidence)
    found = [violation for each in _CHECKS for violation in each(facts)]
    found += await sealed(evidence)
    found += await nothing_on_its_way(evidence, facts)
    found += no_wrong_answers(evidence)
    return found + await nothing_leaked(evidence)
