import ArgumentParser
import Documents
import Execution
import Import
import Plans
import State

/// Names of images in a registry.
struct TagCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "tag", abstract: "Tags of a registry's repository.",
        subcommands: [TagList.self, TagDelete.self, TagRestore.self])
}

/// How the registry is reached.
struct RepositoryOptions: ParsableArguments {
    @Flag(help: "Speaks to the registry in the clear.") var insecure = false

    func target(_ repository: String, tags: [String]) -> OperationRequest.Target {
        OperationRequest.Target(
            name: "\(RegistryOptions.scheme):\(repository)", scheme: RegistryOptions.scheme, address: repository,
            tags: tags, options: insecure ? ["insecure": true] : [:])
    }
}
