import Digest
import Documents
import Foundation
import OCI
import Prepare
import TestSupport
import Testing

@testable import Assemble

/// What is said of an image: how it was made, and what is in it. The rpm database is written by SQLite itself.
@Suite struct AttestationTests {
    /// Python that puts a file into the layer; `path` and `body` are its.
    private static func adding(_ script: String) -> String {
        script + "\n" + """
            buffer = io.BytesIO(layer)
            with tarfile.open(fileobj=buffer, mode="a", format=tarfile.PAX_FORMAT) as t:
                t.addfile(info(path, len(body)), io.BytesIO(body))
            layer = buffer.getvalue()
            diff = hashlib.sha256(layer).hexdigest()
            config["rootfs"]["diff_ids"] = ["sha256:" + diff]
            members = [(info(diff + ".tar", len(layer)), layer)]
            manifest[0]["Layers"] = [diff + ".tar"]
            """
    }

    /// 400 packages, in headers of 200 bytes to 60 kB, and a key.
    private static let database = adding(
        """
        import sqlite3, struct
        def header(name, version, release, arch, epoch=None, padding=0):
            data, entries = b"", []
            def put(tag, type, value):
                nonlocal data
                if type == 4:
                    data += b"\\\\0" * (-len(data) % 4)
                entries.append(struct.pack(">IIII", tag, type, len(data), 1 if type != 7 else len(value)))
                data += value
            put(1000, 6, name.encode() + b"\\\\0")
            put(1001, 6, version.encode() + b"\\\\0")
            put(1002, 6, release.encode() + b"\\\\0")
            if epoch is not None:
                put(1003, 4, struct.pack(">I", epoch))
            put(1011, 6, b"http://openeuler.org\\\\0")
            put(1014, 6, b"GPL-2.0-or-later\\\\0")
            put(1022, 6, arch.encode() + b"\\\\0")
            put(1117, 7, b"x" * padding)
            return struct.pack(">II", len(entries), len(data)) + b"".join(entries) + data
        file = sys.argv[1] + "." + arch + ".sqlite"
        os.makedirs(os.path.dirname(file), exist_ok=True)
        base = sqlite3.connect(file)
        base.execute("CREATE TABLE 'Packages' (hnum INTEGER PRIMARY KEY AUTOINCREMENT, blob BLOB NOT NULL)")
        base.execute("CREATE TABLE 'Name' (key TEXT NOT NULL, hnum INTEGER NOT NULL, idx INTEGER NOT NULL)")
        for number in reversed(range(400)):
            blob = header("package%03d" % number, "1.%d" % number, "2.oe2403", arch, 3 if number == 7 else None, number * 150)
            base.execute("INSERT INTO Packages (blob) VALUES (?)", [blob])
        base.execute("INSERT INTO Packages (blob) VALUES (?)", [header("gpg-pubkey", "1", "2", "noarch")])
        base.execute("DELETE FROM Packages WHERE hnum = 400")
        base.commit()
        base.close()
        path, body = "var/lib/rpm/rpmdb.sqlite", open(file, "rb").read()
        os.unlink(file)
        """.replacingOccurrences(of: "\\\\0", with: "\\0"))

    private struct Attested {
        var image: AssembledImage
        var attestations: [Attestation]
        var layout: Layout
        var plain: Digest

        func document(_ type: String) throws -> JSON {
            let found = try attestations.map { try layout.manifest($0.manifest) }.first { $0.artifactType == type }
            let manifest = try #require(found)
            #expect(manifest.subject?.digest == image.indexDigest && manifest.subject?.size == image.indexSize)
            #expect(manifest.config.mediaType == MediaType.empty && manifest.layers.count == 1)
            #expect(manifest.layers[0].mediaType == type)
            return try DocumentCoding.decode(JSON.self, from: Data(try layout.blob(manifest.layers[0])))
        }
    }

    private func attested(_ change: String, in scratch: Scratch, _ name: String = "one") async throws -> Attested {
        let mirror = try makeMirror(in: "\(scratch.path)/\(name)", change: change)
        let release = try await prepare(mirror, cache: "\(scratch.path)/\(name)/cache")
        let options = AssemblyOptions()
        let image = try await assemble(release, into: "\(scratch.path)/\(name)/layout", options: options)
        let attestations = try attest(image, of: release, options: options, tool: "9.9")
        let again = try await assemble(release, into: "\(scratch.path)/\(name)/layout", options: options)
        return Attested(
            image: image, attestations: attestations, layout: try Layout(opening: image.layoutPath),
            plain: again.indexDigest)
    }

