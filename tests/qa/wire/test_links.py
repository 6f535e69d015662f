from hypothesis import given
from hypothesis import strategies as st
from starlette.datastructures import QueryParams

from qa.wire.links import link_to, version_of
from ui.chat.source import place_from


def test_a_link_names_the_document_the_characters_and_the_version() -> None:
    assert link_to("a b&.txt", 3, 9, version_of("sha256:0123456789abcdef01")) == (
        "/?doc=a+b%26.txt&start=3&end=9&text=0123456789ab"
    )
    assert link_to("a.txt") == "/?doc=a.txt"


@given(
    doc_id=st.text(min_size=1),
    start=st.integers(0, 999),
    size=st.integers(1, 99),
    digest=st.text("0123456789abcdef", min_size=12),
)
def test_what_a_link_says_is_read_again(doc_id: str, start: int, size: int, digest: str) -> None:
    doc_id = doc_id.encode("utf-8", "ignore").decode() or "a"
    link = link_to(doc_id, start, start + size, version_of(f"sha256:{digest}"))
    place = place_from(dict(QueryParams(link.removeprefix("/?"))))
    assert (place.doc_id, tuple(place.quote), place.version) == (doc_id, (start, start + size), digest[:12])
