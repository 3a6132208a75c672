import Execution

/// Every sentence that reports print, in one place, so that another language is another instance. Ids, keys and numbers stay
/// as they are in every language.
public struct Texts: Sendable {
    var nothingToDo: @Sendable (_ count: Int, _ digest: String, _ time: String) -> String
    var notStarted: @Sendable (_ failed: Int, _ count: Int) -> String
    var published: @Sendable (_ done: Int, _ count: Int) -> String
    var staged: @Sendable (_ run: String) -> String
    var resume: @Sendable (_ run: String, _ retryable: Bool) -> String
    var exit: @Sendable (_ status: Int32) -> String
    var runHeader: @Sendable (_ run: String, _ targets: UInt64) -> String
    var prepared: @Sendable (_ count: UInt64) -> String
    var fromCache: @Sendable (_ amount: String) -> String
    var fetched: @Sendable (_ amount: String) -> String
    var missing: @Sendable (_ architecture: String) -> String
    var platforms: @Sendable (_ names: [String]) -> String
    var left: @Sendable (_ time: String) -> String
    var waiting: @Sendable (_ note: String, _ time: String) -> String
    var endings: @Sendable (RunEvent.Ending) -> String
    var tableHeader: [String]
    var fix: String
    var localOnly: String
    var unknownActions: String

    public static let english = Texts(
        nothingToDo: { "Nothing to do: \($0) of \($0) targets already \($0 == 1 ? "has" : "have") \($1). (\($2))" },
        notStarted: {
            "Not started: \($0) of \($1) targets failed \($0 == 1 ? "its" : "their") preflight; nothing was sent."
        },
        published: { "\($0) of \($1) published." },
        staged: { "All is staged and nothing released. Then: eulerpublisher resume \($0)" },
        resume: { "Then: eulerpublisher resume \($0)\($1 ? "" : "    a retry helps once that is mended")" },
        exit: { "Exit \($0)." },
        runHeader: { "run \($0) · \($1) \($1 == 1 ? "target" : "targets")" },
        prepared: { "\($0) of \($0) rootfs verified" },
        fromCache: { "\($0) from cache" },
        fetched: { "\($0) fetched" },
        missing: { "\($0): not on the mirror" },
        platforms: { "\($0.count) \($0.count == 1 ? "platform" : "platforms")" },
        left: { "\($0) left" },
        waiting: { "\($0), again in \($1)" },
        endings: {
            switch $0 {
            case .published: "published"
            case .nothingToDo: "nothing to do"
            case .staged: "staged"
            case .failed: "failed"
            case .interrupted: "interrupted"
            case .pending: "pending"
            }
        },
        tableHeader: ["target", "result", "digest", "sent", "skipped", "time"],
        fix: "fix",
        localOnly: "published locally only: no --to was given",
        unknownActions: "the provider does not say what it would do")

    /// The texts of a language tag (`en`, `zh-Hans`); English where there are none.
    public static func of(_ language: String) -> Texts { english }
}
