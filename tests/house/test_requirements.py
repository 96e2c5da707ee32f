"""Requirements and tests agree: each of docs/reference/requirements.md is cited by a test, and no other is."""

import ast
import re
from collections import defaultdict

from tests.house.sources import ROOT, sources

PAGE = (ROOT / "docs/reference/requirements.md").read_text(encoding="utf-8")
_ROW = re.compile(r"^\| ((?:[A-Z]{3}-){2}\d{3}) \| (.+) \| (.+) \|$", re.MULTILINE)
_GIVEN_UP = re.compile(r"^- ((?:[A-Z]{3}-){2}\d{3})\b", re.MULTILINE)
ROWS = _ROW.findall(PAGE)
GIVEN_UP = _GIVEN_UP.findall(PAGE.partition("## Given up")[2])


def citations():
    """The identifiers that tests cite, each time that one does."""
    for path in sources("tests"):
        text = path.read_text(encoding="utf-8")
        if "pytest.mark.requirement(" in text:  # to read all would take seconds
            for node in ast.walk(ast.parse(text)):
                if isinstance(node, ast.FunctionDef | ast.ClassDef):
                    yield from cited_by(node)


def cited_by(test):
    for call in test.decorator_list:
        if isinstance(call, ast.Call) and ast.unparse(call.func) == "pytest.mark.requirement":
            yield from (ast.literal_eval(argument) for argument in call.args)


def test_each_requirement_is_cited_by_a_test_and_each_citation_exists():
    identifiers, cited = {identifier for identifier, _, _ in ROWS}, {*citations()}
    assert sorted(identifiers - cited) == []
    assert sorted(cited - identifiers) == []


def test_no_identifier_is_given_twice_or_again():
    """Those of an area are numbered without a gap, so that one that is given up has to be listed as such."""
    numbers = defaultdict(list)
    for identifier in [*(row[0] for row in ROWS), *GIVEN_UP]:
        area, _, number = identifier.rpartition("-")
        numbers[area].append(int(number))
    assert len(ROWS) == PAGE.partition("## Given up")[0].count("\n| ") - PAGE.count("\n| id |")
    assert {area: sorted(found) for area, found in numbers.items()} == {
        area: [*range(1, len(found) + 1)] for area, found in numbers.items()
    }


def test_each_requirement_is_one_sentence_with_a_source():
    for identifier, sentence, source in ROWS:
        assert re.fullmatch(r"[A-Z][^|]*\.", sentence), identifier
        assert ". " not in sentence, identifier
        assert source.strip() == source != "", identifier
