"""Settings: flags, then the environment (``PINCITE_...``), then ``pincite.toml``, then defaults.

The only module that reads the environment or a configuration file.
"""

from pathlib import Path

from pydantic import Field, ValidationError
from pydantic_settings import (
    BaseSettings,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    TomlConfigSettingsSource,
)

from index import DEFAULT_ENCODER
from qa.errors import InvalidSetting

_FILE = "pincite.toml"


class Settings(BaseSettings):
    """Each field's description is its line in the table of ``docs/configuration.md``."""

    model_config = SettingsConfigDict(env_prefix="PINCITE_", toml_file=_FILE, extra="forbid", env_ignore_empty=True)

    index: Path = Field(default=Path(".pincite"), description="The folder of the index")
    encoder: str | None = Field(
        default=None,
        description=f"A sentence-transformers model on this machine, by name or folder (none: {DEFAULT_ENCODER})",
    )
    reader: str | None = Field(
        default=None,
        description="Who reads: both, quick, careful, or a question-answering model on this machine, by name or folder",
    )
    host: str = Field(default="127.0.0.1", description="The address to serve on")
    port: int = Field(default=8000, ge=0, le=65535, description="The port to serve on; 0 takes a free one")
    api_keys: str = Field(
        default="",
        repr=False,
        description="Keys, as name:role:secret with the role read or write, parted by commas; with any, each needs one",
    )
    no_auth: bool = Field(default=False, description="Serve other machines without keys; then nothing can be changed")
    allowed_hosts: str = Field(default="", description="Names by which the server may be asked; * for any")
    cors_origins: str = Field(default="", description="Other sites whose pages may ask, as https://example.org")
    log_questions: bool = Field(default=False, description="Write questions into the log")
    feedback: Path = Field(
        default=Path("pincite-feedback.jsonl"), description="The file for what readers think of answers"
    )
    chat_uploads: bool | None = Field(
        default=None, description="Offer to add documents in the chat (none: where only this machine reaches it)"
    )
    at_work: int = Field(default=2, ge=1, le=64, description="Questions that are answered at once")
    waiting: int = Field(default=16, ge=0, le=10_000, description="Questions that wait before more are refused")
    max_upload_mb: int = Field(default=20, ge=1, le=1000, description="Megabytes that one upload may have")
    key_rate: int = Field(default=1000, ge=0, description="Requests that each key may send a minute; 0 is any number")
    max_documents: int = Field(default=10_000, ge=1, description="Documents that uploads may bring the index to")

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Flags over the environment over the file."""
        return init_settings, env_settings, TomlConfigSettingsSource(settings_cls)


def load_settings(**flags: object) -> Settings:
    """The settings, flags that are None left out. Raises InvalidSetting, naming the setting and what is wrong."""
    try:
        return Settings(**{name: value for name, value in flags.items() if value is not None})  # type: ignore[arg-type]
    except ValidationError as error:
        first = error.errors()[0]
        name = ".".join(map(str, first["loc"]))
        if name not in Settings.model_fields:
            raise InvalidSetting(
                f"There is no setting {name!r}, which {_FILE} names; there are: {', '.join(Settings.model_fields)}."
            ) from error
        raise InvalidSetting(
            f"The setting {name!r} cannot be used ({first['msg']}); see the flag --{name.replace('_', '-')}, "
            f"the variable PINCITE_{name.upper()} or the file {_FILE}."
        ) from error
    except ValueError as error:
        raise InvalidSetting(f"The file {_FILE} is not TOML ({error}); mend or remove it.") from error
