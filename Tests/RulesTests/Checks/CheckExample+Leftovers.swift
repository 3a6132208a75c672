import Documents
import ProviderKit

extension CheckExample {
    /// Files of one sort are left, or could not be looked for.
    private static func nothing(
        _ check: Check, _ fact: any WritableKeyPath<SecretFacts, Fact<Leftovers>> & Sendable
    ) -> CheckExample {
        CheckExample(
            check, broken: { $0.facts.secrets?[keyPath: fact] = CheckExample.left },
            blind: { $0.facts.secrets?[keyPath: fact] = .cutOff })
    }
    private static let left = leftovers("/root/left")

    static let remains = [
        nothing(.noHostKeys, \.hostKeys), nothing(.noShellHistory, \.histories), nothing(.noLogs, \.journals),
        nothing(.noRandomSeed, \.randomSeeds), nothing(.noLeases, \.leases), nothing(.noCoreDumps, \.coreDumps),
        nothing(.noTemporaryFiles, \.temporaryFiles), nothing(.noPackageCaches, \.packageCaches),
        CheckExample(
            .machineIDEmpty, broken: { $0.facts.secrets?.machineID = .known(.set) },
            blind: { $0.facts.secrets?.dbusMachineID = .cutOff }),
        CheckExample(
            .noSecrets, broken: { $0.hasPrivateKey("/root/key") },
            blind: { $0.facts.secrets?.credentials = .cutOff }),
        CheckExample(
            .noWorldWritable(under: ["/etc"]),
            broken: { $0.facts.secrets?.writableByAll = leftovers("/etc/hosts", mode: 0o666) },
            blind: { $0.facts.secrets?.writableByAll = .cutOff }),
    ]

    /// The host's tree breaks off below this.
    private static func blind(_ image: inout SoundImage) { image.files.isCutOff = true }

    static let files = [
        CheckExample(
            .fileMode("/etc/login.defs", atMost: 0o644), broken: { $0.files.modes["/etc/login.defs"] = 0o666 },
            blind: blind),
        CheckExample(
            .files(anyOf: ["/usr/bin/growpart"]), broken: { $0.files.texts["/usr/bin/growpart"] = nil }, blind: blind),
        CheckExample(
            .noFiles(["/etc/X11/xorg.conf"]), broken: { $0.files.texts["/etc/X11/xorg.conf"] = "" }, blind: blind),
        CheckExample(
            .setting("PASS_MAX_DAYS", in: "/etc/login.defs", .atMost(90)),
            broken: { $0.files.texts["/etc/login.defs"]? += "PASS_MAX_DAYS = 99\n" }, blind: blind),
        CheckExample(
            .noAbsoluteLinks(["/lib"]), broken: { $0.files.links["/lib"] = "/usr/lib" }, blind: blind),
        CheckExample(
            .dracutDrivers(allOf: ["virtio-blk"]),
            prepared: { $0.files.texts["/etc/dracut.conf"] = "add_drivers+=\" virtio_blk \"\n" },
            broken: { $0.files.texts["/etc/dracut.conf"] = "#add_drivers+=\" virtio_blk \"\n" }, blind: blind),
    ]
}
