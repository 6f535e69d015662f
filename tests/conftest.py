import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

from corpus import read_builtin
from index import DEFAULT_ENCODER, Index, OnnxEncoder, load_encoder
from index.offline import stay_offline
from qa import Answerer, load_reader

stay_offline()  # before a test imports what reads it

# How long an example takes says how busy the machine is.
settings.register_profile("any machine", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("any machine")


@pytest.fixture(scope="session")
def models(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the session's exported encoder lies."""
    return tmp_path_factory.mktemp("models")


@pytest.fixture(scope="session")
def encoder(models: Path) -> OnnxEncoder:
    return load_encoder(DEFAULT_ENCODER, models)


@pytest.fixture(scope="session")
def article_index(encoder: OnnxEncoder, tmp_path_factory: pytest.TempPathFactory) -> Index:
    return Index.build(read_builtin(), tmp_path_factory.mktemp("article"), encoder=encoder)


@pytest.fixture(scope="session")
def answerer(article_index: Index) -> Answerer:
    """Reads with the quick reader: where the answer is not what is tested, twice as many tests fit into a minute."""
    return Answerer(article_index, reader=load_reader("quick"))


@pytest.fixture(autouse=True)
def no_settings_from_outside(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    for name in [name for name in os.environ if name.startswith("PINCITE_") and name != "PINCITE_WRITE_GOLDEN"]:
        monkeypatch.delenv(name)
    yield
