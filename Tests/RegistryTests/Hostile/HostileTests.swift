import Foundation
import RegistryPeers
import Synchronization
import TestSupport
import Testing

/// Images and registries that mean harm, through the staged program: it neither crashes nor hangs, never says that something
/// worked which did not, and says in words of its own what was wrong with what. How many there were is said at the end.
@Suite(
    "Hostile registries and images", .enabled(if: stage != nil, "EULERPUBLISHER_STAGE is not set: run make test"),
    HostileCount())
struct HostileTests {
    @Test("Spoilt layouts", .timeLimit(.minutes(5))) func layouts() async throws { try await survives(\.layouts) }
    @Test("Documents that lie", .timeLimit(.minutes(5))) func documents() async throws {
        try await survives(\.documents)
    }
    @Test("Spoilt archives", .timeLimit(.minutes(5))) func archives() async throws { try await survives(\.archives) }
    @Test("Challenges", .timeLimit(.minutes(5))) func challenges() async throws { try await survives(\.challenges) }
    @Test("Answers of a login", .timeLimit(.minutes(5))) func tokens() async throws {
        try await survives(\.tokens, .bearer())
    }
    @Test("Headers", .timeLimit(.minutes(5))) func headers() async throws { try await survives(\.headers) }
    @Test("Answers to chunks", .timeLimit(.minutes(5))) func chunks() async throws { try await survives(\.chunks) }
    @Test("Redirects", .timeLimit(.minutes(5))) func redirects() async throws { try await survives(\.redirects) }
    @Test("Images that are pulled", .timeLimit(.minutes(5))) func fetches() async throws {
        try await survives(\.fetches)
    }
    @Test("Lists of tags", .timeLimit(.minutes(5))) func lists() async throws { try await survives(\.lists) }
    @Test("Connections", .timeLimit(.minutes(5))) func connections() async throws { try await survives(\.connections) }
    @Test("Full disks", .timeLimit(.minutes(5))) func disks() async throws { try await survives(\.disks) }
    static let chapters = 12

    /// Most cases wait for a pause between attempts.
    private static let width = 6

    private func survives(
        _ chapter: KeyPath<HostileCase.Type, [HostileCase]>, _ authentication: Authentication = .none
    ) async throws {
        let lab = try Lab(layers: [2000, 1_100_000])
        let registry = try await lab.registry(.init(authentication))
        try await lab.publish(registry.host, to: Trial.stock).ended(0)
        let cases = HostileCase.self[keyPath: chapter]
        await withTaskGroup(of: Void.self) { group in
            for (number, one) in cases.enumerated() {
                if number >= Self.width { await group.next() }
                group.addTask { await Self.attempt(one, lab, registry, number, authentication) }
            }
        }
        HostileCount.chapters.add(1, ordering: .relaxed)
    }

    private static func attempt(
        _ one: HostileCase, _ lab: Lab, _ shared: StrictRegistry, _ number: Int, _ authentication: Authentication
    ) async {
        do {
            if one.mounts && !Trial.canMount {
                print("hostile input left out: \(one.name): no file system can be mounted here")
                return
            }
            // What befalls requests that name no repository must not befall the other cases.
            let registry = one.isAlone ? try await StrictRegistry.start(.init(authentication)) : shared
            let trial = try Trial(one, lab, registry, number: number)
            if one.question != .publish { try await registry.copy(Trial.stock, to: trial.repository) }
            try await one.prepare(trial)
            let begun = ContinuousClock.now
            let answer = try await trial.ask()
            let problems = try trial.problems(answer, after: ContinuousClock.now - begun)
            #expect(problems.isEmpty, "\(one.name): \(problems.joined(separator: "; "))\n\(answer.output.prefix(3000))")
            HostileCount.ran.add(1, ordering: .relaxed)
        } catch {
            Issue.record("\(one.name): \(error)")
        }
    }
}

/// Says how many inputs there were; when all tests of the suite ran, they must have been enough.
struct HostileCount: SuiteTrait, TestScoping {
    static let ran = Atomic(0)
    static let chapters = Atomic(0)
    private static let least = 200

    func provideScope(
        for test: Test, testCase: Test.Case?, performing function: @Sendable () async throws -> Void
    ) async throws {
        try await function()
        let count = Self.ran.load(ordering: .relaxed)
        let isWhole = Self.chapters.load(ordering: .relaxed) == HostileTests.chapters
        print("\(count) hostile inputs were tried")
        #expect(count >= Self.least || !isWhole, "\(count) hostile inputs are fewer than \(Self.least)")
    }
}

/// One hostile input, and what the program is asked to do with it.
struct HostileCase: Sendable {
    enum Question: Sendable { case publish, fetch, list }
    enum Source: Sendable {
        /// The lab's image, as it is.
        case image
        /// A copy of it in `layout` of the trial's folder, to be spoilt.
        case layout
        /// `archive` of the trial's folder.
        case archive
    }

    var name: String
    var question = Question.publish
    var source = Source.image
    /// Whether it has a registry of its own.
    var isAlone = false
    /// Statuses of which one is right; nil: of any documented failure, and of success with the source's digest.
    var statuses: Set<Int32>?
    /// A target's options in a plan.
    var options = ""
    /// What a shell does first, in the case's folder: limits, and with `mounts` file systems that nobody else sees.
    var shell = ""
    var mounts = false
    /// After which it hangs.
    var seconds = 45.0
    var prepare: @Sendable (Trial) async throws -> Void = { _ in }
}
