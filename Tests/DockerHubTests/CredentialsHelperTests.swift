import DockerHubProvider
import Documents
import Foundation
import ProviderAPI
import ProviderTesting
import TestSupport
import Testing

/// Real programs, run as the host runs them.
@Suite struct CredentialsHelperTests {
    private let lab = CredentialLab()
    private let scratch: Scratch

    init() throws {
        scratch = try Scratch()
        lab.helpers(in: scratch.path)
    }

    /// A helper that knows one server, and writes down what it was asked.
    private func helper(_ suffix: String, server: String = "r.example", _ answer: String) throws {
        try scratch.write(
            "docker-credential-\(suffix)",
            """
            #!/bin/sh
            read -r server
            echo "$1 $server" >>\(scratch.path)/asked
            [ "$1" = get ] || exit 9
            if [ "$server" = "\(server)" ]; then \(answer); else
                echo "credentials not found in native keychain"; exit 1; fi
            """, mode: 0o755)
    }

    private func answering(_ username: String, _ secret: String) -> String {
        "printf '%s' '{\"ServerURL\":\"x\",\"Username\":\"\(username)\",\"Secret\":\"\(secret)\"}'"
    }

    private var asked: [String] { ((try? scratch.text("asked")) ?? "").split(separator: "\n").map(String.init) }

    @Test func aHelperOfTheRegistryWins() throws {
        try helper("own", answering("robot", "from-helper"))
        try helper("all", answering("x", "from-store"))
        lab.write(
            "docker_config",
            """
            {"credHelpers": {"https://r.example/v2/": "own"}, "credsStore": "all",
             "auths": {"r.example": {"auth": "\(base64("x:y"))"}}}
            """)
        let found = try lab.find("r.example", "a/b")
        #expect(try lab.text("r.example", "a/b") == "basic robot from-helper")
        #expect(found.source == "docker-credential-own ($DOCKER_CONFIG/config.json)")
        #expect(asked == ["get r.example", "get r.example"])
        #expect(lab.fake.look { $0.redacted }.contains("from-helper"))
    }

    @Test func theStoreIsForAllAndThenComeTheEntries() throws {
        try helper("all", answering("me", "from-store"))
        lab.write(
            "home_docker_config",
            #"{"credsStore": "all", "auths": {"r.example": {}, "o.example": {"auth": "\#(base64("o:pw"))"}}}"#)
        #expect(try lab.text("r.example") == "basic me from-store")
        #expect(try lab.text("o.example") == "basic o pw")
        #expect(try lab.text("third.example") == "anonymous")
    }

    @Test func aTokenOfAHelper() throws {
        try helper("own", answering("<token>", "refresh-me"))
        lab.write("auth_file", #"{"credHelpers": {"r.example": "own"}}"#)
        #expect(try lab.text("r.example") == "identity refresh-me")
    }

    @Test(arguments: ["https://index.docker.io/v1/", "docker.io"])
    func theHubHasTwoNamesToAHelper(server: String) throws {
        try helper("own", server: server, answering("me", "hub-pw"))
        lab.write("auth_file", #"{"credHelpers": {"docker.io": "own"}}"#)
        #expect(try lab.text("registry-1.docker.io", "library/x") == "basic me hub-pw")
        #expect(asked.first == "get https://index.docker.io/v1/")
    }

    @Test func nothingThereIsNoError() throws {
        try helper("own", answering("me", "pw"))
        lab.write("auth_file", #"{"credHelpers": {"s.example": "own"}}"#)
        #expect(try lab.text("s.example") == "anonymous")
        lab.write("home_docker_config", #"{"auths": {"s.example": {"auth": "\#(base64("later:file"))"}}}"#)
        #expect(try lab.text("s.example") == "basic later file")
    }

    @Test(arguments: [
        ("echo 'hunter2: the keychain is locked'; exit 1", Failure.Code.authentication, "gave no answer"),
        ("echo hunter2", .usage, "did not answer with the JSON"), ("exit 0", .usage, "did not answer with the JSON"),
        (#"echo '{"Username": "hunter2"}'"#, .usage, "did not answer with the JSON"),
        ("echo 'credentials not found'; kill -9 $$", .notFound, ""),
    ])
    func aHelperThatFailsIsNamed(answer: String, code: Failure.Code, words: String) throws {
        try helper("own", answer)
        lab.write("auth_file", #"{"credHelpers": {"r.example": "own"}}"#)
        guard code != .notFound else {
            #expect(try lab.text("r.example") == "anonymous")
            return
        }
        let failure = failure { try lab.find("r.example") }
        #expect(failure.code == code && failure.place == "docker-credential-own", "\(failure)")
        #expect(failure.message.contains(words) && failure.hint?.contains("$REGISTRY_AUTH_FILE names it") == true)
        #expect(!"\(failure)".contains("hunter2"))
    }

    @Test func aHelperThatIsNotThereIsNamed() {
        lab.write("auth_file", #"{"credsStore": "gone"}"#)
        let missing = failure { try lab.find("r.example") }
        #expect(missing.code == .usage && missing.place == "docker-credential-gone")
        #expect(missing.message == "there is no program docker-credential-gone on this machine")
        // A name that leads elsewhere is no name of a helper.
        lab.write("auth_file", #"{"credsStore": "../../bin/sh"}"#)
        #expect(failure { try lab.find("r.example") }.code == .policy)
    }
}
