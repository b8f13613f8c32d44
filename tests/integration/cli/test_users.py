import json
from collections.abc import Callable

from click.testing import Result

from features.store import open_store

Command = Callable[..., Result]


def test_a_new_user_gets_a_token_that_opens_the_store(broadsheet: Command) -> None:
    token = broadsheet("user", "add", "ada").stdout.strip()
    with open_store("sqlite:///data/broadsheet.db") as store, store.transaction(readonly=True) as tx:
        principal = tx.tokens.principal(token)
    assert principal is not None
    assert (principal.user_id, principal.admin) == ("ada", False)


def test_a_user_who_exists_gets_another_token(broadsheet: Command) -> None:
    first = broadsheet("user", "add", "ada").stdout
    assert broadsheet("user", "add", "ada").stdout not in ("", first)
    assert broadsheet("user", "list").stdout == "ada\n"


def test_a_deleted_user_is_gone(broadsheet: Command) -> None:
    broadsheet("user", "add", "ada")
    broadsheet("user", "add", "bob")
    assert broadsheet("user", "delete", "ada", "--yes").exit_code == 0
    assert broadsheet("user", "list").stdout == "bob\n"


def test_an_export_is_json(broadsheet: Command) -> None:
    broadsheet("user", "add", "ada")
    assert "ada" in json.dumps(json.loads(broadsheet("user", "export", "ada").stdout))


def test_a_bad_id_is_one_line(broadsheet: Command) -> None:
    result = broadsheet("user", "add", "a b")
    assert result.exit_code == 1
    assert result.stderr.startswith("error: user id 'a b' is not valid")
