import pytest
from pydantic import ValidationError

from features.settings import Settings


def test_the_environment_sets_top_level_and_grouped_fields(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BROADSHEET_SEED", "7")
    monkeypatch.setenv("BROADSHEET_SERVING__PORT", "9000")
    settings = Settings()
    assert settings.seed == 7
    assert settings.serving.port == 9000


def test_settings_cannot_be_changed_after_they_were_read() -> None:
    with pytest.raises(ValidationError, match="frozen"):
        Settings().seed = 3  # type: ignore[misc]  # the assignment is the point


def test_a_misspelt_grouped_field_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BROADSHEET_SERVING__PROT", "9000")
    with pytest.raises(ValidationError, match="prot"):
        Settings()


def test_every_field_is_described() -> None:
    groups = [Settings, *(field.annotation for field in Settings.model_fields.values())]
    models = [group for group in groups if hasattr(group, "model_fields")]
    assert [name for model in models for name, field in model.model_fields.items() if not field.description] == []
