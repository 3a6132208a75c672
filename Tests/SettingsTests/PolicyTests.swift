import Documents
import Foundation
import Settings
import TestSupport
import Testing

@Suite struct PolicyTests {
    private let scratch: Scratch
    private var system: String { "\(scratch.path)/etc/eulerpublisher/policy.yaml" }
    private var prefix: String { "\(scratch.path)/usr" }
    private var own: String { "\(prefix)/etc/eulerpublisher/policy.yaml" }
    private let digest = String(repeating: "a", count: 64)

    init() throws { scratch = try Scratch() }

    private func policy(_ system: String? = nil, own: String? = nil) throws -> Policy {
        if let system { try scratch.write("etc/eulerpublisher/policy.yaml", system) }
        if let own { try scratch.write("usr/etc/eulerpublisher/policy.yaml", own) }
        return try Policy(prefix: prefix, systemFile: self.system, systemOwners: [0, geteuid()])
    }

    private func refusal(_ policy: Policy, _ id: String, in directory: String = "/opt/p/acme", digest: String? = nil)
        -> Failure
    {
        failure { try policy.check(provider: id, directory: directory, digest: digest) }
    }

    @Test func withoutAFileNothingIsForbidden() throws {
        let policy = try policy()
        #expect(policy.files == [])
        try policy.check(provider: "acme", directory: "/x/acme", digest: nil)
        try policy.check(endpoint: "anything at all")
        try policy.check(insecureTLS: "a.example")
        try policy.checkPublicSharing(of: "a")
        try policy.checkSubmit("a")
    }

    @Test func aDeniedProviderIsRefusedWithFileAndLine() throws {
        let policy = try policy("format: 1\nproviders:\n  deny:\n    - other\n    - acme\n")
        let failure = refusal(policy, "acme")
        #expect(failure.code == .policy && failure.code.exitStatus == 10)
        #expect(failure.place == "\(system):5" && failure.message == "policy forbids the provider acme")
        #expect(failure.hint?.contains("no setting, variable or flag") == true)
        try policy.check(provider: "third", directory: "/x/third", digest: nil)
    }

    @Test func onlyAllowedProvidersAreUsed() throws {
        let policy = try policy("format: 1\nproviders: {allow: [acme, local], deny: [local]}\n")
        try policy.check(provider: "acme", directory: "/x/acme", digest: nil)
        #expect(refusal(policy, "other").place == "\(system):2")
        #expect(refusal(policy, "local").message.contains("forbids"))
        #expect(refusal(try self.policy("format: 1\nproviders:\n  allow: []\n"), "acme").place == "\(system):3")
    }

    @Test func bothFilesNarrowAndNeitherWidens() throws {
        let policy = try policy(
            "format: 1\nproviders: {allow: [a, b]}\nendpoints: ['*.example']\nsubmit: forbid\n",
            own: "format: 1\nproviders: {allow: [b, c]}\nendpoints: [a.example, b.test]\nsubmit: allow\n")
        #expect(policy.files == [system, own])
        try policy.check(provider: "b", directory: "/x/b", digest: nil)
        #expect(refusal(policy, "a").place == "\(own):2" && refusal(policy, "c").place == "\(system):2")
        try policy.check(endpoint: "a.example")
        #expect(failure { try policy.check(endpoint: "b.example") }.place == "\(own):3")
        #expect(failure { try policy.check(endpoint: "b.test") }.place == "\(system):3")
        #expect(failure { try policy.checkSubmit("a") }.place == "\(system):4")
    }

    @Test func digestsBindAProviderToItsBuilds() throws {
        let policy = try policy("format: 1\ndigests:\n  acme:\n    - \(digest)\n  gone: []\n")
        try policy.check(provider: "acme", directory: "/x", digest: digest)
        try policy.check(provider: "other", directory: "/x", digest: nil)
        #expect(refusal(policy, "acme", digest: String(repeating: "b", count: 64)).place == "\(system):3")
        #expect(refusal(policy, "acme", digest: nil).place == "\(system):3")
        #expect(refusal(policy, "gone", digest: digest).place == "\(system):5")
    }

    @Test func foldersBindProvidersToDirectories() throws {
        for name in ["one/acme", "two/acme", "usr/lib/acme"] {
            try FileManager.default.createDirectory(
                atPath: "\(scratch.path)/\(name)", withIntermediateDirectories: true)
        }
        symlink("\(scratch.path)/one", "\(scratch.path)/link")
        let policy = try policy("format: 1\nfolders:\n  - \(scratch.path)/link\n  - PREFIX/lib\n")
        try policy.check(provider: "acme", directory: "\(scratch.path)/one/acme", digest: nil)
        try policy.check(provider: "acme", directory: "\(scratch.path)/usr/lib/acme", digest: nil)
        #expect(refusal(policy, "acme", in: "\(scratch.path)/two/acme").place == "\(system):2")
        #expect(refusal(policy, "acme", in: "\(scratch.path)/one/acme/deeper").place == "\(system):2")
    }