    @Test func theProvenanceNamesTheSources() async throws {
        let scratch = try Scratch()
        let made = try await attested("", in: scratch)
        let document = try made.document("application/vnd.in-toto+json")
        #expect(document["_type"] == "https://in-toto.io/Statement/v1")
        #expect(document["predicateType"] == "https://slsa.dev/provenance/v1")
        let subjects = document["subject"]?.array ?? []
        #expect(subjects.count == 3 && subjects.first?["digest"]?["sha256"]?.string == made.image.indexDigest.hex)
        let definition = document["predicate"]?["buildDefinition"]
        #expect(definition?["externalParameters"]?["release"] == "24.03-LTS-SP2")
        let materials = definition?["resolvedDependencies"]?.array ?? []
        #expect(
            materials.map { $0["name"]?.string } == [
                "openEuler-docker.aarch64.tar.xz", "openEuler-docker.x86_64.tar.xz",
            ])
        let file = "\(scratch.path)/one/mirror/openEuler-24.03-LTS-SP2/docker_img/x86_64/openEuler-docker.x86_64.tar.xz"
        #expect(materials.last?["digest"]?["sha256"]?.string == (try Digest.sha256(ofFile: file).hex))
        // A directory of this machine is nobody else's address.
        #expect(materials.allSatisfy { $0["uri"] == nil })
        let builder = document["predicate"]?["runDetails"]?["builder"]
        #expect(builder?["version"]?["eulerpublisher"] == "9.9")
        #expect(builder?["version"]?["zlib"]?.string == made.image.zlibVersion)
    }

    @Test func theBillListsThePackagesOfTheDatabase() async throws {
        let scratch = try Scratch()
        let made = try await attested(Self.database, in: scratch)
        let document = try made.document("application/spdx+json")
        #expect(document["spdxVersion"] == "SPDX-2.3" && document["dataLicense"] == "CC0-1.0")
        #expect(document["creationInfo"]?["created"] == "2025-06-27T08:11:00Z")
        #expect(
            document["comment"]?.string?.contains("linux/amd64: the 399 packages of the rpm database var/lib/rpm/")
                == true)
        let packages = document["packages"]?.array ?? []
        let rpms = packages.filter { $0["SPDXID"]?.string?.hasPrefix("SPDXRef-image-linux-amd64-rpm-") == true }
        // One was removed, and its row is gone; the key is none.
        #expect(rpms.map { $0["name"]?.string } == (1..<400).map { String(format: "package%03d", $0) })
        try #require(rpms.count == 399)
        #expect(rpms[6]["versionInfo"] == "3:1.7-2.oe2403")
        let reference = rpms[6]["externalRefs"]?.array?.first?["referenceLocator"]
        #expect(reference == "pkg:rpm/openeuler/package007@1.7-2.oe2403?arch=x86_64&epoch=3")
        #expect(rpms[6]["supplier"] == "Organization: http://openeuler.org")
        let layers = packages.filter { $0["primaryPackagePurpose"] == "FILE" }
        #expect(layers.count == 4)
        let ids = packages.compactMap { $0["SPDXID"]?.string }
        #expect(Set(ids).count == packages.count)
        let related = (document["relationships"]?.array ?? []).compactMap { $0["relatedSpdxElement"]?.string }
        #expect(Set(related) == Set(ids))
    }

    @Test(arguments: [
        ("", "the layers as files alone, since it has no rpm database"),
        (
            #"path, body = "var/lib/rpm/Packages", b"x" * 4096"#,
            "its rpm database is not SQLite's: var/lib/rpm/Packages"
        ),
        (#"path, body = "var/lib/rpm/rpmdb.sqlite", b"SQLite format 3\0" + b"\x10\0" + b"\xff" * 9000"#, "is damaged"),
        (#"path, body = "var/lib/rpm/rpmdb.sqlite-wal", b"x""#, "was not closed"),
    ])
    func withoutADatabaseTheLayersAreListed(_ file: String, _ words: String) async throws {
        let scratch = try Scratch()
        let made = try await attested(file.isEmpty ? "" : Self.adding(file), in: scratch)
        let document = try made.document("application/spdx+json")
        #expect(document["comment"]?.string?.contains(words) == true, "\(document["comment"] ?? .null)")
        #expect(document["packages"]?.array?.count == 6)
    }

    @Test func equalInputsGiveEqualDocuments() async throws {
        let scratch = try Scratch()
        let first = try await attested(Self.database, in: scratch)
        let second = try await attested(Self.database, in: scratch, "two")
        #expect(first.image.indexDigest == second.image.indexDigest && first.plain == first.image.indexDigest)
        #expect(first.attestations == second.attestations && first.attestations.count == 2)
        // In the layout's list, once each, beside the tag.
        let entries = try first.layout.index().manifests
        #expect(entries.count == 3 && Set(entries.map(\.digest)).count == 3)
    }
}
