import Foundation
import RegistryPeers
import TestSupport
import Testing

/// Signatures by cosign. The program itself cannot be installed where these tests run: servers/cosign.py stands in for it, which
/// says what it takes from its documentation and what is not tried.
@Suite("Signatures", .enabled(if: stage != nil, "EULERPUBLISHER_STAGE is not set: run make test"))
struct SigningTests {
    private struct Call: Decodable {
        var arguments: [String]
        var environment: [String: String]
        var input: String
    }

    /// A home with a key, and the stand-in on its PATH.
    private struct Scene {
        let lab: Lab
        let registry: StrictRegistry
        var environment: [String: String]
        static let password = "the key's own password"

        init(_ authentication: Authentication = .basic, hasTool: Bool = true) async throws {
            lab = try Lab(layers: [2000, 3000])
            registry = try await lab.registry(.init(authentication))
            try await runApart(
                [
                    "/bin/sh", "-c",
                    "mkdir bin notes && openssl ecparam -genkey -name prime256v1 -noout -out cosign.key",
                ],
                in: lab.scratch.path
            ).ended(0)
            if hasTool {
                let standIn = try String(
                    contentsOfFile: "\(root)/Tests/RegistryPeers/servers/cosign.py", encoding: .utf8)
                try lab.scratch.write("bin/cosign", standIn, mode: 0o755)
            }
            environment = [
                "PATH": "\(lab.scratch.path)/bin:/usr/local/bin:/usr/bin:/bin", "COSIGN_PASSWORD": Self.password,
                "COSIGN_STANDIN_NOTES": "\(lab.scratch.path)/notes", "UNRELATED": "no",
            ]
        }

        func publish(_ more: [String] = ["--sign", "cosign.key"], _ changes: [String: String] = [:]) async throws
            -> Answer
        {
            try await lab.publish(registry.host, more, environment: environment.merging(changes) { $1 })
        }

        func calls() throws -> [Call] {
            guard let text = try? lab.scratch.text("notes/calls") else { return [] }
            return try text.split(separator: "\n").map { try JSONDecoder().decode(Call.self, from: Data($0.utf8)) }
        }

        var tag: String { lab.digest.replacingOccurrences(of: ":", with: "-") + ".sig" }

        func tags() throws -> [String: String] { try registry.contents()[Lab.repository]?.tags ?? [:] }

        /// How many signatures of the image by the key there are, as openssl verifies them.
        func signatures() async throws -> Int {
            let script = """
                set -eu
                user=$1 host=$2 tag=$3 digest=$4
                openssl pkey -in cosign.key -pubout -out public.pem 2>/dev/null
                get() { curl -sSf -u "$user" -H "Accept: application/vnd.oci.image.manifest.v1+json" "http://$host/v2/team/image/$1"; }
                get "manifests/$tag" > signature.json
                for layer in $(python3 -c 'import json; [print(l["digest"], l["annotations"]["dev.cosignproject.cosign/signature"], sep="|") for l in json.load(open("signature.json"))["layers"]]'); do
                    get "blobs/${layer%%|*}" > payload
                    echo "${layer#*|}" | base64 -d > raw
                    grep -q "\\"docker-manifest-digest\\": \\"$digest\\"" payload
                    openssl dgst -sha256 -verify public.pem -signature raw payload
                done
                """
            let user = "\(RegistryUser.publisher.name):\(RegistryUser.publisher.password)"
            let answer = try await runApart(
                ["/bin/sh", "-c", script, "sh", user, registry.host, tag, lab.digest], in: lab.scratch.path)
            answer.ended(0)
            return answer.output.split(separator: "\n").count { $0 == "Verified OK" }
        }
    }

    @Test("The signature is there after all was read back, and before the tag; then there is nothing to do")
    func order() async throws {
        let scene = try await Scene()
        try await scene.publish().ended(0, "published")
        #expect(try Set(scene.tags().keys) == ["v1", scene.tag])
        #expect(try await scene.signatures() == 1)
        let requests = try scene.registry.requests().filter { $0.status.map { $0 < 300 } == true }
        func first(_ method: String, _ path: String) -> Int? {
            requests.firstIndex { $0.method == method && $0.path.hasSuffix(path) }
        }
        let signed = try #require(first("PUT", "/manifests/\(scene.tag)"))
        let named = try #require(first("PUT", "/manifests/v1"))
        #expect(signed < named)
        for digest in scene.lab.blobs {
            let read = try #require(
                requests.lastIndex {
                    $0.method == "HEAD" && $0.path.hasSuffix(digest) && $0.number < requests[named].number
                })
            #expect(read < signed)
        }
        let readBack = requests.firstIndex { $0.method == "GET" && $0.path.hasSuffix("/manifests/\(scene.lab.digest)") }
        #expect(try #require(readBack) < signed)
        // Asked in the preflight whether it is there, before anything was sent.
        #expect(try scene.lab.scratch.text("notes/versions").split(separator: "\n").count == 1)

