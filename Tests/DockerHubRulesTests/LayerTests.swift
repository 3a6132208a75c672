import DockerHubProvider
import Documents
import OCI
import Testing

@Suite struct LayerTests {
    static let key = "-----BEGIN OPENSSH PRIVATE KEY-----\nb3BlbnNzaC1rZXk\n"
    static let secrets: [Case] = [
        Case("R33", "a private key", says: "/root/.ssh/id_rsa") { $0.layers[1].append(.file("root/.ssh/id_rsa", key)) },
        Case("R33", "a key that a later layer removes", says: "/root/.ssh/id_ed25519") {
            $0.layers[0].append(.file("root/.ssh/id_ed25519", key))
            $0.layers[1].append(.file("root/.ssh/.wh.id_ed25519"))
        },
        Case("R33", "a key behind a name that goes round", says: "/root/.ssh/id_rsa") {
            $0.layers[1].append(.file("./usr/../root//.ssh/./id_rsa", key))
        },
        Case("R33", "a host key", says: "ssh_host_rsa_key") {
            $0.layers[1].append(.file("etc/ssh/ssh_host_rsa_key", key))
        },
        Case("R33", "a public key", "pass") { $0.layers[1].append(.file("root/.ssh/id_rsa.pub", "ssh-rsa AAAA")) },
        Case("R33", "an empty key", "pass") { $0.layers[1].append(.file("root/.ssh/id_rsa")) },
        Case("R33", "a login at a registry", says: "registry credentials") {
            $0.layers[1].append(.file("root/.docker/config.json", #"{"auths":{"a.example":{"auth":"dTpw"}}}"#))
        },
        Case("R33", "a registry's helper", "pass") {
            $0.layers[1].append(.file("root/.docker/config.json", #"{"auths":{"a.example":{}},"credsStore":"pass"}"#))
        },
        Case("R33", "another config.json", "pass") { $0.layers[1].append(.file("srv/config.json", #"{"auth":"x"}"#)) },
        Case("R33", "a login for the network", says: "/root/.netrc") {
            $0.layers[1].append(.file("root/.netrc", "machine a.example\n login u\n password hunter2\n"))
        },
        Case("R33", "cloud credentials", says: "cloud credentials") {
            $0.layers[1].append(.file("home/u/.aws/credentials", "[default]\naws_secret_access_key = wJalrXUtnFEMI\n"))
        },
        Case("R33", "a template of credentials", "pass") {
            $0.layers[1].append(
                .file("home/u/.aws/credentials", "[default]\naws_secret_access_key = <your key>\n# x = y"))
        },
        Case("R33", "a token in .npmrc", says: ".npmrc") {
            $0.layers[1].append(.file("root/.npmrc", "//registry.npmjs.org/:_authToken=abcdef\n"))
        },
        Case("R33", "a large file of which the end is not read", "unknown", says: "first 65536 bytes") {
            $0.layers[1].append(.file("root/.netrc", String(repeating: "#", count: 70_000) + " password hunter2"))
        },
        Case("R33", "a link that is named like a secret", "unknown", says: "link to") {
            $0.layers[1].append(.link("root/.netrc", to: "srv/x", kind: .hardLink))
        },
        Case("R33", "a password in the environment", says: "DB_PASSWORD=***") { fixture in
            fixture.config = { $0.config?.env?.append("DB_PASSWORD=hunter2 is long") }
        },
        Case("R33", "a token in the history", says: "GITHUB_TOKEN=***") { fixture in
            fixture.config = { $0.history?[0].createdBy = "|1 GITHUB_TOKEN=hunter2 /bin/sh -c make" }
        },
        Case("R33", "a token known by its shape", says: "a token (ghp_***)") { fixture in
            fixture.config = {
                $0.history?[0].createdBy = "curl -H 'Authorization: Bearer ghp_\(String(repeating: "a", count: 36))'"
            }
        },
        Case("R33", "a login in an address", says: "an address with a password") { fixture in
            fixture.config = { $0.history?[0].comment = "from https://user:hunter2@a.example/x" }
        },
        Case("R33", "a secret in a label", says: "label") { fixture in
            fixture.config = { $0.config?.labels?["com.example.api-key"] = "hunter2" }
        },
        Case("R33", "what only looks like a secret", "pass") { fixture in
            fixture.config = {
                $0.config?.env? += [
                    "MYSQL_ALLOW_EMPTY_PASSWORD=yes", "PASSWORD_FILE=/run/secrets/x", "DB_PASSWORD=",
                    "DB_TOKEN=${TOKEN}",
                    "API_KEY=<key>", "GPG_KEY=0D96DF4D4110E5C43FBFB17F2D347EA6AA65421D", "TOKEN_LIFETIME=3600",
                    "PASSWORD=/run/secrets/x",
                ]
                $0.history?[0].createdBy = "curl https://a.example/token?x=1 user@a.example:x"
            }
        },
    ]

    @Test(arguments: secrets) func secretsAreFoundAndNotShown(_ example: Case) async throws {
        try await hold(example)
        let found = try await findings(example.options, example.change)
        #expect(!found.description.contains("hunter2") && !found.description.contains("wJalr"))
    }

    static let leftovers: [Case] = [
        Case("R34", "a new set-id program", says: "set-id program: /usr/bin/x") {
            $0.layers[1].append(.file("usr/bin/x", "ELF", mode: 0o2755))
        },
        Case("R34", "a set-id program of the base, updated", "pass") {
            $0.layers[1].append(.file("usr/bin/su", "ELF 2", mode: 0o4755))
        },
        Case("R34", "a program of the base that becomes set-id", says: "/usr/bin/bash") {
            $0.layers[1].append(.file("usr/bin/bash", "ELF", mode: 0o4755))
        },
        Case("R34", "a set-id program that a later layer removes", "pass") {
            $0.layers[1].append(.file("opt/x", "ELF", mode: 0o4755))
            $0.layers.append([.file("opt/.wh.x")])
        },
        Case("R34", "a folder that all may write", says: "/srv") { $0.layers[1].append(.folder("srv/", mode: 0o777)) },
        Case("R34", "such a folder mended later", "pass") {
            $0.layers[0].append(.folder("srv/", mode: 0o777))
            $0.layers[1].append(.folder("srv/"))
        },
        Case("R34", "such a folder in a folder that goes", "pass") {
            $0.layers[0].append(.folder("srv/a/b/", mode: 0o777))
            $0.layers[1].append(.file(".wh.srv"))
        },
        Case("R34", "a package cache", says: "/var/cache/dnf/x.rpm") {
            $0.layers[0].append(.file("var/cache/dnf/x.rpm", "rpm"))
        },
        Case("R34", "a machine id", says: "machine id") { $0.layers[1].append(.file("etc/machine-id", "0123abc\n")) },
        Case("R34", "the word of a machine without id", "pass") {
            $0.layers[1].append(.file("etc/machine-id", "uninitialized\n"))
        },
        Case("R34", "a machine id that is emptied", "pass") {
            $0.layers[0].removeAll { $0.entry.name == "etc/machine-id" }
            $0.layers[0].append(.file("etc/machine-id", "0123abc\n"))
            $0.layers[1].append(.file("etc/machine-id"))
        },
        Case("R34", "a name server", says: "name server") {
            $0.layers[1].append(.file("etc/resolv.conf", "# x\nnameserver 10.0.0.1\n"))
        },
        Case("R34", "a comment about name servers", "pass") {
            $0.layers[1].append(.file("etc/resolv.conf", "# nameserver\n"))
        },
        Case("R34", "a name that leads out", says: "outside of the root") {
            $0.layers[1].append(.file("usr/../../etc/passwd", "root::0:0"))
        },
        Case("R34", "dots that stay inside", "pass") { $0.layers[1].append(.file("usr/./../etc/..x", "x")) },
    ]

    @Test(arguments: leftovers) func leftoversAreFound(_ example: Case) async throws { try await hold(example) }

    /// Two members of one name in one tar: engines keep the second.
    @Test func theSecondOfTwoMembersCounts() async throws {
        @Sendable func tar(_ first: Member, _ second: Member) throws -> [UInt8] {
            func one(_ member: Member) throws -> [UInt8] {
                let bytes = try TarWriter.bytes([member.entry], contents: [member.entry.name: member.content])
                return Array(bytes.prefix(512 + (member.content.count + 511) / 512 * 512))
            }
            return try one(first) + one(second) + [UInt8](repeating: 0, count: 1024)
        }
        let open = Member.folder("srv/", mode: 0o777)
        let closed = Member.folder("srv/")
        #expect(try await findings { $0.tars = [try tar(open, closed)] }["R34"]?.outcome == "pass")
        #expect(try await findings { $0.tars = [try tar(closed, open)] }["R34"]?.outcome == "fail")
        let link = Member.link("usr/bin/bash", to: "/opt/x")
        let file = Member.file("usr/bin/bash", "ELF", mode: 0o755)
        #expect(try await findings { $0.tars = [try tar(link, file)] }["R10"]?.outcome == "pass")
        #expect(try await findings { $0.tars = [try tar(file, link)] }["R10"]?.outcome == "unknown")
        // A secret that the second member replaces is in the layer all the same.
        let secret = Member.file("root/.netrc", "machine a login b password hunter2")
        #expect(try await findings { $0.tars = [try tar(secret, .file("root/.netrc"))] }["R33"]?.outcome == "fail")
    }
}
