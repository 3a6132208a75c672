import Documents
import Files
import Settings

/// A program of a manifest's `needs.tools`, ready to be run.
struct Tool: Sendable {
    let program: String
    /// What it gets of the host's environment, and what the manifest sets.
    let environment: [String: String]
    /// Names that the provider may add.
    let given: Set<String>
    /// Seconds.
    let timeout: Int64
    /// Where the manifest lies, if what it sets leads there: what is there must be nobody else's.
    let folder: String?

    init(_ tool: ProviderManifest.Tool, folder: String, environment whole: [String: String]) {
        program = tool.program
        given = Set(tool.given ?? [])
        timeout = Int64(tool.timeout ?? 60)
        var environment = whole.filter { name, _ in
            (tool.environment ?? []).contains {
                $0.hasSuffix("*") ? name.hasPrefix($0.dropLast()) : name == $0
            }
        }
        for (name, text) in tool.set ?? [:] { environment[name] = Self.fill(text, folder, whole) }
        self.environment = environment
        self.folder = (tool.set ?? [:]).values.contains { $0.contains("${folder}") } ? folder : nil
    }

    private static func fill(_ text: String, _ folder: String, _ environment: [String: String]) -> String {
        var result = text.replacing("${folder}", with: folder)
        while let start = result.firstRange(of: "${env."), let end = result[start.upperBound...].firstIndex(of: "}") {
            let value = environment[String(result[start.upperBound..<end])] ?? ""
            // What a value holds is no placeholder.
            result.replaceSubrange(start.lowerBound...end, with: value.replacing("${", with: "$ {"))
        }
        return result
    }

    /// - Throws: `Failure` when somebody else could have written what lies beside the manifest, three folders deep at most.
    func check() throws {
        guard let folder else { return }
        try check(folder, depth: 0)
    }

    private func check(_ path: String, depth: Int) throws {
        try Ownership.current.check(path)
        guard depth < 3, let names = try? File.names(in: path) else { return }
        for name in names { try check("\(path)/\(name)", depth: depth + 1) }
    }
}
