import Documents
import FoundationEssentials
import Testing

/// The closed list of what a build can mend: every action comes back as it went.
@Suite("Remediations as documents")
struct RemediationTests {
    /// One of each action.
    static let all: [Remediation] = [
        .fileWrite("/etc/x", text: "one\ntwo\n", mode: 0o600), .fileRemove("/etc/x"), .fileEmpty("/etc/x"),
        .fileChmod("/etc/x", mode: 0o4755), .fileSet("/etc/login.defs", key: "PASS_MAX_DAYS", value: "90"),
        .sshdSet("PermitRootLogin", "no"), .kernelArgument("console=ttyS0"), .kernelArgumentRemove("quiet"),
        .kernelRootByUUID, .initramfsDriver(["nvme", "ena"]), .packageInstall(["cloud-init"]),
        .packageRemove(["telnet"]), .unitEnable(["sshd.service"]), .unitDisable(["a.service"]),
        .unitMask(["b.service"]), .accountLock("root"), .accountRemove("test"),
        .identityReset(Remediation.Identity.allCases),
        .cloudInitSet("system_info.default_user", ["name": "openeuler", "groups": ["wheel"], "lock": true, "n": 1.5]),
        .fstabByUUID, .fstabRemove("/data"), .networkDHCP, .bootPasswordRemove, .bootLoaderInstall("uefi"),
        .fileSystemRepair, .diskConvert(["qcow2", "raw"]), .diskResize(1 << 40), .byHand("Ask a person."),
    ]

    /// Every action that the type has: a case without a sample above makes this red.
    private static let actions: Set<String> = Set(all.map(\.action))

    @Test("There is a sample of every action, and the schema names each")
    func complete() throws {
        let told = try SchemaFile("result").root["$defs"]?["remediation"]?["properties"]?["action"]?["description"]?
            .string
        let words = (told ?? "").split { " ,".contains($0) }.map {
            $0.hasSuffix(".") ? String($0.dropLast()) : String($0)
        }
        #expect(Set(words) == Self.actions)
        #expect(Self.all.count == Self.actions.count)
    }

    @Test("What was written is read", arguments: all)
    func roundTrip(_ remediation: Remediation) throws {
        let bytes = try DocumentCoding.encode(remediation)
        #expect(try DocumentCoding.decode(Remediation.self, from: bytes) == remediation)
        let schema = try #require(try SchemaFile("result").root["$defs"]?["remediation"]?["properties"]?.object)
        let members = try DocumentCoding.decode(JSON.self, from: bytes).object ?? [:]
        #expect(Set(members.keys).subtracting(schema.keys).isEmpty)
        #expect(members["action"]?.string == remediation.action)
    }

    @Test("Without a field that it needs it is an error, and not left to people", arguments: all)
    func fieldsAreNeeded(_ remediation: Remediation) throws {
        let members = try DocumentCoding.decode(JSON.self, from: DocumentCoding.encode(remediation)).object ?? [:]
        for key in members.keys {
            var less = members
            less[key] = nil
            #expect(throws: DecodingError.self, "without \(key)") { try JSON.object(less).decoded(Remediation.self) }
        }
    }

    @Test("A field of another type is an error", arguments: all)
    func fieldsHaveTheirType(_ remediation: Remediation) throws {
        let members = try DocumentCoding.decode(JSON.self, from: DocumentCoding.encode(remediation)).object ?? [:]
        for key in members.keys where !(key == "value" && remediation.action == "cloudinit.set") {
            var other = members
            other[key] = ["no": "such"]
            #expect(throws: DecodingError.self, "\(key)") { try JSON.object(other).decoded(Remediation.self) }
        }
    }

    @Test("What can't be carried out is refused by name")
    func refused() throws {
        for (text, word) in [
            (#"{"action": "identity.reset", "parts": ["machine-id", "soul", "host-keys", "fate"]}"#, "soul, fate"),
            (#"{"action": "boot.loader.install", "boot": "openfirmware"}"#, "openfirmware"),
            (#"{"action": "file.chmod", "path": "/x", "mode": 70000}"#, "70000"),
            (#"{"action": "file.write", "path": "/x", "text": "", "mode": 4096}"#, "4096"),
        ] {
            do {
                let read = try DocumentCoding.decode(Remediation.self, from: Data(text.utf8))
                Issue.record("\(text) was read as \(read)")
            } catch DecodingError.dataCorrupted(let context) {
                #expect(context.debugDescription.contains(word), "\(context.debugDescription)")
            }
        }
    }

    @Test("An action of a later version is left to people, with its name")
    func later() throws {
        let text = #"{"action": "firmware.flash", "path": "/x"}"#
        #expect(try DocumentCoding.decode(Remediation.self, from: Data(text.utf8)) == .byHand("firmware.flash"))
    }
}
