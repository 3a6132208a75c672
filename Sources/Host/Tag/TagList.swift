import ArgumentParser
import Documents
import Execution
import Import
import Reports

struct TagList: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "list", abstract: "What a repository's tags are, with their digests.")

    @Argument(help: "HOST/REPOSITORY, or HOST/REPOSITORY:TAG for one tag.") var repository: String
    @OptionGroup var reach: RepositoryOptions
    @OptionGroup var places: PlaceOptions
    @OptionGroup var report: ReportOptions

    func run() async throws {
        let session = try Session(places)
        let (address, tag) = try RepositoryName.parts(repository)
        let result = try await session.executor(QuietReport()).ask(
            "ep.status/1", of: reach.target(address, tags: [tag].compactMap(\.self)))
        let items = result.items ?? []
        guard tag == nil || !items.isEmpty else {
            throw Failure(
                .notFound, "\(address) has no tag \(tag ?? "")",
                hint: "eulerpublisher tag list \(address) lists its tags")
        }
        if report.json {
            for item in items { try Output.json(item) }
        } else if items.isEmpty {
            Output.result("\(address) has no tags.")
        } else {
            Output.result(
                Columns.text(
                    [["TAG", "DIGEST"]] + items.map { [$0["name"]?.string ?? "", $0["digest"]?.string ?? ""] }))
        }
    }
}

/// A repository that a command is about.
enum RepositoryName {
    /// - Returns: the address, and the tag if one is named.
    static func parts(_ text: String) throws -> (String, String?) {
        let isTagged = text.split(separator: "/").dropFirst().last.map { $0.contains(":") || $0.contains("@") } ?? false
        guard case .registry(let repository, let name) = try ImageReference(text) else {
            throw Failure(.usage, "\(text) is no repository", hint: "write HOST/REPOSITORY[:TAG]")
        }
        return (repository, isTagged ? name : nil)
    }
}
