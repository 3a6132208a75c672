import Documents
import Settings
import TestSupport
import Testing

@Suite struct LoginFileTests {
    private func read(_ text: String) throws -> LoginFile { try LoginFile(text: text, name: "registry.yaml") }

    private let whole = """
        hub.example:
          - LOGIN_HUB_USER
          - LOGIN_HUB_PASSWD
          - hub.example/openeuler/openeuler
        other.example:5000: [LOGIN_OTHER_USER, LOGIN_OTHER_PASSWD]
        """

    @Test func bothFormsAreRead() throws {
        let file = try read(whole)
        #expect(file.path == "registry.yaml" && file.registries.map(\.host) == ["hub.example", "other.example:5000"])
        let first = file.registries[0]
        #expect(first.user.name == "LOGIN_HUB_USER" && first.user.place == "registry.yaml:2:5")
        #expect(first.password.name == "LOGIN_HUB_PASSWD" && first.password.place == "registry.yaml:3:5")
        #expect(first.repository == "openeuler/openeuler" && first.place == "registry.yaml:1:1")
        #expect(file.registries[1].repository == nil)
        #expect(file.registries[1].password.place == "registry.yaml:5:40")
    }

    @Test func hostsAsPeopleWriteThem() throws {
        let file = try read("HTTPS://Hub.Example/: [A, B, 'https://hub.example/a/b/']\n")
        #expect(file.registries[0].host == "hub.example" && file.registries[0].repository == "a/b")
    }

    @Test func allThatIsMissingIsOneError() throws {
        let file = try read(whole)
        let scratch = try Scratch()
        let path = try scratch.write("password", "pw")
        let some = ["LOGIN_HUB_USER": "me", "LOGIN_OTHER_USER": "", "LOGIN_HUB_PASSWD_FILE": "/nonexistent/pw"]
        let missing = failure { try file.check(environment: some) }
        #expect(missing.code == .authentication && missing.place == "registry.yaml:3:5")
        #expect(
            missing.message == "there is nothing to log in with: "
                + "LOGIN_HUB_PASSWD_FILE names /nonexistent/pw, which cannot be read (registry.yaml:3:5); "
                + "LOGIN_OTHER_USER is not set (registry.yaml:5:22); "
                + "LOGIN_OTHER_PASSWD is not set (registry.yaml:5:40)")
        #expect(missing.hint?.contains("_FILE") == true)
        var all = ["LOGIN_HUB_USER": "me", "LOGIN_HUB_PASSWD_FILE": path]
        try file.check(environment: all, hosts: ["hub.example"])
        all.merge(["LOGIN_OTHER_USER": "me", "LOGIN_OTHER_PASSWD": "pw"]) { $1 }
        try file.check(environment: all)
    }

    @Test(arguments: [
        ("a.example: [A, B, b.example/x/y]", "registry.yaml:1:19", "b.example/x/y is not one of a.example"),
        ("a.example: [A, B, x/y]", "registry.yaml:1:19", "is not one of a.example"),
        ("a.example: [A, B, a.example]", "registry.yaml:1:19", "is not one of a.example"),
        ("a.example:\n- A", "registry.yaml:2:1", "two or three items"),
        ("a.example: [A, B, a.example/x, C]", "registry.yaml:1:12", "two or three items"),
        ("a.example: A", "registry.yaml:1:12", "two or three items"),
        ("a.example: [A, 12]", "registry.yaml:1:16", "not the name of an environment variable"),
        ("a.example: [A, 'hunter2!']", "registry.yaml:1:16", "not the name of an environment variable"),
        ("a.example: [A, {b: hunter2}]", "registry.yaml:1:16", "not the name of an environment variable"),
        ("a.example/x: [A, B]", "registry.yaml:1:1", "not the host of a registry"),
        ("A.example: [A, B]\nhttps://a.example: [A, B]", "registry.yaml:2:1", "stands here twice, first at"),
        ("", "registry.yaml:1:1", "names no registry"), ("- a", "registry.yaml:1:1", "names no registry"),
    ])
    func whatIsWrongHasItsPlace(text: String, place: String, words: String) {
        let failure = failure { try read(text) }
        #expect(failure.code == .usage && failure.place == place, "\(failure)")
        #expect(failure.message.contains(words) && !"\(failure)".contains("hunter2"), "\(failure)")
    }
}
