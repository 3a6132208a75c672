import ArgumentParser
import Discovery
import Documents
import Reports
import Settings
import Workers

/// Everything that must hold of a provider, asked one by one; last it is loaded, in a worker.
struct ProviderVerify: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "verify", abstract: "Checks a provider's files, manifest and library, and loads it in a worker.",
        discussion: "Exit status 3 if anything fails.")

    @Argument(help: "A provider's id, or its directory (with a slash in it); without, every provider.") var provider:
        String?
    @OptionGroup var places: PlaceOptions
    @Flag(help: "As a JSON document.") var json = false

    func run() async throws {
        let deployment = try Deployment(places)
        let directories = try directories(deployment)
        let workers = Workers(
            workerExecutable: "\(deployment.prefix)/libexec/eulerpublisher/eulerpublisher-worker")
        var results: [Verification] = []
        for directory in directories {
            var verification = Verification(of: directory, policy: deployment.policy)
            await verification.load(with: workers)
            results.append(verification)
        }
        if json {
            try Output.document(.object(["format": .integer(1), "providers": .array(results.map(\.document))]))
        } else {
            Output.result(results.map(\.text).joined(separator: "\n\n"))
        }
        if !results.allSatisfy(\.isGood) { throw ExitCode(Failure.Code.checkFailed.exitStatus) }
    }

    private func directories(_ deployment: Deployment) throws -> [String] {
        guard let provider else {
            guard !deployment.providers.entries.isEmpty else {
                throw Failure(.usage, "no provider is installed", hint: "see: eulerpublisher provider doctor")
            }
            return deployment.providers.entries.map(\.directory)
        }
        guard provider.contains("/") else { return [try deployment.providers.entry(id: provider).directory] }
        return [provider.hasPrefix("/") ? provider : "\(deployment.workingDirectory)/\(provider)"]
    }
}

extension Verification {
    fileprivate var title: String {
        provider.map { "\($0.manifest.id) \($0.manifest.version) · \($0.directory)" } ?? directory
    }

    fileprivate var text: String {
        let rows = findings.flatMap { finding in
            [[finding.outcome.rawValue, finding.subject, finding.message]]
                + (finding.outcome == .ok
                    ? [] : [finding.place, finding.hint.map { "fix  \($0)" }].compactMap { $0 }.map { ["", "", $0] })
        }
        return "\(title)\n" + Columns.text(rows, indent: "  ")
    }

    fileprivate var document: JSON {
        var members: [String: JSON] = ["directory": .string(directory), "good": .bool(isGood)]
        members["id"] = provider.map { .string($0.manifest.id) }
        members["version"] = provider.map { .string($0.manifest.version) }
        members["findings"] = .array(
            findings.map { finding in
                var values: [String: JSON] = [
                    "subject": .string(finding.subject), "outcome": .string(finding.outcome.rawValue),
                    "message": .string(finding.message),
                ]
                values["place"] = finding.place.map { .string($0) }
                values["hint"] = finding.hint.map { .string($0) }
                return .object(values)
            })
        return .object(members)
    }
}
