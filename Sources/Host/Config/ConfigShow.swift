import ArgumentParser
import Documents
import Prepare
import Reports
import Settings

struct ConfigCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "config", abstract: "Settings and policy.", subcommands: [ConfigShow.self])
}

/// What is in effect here and now, and who said so.
struct ConfigShow: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "show", abstract: "Shows the settings in effect, and with --origin where each was set.")

    @Flag(help: "Where each was set: a file and line, a variable, a flag.") var origin = false
    @Flag(help: "As a JSON document, with origins.") var json = false
    @OptionGroup var places: PlaceOptions

    func run() async throws {
        let deployment = try Deployment(places)
        let settings = deployment.settings
        var values = settings.values.map { (key: $0.key, value: Self.shown($0.value.value), origin: $0.value.origin) }
        if settings.mirror == nil { values.append(("mirror", .string(ReleaseMirror.release), .builtIn)) }
        values += settings.providerPath.map { ("provider_path", .string($0.value), $0.origin) }
        // Several provider_path rows keep the order of the search.
        values = values.enumerated().sorted { ($0.element.key, $0.offset) < ($1.element.key, $1.offset) }.map(\.element)
        if json { return try Output.document(document(values, deployment)) }
        let rows = values.map { [$0.key, Self.text($0.value)] + (origin ? ["\($0.origin)"] : []) }
        Output.result(Columns.text([["KEY", "VALUE"] + (origin ? ["ORIGIN"] : [])] + rows))
        if origin {
            let files = deployment.policy.files
            Output.result("\npolicy: " + (files.isEmpty ? "none" : files.joined(separator: ", ")))
        }
        for variable in settings.unknownVariables {
            let near = variable.nearest.map { "; did you mean \($0)?" } ?? ""
            Output.error("\(variable.name): this variable sets nothing\(near)")
        }
    }

    private func document(_ values: [(key: String, value: JSON, origin: Origin)], _ deployment: Deployment) -> JSON {
        let settings = values.map { key, value, origin in
            JSON.object(["key": .string(key), "value": value, "origin": .string("\(origin)")])
        }
        return .object([
            "format": .integer(1), "settings": .array(settings),
            "files": .array(deployment.settings.files.map { .string($0) }),
            "policy": .array(deployment.policy.files.map { .string($0) }),
        ])
    }

    /// Without a URL's user and password.
    private static func shown(_ value: JSON) -> JSON {
        if case .array(let elements) = value { return .array(elements.map(shown)) }
        guard case .string(let text) = value else { return value }
        return .string(MirrorLocation(text).shown)
    }

    private static func text(_ value: JSON) -> String {
        switch value {
        case .string(let text): text
        case .bool(let value): "\(value)"
        case .array(let elements): elements.map(text).joined(separator: ", ")
        default: ""
        }
    }
}
