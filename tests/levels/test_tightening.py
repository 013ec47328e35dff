"""A scheme may ask more than the edition, never less; what is looser is refused by name."""

import pytest

from levels.assess import check_tightening
from levels.evidence import Tightening
from levels.level import Level
from levels.rulebook import rulebook
from levels.tightening import LooserThanEdition, tightened
from levels.wording import wanted

RULES = rulebook("2026-01-01")


@pytest.mark.parametrize(
    "wish",
    [
        pytest.param({"row": "I5", "level": "D", "fact": "attended_percent", "at_least": 81}, id="more attendance"),
        pytest.param({"row": "I5", "level": "D", "fact": "attended_percent", "at_least": 80}, id="as much"),
        pytest.param({"row": "I4", "level": "D", "fact": "exam_supervision", "at_least": "live"}, id="live at D"),
        pytest.param({"row": "I8", "level": "B", "fact": "validity_months", "at_most": 24}, id="a shorter life"),
        pytest.param({"row": "I8", "level": "B", "fact": "validity_months", "at_most": 60}, id="as long a life"),
        pytest.param({"row": "I5", "level": "E", "fact": "attended_minutes", "at_least": 60}, id="an hour at E"),
        pytest.param({"row": "O6", "level": "B"}, id="a recommended row made mandatory"),
        pytest.param({"row": "O6", "level": "D"}, id="a row asked lower down"),
        pytest.param({"row": "O12", "level": "D"}, id="a row with clauses asked lower down"),
        pytest.param(
            {"row": "I8", "level": "D", "fact": "validity_months", "at_most": 36}, id="a limit where there was none"
        ),
    ],
)
def test_asking_more_is_allowed(wish: dict[str, object]) -> None:
    tight = tightened(RULES, (Tightening(**wish),))  # type: ignore[arg-type]
    [cell] = [cell for cell in tight.cells[Level(str(wish["level"]))] if cell.row.id == wish["row"]]
    assert cell.mandatory
    untouched = [level for level in Level if level != wish["level"]]
    assert all(tight.cells[level] == RULES.cells[level] for level in untouched)


@pytest.mark.parametrize(
    ("wish", "says"),
    [
        pytest.param(
            {"row": "I5", "level": "D", "fact": "attended_percent", "at_least": 70},
            "I5 at D: attended_percent at least 70 is looser than the edition's 80",
            id="less attendance",
        ),
        pytest.param(
            {"row": "I8", "level": "C2", "fact": "validity_months", "at_most": 61},
            "I8 at C2: validity_months at most 61 is looser than the edition's 60",
            id="a longer life",
        ),
        pytest.param(
            {"row": "I4", "level": "B", "fact": "exam_supervision", "at_least": "live"}, "looser", id="a weaker word"
        ),
        pytest.param(
            {"row": "I4", "level": "B", "fact": "exam_supervision", "at_least": "video"}, "one of", id="no word"
        ),
        pytest.param({"row": "I5", "level": "D", "asked": False}, "not stop asking", id="not asked any more"),
        pytest.param({"row": "X9", "level": "D"}, "no row", id="no such row"),
        pytest.param({"row": "I1", "level": "F"}, "F asks nothing", id="F"),
        pytest.param(
            {"row": "I1", "level": "D", "fact": "portrait", "at_least": 1}, "does not ask for", id="another row's fact"
        ),
        pytest.param({"row": "O1", "level": "D", "fact": "parties_active", "at_least": 1}, "yes or no", id="yes or no"),
        pytest.param(
            {"row": "I5", "level": "D", "fact": "attended_percent", "at_most": 90}, "other side", id="the wrong side"
        ),
        pytest.param(
            {"row": "I5", "level": "D", "fact": "attended_percent", "at_least": "x"}, "whole number", id="no number"
        ),
        pytest.param(
            {"row": "I5", "level": "D", "fact": "attended_percent", "at_least": 101}, "cannot be reached", id="over all"
        ),
        pytest.param({"row": "I1", "level": "D", "fact": "enrolment_ida", "at_least": 4}, "the most is 3", id="IDA4"),
        pytest.param(
            {"row": "I8", "level": "B", "fact": "validity_months", "at_most": -1}, "cannot be reached", id="below none"
        ),
        pytest.param(
            {"row": "I5", "level": "E", "fact": "attended_minutes", "at_most": 60}, "other side", id="a cap at E"
        ),
    ],
)
def test_asking_less_is_refused_by_name(wish: dict[str, object], says: str) -> None:
    with pytest.raises(LooserThanEdition, match=says):
        check_tightening(RULES, [Tightening(**wish)])  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("wish", "asks"),
    [
        pytest.param(
            {"row": "I5", "level": "D", "fact": "attended_percent", "at_least": 95},
            "attended share of the mandatory time: at least 95 %",
            id="in place of the edition's",
        ),
        pytest.param(
            {"row": "O2", "level": "D", "fact": "responsible_people", "at_least": 2},
            "the issuer's key is proven: yes and named responsible people: at least 2 people",
            id="beside another fact",
        ),
        pytest.param(
            {"row": "I3", "level": "C2", "fact": "exam_ida", "at_least": 3},
            "(identity assurance at the exam: at least IDA2 or the face at the exam: at least compared with a "
            "document) and identity assurance at the exam: at least IDA3",
            id="never in place of an alternative",
        ),
    ],
)
def test_only_the_stricter_threshold_is_shown(wish: dict[str, object], asks: str) -> None:
    tight = tightened(RULES, (Tightening(**wish),))  # type: ignore[arg-type]
    [cell] = [cell for cell in tight.cells[Level(str(wish["level"]))] if cell.row.id == wish["row"]]
    assert wanted(cell.criterion, RULES, "en") == asks
