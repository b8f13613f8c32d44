"""What a user always or never wants to see."""

from datetime import datetime
from typing import Annotated, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from features.errors import InvalidValue
from features.rules import MAX_VALUE, KnownRule, Rule, RuleField, RuleKind


class RuleIn(BaseModel):
    """One rule."""

    model_config = ConfigDict(
        extra="forbid", json_schema_extra={"examples": [{"kind": "never", "field": "word", "value": "blockchain"}]}
    )

    kind: RuleKind = Field(description="must: always first; never: left out.")
    field: RuleField = Field(description="Whole words of title, abstract or keywords; an author; a category.")
    value: Annotated[str, Field(min_length=1, max_length=MAX_VALUE, description="No pattern: words, a name, cs.LG.")]

    @model_validator(mode="after")
    def _means_something(self) -> Self:
        try:
            self.rule()
        except InvalidValue as error:
            raise ValueError(str(error)) from error
        return self

    def rule(self) -> Rule:
        """As the domain has it."""
        return Rule(self.kind, self.field, self.value)


class RuleOut(BaseModel):
    """A standing rule."""

    rule_id: int = Field(description="Names it, to take it back.")
    kind: RuleKind
    field: RuleField
    value: str
    recorded_at: datetime

    @classmethod
    def of(cls, known: KnownRule) -> Self:
        """``known`` as it is sent."""
        rule = known.rule
        return cls(rule_id=known.id, kind=rule.kind, field=rule.field, value=rule.value, recorded_at=known.recorded_at)


class Rules(BaseModel):
    """A user's standing rules, the first said first."""

    user_id: str
    rules: list[RuleOut]


RULE_EXAMPLE = {
    "rule_id": 7,
    "kind": "never",
    "field": "word",
    "value": "blockchain",
    "recorded_at": "2026-02-27T08:00:00Z",
}
RULES_EXAMPLE = {"user_id": "ada", "rules": [RULE_EXAMPLE]}
