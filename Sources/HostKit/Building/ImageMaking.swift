import Changing
import Conversion
import Documents
import Execution
import Glibc
import Programs

/// The images of one build, each changed in a copy of the source until the rules of its providers ask for nothing more.
struct ImageMaking {
    /// Rules speak of what others brought: of cloud-init's configuration once cloud-init is there.
    private static let rounds = 4

    let build: ImageBuild
    let executor: Executor
    /// The source by the rules of all providers.
    let before: Examination
    let source: QemuImage
    let tool: Program
    let work: WorkFolder

    /// - Throws: `Remedies.Disagreement` if two of the providers contradict each other; `Failure`.
    func disk(
        for providers: [String], named name: String
    ) async throws -> (outcome: ImageBuild.Outcome, disk: String) {
        var outcome = ImageBuild.Outcome(after: before.only(providers))
        let recipe = try build.recipe.settled(before.facts)
        var remedies = try Remedies(outcome.after, recipe)
        let volumes = try ChangeRequest.Volume.all(of: before.facts, build.image)
        try recipe.check(fits: volumes)
        guard let architecture = before.facts.system?.architecture.value else {
            throw Failure(.refused, "the architecture of the guest's programs can't be told", place: build.image)
        }
        let (overlay, disk) = (work.file("overlay.qcow2"), work.file(name))
        let isGrown = remedies.leastSize > source.virtualSize
        try await tool.succeed(
            ["create", "-q", "-f", "qcow2", "-F", source.driver, "-b", try source.word(), overlay]
                + (isGrown ? ["\(remedies.leastSize)"] : []))
        var ways = Ways(build.way, builder: build.builder, work: work, machines: build.machines, report: build.report)
        for round in 1...Self.rounds {
            let isFirst = round == 1
            var request = ChangeRequest(
                image: isFirst ? overlay : disk, folder: work.file("mnt"), architecture: architecture,
                volumes: volumes, changes: remedies.changes,
                packages: isFirst ? build.packages : [], repositories: build.repositories, sanitises: true,
                growsTable: isFirst && isGrown && before.facts.partitions?.table.value == .gpt)
            if isFirst { request.additions = recipe.additions }
            request.origins = recipe.origins
            mkdir(request.folder, 0o700)
            defer { rmdir(request.folder) }
            let byHand = try await ways.carryOut(request, outcome.after.facts)
            outcome.changes += remedies.changes.filter { !outcome.changes.contains($0) }
            outcome.byHand = remedies.byHand + byHand
            if isFirst {
                // Whole, since a reader opens no file that names another.
                try await tool.succeed(["convert", "-f", "qcow2", "-O", "qcow2", overlay, disk])
                unlink(overlay)
            }
            build.report("check")
            outcome.after = try await executor.examine(image: disk, providers: providers, market: false)
            let more = try Remedies(outcome.after, recipe, isFirst: false)
            if more.changes.allSatisfy(remedies.changes.contains) { break }
            remedies = more
        }
        return (outcome, disk)
    }

    /// Writes one file of an image, and has those who are to take it judge that file.
    func write(
        _ product: BuildProduct, _ disk: String, _ outcome: inout ImageBuild.Outcome, to file: String
    ) async throws {
        let source = try QemuImage(disk, outcome.after.facts.disk)
        _ = try await Conversion(source, to: file, product.format).run(read: build.read)
        var judged = try await executor.examine(image: file, providers: product.providers, market: false)
        judged.image = product.path
        outcome.after.take(judged)
        outcome.products.append(product)
    }
}

extension Examination {
    /// What some of the providers say.
    fileprivate func only(_ ids: [String]) -> Examination {
        Examination(image: image, facts: facts, providers: providers.filter { ids.contains($0.id) })
    }

    /// What providers say now, in place of what they said.
    fileprivate mutating func take(_ newer: Examination) {
        (image, facts) = (newer.image, newer.facts)
        for (index, provider) in providers.enumerated() {
            providers[index] = newer.providers.first { $0.id == provider.id } ?? provider
        }
    }
}
