import Changing
import Documents
import Glibc
import Programs

/// The ways to change a guest, for one build: which is taken is chosen for each request, and told.
struct Ways {
    /// Nil: whichever serves.
    let asked: Way?
    let builder: String
    let work: WorkFolder
    /// Where it is kept how virtual machines are started here.
    let machines: String
    let report: @Sendable (String) -> Void
    private var told: Way?

    init(
        _ asked: Way?, builder: String, work: WorkFolder, machines: String,
        report: @escaping @Sendable (String) -> Void
    ) {
        (self.asked, self.builder, self.work, self.machines, self.report) = (asked, builder, work, machines, report)
    }

    /// Carries out a request by the way that is right for it.
    /// - Parameter facts: of the image as it is.
    /// - Returns: what is left to people.
    /// - Throws: `Failure` if the way that was asked for can't be taken, or a step failed; `CancellationError`.
    mutating func carryOut(_ request: ChangeRequest, _ facts: ImageFacts) async throws -> [String] {
        let choice = try WayChoice(asked, request)
        if told != choice.way { report("by \(choice.way.rawValue): \(choice.reason)") }
        told = choice.way
        var request = request
        request.way = choice.way
        if choice.way == .boot {
            return try await GuestMachine(builder: builder, work: work, folder: machines, report: report)
                .carryOut(request, facts)
        }
        return try await BuilderProcess.carryOut(request, executable: builder, report: report).byHand
    }
}
