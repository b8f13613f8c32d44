"""Search over everything the store knows, by id, words and meaning."""

from features.arxiv_ids import paper_id
from features.domain import Paper, is_own_paper
from features.errors import InvalidValue
from features.store import Transaction
from models.search import Hit
from serving.dependencies import Services
from serving.observed import EVERYTHING


def search(services: Services, tx: Transaction, query: str, limit: int) -> list[Hit]:
    """Papers for a query, best first: one whose id it is, then by words and meaning."""
    champion = services.shelf.champion
    index = services.catalogue.of(tx, champion, EVERYTHING)
    named, _ = paper_id(query)
    known = _can_name(named) and not is_own_paper(named) and named in tx.papers.exists([named])
    exact = [named] if known else []
    vector = champion.vectors.of([Paper("query", query)])[0] if champion and query.strip() else None
    found = [hit for hit in index.search(query, vector, limit) if hit.paper_id not in exact]
    return [*(Hit(one, 1.0) for one in exact), *found][:limit]


def similar(services: Services, tx: Transaction, paper: Paper, limit: int) -> list[Hit]:
    """The papers nearest to one; none while no model serves, or before the index has been built."""
    index = services.catalogue.at_hand(tx, services.shelf.champion, EVERYTHING)
    return index.similar(paper.id, limit) if index else []


def _can_name(text: str) -> bool:
    try:
        Paper(text, "title")
    except InvalidValue:
        return False
    return True
