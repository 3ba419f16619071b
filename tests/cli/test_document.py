from pathlib import Path

from perfwise.cli.document import EvalDocument, read_evaluation, schema_text
from tests.cli.conftest import Perfwise

SCHEMA = Path(__file__).parents[2] / "docs" / "schema" / "eval.schema.json"


def test_schema_in_the_documentation_is_current():
    assert SCHEMA.read_text("utf-8") == schema_text(), "run `make schema`"


def test_written_document_fits_its_model_and_gives_the_outcomes_back(folder: Path, perfwise: Perfwise):
    perfwise("eval", "loop.py", "wrong.py", "--json", "out.json")
    document = EvalDocument.model_validate_json((folder / "out.json").read_bytes(), strict=True)
    groups = read_evaluation(folder / "out.json")
    assert document.run.ranking == ["loop", "wrong"]
    assert sorted(groups) == ["@reference", "loop", "wrong"]
    assert groups["wrong"][0].failure is not None
    assert document.outcomes[0].task == "task"
