import Digest
import DockerHubProvider
import Documents
import OCI
import Testing

/// A change of the good image, and the rule that must see it; `outcome` pass: a harmless one that it must not.
struct Case: Sendable, CustomTestStringConvertible {
    var rule: String
    var what: String
    var outcome = "fail"
    /// What the evidence, or without one the message, must say.
    var says = ""
    var options = ImageCheck.Options(now: Fixture.now)
    var change: @Sendable (inout Fixture) throws -> Void
    var testDescription: String { "\(rule) \(what)" }

    init(
        _ rule: String, _ what: String, _ outcome: String = "fail", says: String = "",
        options: ImageCheck.Options = .init(now: Fixture.now),
        change: @escaping @Sendable (inout Fixture) throws -> Void
    ) {
        self.rule = rule
        self.what = what
        self.outcome = outcome
        self.says = says
        self.options = options
        self.change = change
    }
}

private func options(_ change: (inout ImageCheck.Options) -> Void) -> ImageCheck.Options {
    var options = ImageCheck.Options(now: Fixture.now)
    change(&options)
    return options
}

@Suite struct ImageTests {
    @Test func theGoodImagePassesWhateverItsFilesDecide() async throws {
        let found = try await findings()
        #expect(found.failing.isEmpty, "\(found)")
        let unknown = found.list.filter { $0.outcome == "unknown" }.map { $0.message.text().prefix(3) }
        #expect(Set(unknown) == ["R14", "R15", "R31", "R32", "R36"], "\(found)")
        #expect(found.list.count == 24)
        #expect(
            found.list.allSatisfy { finding in Rule.all.contains { $0.id == finding.rule } && finding.source != nil })
    }

    static let documents: [Case] = [
        Case("R01", "a name in upper case", says: "lower-case") { $0.address = "docker.io/openEuler/x" },
        Case("R01", "no host", says: "no host") { $0.address = "openeuler" },
        Case("R01", "a long name", says: "255") { $0.address = "a.example/\(String(repeating: "a", count: 250))" },
        Case("R01", "a tag that begins with a dot", says: "not a tag") { $0.tags = [".x"] },
        Case("R01", "dashes in a row", "pass") { $0.address = "a.example/a--b/c__d" },
        Case("R02", "an index entry without a blob", says: "not among") { fixture in
            fixture.index = { $0.manifests.append(.init(mediaType: MediaType.manifest, digest: sha256([1]), size: 1)) }
        },
        Case("R02", "a layer of another size", says: "descriptor says 1") { fixture in
            fixture.manifest = { $0.layers[0].size = 1 }
        },
        Case("R03", "a manifest that says it is Docker's", says: "says that it is") { fixture in
            fixture.manifest = { $0.mediaType = MediaType.dockerManifest }
        },
        Case("R03", "two families", says: "mixed") { $0.manifestType = MediaType.dockerManifest },
        Case("R03", "an artifact beside the images", "pass") { $0.addsArtifact = true },
        Case("R04", "an artifact beside the images", "pass") { $0.addsArtifact = true },
        Case("R05", "an artifact beside the images", "pass") { $0.addsArtifact = true },
        Case("R06", "an artifact beside the images", "pass") { $0.addsArtifact = true },
        Case("R03", "an entry of an unknown type", "pass") { fixture in
            fixture.index = {
                var other = $0.manifests[0]
                other.mediaType = "application/vnd.example.thing+json"
                other.digest = sha256([])
                other.size = 0
                other.platform = nil
                $0.manifests.append(other)
            }
        },
        Case("R04", "more entries than are read", "unknown", says: "1103 entries") { fixture in
            fixture.index = { index in
                let image = index.manifests[0]
                index.manifests.insert(contentsOf: repeatElement(image, count: 1099), at: 0)
                index.manifests =
                    index.manifests.filter { $0.platform?.architecture != "arm64" }
                    + index.manifests
                    .filter { $0.platform?.architecture == "arm64" }
            }
        },
        Case("R03", "a layer that is not what it says", says: "its bytes are tar") { $0.packs = false },
        Case("R03", "a plain tar that is called so", "pass") {
            $0.packs = false
            $0.layerType = MediaType.layerTar
        },
        Case("R03", "a manifest that is none", says: "cannot be read") { fixture in
            fixture.index = {
                $0.manifests[0].digest = $0.manifests[2].digest
                $0.manifests[0] = $0.manifests[2]
            }
            fixture.packages = [["name": "x", "licenseDeclared": "MIT"]]
            fixture.manifest = {
                $0.config = $0.layers[0]
                $0.config.mediaType = MediaType.config
            }
        },
        Case("R04", "a missing platform", says: "linux/arm64 is missing") {
            $0.platforms = [Platform(architecture: "amd64")]
        },
        Case("R04", "arm64 with its variant", "pass") {
            $0.platforms = [Platform(architecture: "amd64"), Platform(architecture: "arm64", variant: "v8")]
        },
        Case("R04", "a platform that was not promised", "pass") {
            $0.platforms.append(Platform(architecture: "loong64"))
        },
        Case(
            "R04", "a promise of the caller's", says: "linux/riscv64 is missing",
            options: options { $0.platforms = ["linux/riscv64"] }
        ) { _ in },
        Case("R05", "another architecture inside", says: "linux/amd64 in the index is linux/s390x") { fixture in
            fixture.config = { if $0.architecture == "amd64" { $0.architecture = "s390x" } }
        },
        Case("R05", "a variant on one side", "pass") { fixture in
            fixture.config = { if $0.architecture == "arm64" { $0.variant = "v8" } }
        },
        Case("R06", "one diff_id too few", says: "2 layers and 1 diff_ids") { fixture in
            fixture.config = { $0.rootfs.diffIDs.removeLast() }
        },
        Case("R06", "another diff_id", says: "unpacks to") { fixture in
            fixture.config = { $0.rootfs.diffIDs[1] = sha256([9]) }
        },
        Case("R06", "the diff_ids in another order", says: "unpacks to") { fixture in
            fixture.config = { $0.rootfs.diffIDs.reverse() }
        },
        Case("R06", "layers that are no gzip", says: "damaged") { $0.packs = false },
        Case("R06", "zstd, which is not unpacked", "unknown", says: "not unpacked") {
            $0.layerType = MediaType.layerZstd
        },
        Case("R06", "layers without a diff_id under verified files", says: "unpacks to") { fixture in
            fixture.verified = true
            fixture.config = { $0.rootfs.diffIDs[0] = sha256([9]) }
        },
        Case("R07", "an index of 4 MiB", says: "bytes") { fixture in
            fixture.index = { $0.annotations?["x"] = String(repeating: "x", count: 4 << 20) }
        },
        Case("R07", "an index of nearly 4 MiB", "pass") { fixture in
            fixture.index = { $0.annotations?["x"] = String(repeating: "x", count: 4_000_000) }
        },
        Case("R08", "the tag of another version", says: "another version") { $0.tags = ["24.03-lts-sp1"] },
        Case("R08", "the alias of another line", says: "line 22.03") { $0.tags = ["22.03"] },
        Case("R08", "a version in upper case", says: "upper case") { $0.tags = ["24.03-LTS-SP2"] },
        Case("R08", "an alias, which the registry decides", "unknown", says: "not read") {
            $0.tags = ["24.03-lts-sp2", "latest"]
        },
        Case("R08", "an application's tag", "pass") {
            $0.version = "2.4.51-oe2203sp2"
            $0.tags = ["2.4.51-oe2203sp2"]
        },
    ]

    @Test(arguments: documents) func documentsAndNames(_ example: Case) async throws { try await hold(example) }

    static let configurations: [Case] = [
        Case("R10", "another command", says: "nginx") { fixture in fixture.config = { $0.config?.cmd = ["nginx"] } },
        Case("R10", "an entrypoint", says: "entrypoint") { fixture in
            fixture.config = { $0.config?.entrypoint = ["/init"] }
        },
        Case("R10", "no bash", says: "no bash") { $0.layers[0].removeAll { $0.entry.name == "usr/bin/bash" } },
        Case("R10", "bash removed by a later layer", says: "no bash") {
            $0.layers[1].append(.file("usr/bin/.wh.bash"))
        },
        Case("R10", "a folder made opaque", says: "no bash") { $0.layers[1].append(.file("usr/bin/.wh..wh..opq")) },
        Case("R10", "bash behind a link that nobody watches", "unknown", says: "not looked at") {
            $0.layers[1].append(.link("usr/bin/bash", to: "../../opt/bash"))
        },
        Case("R10", "an application's command", "pass") { fixture in
            fixture.version = "1.27-oe2403sp2"
            fixture.config = { $0.config?.cmd = ["nginx"] }
        },
        Case("R11", "neither shell nor entrypoint", says: "neither") { $0.layers[0] = [.file("app", mode: 0o755)] },
        Case("R11", "an entrypoint without a shell", "pass") { fixture in
            fixture.layers[0] = [.file("app", mode: 0o755)]
            fixture.config = { $0.config?.entrypoint = ["/app"] }
        },
        Case("R11", "a link that leads to itself", says: "neither") {
            $0.layers[0] = [.link("bin", to: "usr/bin"), .link("usr/bin/sh", to: "/bin/sh")]
        },
        Case("R12", "no user", says: "linux/amd64") { fixture in fixture.config = { $0.config?.user = nil } },
        Case("R12", "user 0 with a group", says: "0") { fixture in fixture.config = { $0.config?.user = "00:0" } },
        Case("R12", "a named user", "pass") { fixture in fixture.config = { $0.config?.user = "rootless:root" } },
        Case("R13", "nothing attached", says: "no SBOM") { $0.packages = nil },
        Case("R13", "a provenance of mode min", says: "mode max") { $0.provenance = ["buildDefinition": [:]] },
        Case("R13", "a provenance of version 0.2", "pass") { $0.provenance = ["buildConfig": [:]] },
        Case("R16", "a package under the AGPL", says: "mongod") {
            $0.packages = [["name": "mongod", "licenseDeclared": "AGPL-3.0-only"]]
        },
        Case("R16", "a package of unknown licence", "unknown", says: "bash") {
            $0.packages = [["name": "bash", "licenseDeclared": "NOASSERTION"]]
        },
        Case("R16", "no SBOM", "unknown", says: "no SBOM") { $0.packages = nil },
        Case("R18", "an annotation less", says: "the index lacks revision") { fixture in
            fixture.index = { $0.annotations?["org.opencontainers.image.revision"] = nil }
        },
        Case("R18", "a licence in prose", says: "no SPDX expression") { fixture in
            fixture.config = { $0.config?.labels?["org.opencontainers.image.licenses"] = "Mulan, second edition" }
        },
        Case("R19", "a base without digest", says: "docker.io") { fixture in
            fixture.index = {
                $0.annotations?["org.opencontainers.image.base.name"] = "docker.io/openeuler/openeuler:24.03"
            }
        },
        Case("R19", "a base with both", "pass") { fixture in
            fixture.index = {
                $0.annotations?["org.opencontainers.image.base.name"] = "docker.io/openeuler/openeuler:24.03"
                $0.annotations?["org.opencontainers.image.base.digest"] = "\(sha256([1]))"
            }
        },
        Case("R19", "an application without a base", "unknown", says: "no base") { $0.version = "1.0-oe2403sp2" },
        Case("R20", "a time in the future", says: "future") { fixture in
            fixture.config = { $0.created = "2100-01-01T00:00:00Z" }
        },
        Case("R20", "a time in prose", says: "not RFC 3339") { fixture in fixture.config = { $0.created = "yesterday" }
        },
        Case("R20", "no time", says: "missing") { fixture in fixture.config = { $0.created = nil } },
        Case(
            "R20", "another time than the sources'", says: "SOURCE_DATE_EPOCH",
            options: options { $0.build.sourceDateEpoch = 1 }
        ) { _ in },
        Case(
            "R20", "the sources' time", "pass", options: options { $0.build.sourceDateEpoch = 1_751_011_860 }
        ) { _ in },
        Case("R20", "nine digits of a second", "pass") { fixture in
            fixture.config = { $0.created = "2025-06-27T08:11:00.123456789Z" }
        },
        Case(
            "R31", "an input over HTTP", says: "not fetched over HTTPS",
            options: options { $0.build.inputs = [.init(url: "http://a.example/x?sig=1", isVerified: true)] }
        ) { _ in },
        Case(
            "R31", "an unverified input", says: "not verified",
            options: options { $0.build.inputs = [.init(url: "https://a.example/x", isVerified: false)] }
        ) { _ in },
        Case(
            "R31", "verified inputs", "pass",
            options: options { $0.build.inputs = [.init(url: "https://a.example/x", isVerified: true)] }
        ) { _ in },
        Case("R32", "another digest", says: "then", options: options { $0.build.rebuiltDigest = "sha256:1" }) { _ in },
        Case("R35", "zstd", says: "zstd") { $0.layerType = MediaType.layerZstd },
        Case("R35", "zstd where all take it", "pass", options: options { $0.acceptsZstd = true }) {
            $0.layerType = MediaType.layerZstd
        },
        Case("R35", "a foreign layer", says: "foreign") {
            $0.layerType = "application/vnd.docker.image.rootfs.foreign.diff.tar.gzip"
        },
    ]

    @Test(arguments: configurations) func configurationsAndAttachments(_ example: Case) async throws {
        try await hold(example)
    }

    @Test func aSecondBuildOfTheSameDigestPasses() async throws {
        let artifact = try await Fixture().made()
        try artifact.write()
        var options = ImageCheck.Options(now: Fixture.now)
        options.build.rebuiltDigest = artifact.request.artifact?.digest
        #expect(try await artifact.check(options)["R32"]?.outcome == "pass")
    }

    @Test func rootMattersLessInASystem() async throws {
        let change: @Sendable (inout Fixture) -> Void = { fixture in fixture.config = { $0.config?.user = "root" } }
        #expect(try await findings { change(&$0) }["R12"]?.severity == "info")
        let other = try await findings {
            $0.version = "1.0-oe2403sp2"
            change(&$0)
        }
        #expect(other["R12"]?.severity == "warning" && other["R12"]?.outcome == "fail")
    }

    @Test func aManifestAloneIsAnImageToo() async throws {
        let artifact = try await Fixture().made()
        try artifact.write()
        let manifest = try #require(artifact.blobs.first { $0.type == MediaType.manifest })
        artifact.request.artifact?.digest = manifest.name
        artifact.request.artifact?.platforms = ["linux/amd64"]
        let found = try await artifact.check()
        #expect(found.failing == ["R13"], "\(found)")
    }

    @Test func aSignatureBesideTheImageIsSeenAndNotBelieved() async throws {
        let artifact = try await Fixture().made()
        let root = try #require(artifact.request.artifact?.digest)
        var manifest = Manifest(config: artifact.add(Array("{}".utf8), MediaType.empty), layers: [])
        manifest.artifactType = "application/vnd.dev.sigstore.bundle.v0.3+json"
        manifest.subject = Descriptor(mediaType: MediaType.index, digest: try Digest(parsing: root), size: 1)
        artifact.add(try Encoded(manifest, mediaType: MediaType.manifest))
        artifact.request.artifact?.files = artifact.files(verified: false)
        try artifact.write()
        let found = try await artifact.check()["R36"]
        #expect(found?.outcome == "unknown" && found?.message.text().contains("comes with the image") == true)
    }

    @Test func aDiskIsRefused() async throws {
        let artifact = try await Fixture().made()
        artifact.request.artifact?.kind = "disk"
        await #expect(throws: Failure.self) { _ = try await artifact.check() }
    }
}

func hold(_ example: Case) async throws {
    let found = try await findings(example.options, example.change)
    let finding = try #require(found[example.rule])
    #expect(finding.outcome == example.outcome, "\(found)")
    let text = finding.evidence ?? finding.message.text()
    #expect(example.says.isEmpty || text.contains(example.says), "\(text)")
    #expect((finding.fix == nil) == (finding.outcome != "fail"))
}

extension ImageTests {
    @Test func everyRuleIsAnItemOnce() throws {
        let items = try #require(Rule.requirements.items)
        #expect(items.compactMap { $0["number"]?.string } == (1...36).map { $0 < 10 ? "R0\($0)" : "R\($0)" })
        #expect(Set(items.compactMap { $0["id"]?.string }).count == 36)
        for item in items {
            for key in ["id", "severity", "stage", "demand", "reason", "fix", "source"] {
                #expect(item[key]?.string?.isEmpty == false)
            }
            #expect(item["id"]?.string?.wholeMatch(of: /[a-z0-9][a-z0-9.-]*/) != nil)
            #expect(item["source"]?.string?.hasPrefix("https://") == true)
        }
    }
}
