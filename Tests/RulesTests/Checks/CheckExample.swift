import Documents
import ProviderKit
import Testing

/// One check that every provider may use: the sound image, `prepared` where it needs more, passes it, `broken` fails, and of `blind`, whose fact could not be
/// read, nothing is said.
struct CheckExample: Sendable, CustomTestStringConvertible {
    let check: Check
    let prepared: @Sendable (inout SoundImage) -> Void
    let broken: @Sendable (inout SoundImage) -> Void
    let blind: @Sendable (inout SoundImage) -> Void

    init(
        _ check: Check, prepared: @escaping @Sendable (inout SoundImage) -> Void = { _ in },
        broken: @escaping @Sendable (inout SoundImage) -> Void,
        blind: @escaping @Sendable (inout SoundImage) -> Void
    ) {
        (self.check, self.prepared, self.broken, self.blind) = (check, prepared, broken, blind)
    }

    var testDescription: String { check.name }

    /// Why a fact is not known in these examples.
    static let cutOff = "the file is cut off"

    func outcome(_ change: (inout SoundImage) -> Void = { _ in }) -> Outcome {
        var image = SoundImage()
        prepared(&image)
        change(&image)
        return check.evaluate(image.subject)
    }
}

extension Fact {
    /// It could not be read.
    static var cutOff: Fact { .unknown(CheckExample.cutOff) }
}

@Suite struct CheckTableTests {
    @Test(arguments: CheckExample.all) func passes(_ example: CheckExample) {
        guard case .pass(let what, _) = example.outcome() else {
            Issue.record("\(example.outcome())")
            return
        }
        #expect(!what.isEmpty)
    }

    @Test(arguments: CheckExample.all) func fails(_ example: CheckExample) {
        guard case .fail(let what, let places, _) = example.outcome(example.broken) else {
            Issue.record("\(example.outcome(example.broken))")
            return
        }
        #expect(!what.isEmpty && places.allSatisfy { !$0.path.isEmpty })
    }

    @Test(arguments: CheckExample.all) func isUnknown(_ example: CheckExample) {
        guard case .unknown(let why) = example.outcome(example.blind) else {
            Issue.record("\(example.outcome(example.blind))")
            return
        }
        #expect(why.contains(CheckExample.cutOff), "\(why)")
        // Nor is anything said of an image that was not read at all.
        guard case .unknown = example.check.evaluate(CheckSubject(facts: ImageFacts())) else {
            Issue.record("\(example.check.evaluate(CheckSubject(facts: ImageFacts())))")
            return
        }
    }

    private static let names = CheckExample.all.map(\.check.name)

    @Test func theyAreAll() {
        // `architecture` is left out: where nothing in the image tells, it goes by what the artifact is said to be.
        #expect(Set(Self.names).count == 91, "\(Set(Self.names).count)")
        #expect(Check.byHand.evaluate(SoundImage().subject) == .unknown("nothing in the image tells"))
    }
}