    @Test func endpointsAreComparedAsHosts() throws {
        let policy = try policy("format: 1\nendpoints: [a.example, '*.b.example', 'c.example:5000', '[::1]']\n")
        for allowed in [
            "a.example", "A.Example.", "https://a.example/x", "http://a.example:81", "x.b.example", "x.y.b.example:9",
            "c.example:5000", "http://user:pw@c.example:5000/", "[::1]:443",
        ] { try policy.check(endpoint: allowed) }
        for forbidden in [
            "b.example", "xa.example", "a.example.org", "c.example", "c.example:500", "https://a.example@evil.example/",
            "https://evil.example\\@a.example", "https://evil.example/@a.example", "https://evil.example#@a.example",
            "evil.example?a.example", "a.example:0", "a.example:99999", "", ".", "a.example\n", "a.example evil",
            "ä.example",
            "xb.example", ".b.example", "user@a.example", "[::2]", "a.example:", "https://", "http://[::1",
            "*.b.example",
        ] {
            let failure = failure { try policy.check(endpoint: forbidden) }
            #expect(failure.code == .policy && failure.place == "\(system):2", "\(forbidden)")
        }
        #expect(!failure { try policy.check(endpoint: "https://me:hunter2@evil.example/") }.message.contains("hunter2"))
    }

    @Test func switchesAreRefusedWithTheirLines() throws {
        let policy = try policy("format: 1\ninsecure_tls: forbid\npublic_sharing: forbid\nsubmit: forbid\n")
        #expect(failure { try policy.check(insecureTLS: "https://a.example") }.place == "\(system):2")
        #expect(failure { try policy.checkPublicSharing(of: "a") }.place == "\(system):3")
        #expect(failure { try policy.checkSubmit("a") }.place == "\(system):4")
        let allowing = try self.policy("format: 1\ninsecure_tls: allow\n")
        try allowing.check(insecureTLS: "a.example")
        try allowing.checkSubmit("a")
    }

    @Test(arguments: [
        "format: 1\nprovider: {deny: [a]}\n", "format: 1\nproviders: {deny: a}\n", "", "format: 2\n", "providers: {}\n",
        "format: 1\ninsecure_tls: false\n", "format: 1\nendpoints: ['*x']\n", "format: 1\nendpoints: ['a:b:c']\n", "{",
        "a: [",
        "format: 1\ndigests: {a: [AB]}\n", "format: 1\nfolders: [relative]\n",
    ])
    func aPolicyThatCannotBeReadAllowsNothing(_ text: String) {
        let failure = failure { try policy(text) }
        #expect(failure.code == .policy && failure.place?.hasPrefix(system) == true, "\(failure)")
    }

    @Test func aPolicyThatLeadsNowhereAllowsNothing() throws {
        try scratch.write("etc/eulerpublisher/other", "")
        symlink("/nowhere", system)
        #expect(failure { try policy() }.code == .policy)
        unlink(system)
        try FileManager.default.createDirectory(atPath: system, withIntermediateDirectories: true)
        #expect(failure { try policy() }.code == .policy)
    }

    @Test(
        arguments: [(0o664, "chmod g-w"), (0o646, "chmod o-w"), (0o666, "chmod go-w"), (0o1664, "chmod g-w")]
            as [(mode_t, String)])
    func aPolicyThatOthersCanWriteIsRefused(_ mode: mode_t, _ mend: String) throws {
        try scratch.write("etc/eulerpublisher/policy.yaml", "format: 1\n", mode: mode)
        let failure = failure { try policy() }
        #expect(failure.code == .policy && failure.place == system && failure.hint == "\(mend) \(system)", "\(failure)")
    }

    @Test func aPolicyInADirectoryThatOthersCanWriteIsRefused() throws {
        try scratch.write("etc/eulerpublisher/policy.yaml", "format: 1\n")
        chmod("\(scratch.path)/etc", 0o775)
        let failure = failure { try policy() }
        #expect(failure.code == .policy && failure.hint == "chmod g-w \(scratch.path)/etc", "\(failure)")
        #expect(failure.message.contains(system))
    }

    @Test(.enabled(if: isRoot, "only root can give files away")) func aPolicyOfSomebodyElseIsRefused() throws {
        try scratch.write("etc/eulerpublisher/policy.yaml", "format: 1\n")
        #expect(chown(system, 65534, 65534) == 0)
        let failure = failure { try policy() }
        #expect(failure.code == .policy && failure.place == system, "\(failure)")
        #expect(
            failure.message.contains("belongs to uid 65534") && failure.hint?.contains("chown root \(system)") == true)
    }

    @Test(.enabled(if: isRoot, "only root can give files away"))
    func theInstallationsPolicyMayBelongToTheExecutablesOwner() throws {
        // The executable of this test is root's here: another's file is refused, root's is taken.
        try scratch.write("usr/etc/eulerpublisher/policy.yaml", "format: 1\nproviders: {deny: [a]}\n")
        #expect(refusal(try policy(), "a").place == "\(own):2")
        #expect(chown(own, 65534, 65534) == 0)
        #expect(failure { try policy() }.code == .policy)
    }
}
