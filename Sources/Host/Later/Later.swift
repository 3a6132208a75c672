import ArgumentParser
import Documents

/// Commands of the program's predecessor that this version does not have yet. They are known, so that a script that calls one
/// learns what to do instead of "unknown command".
protocol LaterCommand: AsyncParsableCommand {
    /// As people type it.
    static var spelling: String { get }
    /// What to use until then.
    static var instead: String { get }
}

extension LaterCommand {
    static var configuration: CommandConfiguration {
        CommandConfiguration(
            commandName: String(spelling.split(separator: " ").last ?? ""), abstract: "Not in this version.",
            shouldDisplay: false)
    }

    func run() async throws {
        throw Failure(.usage, "\(Self.spelling) is not in this version", hint: Self.instead)
    }
}

struct ContainerCheck: LaterCommand {
    static let spelling = "container check"
    static let instead = "container publish reads back what it published"
    @Argument(parsing: .allUnrecognized) var rest: [String] = []
}

struct ContainerDistroless: LaterCommand {
    static let spelling = "container distroless"
    static let instead = "build with buildah, then: skopeo copy"
    @Argument(parsing: .allUnrecognized) var rest: [String] = []
}

struct PackageBuild: LaterCommand {
    static let spelling = "rpm"
    static let instead = "use the build service's own client"
    @Argument(parsing: .allUnrecognized) var rest: [String] = []
}

/// `container base ...`, the later spelling of `container ...`.
struct ContainerBase: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "base", abstract: "The same, as later scripts spell it.", shouldDisplay: false,
        subcommands: [ContainerPrepare.self, ContainerPublish.self, ContainerCheck.self])
}
