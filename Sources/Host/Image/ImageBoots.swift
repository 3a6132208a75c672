import ArgumentParser
import Booting
import Documents
import Reports

/// Which firmware starts an image, as people choose it.
enum FirmwareChoice: String, ExpressibleByArgument, CaseIterable { case bios, uefi, both }

/// The boots of one image, told as they go.
struct ImageBoots: Sendable {
    /// Nil: each that the image has a boot loader for.
    let firmware: FirmwareChoice?
    /// Seconds for each; nil for what is usual.
    let timeout: Int?
    /// Where machines keep what they write.
    let folder: String
    /// Told as it goes, in lines.
    let tell: @Sendable (String) -> Void

    /// - Throws: `Failure` if a machine can't be made; what a guest did is in the reports.
    func run(_ image: String, _ facts: ImageFacts) async throws -> [BootReport] {
        var reports: [BootReport] = []
        for firmware in firmwares(facts) {
            var test = try BootTest(image, facts: facts, firmware: firmware)
            test.timeout = timeout.map(Double.init)
            tell("\n\(BootText.beginning(test, limit: test.timeout))")
            let report = try await test.run(in: folder) { tell(BootText.line($0)) }
            tell(BootText.ending(report))
            reports.append(report)
        }
        return reports
    }

    private func firmwares(_ facts: ImageFacts) -> [Firmware] {
        switch firmware {
        case nil: BootTest.firmwares(of: facts)
        case .bios: [.bios]
        case .uefi: [.uefi]
        case .both: [.bios, .uefi]
        }
    }

    /// - Throws: `Failure` of a failed check, if one of the boots failed.
    static func judge(_ reports: [BootReport], _ image: String) throws {
        guard let failed = reports.first(where: { !$0.passed }) else { return }
        throw Failure(
            .checkFailed, "\(failed.firmware.name): \(failed.reasons.joined(separator: "; "))", place: image,
            hint: failed.hint)
    }
}
