import Documents
import Foundation
import TestSupport
import Testing

/// Single defects of an image in which nothing is wrong: each is told by the rules that it breaks, and by no others.
@Suite(
    "One defect at a time",
    .enabled(if: stage != nil && canMake, "run make test as root, with mke2fs, sfdisk, mtools, qemu-img and GRUB"))
struct MutationTests {
    @Test("The clean image has no finding of any provider's, and what its marketplaces miss is known")
    func clean() async throws {
        let (plain, market) = try await CleanReports.shared.reports()
        #expect(plain.findings.isEmpty && plain.status == 0, "\(plain.findings)")
        #expect(market.findings == Self.missed && market.status == 0, "\(market.findings)")
        #expect(plain.providers.count == 5 && plain.providers == market.providers)
    }

    /// What a distribution's image can't have: agents of one vendor's own, and a port that all the others refuse.
    private static let missed: Set<String> = [
        "fail warning aliyun.ecs.cloud-assistant", "fail warning aliyun.ecs.security-agent",
        "fail info tencentcloud.market.ssh-port",
    ]

    @Test("The partition table", arguments: Mutation.chosen(Mutation.disk))
    func disk(_ mutation: Mutation) async throws { try await check(mutation) }

    @Test("File systems and fstab", arguments: Mutation.chosen(Mutation.fileSystems))
    func fileSystems(_ mutation: Mutation) async throws { try await check(mutation) }

    @Test("The file that holds the disk", arguments: Mutation.chosen(Mutation.containers))
    func containers(_ mutation: Mutation) async throws { try await check(mutation) }

    @Test("Loaders, and how the root is found", arguments: Mutation.chosen(Mutation.loaders))
    func loaders(_ mutation: Mutation) async throws { try await check(mutation) }

    @Test("Kernels and their arguments", arguments: Mutation.chosen(Mutation.kernels))
    func kernels(_ mutation: Mutation) async throws { try await check(mutation) }

    @Test("Drivers", arguments: Mutation.chosen(Mutation.drivers))
    func drivers(_ mutation: Mutation) async throws { try await check(mutation) }

    @Test("Accounts", arguments: Mutation.chosen(Mutation.accounts))
    func accounts(_ mutation: Mutation) async throws { try await check(mutation) }

    @Test("Passwords", arguments: Mutation.chosen(Mutation.passwords))
    func passwords(_ mutation: Mutation) async throws { try await check(mutation) }

    @Test("Keys that let in, and keys of hosts", arguments: Mutation.chosen(Mutation.keys))
    func keys(_ mutation: Mutation) async throws { try await check(mutation) }

    @Test("sshd", arguments: Mutation.chosen(Mutation.sshd))
    func sshd(_ mutation: Mutation) async throws { try await check(mutation) }

    @Test("cloud-init", arguments: Mutation.chosen(Mutation.cloudInit))
    func cloudInit(_ mutation: Mutation) async throws { try await check(mutation) }

    @Test("The network", arguments: Mutation.chosen(Mutation.network))
    func network(_ mutation: Mutation) async throws { try await check(mutation) }

    @Test("Services", arguments: Mutation.chosen(Mutation.services))
    func services(_ mutation: Mutation) async throws { try await check(mutation) }

    @Test("The system", arguments: Mutation.chosen(Mutation.system))
    func system(_ mutation: Mutation) async throws { try await check(mutation) }

    @Test("What a machine leaves behind", arguments: Mutation.chosen(Mutation.leftovers))
    func leftovers(_ mutation: Mutation) async throws { try await check(mutation) }

    @Test("Keys and logins", arguments: Mutation.chosen(Mutation.secrets))
    func secrets(_ mutation: Mutation) async throws { try await check(mutation) }

    @Test("What marketplaces advise", arguments: Mutation.chosen(Mutation.hardening))
    func hardening(_ mutation: Mutation) async throws { try await check(mutation) }

    @Test("The same said otherwise is no defect", arguments: Mutation.chosen(Mutation.otherForms))
    func otherForms(_ mutation: Mutation) async throws {
        #expect(mutation.expected.isEmpty && !mutation.isBlind)
        try await check(mutation)
    }

    @Test("What does not count is no defect", arguments: Mutation.chosen(Mutation.notInForce))
    func notInForce(_ mutation: Mutation) async throws {
        #expect(mutation.expected.isEmpty && !mutation.isBlind)
        try await check(mutation)
    }

    private func check(_ mutation: Mutation) async throws {
        let disk = try await CleanReports.shared.disk()
        let clean = try await CleanReports.shared.reports()
        let sold = try await CleanReports.shared.marketplaceRules()
        // From here on without a pause, so that there are as many of these at a time as there are cores.
        let scratch = try Scratch()
        var lab = try MutationLab(copying: disk, into: scratch.path)
        let image = try lab.make(mutation.edits)
        let plain = try CheckReport.of(image, in: scratch.path)
        compare(plain, clean.plain, mutation.expected.filter { !sold.contains($0.rule) }.map(\.finding), mutation)
        // For a marketplace all is asked again: only where that has something to add.
        guard
            mutation.expected.isEmpty
                || mutation.expected.contains(where: { sold.contains($0.rule) || $0.marketplaceFinding != $0.finding })
        else { return }
        let market = try CheckReport.of(image, in: scratch.path, isMarket: true)
        let expected = mutation.expected.filter { market.providers.contains($0.provider) }.map(\.marketplaceFinding)
        compare(market, clean.market, expected, mutation)
    }

    private func compare(
        _ report: CheckReport, _ before: CheckReport, _ expected: [String], _ mutation: Mutation
    ) {
        var found = report.findings.subtracting(before.findings)
        if mutation.isBlind { found = found.filter { !$0.hasPrefix("unknown") } }
        let missing = Set(expected).subtracting(found)
        let more = found.subtracting(expected)
        #expect(missing.isEmpty && more.isEmpty, "missing \(missing.sorted()), too many \(more.sorted())")
        let isRed =
            expected.contains { $0.hasPrefix("fail error") }
            || report.findings.contains { $0.hasPrefix("unknown error") }
        #expect(report.status == (isRed ? 3 : 0))
        #expect(report.seconds < 5, "\(report.seconds) s")
        #expect(report.peak < 256 << 10, "\(report.peak) KiB")
    }

    @Test(
        "Every rule that an image can break is broken by one of these",
        .enabled(if: Mutation.word == nil, "some are chosen"))
    func coverage() async throws {
        let broken = Set(Mutation.defects.flatMap { $0.expected.map(\.rule) })
        let all = try await CleanReports.shared.rules()
        #expect(broken.isSubset(of: all), "\(broken.subtracting(all).sorted())")
        #expect(all.subtracting(broken) == Set(Mutation.neverBroken.keys), "\(all.subtracting(broken).sorted())")
        #expect(Mutation.defects.count >= 80 && (Mutation.otherForms + Mutation.notInForce).count >= 20)
        #expect(Mutation.defects.allSatisfy { !$0.expected.isEmpty })
    }
}
