"""The words of eight invented fields of study.

Neighbouring fields share a few words on purpose (honey and starch, brass and lens, sediment and ice, linen and cord),
so that telling them apart takes more than one word. ``early`` words go out of use over the weeks, ``late`` come up.
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Subject:
    """One invented field: its code, its name and its words; ``strands`` are three sub-fields' own things."""

    code: str
    name: str
    strands: tuple[tuple[str, ...], tuple[str, ...], tuple[str, ...]]
    acts: tuple[str, ...]
    traits: tuple[str, ...]
    places: tuple[str, ...]
    early: tuple[str, ...]
    late: tuple[str, ...]


def _words(text: str) -> tuple[str, ...]:
    return tuple(word.strip() for word in text.split(","))


def _subject(name: str, strands: str, acts: str, traits: str, places: str, fashions: str) -> Subject:
    first, second, third = (_words(part) for part in strands.split("|"))
    early, late = (_words(part) for part in fashions.split("|"))
    code, title = name.split(":")
    return Subject(
        code, title.strip(), (first, second, third), _words(acts), _words(traits), _words(places), early, late
    )


SUBJECTS = (
    _subject(
        "synth.BAKE: bread and fermentation",
        "sourdough, levain, rye starter, crumb, crust, loaf, proofing basket, starch, gluten |"
        "baguette, brioche, croissant, laminated dough, butter sheet, scoring blade, steam oven, glaze |"
        "wild yeast, lactic culture, malt syrup, honey, bran, wheat berry, millstone, flour dust",
        "kneading, proofing, cold retarding, autolyse, scalding, shaping, steaming, milling",
        "airy, chewy, acidic, overproofed, wholemeal, blistered, fragrant, stale",
        "village bakeries, a ship's galley, mountain ovens, a school kitchen",
        "wood-fired hearth, copper bowl, hand sieve, stone trough |"
        "spiral mixer, vacuum cooling, dough sensor, frozen preform",
    ),
    _subject(
        "synth.HIVE: bees and pollination",
        "honeybee, queen cell, brood comb, drone, waggle dance, forager, swarm, royal jelly |"
        "bumblebee, solitary bee, nectar, pollen basket, clover meadow, hedgerow, orchard blossom, honey |"
        "varroa mite, foulbrood, wax moth, smoke bellows, hive frame, propolis, beeswax, starch paste",
        "swarming, requeening, foraging, pollinating, overwintering, uncapping, nest founding, smoking",
        "docile, drifting, queenless, hygienic, buzzing, nocturnal, thrifty, wingless",
        "alpine apiaries, rooftop gardens, almond groves, heather moors",
        "straw skep, log hive, tin smoker, sugar cake |hive microphone, feather robot, infrared gate, pollen barcode",
    ),
    _subject(
        "synth.TIDE: tides and estuaries",
        "spring tide, neap tide, tidal bore, slack water, ebb current, harbour basin, tide gauge, storm surge |"
        "mudflat, salt marsh, oyster reef, eelgrass, sediment, sandbar, wader, lugworm |"
        "barrage, tidal turbine, sluice gate, caisson, pontoon, ice floe, breakwater, mooring cord",
        "dredging, silting, ebbing, surveying, flushing, damming, anchoring, sounding",
        "brackish, turbid, semidiurnal, sheltered, saline, shoaling, tranquil, flooded",
        "northern fjords, a mangrove coast, river mouths, the outer banks",
        "lead line, tide table, wooden groyne, horse ferry |"
        "drone bathymetry, floating pier, living shoreline, gate robot",
    ),
    _subject(
        "synth.LAMP: lighthouses and signal light",
        "fresnel lens, lantern room, prism, beam, lens, reflector, focal plane, glass pane |"
        "foghorn, bell buoy, semaphore, flag mast, siren, morse lamp, horizon, fog bank |"
        "keeper, oil store, spiral stair, granite tower, rock ledge, brass rail, wick, paraffin",
        "occulting, flashing, trimming, polishing, signalling, dimming, relighting, painting",
        "luminous, seaward, fogbound, crimson, unmanned, dazzling, whitewashed, weatherbeaten",
        "skerries, a headland station, coral islands, the western approaches",
        "whale oil, coal brazier, clockwork rotation, carbon arc |"
        "diode lantern, solar mast, radar echo, virtual beacon",
    ),
    _subject(
        "synth.CLOK: clocks and escapements",
        "anchor escapement, pallet fork, balance wheel, hairspring, pendulum bob, gear train, pivot, jewel bearing |"
        "sundial, gnomon, water clock, sandglass, astrolabe, almanac, meridian line, shadow |"
        "carillon, striking hammer, church turret, bell rope, brass plate, mainspring, winding key, lens",
        "winding, oiling, striking, rewinding, gilding, escaping, regulating springs, adjusting beats",
        "isochronous, tarnished, ticking, equinoctial, gilded, sluggish, weight-driven, tower-mounted",
        "cathedral workshops, an observatory vault, market squares, a collector's cabinet",
        "verge escapement, candle clock, iron frame, foliot bar |"
        "quartz crystal, silicon lever, magnetic pivot, laser engraving",
    ),
    _subject(
        "synth.GLAC: glaciers and snow",
        "firn, crevasse, ice shelf, calving front, moraine, icefall, glacier tongue, sediment |"
        "snowpack, avalanche, cornice, hoarfrost, snow bridge, powder slab, ski patrol, snowline |"
        "ice core, meltwater, moulin, subglacial lake, permafrost, borehole, ice floe, dust stratum",
        "calving, thawing, drilling, sintering, retreating, creeping, refreezing, coring",
        "polythermal, debris-covered, stagnant, wind-packed, surging, glazed, tidewater, perennial",
        "the high plateau, polar stations, tropical summits, a cirque basin",
        "stake network, snow pit, rope team, plane table |muon imaging, fibre cable, cloud drone, ice radar",
    ),
    _subject(
        "synth.KITE: kites and soaring",
        "box kite, delta kite, kite tail, bridle, tether, spar, sailcloth, cord |"
        "glider, thermal updraft, ridge lift, albatross, wingtip, aileron, variometer, soaring hawk |"
        "kite festival, paper dragon, bamboo rib, lacquer, reel, windsock, meadow, linen panel",
        "soaring, launching, stalling, reeling, gliding, banking, rigging, fluttering",
        "gusty, featherlight, tailless, buoyant, tethered, turbulent, ornate, unstable",
        "dune beaches, harvest fields, a wind tunnel, terraced hills",
        "silk thread, hemp line, hand winch, barograph |"
        "carbon spar, airborne turbine, tether winch robot, ripstop film",
    ),
    _subject(
        "synth.LOOM: weaving and dyes",
        "warp, weft, shuttle, heddle, treadle, selvedge, twill, tapestry |"
        "indigo, madder, weld, mordant, dye vat, cochineal, lichen purple, alum |"
        "flax, linen, wool fleece, spindle, distaff, silk cocoon, felt, cord",
        "weaving, spinning, carding, retting, dyeing, warping, felting, unravelling",
        "woven, unbleached, colourfast, coarse, lustrous, frayed, moth-eaten, handspun",
        "highland cottages, caravan towns, a palace workshop, river mills",
        "drop spindle, backstrap loom, urine vat, punched card |"
        "jacquard robot, algae pigment, conductive yarn, seamless knit",
    ),
)

FIRST_NAMES = _words(
    "Ada, Bruno, Chiara, Dov, Elif, Farid, Greta, Hyun, Ines, Jorge, Kaja, Lena, Moana, Nuno, Oksana, Pavel, Quentin,"
    "Rosa, Sólveig, Tariq, Uma, Viktor, Wanda, Xiu, Yara, Zoltán, Łucja, Émile, Øyvind, Çağla"
)
LAST_NAMES = _words(
    "Quillfeather, Marrowby, Tinderholt, Saltmarsh, Umbervale, Cragwell, Loxdale, Fennimore-Ash, Oatcastle,"
    "Brightwater, Thistledown, Ravenscar, Nettlecombe, Hollowell, Wickersham, Pellworthy, Duskfield, Emberly,"
    "Gorsebank, Ironmere, Jessamine, Kestrelby, Larkspur, Mossgrove, Northwick, Plumtree, Rookwood, Silverlode, "
    "Tarnbrook, Winterbourne"
)
