"""Puts the headers of an rpmdb.sqlite into rpm's other two forms of a database: usage forms.py RPMDB.SQLITE DUMP NDB.

DUMP is a text that Berkeley DB's own db_load takes. NDB is a Packages.db, laid out as rpm's lib/backend/ndb/rpmpkg.c does it.
"""
import sqlite3, struct, sys, zlib

rows = sqlite3.connect(sys.argv[1]).execute("SELECT hnum, blob FROM Packages").fetchall()

with open(sys.argv[2], "w") as dump:
    print("VERSION=3\nformat=bytevalue\ntype=hash\ndb_pagesize=4096\nHEADER=END", file=dump)
    # Under the number 0 rpm keeps the highest one that it gave.
    for key, value in [(0, struct.pack("<I", max(number for number, _ in rows)))] + rows:
        print(f" {struct.pack('<I', key).hex()}\n {bytes(value).hex()}", file=dump)
    print("DATA=END", file=dump)

SLOTS = 1
slots, blobs = b"", b""
for number, blob in rows:
    start = SLOTS * 4096 + len(blobs)
    whole = struct.pack("<4sIII", b"BlbS", number, 1, len(blob)) + blob
    whole += b"\0" * (-(len(whole) + 12) % 16)
    whole += struct.pack("<II4s", zlib.adler32(whole), len(blob), b"BlbE")
    slots += struct.pack("<4sIII", b"Slot", number, start // 16, len(whole) // 16)
    blobs += whole
header = struct.pack("<4sIIII12x", b"RpmP", 0, 1, SLOTS, max(number for number, _ in rows) + 1)
free = struct.pack("<4sIII", b"Slot", 0, 0, 0)
slots += free * ((SLOTS * 4096 - len(header) - len(slots)) // 16)
with open(sys.argv[3], "wb") as file:
    file.write(header + slots + blobs)
