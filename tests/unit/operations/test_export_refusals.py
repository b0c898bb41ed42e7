"""What refusals say of an export."""

import pytest

from operations.exporting.desk import check_there
from operations.exporting.jobs import Export, ExportState
from refusals import names_in_chinese
from runtime.clock import now
from runtime.ids import uuid7
from runtime.problems import Problem


@pytest.mark.parametrize("state", [each for each in ExportState if each not in (ExportState.DONE, ExportState.EXPIRED)])
def test_chinese_refusals_name_the_state_of_an_export_in_chinese(state: ExportState) -> None:
    export = Export(tenant="522723", id=uuid7(), state=state, request={}, asked_by="analyst-1", asked_at=now())

    with pytest.raises(Problem) as refused:
        check_there(export)

    assert names_in_chinese(refused.value)
