"""Where things are and what is secret: the environment's part of the configuration.

The project's part is qn.yaml (`project.py`). There is no fallback that could write to a wrong place: what is set but
unusable is an error.
"""

import os
from pathlib import Path
from typing import Literal
from urllib.parse import parse_qsl, urlsplit

from pydantic import Field, SecretStr, ValidationError, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from qn_pipeline.errors import ConfigurationError

HOME_FOLDER = ".qn"
SEAL_KEY_MIN_LENGTH = 32
# The Makefile's: everybody knows it.
DEMO_SEAL_KEY = "demo-key-for-invented-people-only"
GIGABYTES = {"K": 1e-6, "M": 1e-3, "G": 1.0, "T": 1e3}
POSTGRES_OPTIONS = {"host", "sslmode", "sslrootcert", "sslcert", "sslkey", "connect_timeout", "options"}


class Settings(BaseSettings):
    """Variables of the environment, each with the prefix QN_."""

    model_config = SettingsConfigDict(env_prefix="QN_", extra="ignore")

    home: Path = Field(description="folder of landing, valid, warehouse, pages and Dagster's storage")
    warehouse_url: SecretStr | None = Field(default=None, description="postgresql://... or duckdb:///path; default a DuckDB file at home")
    dagster_url: SecretStr | None = Field(default=None, description="postgresql://... for Dagster's runs and events; default files at home")
    seal_key: SecretStr | None = Field(default=None, description="secret of the seals on identifiers, at least 32 characters")
    bi_password: SecretStr | None = Field(default=None, description="password of a role that `qn grant-bi --create` makes")
    env: Literal["dev", "prod"] = Field(default="dev", description="in prod, schedules and sensors are on")
    threads: int = Field(default_factory=lambda: os.cpu_count() or 1, ge=1)
    memory_limit: str = Field(default="2GB", pattern=r"^\d+(\.\d+)?\s?[KMGT]i?B$", description="of each embedded engine")
    writer_wait: float = Field(default=60.0, ge=0, description="seconds to wait for another writer")
    statement_timeout: float = Field(default=3600.0, ge=0, description="seconds that a statement on PostgreSQL may take; 0 for no limit")
    lock_timeout: float = Field(default=300.0, ge=0, description="seconds that one may wait there for a lock on a table; 0 for no limit")

    @field_validator("warehouse_url", "dagster_url", "seal_key", "bi_password")
    @classmethod
    def _not_empty(cls, value: SecretStr | None) -> SecretStr | None:
        if value is not None and not value.get_secret_value():
            raise ValueError("is set but empty")
        return value

    @property
    def memory_gigabytes(self) -> float:
        """The memory limit of each embedded engine as a number."""
        amount, unit = self.memory_limit.rstrip("iB")[:-1], self.memory_limit.rstrip("iB")[-1]
        return float(amount) * GIGABYTES[unit]

    @property
    def landing(self) -> Path:
        return self.home / "landing"

    @property
    def valid(self) -> Path:
        return self.home / "valid"

    @property
    def scratch(self) -> Path:
        """Spill files of the engines, and what is not finished yet; empty between runs."""
        return self.home / "scratch"

    @property
    def published(self) -> Path:
        return self.home / "published"

    @property
    def rows(self) -> Path:
        """On DuckDB: the rows behind what is published, for engineers. Never handed out, never served."""
        return self.home / "rows"

    @property
    def dagster_home(self) -> Path:
        return self.home / "dagster"

    def seal_secret(self) -> bytes:
        """The key of the seals. Raises ConfigurationError when it is missing or too short."""
        if self.seal_key is None:
            raise ConfigurationError(
                "QN_SEAL_KEY is not set, and a mapping seals identifiers with it. Nothing was written. "
                "Make one (openssl rand -hex 32), keep it safe: rows sealed with another key do not join."
            )
        secret = self.seal_key.get_secret_value()
        if len(secret) < SEAL_KEY_MIN_LENGTH:
            raise ConfigurationError(
                f"QN_SEAL_KEY has fewer than {SEAL_KEY_MIN_LENGTH} characters. Nothing was written. Make one: openssl rand -hex 32."
            )
        if self.env == "prod" and secret == DEMO_SEAL_KEY:
            raise ConfigurationError(
                "QN_SEAL_KEY is the demo's, which everybody knows, and QN_ENV is prod. Nothing was written. Make one: openssl rand -hex 32."
            )
        return secret.encode()

    def connection_secret(self, variable: str) -> str:
        """The token or password of a connection, by the name of its variable. Raises ConfigurationError when it is missing."""
        secret = os.environ.get(variable, "")
        if not secret:
            raise ConfigurationError(
                f"{variable} is not set: the token or password of a connection in qn.yaml. Nothing was written. Set it in the environment of the run."
            )
        return secret

    def warehouse_target(self) -> tuple[Literal["duckdb", "postgres"], str]:
        """The engine and where it is: a file's path for DuckDB, a URL for PostgreSQL."""
        if self.warehouse_url is None:
            return "duckdb", str(self.home / "warehouse.duckdb")
        url = self.warehouse_url.get_secret_value()
        kind = urlsplit(url).scheme
        if kind in ("postgresql", "postgres"):
            unknown = {name for name, _ in parse_qsl(urlsplit(url).query)} - POSTGRES_OPTIONS
            if unknown:
                raise ConfigurationError(
                    f"QN_WAREHOUSE_URL has the option {min(unknown)!r}, which would not reach dbt. Nothing was written. "
                    f"Known options: {', '.join(sorted(POSTGRES_OPTIONS))}."
                )
            return "postgres", url
        if kind == "duckdb" and url.startswith("duckdb:///") and len(url) > len("duckdb:///"):
            return "duckdb", "/" + url.removeprefix("duckdb:///").lstrip("/")
        raise ConfigurationError(
            f"QN_WAREHOUSE_URL is of the unknown kind {kind or 'without a scheme'!r}. Nothing was written. Use postgresql://... or duckdb:///absolute/path."
        )

    def prepare_home(self) -> None:
        """Make the home folder, or raise ConfigurationError when it cannot be written."""
        try:
            self.scratch.mkdir(parents=True, exist_ok=True)
            probe = self.scratch / f".probe-{os.getpid()}"
            probe.write_bytes(b"")
            probe.unlink()
        except OSError as error:
            raise ConfigurationError(
                f"The home folder {self.home} cannot be written ({error.strerror}). Nothing was written. Set QN_HOME to a folder of yours."
            ) from error


def read_settings(project_dir: Path) -> Settings:
    """The environment's settings for a project; its home is QN_HOME, or `.qn` in the project's folder."""
    home = os.environ.get("QN_HOME")
    if home == "":
        raise ConfigurationError("QN_HOME is set but empty. Nothing was written. Name a folder, or unset it for .qn in the project's folder.")
    try:
        return Settings(home=Path(home or project_dir / HOME_FOLDER).absolute())
    except ValidationError as error:
        first = error.errors()[0]
        name = f"QN_{'_'.join(str(part) for part in first['loc']).upper()}"
        raise ConfigurationError(f"{name}: {first['msg'].removeprefix('Value error, ')}. Nothing was written. Correct the variable.") from None
