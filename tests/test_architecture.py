"""The pages for who changes Pincite name files and folders that are there."""

import re
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).parents[1]
PAGES = ("docs/architecture.md", "CONTRIBUTING.md")
PATH = re.compile(r"(?:\.?\w[\w.-]*/)+(?:\w[\w.-]*)?|[\w-]+\.(?:md|py|toml|txt)|Makefile")
"""What has a slash and does not begin with one, as routes do; or a file's name alone, which stands at the top."""


def paths(text: str) -> set[str]:
    """Those in backticks, alone or as a word of a command."""
    told = re.sub(r"^```.*?^```", "", text, flags=re.DOTALL | re.MULTILINE)
    words = {word for code in re.findall(r"`([^`]+)`", told) for word in code.split()}
    return {word for word in words if PATH.fullmatch(word)}


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("`qa/cite.py`, `tests/gold` and `CHANGELOG.md`", {"qa/cite.py", "tests/gold", "CHANGELOG.md"}),
        ("`PINCITE_X=1 pytest tests/test_errors.py`, `corpus/`", {"tests/test_errors.py", "corpus/"}),
        ("qa/cite.py, `/v1/ask`, `GET /v1/{doc_id}`, `--mode dense`, `qa.training`, `library-...`", set()),
        ("```sh\nless qa/cite.py\n```\n", set()),
    ],
)
def test_what_looks_like_a_path(text: str, found: set[str]) -> None:
    assert paths(text) == found


@pytest.mark.parametrize(("page", "least"), [("docs/architecture.md", 60), ("CONTRIBUTING.md", 5)])
def test_every_path_that_a_page_names_is_there(page: str, least: int) -> None:
    named = paths((REPOSITORY / page).read_text(encoding="utf-8"))
    assert len(named) >= least, "or paths are not told from other words any more"
    assert sorted(path for path in named if not (REPOSITORY / path).exists()) == []


@pytest.mark.parametrize("page", PAGES)
def test_every_link_of_a_page_leads_to_a_file(page: str) -> None:
    text = (REPOSITORY / page).read_text(encoding="utf-8")
    targets = re.findall(r"\]\((?!https?:)([^)#]+)", text)
    assert targets
    assert [target for target in targets if not (REPOSITORY / page).parent.joinpath(target).is_file()] == []
