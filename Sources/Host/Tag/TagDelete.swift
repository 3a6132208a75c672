import ArgumentParser
import Documents
import Execution
import Reports

struct TagDelete: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "delete", abstract: "Removes tags; what they named stays until the registry collects it.")

    @Argument(help: "HOST/REPOSITORY:TAG, one or several.") var tags: [String]
    @OptionGroup var reach: RepositoryOptions
    @OptionGroup var places: PlaceOptions

    func run() async throws {
        let session = try Session(places)
        let named = try tags.map { text in
            let (address, tag) = try RepositoryName.parts(text)
            guard let tag, !tag.hasPrefix("sha256:") else {
                throw Failure(.usage, "\(text) names no tag", hint: "write HOST/REPOSITORY:TAG")
            }
            return (address, tag)
        }
        let executor = try session.executor(QuietReport())
        for (address, tag) in named {
            _ = try await executor.ask("ep.retire/1", of: reach.target(address, tags: [tag]))
            Output.result("\(address):\(tag) removed")
        }
    }
}
