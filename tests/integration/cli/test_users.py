import json
from collections.abc import Callable
from pathlib import Path

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


def test_a_library_is_saved_once(broadsheet: Command, tmp_path: Path) -> None:
    broadsheet("user", "add", "ada")
    library = tmp_path / "mine.bib"
    library.write_text("@misc{a, title={A title}, abstract={Words.}}\n@misc{b, title={Alone}}\n")
    first = broadsheet("user", "import-library", "ada", str(library))
    assert (first.exit_code, first.stdout) == (
        0,
        "0 saved, 1 kept as your own, 0 saved before, 0 waiting, 1 not used\n",
    )
    assert f"not used: {library}, line 2: no paper of this title" in first.stderr
    again = broadsheet("user", "import-library", "ada", str(library))
    assert again.stdout.startswith("0 saved, 0 kept as your own, 1 saved before")


def test_a_library_that_is_none_is_one_line(broadsheet: Command, tmp_path: Path) -> None:
    broadsheet("user", "add", "ada")
    for arguments in ([], ["missing.bib"], ["library.doc"], ["--zotero", "me"]):
        result = broadsheet("user", "import-library", "ada", *arguments)
        assert (result.exit_code, result.stderr.count("\n")) == (1, 1), arguments
