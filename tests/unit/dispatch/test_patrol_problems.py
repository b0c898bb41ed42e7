"""What refusals say of a patrol."""

import pytest

from dispatch_service.api.patrol_problems import problem_of
from dispatch_service.domain.patrol import PatrolState
from dispatch_service.domain.patrol_errors import PatrolConflict
from refusals import names_in_chinese


@pytest.mark.parametrize("state", PatrolState)
def test_chinese_refusals_name_the_state_of_a_patrol_in_chinese(state: PatrolState) -> None:
    assert names_in_chinese(problem_of(PatrolConflict(state, 1)))
