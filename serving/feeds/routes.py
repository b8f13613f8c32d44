"""The addresses of feeds: public ones of a day, of what trends and of topics, and private ones behind a secret."""

import hashlib
from collections.abc import Callable, Mapping
from typing import Annotated

from fastapi import APIRouter, Depends, Query
from starlette.requests import Request
from starlette.responses import Response

from features.errors import UnknownPage
from serving.dependencies import Reading, ServicesDep
from serving.feeds import papers
from serving.feeds.atom import atom
from serving.feeds.entries import Feed, FeedForm
from serving.feeds.json_feed import json_feed
from serving.feeds.rss import rss
from serving.network import network_address
from serving.schemas.fields import Day, TopicName

MEDIA_TYPES: Mapping[FeedForm, str] = {
    FeedForm.ATOM: "application/atom+xml; charset=utf-8",
    FeedForm.RSS: "application/rss+xml; charset=utf-8",
    FeedForm.JSON: "application/feed+json; charset=utf-8",
}
_RENDER: Mapping[FeedForm, Callable[[Feed], bytes]] = {FeedForm.ATOM: atom, FeedForm.RSS: rss, FeedForm.JSON: json_feed}
_FRESH_SECONDS = 900


async def _in_moderation(request: Request, services: ServicesDep) -> None:
    services.limiter.take(f"feed {network_address(request, services.settings.serving.proxies)}")


router = APIRouter(prefix="/feeds", include_in_schema=False, dependencies=[Depends(_in_moderation)])


@router.api_route("/daily.{form}", methods=["GET", "HEAD"])
def daily_feed(
    form: FeedForm,
    request: Request,
    services: ServicesDep,
    tx: Reading,
    day: Annotated[Day | None, Query(description="Default: the newest day.")] = None,
) -> Response:
    """Give a day's papers."""
    return _answer(request, papers.daily(services, tx, day, form), form)


@router.api_route("/trending.{form}", methods=["GET", "HEAD"])
def trending_feed(form: FeedForm, request: Request, services: ServicesDep, tx: Reading) -> Response:
    """Give what trends on the newest day."""
    return _answer(request, papers.trending(services, tx, form), form)


@router.api_route("/topics/{topic}.{form}", methods=["GET", "HEAD"])
def topic_feed(topic: TopicName, form: FeedForm, request: Request, services: ServicesDep, tx: Reading) -> Response:
    """Give the newest day's papers of a topic."""
    return _answer(request, papers.of_topic(services, tx, topic, form), form)


@router.api_route("/u/{secret}.{form}", methods=["GET", "HEAD"])
def private_feed(secret: str, form: FeedForm, request: Request, services: ServicesDep, tx: Reading) -> Response:
    """Give a user's own papers to whoever has the secret; UnknownPage for one that opens nothing."""
    user_id = tx.feed_secrets.user_of(secret)
    if user_id is None:
        raise UnknownPage("a feed's address ends when it is renewed")
    made = papers.personal(services, tx, tx.users.get(user_id), secret, form)
    return _answer(request, made, form, private=True)


def _answer(request: Request, feed: Feed, form: FeedForm, *, private: bool = False) -> Response:
    """``feed``, or 304 where the reader has these very bytes."""
    body = _RENDER[form](feed)
    etag = f'"{hashlib.sha256(body).hexdigest()[:32]}"'
    headers = {
        "ETag": etag,
        "Cache-Control": f"{'private' if private else 'public'}, max-age={_FRESH_SECONDS}",
        "X-Content-Type-Options": "nosniff",
        "Content-Security-Policy": "default-src 'none'",
    }
    if private:
        headers |= {"Referrer-Policy": "no-referrer", "X-Robots-Tag": "noindex"}
    known = {tag.strip().removeprefix("W/") for tag in request.headers.get("if-none-match", "").split(",")}
    if known & {etag, "*"}:
        return Response(status_code=304, headers=headers)
    return Response(body, media_type=MEDIA_TYPES[form], headers=headers)
