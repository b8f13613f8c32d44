"""The OpenAPI document is valid, complete and stable."""

from collections.abc import Iterator
from typing import Any

import pytest
from fastapi.openapi.models import OpenAPI
from pydantic import BaseModel

from features.settings import Settings
from serving.app import create_app
from serving.schemas import (
    community,
    explanations,
    interactions,
    interests,
    library,
    model,
    papers,
    recommendations,
    rules,
    score,
    trending,
    users,
)

Operation = tuple[str, str, dict[str, Any]]

OPERATIONS = {
    ("get", "/v1/users/{user_id}/recommendations"): "list_recommendations",
    ("get", "/v1/users/{user_id}/recommendations/{paper_id}/explanation"): "explain_recommendation",
    ("get", "/v1/users/{user_id}/recommendations/{paper_id}/causes"): "explain_causes",
    ("get", "/v1/users/{user_id}/interests"): "list_interests",
    ("patch", "/v1/users/{user_id}/interests/{name}"): "change_interest",
    ("delete", "/v1/users/{user_id}/interests/{name}"): "forget_interest",
    ("get", "/v1/users/{user_id}/rules"): "list_rules",
    ("post", "/v1/users/{user_id}/rules"): "add_rule",
    ("delete", "/v1/users/{user_id}/rules/{rule_id}"): "withdraw_rule",
    ("post", "/v1/interactions"): "record_interactions",
    ("post", "/v1/impressions"): "record_impressions",
    ("post", "/v1/score"): "score_papers",
    ("post", "/v1/users/{user_id}"): "create_user",
    ("get", "/v1/users/{user_id}"): "get_user",
    ("delete", "/v1/users/{user_id}"): "delete_user",
    ("get", "/v1/users/{user_id}/export"): "export_user",
    ("post", "/v1/users/{user_id}/feed-secret"): "renew_feed_secret",
    ("post", "/v1/users/{user_id}/library"): "import_library",
    ("post", "/v1/users/{user_id}/library/zotero"): "import_zotero",
    ("get", "/v1/users/{user_id}/saved"): "list_saved",
    ("get", "/v1/topics"): "list_topics",
    ("put", "/v1/users/{user_id}/topics/{topic}/papers/{paper_id}"): "label_paper",
    ("delete", "/v1/users/{user_id}/topics/{topic}/papers/{paper_id}"): "unlabel_paper",
    ("get", "/v1/papers"): "list_papers",
    ("get", "/v1/search"): "search_papers",
    ("get", "/v1/starters"): "list_starters",
    ("get", "/v1/users/{user_id}/questions"): "list_questions",
    ("get", "/v1/papers/{paper_id}"): "get_paper",
    ("get", "/v1/trending"): "list_trending",
    ("post", "/v1/papers/{paper_id}/vote"): "cast_vote",
    ("delete", "/v1/papers/{paper_id}/vote"): "withdraw_vote",
    ("get", "/v1/submissions"): "list_submissions",
    ("post", "/v1/submissions"): "submit_paper",
    ("get", "/v1/lists"): "list_lists",
    ("get", "/v1/lists/{name}"): "get_list",
    ("put", "/v1/lists/{name}/followers/me"): "follow_list",
    ("delete", "/v1/lists/{name}/followers/me"): "unfollow_list",
    ("get", "/v1/users/{user_id}/lists"): "list_followed",
    ("put", "/v1/users/{user_id}/list"): "open_list",
    ("delete", "/v1/users/{user_id}/list"): "close_list",
    ("get", "/v1/model"): "get_model",
    ("get", "/livez"): "live",
    ("get", "/readyz"): "ready",
    ("get", "/metrics"): "metrics",
}

