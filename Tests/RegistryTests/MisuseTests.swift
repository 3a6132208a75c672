import Foundation
import RegistryPeers
import TestSupport
import Testing

/// What people mistype, and what is not there: told before anything is done, and never taken for something else.
@Suite("Mistakes at registries", .enabled(if: stage != nil, "EULERPUBLISHER_STAGE is not set: run make test"))
struct MisuseTests {
    @Test("A repository or tag that is not there is an error, also for programs")
    func absent() async throws {
        let lab = try Lab()
        let registry = try await lab.registry()
        try await lab.publish(registry.host).ended(0)
        for more in [[], ["--json"]] {
            try await lab.run(["tag", "list", "\(registry.host)/team/other"] + more).ended(
                6, "no repository", "team/other")
            try await lab.run(["tag", "list", "\(registry.host)/\(Lab.repository):v9"] + more).ended(6, "no tag v9")
            try await lab.run(["tag", "list", "\(registry.host)/\(Lab.repository):v1"] + more).ended(0, lab.digest)
        }
    }

    @Test("Destinations that differ in their tags alone are one target")
    func oneTarget() async throws {
        let lab = try Lab()
        let registry = try await lab.registry()
        let place = "\(registry.host)/\(Lab.repository)"
        try await lab.run(
            ["container", "copy", "oci:\(lab.scratch.path)/image:v1", "\(place):v2", "\(place):v3", "\(place):v2"]
        ).ended(0, "published")
        #expect(try registry.contents()[Lab.repository]?.tags == ["v2": lab.digest, "v3": lab.digest])
    }

    @Test(
        "Names that no registry takes are refused before anything is fetched",
        arguments: [
            ["-p", "team/image", "-t", "Bad/tag"], ["-p", "X/y"],
            ["-p", "team/image", "-g", "http://registry.example"],
        ])
    func names(_ arguments: [String]) async throws {
        let lab = try Lab()
        let whole = arguments.contains("-g") ? arguments : arguments + ["-g", "registry.example"]
        // Whoever asked the mirror would see that there is none.
        try await lab.run(
            ["container", "publish", "-v", "24.03-LTS", "--mirror", "http://127.0.0.1:1/"] + whole
        ).ended(2, "is not an image name")
    }

    @Test("An argument that is not UTF-8 is named, and nothing is written")
    func notText() async throws {
        let lab = try Lab()
        let script = "exec \"$0\" container copy oci:image:v1 oci:\"$(printf 'a\\377b')\""
        let answer = try await runApart(
            ["/bin/sh", "-c", script, "\(stage ?? "")/bin/eulerpublisher"], in: lab.scratch.path,
            environment: lab.environment)
        answer.ended(2, "argument 4 is not UTF-8")
        #expect(try FileManager.default.contentsOfDirectory(atPath: lab.scratch.path).sorted() == ["image"])
    }

    @Test(
        "A limit that is too low for a worker is named, and nothing waits",
        arguments: [("ulimit -v 400000", "the limit of address space"), ("ulimit -n 16", "limit of open files")])
    func limits(_ limit: String, _ words: String) async throws {
        let lab = try Lab()
        let command = lab.command(["container", "copy", "oci:\(lab.scratch.path)/image:v1", "oci:copy"])
        let answer = try await runApart(
            ["/bin/sh", "-c", "\(limit); exec \"$@\"", "sh"] + command, in: lab.scratch.path,
            environment: lab.environment)
        #expect(answer.status != 0 && answer.output.contains(words), "\(answer.output)")
    }

    @Test("REGISTRY_AUTH_FILE that leads nowhere is named")
    func authFile() async throws {
        let lab = try Lab()
        let registry = try await lab.registry()
        for path in ["\(lab.scratch.path)/gone.json", lab.scratch.path] {
            try await lab.publish(registry.host, environment: ["REGISTRY_AUTH_FILE": path]).ended(
                2, "REGISTRY_AUTH_FILE", path)
        }
    }
}