        let before = try scene.registry.changes().count
        try await scene.publish().ended(0, "Nothing to do")
        #expect(try scene.registry.changes().count == before)
        // Who has forgotten what was signed signs once more.
        try FileManager.default.removeItem(atPath: "\(scene.lab.scratch.path)/cache/providers")
        try await scene.publish().ended(0)
        #expect(try await scene.signatures() == 2)
        try await scene.publish().ended(0, "Nothing to do")
        #expect(try scene.tags()["v1"] == scene.lab.digest)
    }

    @Test("What the program is given: the digest, the key, secrets in its environment alone")
    func invocation() async throws {
        let scene = try await Scene()
        try await scene.publish(["--sign", "cosign.key", "--sign-option", "--tlog-upload=false"]).ended(0)
        let calls = try scene.calls()
        let call = try #require(calls.first)
        #expect(calls.count == 1)
        #expect(
            call.arguments == [
                "sign", "--yes", "--key", "\(scene.lab.scratch.path)/cosign.key", "--tlog-upload=false",
                "\(scene.registry.host)/team/image@\(scene.lab.digest)",
            ])
        #expect(call.environment["COSIGN_PASSWORD"] == Scene.password)
        #expect(call.environment["UNRELATED"] == nil)
        #expect(call.input.isEmpty)
        let secret = RegistryUser.publisher.password
        #expect(call.arguments.allSatisfy { !$0.contains(secret) && !$0.contains(Scene.password) })
        // The login is for that registry alone.
        let others = try scene.lab.scratch.text("notes/others")
        #expect(others.contains("credentials not found") && !others.contains(secret))
        for text in [Scene.password, secret] {
            let found = try await runApart(["grep", "-rlF", "-e", text, "state", "cache"], in: scene.lab.scratch.path)
            #expect(found.status == 1, "\(found.output)")
        }
    }

    @Test("The key of another place is passed on as it is")
    func uri() async throws {
        let scene = try await Scene()
        _ = try await scene.publish(["--sign", "env://COSIGN_PRIVATE_KEY"], ["COSIGN_STANDIN": "fail"])
        #expect(try scene.calls().first?.arguments.contains("env://COSIGN_PRIVATE_KEY") == true)
    }

    @Test("Without the program nothing is sent, and what to install is said")
    func absent() async throws {
        let scene = try await Scene(hasTool: false)
        try await scene.publish().ended(2, "no program cosign", "install cosign")
        #expect(try scene.registry.changes().isEmpty)
        // And who asks for no signature needs it not.
        try await scene.publish([]).ended(0)
    }

    @Test(
        "The program fails, or does nothing: no tag moves, and what it said is shown", arguments: ["fail", "nothing"])
    func fails(_ way: String) async throws {
        let scene = try await Scene()
        let answer = try await scene.publish(["--sign", "cosign.key"], ["COSIGN_STANDIN": way])
        answer.ended(6, way == "fail" ? "decrypt" : "has no signature")
        #expect(!answer.output.contains(Scene.password) && !answer.output.contains("\u{1b}"))
        #expect(try scene.tags() == [:])
        let log = try await scene.lab.run(["logs", "latest"]).output
        #expect(!log.contains(Scene.password))
        // It is no refusal of the image: the same command goes on.
        try await scene.publish().ended(0)
        #expect(try await scene.signatures() == 1)
    }

    @Test("What a run signed and moved is put back")
    func restored() async throws {
        let scene = try await Scene()
        try await scene.publish().ended(0)
        try await scene.lab.run(["tag", "restore", "latest"]).ended(0, "put back")
        #expect(try scene.tags() == [:])
    }

    @Test("A signature that nothing would get, and options that would show a secret, are refused")
    func refused() async throws {
        let scene = try await Scene()
        let lab = scene.lab
        try await lab.run(
            ["container", "copy", "oci:\(lab.scratch.path)/image:v1", "oci:out", "--sign", "cosign.key"],
            environment: scene.environment
        ).ended(2, "--sign is for images in registries")
        try await scene.publish(["--sign-option", "--recursive"]).ended(2, "--sign as well")
        try await scene.publish(["--sign", "cosign.key", "--sign-option", "--registry-password=hunter2"]).ended(
            2, "--registry-password")
        #expect(try scene.registry.changes().isEmpty)
    }

    @Test("A signature that comes with the image stays beside ours")
    func beside() async throws {
        let scene = try await Scene()
        try await scene.publish().ended(0)
        let image = "\(scene.registry.host)/team/image:v1"
        try await scene.lab.run(
            ["container", "copy", image, "\(scene.registry.host)/team/image:v2", "--sign", "cosign.key"],
            environment: scene.environment
        ).ended(0)
        let other = try await scene.lab.run(
            ["container", "copy", image, "\(scene.registry.host)/team/other:v1", "--sign", "cosign.key"],
            environment: scene.environment)
        other.ended(0, "published")
        let there = try scene.registry.contents()["team/other"]
        #expect(Set(there?.tags.keys ?? [:].keys) == ["v1", scene.tag])
        // Two layers: one of the source's, one of ours.
        let text = try await runApart(
            [
                "curl", "-sSf", "-u", "\(RegistryUser.publisher.name):\(RegistryUser.publisher.password)", "-H",
                "Accept: application/vnd.oci.image.manifest.v1+json",
                "http://\(scene.registry.host)/v2/team/other/manifests/\(scene.tag)",
            ])
        #expect(text.output.components(separatedBy: "simplesigning").count == 3, "\(text.output)")
        try await scene.lab.run(
            ["container", "copy", image, "\(scene.registry.host)/team/other:v1", "--sign", "cosign.key"],
            environment: scene.environment
        ).ended(0, "Nothing to do")
    }
}
