import Changing
import Conversion
import Digest
import Documents
import Execution
import Files
import Glibc
import Programs
import Synchronization

/// The images of one build, each changed in a copy of the source until the rules of its providers ask for nothing more.
struct ImageMaking {
    /// Rules speak of what others brought: of cloud-init's configuration once cloud-init is there.
    private static let rounds = 4

    let build: ImageBuild
    let executor: Executor
    /// The source by the rules of all providers.
    let before: Examination
    let working: WorkingDisks

    /// - Throws: `Remedies.Disagreement` if two of the providers contradict each other; `Failure`.
    func disk(
        for providers: [String], number: Int
    ) async throws -> (outcome: ImageBuild.Outcome, disk: String) {
        var outcome = ImageBuild.Outcome(after: before.only(providers))
        let recipe = try build.recipe.settled(before.facts)
        var remedies = try Remedies(outcome.after, recipe)
        let volumes = try ChangeRequest.Volume.all(of: before.facts, build.image)
        try recipe.check(fits: volumes)
        guard let architecture = before.facts.system?.architecture.value else {
            throw Failure(.refused, "the architecture of the guest's programs can't be told", place: build.image)
        }
        let disk = try await working.make(number)
        let isGrown = remedies.leastSize > working.source.virtualSize
        if isGrown { guard truncate(disk, off_t(remedies.leastSize)) == 0 else { throw File.failure("grow", disk) } }
        let work = working.work
        var ways = Ways(build.way, builder: build.builder, work: work, machines: build.machines, report: build.report)
        for round in 1...Self.rounds {
            let isFirst = round == 1
            var request = ChangeRequest(
                image: disk, folder: work.file("mnt"), architecture: architecture,
                volumes: volumes, changes: remedies.changes,
                packages: isFirst ? build.packages : [], repositories: build.repositories, sanitises: true,
                growsTable: isFirst && isGrown && before.facts.partitions?.table.value == .gpt)
            if isFirst {
                request.additions = recipe.additions
                outcome.additions = recipe.additions.count + build.packages.count
            }
            request.origins = recipe.origins
            mkdir(request.folder, 0o700)
            defer { rmdir(request.folder) }
            let byHand = try await ways.carryOut(request, outcome.after.facts)
            outcome.changes += remedies.changes.filter { !outcome.changes.contains($0) }
            outcome.byHand = remedies.byHand + byHand
            build.report("check")
            try refuseHead(of: disk)
            outcome.after = try await executor.examine(image: disk, providers: providers, market: false)
            let more = try Remedies(outcome.after, recipe, isFirst: false)
            if more.changes.allSatisfy(remedies.changes.contains) { break }
            remedies = more
        }
        return (outcome, disk)
    }

    /// What is found in a disk by its first bytes is judged by them in clouds as well.
    /// - Throws: `Failure` (refused) if they are those of another kind of disk image.
    private func refuseHead(of disk: String) throws {
        let found: String
        do {
            found = try executor.disk(of: disk).format.value ?? "nothing that can be told"
            if found == "raw" { return }
        } catch let failure as Failure {
            found = failure.message
        }
        throw Failure(
            .refused, "the disk itself looks like the file of a disk image, by its first or last bytes: \(found)",
            place: build.image, hint: "a guest's disk begins with a loader or a partition table: make the image again")
    }

    /// Writes one file of an image, and has those who are to take it judge that file.
    /// - Returns: the SHA-256 of the file.
    func write(
        _ product: BuildProduct, _ disk: String, _ outcome: inout ImageBuild.Outcome, to file: String
    ) async throws -> Digest {
        let facts = outcome.after.facts
        let judgement = Judgement()
        let judge: Conversion.Reader = { [executor] path in
            async let digest = ImageBuild.digest(path)
            let judged = try await executor.examine(
                image: path, known: facts, providers: product.providers, market: false)
            judgement.set(judged, try await digest)
            return judged.facts.disk
        }
        if product.format == .raw, try Self.name(disk, file) {
            _ = try await judge(file)
        } else {
            _ = try await Conversion(try working.image(disk), to: file, product.format).run(read: judge)
        }
        guard let (examination, digest) = judgement.value else { throw Failure(.internal, "nobody judged the image") }
        var judged = examination
        judged.image = product.path
        outcome.after.take(judged)
        outcome.products.append(product)
        return digest
    }

    /// A working image is what a raw one has to be: it is not copied.
    /// - Returns: whether it has the name now.
    private static func name(_ disk: String, _ file: String) throws -> Bool {
        let image = try File(disk, O_RDWR)
        guard link(disk, file) == 0 else { return false }
        // Also after a power loss it is whole then.
        guard fsync(image.descriptor) == 0 else { throw File.failure("write", file) }
        return true
    }
}

/// What was found of a file while it was compared.
private final class Judgement: Sendable {
    private let found = Mutex<(Examination, Digest)?>(nil)
    var value: (Examination, Digest)? { found.withLock { $0 } }
    func set(_ judged: Examination, _ digest: Digest) { found.withLock { $0 = (judged, digest) } }
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
