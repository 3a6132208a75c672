import ArgumentParser
import Documents

/// The spellings that the program's predecessor had for disk images; what they do is `image prepare` and `build`.
struct CloudImage: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "cloudimg", abstract: "Disk images, as the predecessor's commands spell it.", shouldDisplay: false,
        subcommands: [
            CloudImagePrepare.self, CloudImageBuild.self, CloudImagePublish.self, CloudImagePush.self, Generic.self,
            CloudImageOfTarget.self,
        ], defaultSubcommand: CloudImageOfTarget.self)

    /// Images for no vendor in particular: `cloudimg gen ...`.
    struct Generic: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "gen", abstract: "Images for no provider in particular.",
            subcommands: [ImagePrepare.self, GenericBuild.self])
    }
}

/// `cloudimg TARGET prepare|build|publish ...`: the oldest spelling.
struct CloudImageOfTarget: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "of", abstract: "A target's own commands.", shouldDisplay: false)

    @Argument(parsing: .captureForPassthrough) var words: [String] = []

    func run() async throws {
        guard let target = words.first, words.count > 1 else {
            throw Failure(
                .usage, "cloudimg is followed by prepare or build", hint: "see: eulerpublisher cloudimg --help")
        }
        let rest = Array(words.dropFirst(2))
        switch words[1] {
        case "prepare":
            try await CloudImagePrepare.parse(rest).run()
        case "build":
            try await CloudImageBuild.parse(["--target", target] + rest).run()
        default:
            throw Failure(
                .usage, "cloudimg \(Printable.line("\(target) \(words[1])")) is not in this version",
                hint: CloudImagePublish.instead)
        }
    }
}

struct CloudImagePublish: LaterCommand {
    static let spelling = "cloudimg publish"
    static let instead = "publish PLAN.yaml with an artifact of kind disk"
    @Argument(parsing: .allUnrecognized) var rest: [String] = []
}

struct CloudImagePush: LaterCommand {
    static let spelling = "cloudimg push"
    static let instead = "publish PLAN.yaml with an artifact of kind disk"
    @Argument(parsing: .allUnrecognized) var rest: [String] = []
}
