import DockerHubProvider
import Documents
import Foundation
import ProviderAPI
import ProviderTesting
import TestSupport
import Testing

@Suite struct CredentialsFileTests {
    private let lab = CredentialLab()

    private func auths(_ members: String) -> String { "{\"auths\": {\(members)}}" }
    private func login(_ key: String, _ pair: String) -> String { "\"\(key)\": {\"auth\": \"\(base64(pair))\"}" }

    @Test func withoutAnythingItIsNobody() throws {
        #expect(try lab.find("r.example").isAnonymous)
        lab.write("auth_file", "")
        lab.write("docker_config", #"{"psFormat": "table", "auths": {"other.example": {"auth": "eA=="}}}"#)
        lab.write("home_auth", "{}")
        #expect(try lab.text("r.example", "a/b") == "anonymous")
        #expect(lab.fake.look { $0.redacted } == [])
    }

    @Test func theFirstFileThatHasOneWins() throws {
        let order = ["auth_file", "docker_config", "runtime_auth", "user_auth", "home_auth", "home_docker_config"]
        for name in order.reversed() {
            lab.write(name, auths(login("r.example", "\(name):pw")))
            #expect(try lab.text("r.example") == "basic \(name) pw")
        }
        // A file without an entry for it is passed over.
        lab.write("auth_file", auths(login("other.example", "x:y")))
        #expect(try lab.text("r.example") == "basic docker_config pw")
        let source = try lab.find("r.example").source
        #expect(source == "$DOCKER_CONFIG/config.json (r.example)")
    }

    @Test func thePasswordMayHoldColons() throws {
        lab.write("auth_file", auths(login("r.example:5000", "me:a:b:c")))
        #expect(try lab.text("r.example:5000") == "basic me a:b:c")
        #expect(try lab.text("r.example") == "anonymous")
    }

    @Test(arguments: [
        ("https://r.example", "r.example"), ("https://r.example/", "r.example"), ("r.example/", "r.example"),
        ("http://r.example/v1/", "r.example"), ("r.example/v2/", "r.example"), ("r.example/v1", "r.example"),
        ("https://r.example:5000/v2/", "r.example:5000"), ("R.Example", "r.example"),
        ("https://r.example/api/docker/x", "r.example"),
        ("https://index.docker.io/v1/", "docker.io"), ("docker.io", "registry-1.docker.io"),
        ("index.docker.io", "docker.io"), ("registry-1.docker.io", "docker.io"), ("docker.io", "index.docker.io"),
        ("https://registry-1.docker.io/v2/", "docker.io"),
    ])
    func aRegistryHasManySpellings(key: String, registry: String) throws {
        lab.write("home_docker_config", auths(login(key, "me:pw")))
        #expect(try lab.text(registry, "library/x") == "basic me pw")
    }

    @Test func aHostThatRefusesIsNotOneWithoutFiles() {
        lab.fake.set { $0.refusals["file_read"] = EP_DENIED }
        #expect(failure { try lab.find("r.example") }.code == .policy)
    }

    @Test func ofSeveralSpellingsTheHubsOwnIsTaken() throws {
        let own = login("https://index.docker.io/v1/", "own:pw")
        lab.write("auth_file", auths(login("docker.io", "short:pw") + "," + own))
        #expect(try lab.text("docker.io") == "basic own pw")
        // What docker leaves behind when a store holds it is no entry.
        lab.write("auth_file", auths(#""https://index.docker.io/v1/": {}, "# + login("docker.io", "short:pw")))
        #expect(try lab.text("docker.io") == "basic short pw")
        lab.write("auth_file", auths(login("http://r.example", "b:pw") + "," + login("https://r.example", "c:pw")))
        #expect(try lab.text("r.example") == "basic b pw")
    }

    @Test func spellingsOfAnotherRegistryDoNotCount() throws {
        lab.write("auth_file", auths(login("https://r.example.org/", "me:pw") + "," + login("xr.example", "x:y")))
        #expect(try lab.text("r.example") == "anonymous")
        #expect(try lab.text("docker.io") == "anonymous")
    }

    @Test func theMostSpecificKeyWins() throws {
        let keys = [("r.example", "host"), ("r.example/a", "space"), ("r.example/a/b", "repository")]
        lab.write("auth_file", auths(keys.map { login($0, "\($1):pw") }.joined(separator: ",")))
        #expect(try lab.text("r.example", "a/b") == "basic repository pw")
        #expect(try lab.text("r.example", "a/c") == "basic space pw")
        #expect(try lab.text("r.example", "ab/c") == "basic host pw")
        #expect(try lab.text("r.example") == "basic host pw")
        lab.write("auth_file", auths(login("docker.io/openeuler", "space:pw") + "," + login("docker.io", "hub:pw")))
        #expect(try lab.text("registry-1.docker.io", "openeuler/x") == "basic space pw")
        #expect(try lab.text("index.docker.io", "library/x") == "basic hub pw")
    }

    @Test func tokensAndPlainPasswords() throws {
        let file = """
            {"auths": {"plain.example": {"username": "me", "password": "plain-pw"},
              "identity.example": {"auth": "\(base64("<token>:"))", "identitytoken": "refresh-me"},
              "ready.example": {"registrytoken": "send-as-is", "auth": "\(base64("x:y"))"},
              "named.example": {"auth": "\(base64("<token>:refresh-too"))"}, "empty.example": {}}}
            """
        lab.write("docker_config", file)
        #expect(try lab.text("plain.example") == "basic me plain-pw")
        #expect(try lab.text("identity.example") == "identity refresh-me")
        #expect(try lab.text("ready.example") == "bearer send-as-is")
        #expect(try lab.text("named.example") == "identity refresh-too")
        #expect(try lab.text("empty.example") == "anonymous")
    }

    @Test func whateverIsDecodedIsMaskedFirst() throws {
        lab.write("docker_config", auths(login("r.example", "me:hunter2")))
        let found = try lab.find("r.example")
        #expect(lab.fake.look { Set($0.redacted) } == [base64("me:hunter2"), "hunter2", "me:hunter2"])
        var dumped = ""
        dump(found, to: &dumped)
        #expect(!"\(found) \(dumped)".contains("hunter2") && dumped.contains("***"))
        #expect(lab.fake.look { $0.lines } == ["0: the credential for r.example came from \(found.source)"])
    }

    @Test(arguments: [
        ("not JSON: hunter2", "it is not JSON"),
        (#"{"auths": {"r.example": {"auth": ["hunter2"]}}}"#, "auths.r.example.auth"),
        (#"{"auths": "hunter2"}"#, "auths"),
        (#"{"credHelpers": {"r.example": {"hunter2": 1}}}"#, "credHelpers.r.example"),
        (#"{"auths": {"r.example": {"auth": "hunter2!"}}}"#, "not the base64"),
        (#"{"auths": {"r.example": {"auth": "aHVudGVyMg=="}}}"#, "not the base64"),
        (#"{"auths": {"r.example": {"password": "hunter2"}}}"#, "without a username"),
        (#"["hunter2"]"#, "cannot be read"),
    ])
    func aFileThatIsNoneIsAnErrorWithoutItsContent(text: String, words: String) {
        lab.write("runtime_auth", text)
        lab.write("home_auth", auths(login("r.example", "me:pw")))
        let failure = failure { try lab.find("r.example") }
        #expect(failure.code == .usage && failure.place == "$XDG_RUNTIME_DIR/containers/auth.json")
        #expect(failure.message.contains(words), "\(failure.message)")
        #expect(!"\(failure)".contains("hunter2") && !"\(failure)".contains("aHVud") && failure.hint != nil)
    }

    @Test func theOptionsVariablesComeFirst() throws {
        lab.write("auth_file", auths(login("r.example", "file:pw")))
        let options: [String: JSON] = ["username_variable": "HUB_USER", "password_variable": "HUB_TOKEN"]
        lab.fake.set { $0.secrets = ["username": "me", "password": "from-env"] }
        #expect(try lab.text("r.example", options: options) == "basic me from-env")
        #expect(try lab.find("r.example", options: options).source == "the variables HUB_USER and HUB_TOKEN")
        // Without the options, a host that has such values is not asked.
        #expect(try lab.text("r.example") == "basic file pw")

        lab.fake.set { $0.secrets["password"] = nil }
        let missing = failure { try lab.find("r.example", options: options) }
        #expect(missing.code == .authentication && missing.place == "HUB_TOKEN")
        #expect(missing.hint?.contains("HUB_TOKEN_FILE") == true)
        let half = failure { try lab.find("r.example", options: ["password_variable": "HUB_TOKEN"]) }
        #expect(half.code == .usage && half.message.contains("username_variable"))
    }
}
