"""The digest by real mail: the page's own slate, sent once, resumed after failures, and never a paper twice."""

import email
import os
import re
import signal
import subprocess
import sys
import textwrap
import time
from collections import Counter
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from email.policy import default

import pytest

from features.domain import Interaction, InteractionKind, Listing, Paper
from features.store import open_store
from features.subscription import MailingState, Schedule, Wish
from serving.digest.sending import Outcome, Pace, Sender
from serving.lifecycle import Service
from serving.mail.outbox import outbox_of
from serving.metrics import Metrics
from serving.observed import EVERYTHING
from serving.ranking import Question, resolve, slate_for

TODAY = date(2026, 2, 27)
ADA, EVE = "ada@example.org", "eve@example.org"
KILLED = """
import os, signal, sys
from pathlib import Path
from datetime import date
from features.settings import Settings
from serving.app import utc_now
from serving.digest.sending import Pace, Sender
from serving.lifecycle import Service
from serving.mail.outbox import outbox_of
from serving.metrics import Metrics

settings = Settings.model_validate_json(Path(sys.argv[1]).read_text())
outbox = outbox_of(settings)

class DiesAfterTheSecond:
    n_sent = 0

    def send(self, message):
        outbox.send(message)
        self.n_sent += 1
        if self.n_sent == 2:
            os.kill(os.getpid(), signal.SIGKILL)

with Service(settings, Metrics(), utc_now) as running:
    Sender(running.services, DiesAfterTheSecond(), Pace(10**6, float, print)).send(date(2026, 2, 27))
"""


def now():
    return datetime.now(UTC)


def subscribe(place, address, wish=None, user_id=None):
    with open_store(place.database_url) as store, store.transaction() as tx:
        if user_id is not None:
            tx.accounts.add(user_id, address, created_at=now())
        tx.subscriptions.confirm(address, wish or Wish(), at=now())


@contextmanager
def sender(settings, **options):
    with Service(settings, Metrics(), now) as running:
        yield Sender(running.services, outbox_of(settings), Pace(10**6, time.monotonic, time.sleep), **options)


def send(settings, day=TODAY, **options):
    with sender(settings, **options) as ready:
        return ready.send(day)


@pytest.fixture
def mailed(sqlite_place, start_server):
    """(place, settings, mailbox): the service with a real SMTP server behind it."""
    server = start_server()
    settings = sqlite_place.settings().model_copy(update={"mail": server.settings})
    return sqlite_place, settings, server.mailbox


def addressees(mailbox):
    return Counter(str(message["To"]) for message in mailbox.messages)


def parts(message):
    return [message.get_body((kind,)).get_content().replace("\r\n", "\n") for kind in ("plain", "html")]


def titles_of(message, papers):
    plain = " ".join(parts(message)[0].split())
    return [paper for paper in papers if " ".join(paper.title.split()) in plain]


def test_a_users_digest_is_the_slate_of_the_page_in_one_message(mailed):
    place, settings, mailbox = mailed
    subscribe(place, ADA, user_id="ada")
    save(place, "260226.01", "260225.01")
    with sender(settings) as ready:
        services = ready.services
        with services.store.transaction(readonly=True) as tx:
            user = tx.users.get("ada")
            slate = slate_for(services, tx, user, resolve(services, tx, user, Question(day=TODAY)))
        report = ready.send(TODAY)
        (message,) = mailbox.messages
        plain, html = parts(message)
        tokens = re.findall(r"/open/([\w-]+)", plain)
        links = [services.open_links.read(token) for token in tokens]
    assert report.ok
    assert message.get_content_type() == "multipart/alternative"
    expected = [(item.paper_id, item.position, slate.slate_id, "mail", "ada") for item in slate.items[:10]]
    assert [(one.paper_id, one.position, one.slate_id, one.surface, one.user_id) for one in links] == expected
    assert list(dict.fromkeys(re.findall(r"/open/([\w-]+)", html))) == tokens
    assert slate.items[0].reasons[0].text in " ".join(plain.split())
    with open_store(place.database_url) as store, store.transaction() as tx:
        served = [row["paper_id"] for row in tx.users.export("ada")["impressions"]]
        assert tx.mailings.get(ADA, TODAY).state is MailingState.SENT
    assert sorted(served) == sorted(item.paper_id for item in slate.items[:10])