EXAMPLES: list[tuple[type[BaseModel], Any]] = [
    (recommendations.Recommendations, recommendations.RECOMMENDATIONS_EXAMPLE),
    (explanations.Explained, explanations.EXPLAINED_EXAMPLE),
    (explanations.Causes, explanations.CAUSES_EXAMPLE),
    (interactions.InteractionResult, interactions.INTERACTION_RESULT_EXAMPLE),
    (interactions.ImpressionResult, interactions.IMPRESSION_RESULT_EXAMPLE),
    (score.ScoreResult, score.SCORE_RESULT_EXAMPLE),
    (users.NewUser, users.NEW_USER_EXAMPLE),
    (users.UserOut, users.USER_EXAMPLE),
    (users.UserExport, users.EXPORT_EXAMPLE),
    (interests.Interests, interests.INTERESTS_EXAMPLE),
    (library.LibraryResult, library.LIBRARY_EXAMPLE),
    (rules.RuleOut, rules.RULE_EXAMPLE),
    (rules.Rules, rules.RULES_EXAMPLE),
    (users.PrivateFeed, users.PRIVATE_FEED_EXAMPLE),
    (users.Topics, users.TOPICS_EXAMPLE),
    (papers.PaperPage, papers.PAGE_EXAMPLE),
    (papers.PaperOut, papers.PAPER_EXAMPLE),
    (trending.Trending, trending.TRENDING_EXAMPLE),
    (community.Tally, community.TALLY_EXAMPLE),
    (community.SubmissionOut, community.SUBMISSION_EXAMPLE),
    (community.Submissions, community.SUBMISSIONS_EXAMPLE),
    (community.ListOut, community.LIST_EXAMPLE),
    (community.Lists, community.LISTS_EXAMPLE),
    (community.ListPage, community.LIST_PAGE_EXAMPLE),
    (community.Followed, community.FOLLOWED_EXAMPLE),
    (model.ModelOut, model.MODEL_EXAMPLE),
    (model.Alive, model.ALIVE_EXAMPLE),
    (model.Ready, model.READY_EXAMPLE),
]


@pytest.fixture(scope="module")
def document() -> dict[str, Any]:
    return create_app(Settings()).openapi()


def operations(document: dict[str, Any]) -> Iterator[Operation]:
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            yield method, path, operation


def references(node: Any) -> Iterator[str]:
    if isinstance(node, dict):
        yield from (value for key, value in node.items() if key == "$ref")
        for value in node.values():
            yield from references(value)
    elif isinstance(node, list):
        for value in node:
            yield from references(value)


def test_the_document_is_valid_openapi_and_every_reference_leads_somewhere(document: dict[str, Any]) -> None:
    assert OpenAPI.model_validate(document).openapi.startswith("3.1")
    for reference in references(document):
        node = document
        for part in reference.removeprefix("#/").split("/"):
            node = node[part]


def test_operation_ids_are_what_clients_were_generated_with(document: dict[str, Any]) -> None:
    assert {(method, path): one["operationId"] for method, path, one in operations(document)} == OPERATIONS


def test_every_operation_has_a_summary_a_description_a_known_tag_and_an_example(document: dict[str, Any]) -> None:
    tags = {tag["name"] for tag in document["tags"]}
    for method, path, operation in operations(document):
        assert operation["summary"], path
        assert operation["description"], path
        assert set(operation["tags"]) <= tags, path
        assert "example" in str(operation), (method, path)


def test_every_good_answer_has_a_model_and_an_example_or_no_body(document: dict[str, Any]) -> None:
    for method, path, operation in operations(document):
        good = [(status, answer) for status, answer in operation["responses"].items() if status < "400"]
        assert len(good) == 1, (method, path)
        for content in good[0][1].get("content", {}).values():
            assert {"schema", "example"} <= content.keys(), (method, path)
        assert ("content" in good[0][1]) == (good[0][0] != "204"), (method, path)


def test_every_error_is_a_problem(document: dict[str, Any]) -> None:
    problem = {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}}
    for method, path, operation in operations(document):
        errors = {status: answer for status, answer in operation["responses"].items() if status >= "400"}
        assert {"422", "500"} <= errors.keys(), (method, path)
        assert all(answer["content"] == problem for answer in errors.values()), (method, path)


def test_every_request_body_has_an_example_of_its_own_schema(document: dict[str, Any]) -> None:
    for name in ("InteractionBatch", "ImpressionBatch", "ScoreRequest", "ZoteroRequest"):
        examples = document["components"]["schemas"][name]["examples"]
        kind = next(found for module in (interactions, score, library) if (found := getattr(module, name, None)))
        assert [kind.model_validate(example) for example in examples]


@pytest.mark.parametrize(("kind", "example"), EXAMPLES, ids=lambda value: getattr(value, "__name__", ""))
def test_an_example_is_what_the_route_would_answer(kind: type[BaseModel], example: Any) -> None:
    assert kind.model_validate(example).model_dump(mode="json") == example


def test_every_operation_but_health_wants_a_bearer_token(document: dict[str, Any]) -> None:
    for _, path, operation in operations(document):
        assert ("security" in operation) == path.startswith("/v1"), path
