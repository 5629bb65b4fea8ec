"""Makes random folder trees and, with libtorrent, the v2 torrent of each.

Usage: /usr/bin/python3 make-torrents.py OUTPUT_FOLDER
Writes OUTPUT_FOLDER/<case>/content/<share name>..., OUTPUT_FOLDER/<case>/case.torrent and OUTPUT_FOLDER/index.json:
a list of {case, name, infoHash, pieceBytes, files: [{path, sizeBytes, root}]}, files in libtorrent's order.
"""

import json
import os
import random
import sys

try:
    import libtorrent as lt
except ImportError:
    sys.exit("libtorrent is missing: apt-get install python3-libtorrent (2.0 or later)")

BLOCK = 16_384
PIECE = 262_144
SPAN = 512 * BLOCK

# Names whose order differs by bytes, by UTF-16, by case and by locale, or around the path separator.
NAMES = ["a", "A", "b", "B", "a.b", "a b", "a-b", "a0", "é", "e\u0301", "ß", "Z", "_", "中文", "日本語.txt",
         "ﬀ", "\uffee", "😀", "🦀.tar.gz", "עברית", "x" * 200, "~", "!", "#1", "100%", "10", "9", "name.", " x"]
SIZES = [0, 1, 2, BLOCK - 1, BLOCK, BLOCK + 1, 2 * BLOCK, 3 * BLOCK + 7, PIECE - 1, PIECE, PIECE + 1,
         PIECE + BLOCK, 2 * PIECE, 3 * PIECE - 1, 3 * PIECE + 1, 5 * PIECE + BLOCK + 1]


def random_tree(rng, files, depth):
    """A list of (path parts, size); no name is both file and folder."""
    folders = [()]
    taken = set()
    out = []
    for _ in range(depth):
        path = rng.choice(folders) + (rng.choice(NAMES),)
        if path not in taken:
            taken.add(path)
            folders.append(path)
    while len(out) < files:
        path = rng.choice(folders) + (rng.choice(NAMES),)
        if path in taken:
            continue
        taken.add(path)
        out.append((path, rng.choice(SIZES)))
    if all(size == 0 for _, size in out):
        out[0] = (out[0][0], 1)
    return out


def cases():
    yield "single-small", "single.bin", [((), 5)]
    yield "single-one-piece", "piece.bin", [((), PIECE)]
    yield "single-span", "span.bin", [((), SPAN)]
    yield "single-over-span", "größer.bin", [((), SPAN + 1)]
    yield "single-large", "large.bin", [((), 2 * SPAN + 3 * PIECE + 5)]
    yield "borders", "borders", [((f"{size}",), size) for size in SIZES]
    yield "deep", "deep", [(("d",) * 20 + ("f",), 70_000), (("d",) * 19 + ("e",), 300_000)]
    yield "folder-of-its-name", "x", [(("x", "x"), 12), (("x", "y"), PIECE + 9)]
    for seed in range(8):
        rng = random.Random(seed)
        yield f"random-{seed}", rng.choice(["share", "Ünïcode", "共有", "s p a c e"]), random_tree(rng, 4 + 3 * seed, seed)


def main(output):
    index = []
    for number, (case, name, files) in enumerate(cases()):
        rng = random.Random(1_000 + number)
        content = os.path.join(output, case, "content")
        for path, size in files:
            target = os.path.join(content, name, *path)
            os.makedirs(os.path.dirname(target), exist_ok=True)
            with open(target, "wb") as file:
                file.write(rng.randbytes(size))
        storage = lt.file_storage()
        lt.add_files(storage, os.path.join(content, name))
        creator = lt.create_torrent(storage, piece_size=PIECE, flags=lt.create_torrent.v2_only)
        lt.set_piece_hashes(creator, content)
        torrent = os.path.join(output, case, "case.torrent")
        with open(torrent, "wb") as file:
            file.write(lt.bencode(creator.generate()))
        index.append(describe(case, lt.torrent_info(torrent)))
    with open(os.path.join(output, "index.json"), "w", encoding="utf-8") as file:
        json.dump(index, file, ensure_ascii=True)


def describe(case, info):
    """What libtorrent itself reads out of its torrent. Its pad files are not in a v2 file tree."""
    storage = info.files()
    files = [
        {"path": storage.file_path(i), "sizeBytes": storage.file_size(i), "root": str(storage.root(i))}
        for i in range(storage.num_files())
        if not storage.file_flags(i) & lt.file_flags_t.flag_pad_file
    ]
    return {"case": case, "name": info.name(), "infoHash": str(info.info_hashes().v2),
            "pieceBytes": info.piece_length(), "files": files}


main(sys.argv[1])