def save(place, *papers):
    saved = [Interaction(f"c{number}", "ada", paper, InteractionKind.SAVE, None) for number, paper in enumerate(papers)]
    with open_store(place.database_url) as store, store.transaction() as tx:
        tx.interactions.record(saved, recorded_at=now())


def test_unsubscribing_is_one_click_in_an_unbroken_header(mailed):
    place, settings, mailbox = mailed
    long = f"{'a' * 60}@{'b' * 60}.example.org"
    subscribe(place, long)
    send(settings)
    (message,) = mailbox.messages
    link = re.fullmatch(r"<(http://127\.0\.0\.1:8000/unsubscribe/[\w-]+)>", message["List-Unsubscribe"])
    assert link
    assert message["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert all(link[1] in part for part in parts(message))


def test_run_twice_it_is_sent_once_and_the_next_day_brings_other_papers(mailed):
    place, settings, mailbox = mailed
    subscribe(place, ADA, user_id="ada")
    subscribe(place, EVE)
    assert send(settings, TODAY - timedelta(days=1)).counts == {Outcome.SENT: 2}
    assert send(settings, TODAY - timedelta(days=1)).counts == {Outcome.BEFORE: 2}
    assert send(settings).counts == {Outcome.SENT: 2}
    assert addressees(mailbox) == {ADA: 2, EVE: 2}
    first, second = (
        set(re.findall(r"abs/[\w.]+|papers/[\w.]+", parts(m)[0])) for m in mailbox.messages if m["To"] == EVE
    )
    assert first
    assert not first & second


def test_a_killed_run_is_finished_by_the_next_one_and_nobody_gets_two(mailed, tmp_path):
    place, settings, mailbox = mailed
    addresses = [f"reader{number}@example.org" for number in range(4)]
    for address in addresses:
        subscribe(place, address)
    (tmp_path / "settings.json").write_text(settings.model_dump_json())
    command = [sys.executable, "-c", textwrap.dedent(KILLED), str(tmp_path / "settings.json")]
    killed = subprocess.run(command, capture_output=True, check=False, env={**os.environ, "OMP_NUM_THREADS": "1"})
    assert killed.returncode == -signal.SIGKILL, killed.stderr.decode()
    assert addressees(mailbox) == dict.fromkeys(addresses[:2], 1)
    report = send(settings)
    assert report.counts == {Outcome.BEFORE: 1, Outcome.DOUBTFUL: 1, Outcome.SENT: 2}
    assert not report.ok
    assert addressees(mailbox) == dict.fromkeys(addresses, 1)


def test_what_a_server_refused_for_now_goes_out_later(mailed):
    place, settings, mailbox = mailed
    for number in range(5):
        subscribe(place, f"reader{number}@example.org")
    mailbox.answers["DATA"] = "451 4.3.0 later"
    report = send(settings)
    assert report.counts == {Outcome.FAILED: 3, Outcome.LEFT: 2}
    assert list(report.failures) == ["the mail was not sent: the server refused the message, 451 4.3.0"]
    del mailbox.answers["DATA"]
    assert send(settings).counts == {Outcome.SENT: 5}
    assert set(addressees(mailbox).values()) == {1}


def test_a_connection_that_breaks_after_the_message_leaves_it_in_doubt_until_asked(mailed):
    place, settings, mailbox = mailed
    subscribe(place, EVE)
    mailbox.answers["DATA"] = "vanish"
    assert send(settings).counts == {Outcome.DOUBTFUL: 1}
    del mailbox.answers["DATA"]
    assert send(settings).counts == {Outcome.DOUBTFUL: 1}
    assert send(settings, again=True).counts == {Outcome.SENT: 1}


def test_an_address_refused_for_good_does_not_hold_the_others_up(mailed):
    place, settings, mailbox = mailed
    subscribe(place, EVE)
    mailbox.answers["RCPT"] = "550 5.1.1 nobody here"
    assert send(settings).counts == {Outcome.REFUSED: 1}
    del mailbox.answers["RCPT"]
    assert send(settings).counts == {Outcome.BEFORE: 1}
    assert mailbox.messages == []


def test_a_threshold_that_nothing_passes_brings_no_mail(mailed):
    place, settings, mailbox = mailed
    save(place, "260226.01", "260225.01")
    subscribe(place, ADA, Wish(Schedule.THRESHOLD, 0.999), user_id="ada")
    assert send(settings).counts == {Outcome.NOTHING: 1}
    with sender(settings) as ready, ready.services.store.transaction(readonly=True) as tx:
        user = tx.users.get("ada")
        slate = slate_for(ready.services, tx, user, resolve(ready.services, tx, user, Question(day=TODAY)))
    ordered = sorted((item.probability for item in slate.items), reverse=True)
    subscribe(place, ADA, Wish(Schedule.THRESHOLD, ordered[2]))
    assert send(settings).counts == {Outcome.SENT: 1}
    n_passing = sum(probability >= ordered[2] for probability in ordered)
    assert len(re.findall(r"/open/", parts(mailbox.messages[0])[0])) == min(10, n_passing)


def test_after_an_absence_the_days_since_are_told_best_first(mailed):
    place, settings, mailbox = mailed
    save(place, "260224.01", "260224.04")
    subscribe(place, ADA, user_id="ada")
    send(settings, TODAY - timedelta(days=3))
    send(settings)
    with open_store(place.database_url) as store, store.transaction() as tx:
        days = tx.papers.get_many(tx.mailings.mailed(ADA, besides=TODAY - timedelta(days=3)), EVERYTHING)
    caught_up = mailbox.messages[1]
    shares = [int(share) for share in re.findall(r"(\d+) % probable", parts(caught_up)[0])]
    assert shares == sorted(shares, reverse=True)
    assert len({paper_id.partition(".")[0] for paper_id in days}) > 1
    assert "25 Feb to 27 February" in caught_up["Subject"]


def test_script_in_a_title_stays_text(mailed):
    place, settings, mailbox = mailed
    hostile = Paper(
        "260228.00", "<script>alert(1)</script>\r\nBcc: all@example.org {{ 7*7 }}", "<img src=x onerror=a()>"
    )
    with open_store(place.database_url) as store, store.transaction() as tx:
        tx.papers.record([Listing(hostile, date(2026, 2, 28), votes=9)], recorded_at=now())
    subscribe(place, EVE)
    send(settings, date(2026, 2, 28))
    (message,) = mailbox.messages
    html = parts(message)[1]
    assert "&lt;script&gt;alert(1)" in html
    assert "<script" not in html
    assert "<img" not in html
    assert "{{ 7*7 }}" in html
    assert message["Bcc"] is None
    assert not re.search(r"(?:src|href)=[\"'](?!http://127\.0\.0\.1:8000/|https://arxiv\.org/)", html)


def test_who_only_looks_at_letters_leaves_nothing_behind(sqlite_place):
    subscribe(sqlite_place, EVE)
    settings = sqlite_place.settings()
    assert send(settings, remember=False).counts == {Outcome.SENT: 1}
    assert send(settings, remember=False).counts == {Outcome.SENT: 1}
    assert send(settings).counts == {Outcome.SENT: 1}
    files = list((sqlite_place.folder / "outbox").glob("*.eml"))
    assert len(files) == 3
    assert email.message_from_bytes(files[0].read_bytes(), policy=default)["To"] == EVE


def test_a_day_without_papers_brings_no_mail(mailed):
    place, settings, mailbox = mailed
    subscribe(place, EVE)
    assert send(settings, date(2026, 3, 7)).counts == {Outcome.NOTHING: 1}
    assert mailbox.messages == []
