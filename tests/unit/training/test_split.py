from datetime import date, timedelta

from features.domain import DayFeed, EmptyReason
from training.split import split_after, split_last

START = date(2026, 1, 1)


def feeds(n_days: int, incomplete: tuple[int, ...] = ()) -> list[DayFeed]:
    return [
        DayFeed(
            START + timedelta(days=n), 9, None, n not in incomplete, EmptyReason.FEW_PAPERS if n in incomplete else None
        )
        for n in range(n_days)
    ]


def days(*numbers: int) -> tuple[date, ...]:
    return tuple(START + timedelta(days=number) for number in numbers)


def test_the_last_complete_days_are_ranked_after_one_fit_with_refits_every_two_days() -> None:
    split = split_last(feeds(12, incomplete=(9,)), n_days=5, refit_days=2)
    assert split.days == days(6, 7, 8, 10, 11)
    assert (split.fits, split.refits) == (days(6), days(6, 8, 10))
    assert split.periods() == [(*days(6), days(6, 7)), (*days(8), days(8)), (*days(10), days(10, 11))]


def test_never_more_than_half_of_the_days_are_ranked() -> None:
    assert split_last(feeds(5), n_days=20, refit_days=7).days == days(3, 4)
    assert split_last(feeds(1), n_days=20, refit_days=7).days == ()
    assert split_last([], n_days=20, refit_days=7).fits == ()


def test_a_refit_every_day_is_possible() -> None:
    split = split_last(feeds(8), n_days=3, refit_days=1)
    assert split.refits == split.days == days(5, 6, 7)


def test_the_whole_replay_ranks_all_days_after_sixty_percent_with_evenly_spread_fits() -> None:
    split = split_after(feeds(20), share=0.6, n_fits=4, refit_days=3)
    assert split.days == days(*range(12, 20))
    assert split.fits == days(12, 14, 16, 18)
    assert split.refits == split.fits
    assert split.fit_of(START + timedelta(days=17)) == days(16)[0]
