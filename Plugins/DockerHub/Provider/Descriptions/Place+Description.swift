import Documents
import ProviderKit

extension Place {
    /// In the preflight: what would be said, if that is not what the registry says. What can be wrong with the texts is found
    /// here; that the registry does not answer is no reason not to publish.
    func describing() async throws -> String? {
        guard let description = try Description(options, host), let management = try Management(self) else {
            return nil
        }
        do {
            guard let current = try await management.service.read() else { return "set the description" }
            return wanted(description, management).isSaid(by: current) ? nil : "change the description"
        } catch let failure as Failure {
            warn(failure)
            return "set the description"
        }
    }

    /// After the release. The image is out, whatever comes of this: a failure is a finding.
    func describe(_ result: inout OperationResult) async throws {
        do {
            guard let description = try Description(options, host), let management = try Management(self) else {
                return
            }
            try await management.service.write(description)
            result.actions = (result.actions ?? []) + ["set the description"]
        } catch let failure as Failure {
            warn(failure)
            result.findings = [
                .init(
                    rule: "registry.description", severity: "warning", outcome: "fail",
                    message: LocalizedText(failure.message), evidence: failure.place,
                    fix: failure.hint.map { LocalizedText($0) })
            ]
        }
    }

    /// What a registry of that kind can show.
    private func wanted(_ description: Description, _ management: Management) -> Description {
        management.kind == .hub ? description : Description(full: description.only)
    }

    private func warn(_ failure: Failure) {
        let hint = failure.hint.map { "; \($0)" } ?? ""
        host.log(.warning, "the description of \(repository) could not be set: \(failure.message)\(hint)")
    }
}
